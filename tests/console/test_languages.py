"""Every text of the console in Kazakh, Russian and English, and numbers and plurals as each language writes them."""

import re

import pytest

from api.console.languages import spoken
from tests.console.messages import catalog, texts

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
