"""Every text of the console in Kazakh, Russian and English, and numbers and plurals as each language writes them."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.center.calendar import ALMATY
from api.console.languages import CODES, spoken
from api.console.pages import environment
from tests.console.messages import catalog, texts

PAGES = {
    code: environment(spoken()[code]).from_string('{{ ngettext("%(num)s day", "%(num)s days", number) }}')
    for code in CODES
}
FILLED = re.compile(r"%\((\w+)\)s")


@pytest.mark.parametrize("code", ["kk", "ru"])
def test_every_text_is_translated_and_keeps_what_is_filled_into_it(code):
    known = catalog(code)
    for message in texts():
        if not message.id:
            continue
        one = message.id[0] if isinstance(message.id, tuple) else message.id
        found = known.get(one)
        assert found is not None, f"{code}: {one!r} is missing: run `python -m tests.console.messages`"
        said = found.string if isinstance(found.string, tuple) else (found.string,)
        assert all(said), f"{code}: {one!r} is not translated"
        for each in said:
            assert set(FILLED.findall(each)) == set(FILLED.findall(one)), f"{code}: {one!r}"


NIGHT = datetime(2026, 3, 1, 20, 30, tzinfo=UTC)  # in Almaty the next day has begun
APART = {"kk": "\u00a0", "ru": "\u00a0", "en": ","}
POINT = {"kk": ",", "ru": ",", "en": "."}
FORMS = {"kk": ["күн"], "ru": ["день", "дня", "дней"], "en": ["day", "days"]}


@pytest.mark.parametrize("code", CODES)
@given(minor=st.integers(0, 10**15))
def test_a_sum_is_written_whole_as_its_language_writes_it_and_never_rounded(code, minor):
    said = spoken()[code].money(minor, "KZT").replace("\u202f", "\u00a0")
    digits = said.rpartition(" ")[0]
    units, _, behind = digits.partition(POINT[code])
    assert int(units.replace(APART[code], "") + (behind or "00")) == minor
    assert all(len(part) == 3 for part in units.split(APART[code])[1:])


@pytest.mark.parametrize(
    ("code", "moment", "day"),
    [
        ("kk", "2 нау. 2026, 01:30", "2 нау."),
        ("ru", "2 мар. 2026, 01:30", "2 мар."),
        ("en", "2 Mar 2026, 01:30", "2 Mar"),
    ],
)
def test_a_moment_is_on_a_clock_in_almaty_in_words_of_the_language(code, moment, day):
    assert spoken()[code].moment(NIGHT) == moment
    assert spoken()[code].day(NIGHT.astimezone(ALMATY).date()) == day


@pytest.mark.parametrize("code", CODES)
@given(number=st.integers(0, 10**6))
def test_a_count_has_the_form_that_its_number_asks_for_on_pages_too(code, number):
    language = spoken()[code]
    teens = number % 100 in range(11, 15)
    russian = 2 if teens or number % 10 not in range(1, 5) else int(number % 10 != 1)
    form = FORMS[code][{"kk": 0, "ru": russian, "en": int(number != 1)}[code]]
    assert language.count("%(num)s day", "%(num)s days", number) == f"{language.number(number)} {form}"
    assert PAGES[code].render(number=number) == f"{language.number(number)} {form}"


def test_numbers_sums_and_plurals_follow_the_language():
    days = ("%(num)s working day", "%(num)s working days")
    assert [spoken()["ru"].count(*days, number) for number in (1, 3, 5)] == [
        "1 рабочий день",
        "3 рабочих дня",
        "5 рабочих дней",
    ]
    assert spoken()["kk"].count(*days, 5) == "5 жұмыс күні"
    assert spoken()["en"].money(123_456_700, "KZT").startswith("1,234,567")
    assert re.match(r"1\W234\W567,50", spoken()["ru"].money(123_456_750, "KZT"))
