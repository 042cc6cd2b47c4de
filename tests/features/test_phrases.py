"""Every feature can be said in three languages, with its numbers, and in right grammar."""

import re
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.decision import Evidence
from antifraud.domain.rule import LANGUAGES
from antifraud.domain.transfer import Channel
from features.catalogue import CATALOGUE
from features.phrases import Phrasebook
from features.phrases.language import Language
from features.row import ROW_VALUES
from features.spec import DAY, HOUR, MINUTE, Measure, history_of, ratio

BOOK = Phrasebook(CATALOGUE)
CYRILLIC = re.compile("[а-яәғқңөұүһі]", re.IGNORECASE)  # noqa: RUF001 - Cyrillic on purpose
KAZAKH = re.compile("[әғқңөұүһі]", re.IGNORECASE)
COUNTS = [0.0, 1.0, 2.0, 5.0, 11.0, 21.0, 1234.0]


def said(feature, value, usual=None):
    return BOOK.evidence(Evidence(feature, value, usual, 0.5))


def plain(words):
    """Return words with ordinary spaces."""
    return {language: text.replace("\N{NO-BREAK SPACE}", " ") for language, text in words.items()}


def whole(words):
    """Check what holds for any sentence, and return it."""
    assert tuple(words) == LANGUAGES
    for language, text in words.items():
        assert text == text.strip()
        assert not text[0].islower()
        assert not re.search(r"[{}_]|\bNone\b|\bnan\b|\binf\b|  ", text), text
        assert bool(CYRILLIC.search(text)) is (language != "en"), text
        assert language == "kk" or not KAZAKH.search(text), text
    assert words["kk"] != words["ru"]
    return words


@pytest.mark.parametrize("feature", CATALOGUE, ids=lambda feature: feature.name)
def test_every_feature_can_be_said_and_named(feature):
    values = [*COUNTS, 0.004, 0.87, 5.23, 1e6, 123_456_789.0]
    for value in values:
        whole(said(feature.name, value))
        assert whole(said(feature.name, value, usual=3.0)) == said(feature.name, value, usual=3.0)
    absent = whole(said(feature.name, None, usual=3.0))
    assert said(feature.name, nan) == absent
    assert all(absent[language] != said(feature.name, 5.0)[language] for language in LANGUAGES)
    whole(BOOK.describe(feature))


def test_no_two_features_have_the_same_title():
    for language in LANGUAGES:
        titles = [BOOK.describe(feature)[language] for feature in CATALOGUE]
        assert sorted({title for title in titles if titles.count(title) > 1}) == []


@given(st.sampled_from(CATALOGUE), st.floats(0, 1e18), st.none() | st.floats(0, 1e18) | st.just(nan))
def test_any_number_can_be_said(feature, value, usual):
    whole(said(feature.name, value, usual))


def test_the_example_that_everybody_quotes():
    assert said("payee_distinct_payers_1d", 7.0, usual=1.0) == {
        "kk": "Соңғы 24 сағатта осы алушыға 7 түрлі төлеуші ақша аударды; әдетте: 1",
        "ru": "7 разных плательщиков перевели деньги этому получателю за последние 24 часа; обычно: 1",
        "en": "7 different payers sent money to this payee in the last 24 hours; usual: 1",
    }


@pytest.mark.parametrize(
    ("value", "russian", "english"),
    [
        (0.0, "Не было переводов", "No transfers"),  # noqa: RUF001
        (1.0, "1 перевод ", "1 transfer "),
        (3.0, "3 перевода ", "3 transfers "),
        (11.0, "11 переводов ", "11 transfers "),
        (21.0, "21 перевод ", "21 transfers "),
        (112.0, "112 переводов ", "112 transfers "),
        (1022.0, "1 022 перевода ", "1,022 transfers "),
    ],
)
def test_nouns_agree_with_their_numbers(value, russian, english):
    words = plain(said("payer_sent_count_30d", value))
    assert words["ru"].startswith(russian)
    assert words["en"].startswith(english)
    assert "аударымдар" not in words["kk"]  # Kazakh has no plural after a number


@pytest.mark.parametrize(
    ("seconds", "russian", "english", "kazakh"),
    [
        (0.4, "меньше секунды назад", "less than a second ago", "уақыт бұрын"),
        (1.0, "1 секунду назад", "1 second ago", "1 секунд бұрын"),
        (119.0, "119 секунд назад", "119 seconds ago", "119 секунд бұрын"),
        (21 * 60.0, "21 минуту назад", "21 minutes ago", "21 минут бұрын"),
        (2 * 3600.0, "2 часа назад", "2 hours ago", "2 сағат бұрын"),
        (40 * 86400.0, "40 дней назад", "40 days ago", "40 күн бұрын"),
    ],
)
def test_times_are_said_in_words(seconds, russian, english, kazakh):
    words = said("payer_since_last_sent", seconds)
    assert words["ru"].endswith(russian)
    assert words["en"].endswith(english)
    assert f"{kazakh} болды" in words["kk"]


@pytest.mark.parametrize(
    ("currency", "minor", "russian", "english"),
    [
        ("KZT", 123_456_789_00.0, "123 456 789 ₸", "123,456,789 KZT"),
        ("KZT", 12_34.0, "12,34 ₸", "12.34 KZT"),
        ("KZT", 100.0, "1 ₸", "1 KZT"),
        ("KWD", 12_345.0, "12,345 KWD", "12.345 KWD"),
        ("JPY", 12_345.0, "12 345 ¥", "12,345 ¥"),
        ("XXX", 99_900.0, "999", "999"),
    ],
)
def test_money_is_said_in_units_of_its_currency(currency, minor, russian, english):
    words = plain(Phrasebook(CATALOGUE, currency=currency).evidence(Evidence("amount_minor", minor, None, 0.1)))
    assert words["ru"] == f"Сумма этого перевода: {russian}"
    assert words["en"] == f"The amount of this transfer is {english}"


@pytest.mark.parametrize(
    ("value", "english"),
    [(0.0, "is 0% of"), (0.00001, "is <0.01% of"), (0.037, "is 3.7% of"), (0.87, "is 87% of"), (5.23, "is 5.2 times")],
)
def test_shares_are_percent_and_multiples_are_times(value, english):
    assert english in said("amount_over_payer_mean_30d", value)["en"]


@pytest.mark.parametrize(
    ("value", "usual", "english"),
    [(5.4, 0.077, "usual: 0.08 times"), (0.5, 3.0, "usual: 300%"), (5.4, 2.0, "usual: 2 times")],
)
def test_what_is_usual_is_said_as_what_was_measured(value, usual, english):
    assert said("amount_over_payer_mean_30d", value, usual)["en"].endswith(english)


def test_what_was_not_measured_says_why():
    assert said("pair_since_last_sent", None)["en"] == "No transfers from this payer to this payee in the last 30 days"
    assert said("payer_on_device_count_30d", None)["en"] == "This transfer does not name its device"
    assert said("payer_on_device_count_30d", 0.0)["en"].startswith("No transfers from this payer on this device")
    assert said("call_active", None)["en"] == "The bank did not say whether the payer is on a call"
    assert said("amount_over_pair_mean_30d", None)["en"] == (
        "Nothing to compare with: no transfers from this payer to this payee in the last 30 days"
    )


def test_codes_have_names_and_no_usual():
    for code, channel in enumerate(Channel):
        words = said("channel_code", float(code), usual=0.0)
        assert str(code) not in words["en"], channel
        assert "usual" not in words["en"]
    assert said("day_of_week", 6.0)["ru"] == "Поручение дано в воскресенье"
    assert said("hour_of_day", 23.0, usual=14.0)["en"].endswith(
        "between 23:00 and 00:00, Kazakhstan time; usual: 14:00"
    )
    assert said("purpose_code", 9.0)["ru"].endswith(": 009")
    assert said("arrival_delay_seconds", -3.0)["en"].endswith("3 seconds after it arrived")


def test_histories_windows_and_fields_that_no_feature_uses_yet_can_be_said():
    everything = [
        history.distinct(f"{number}_{field}", field, over=window, why="-")
        for number, history in enumerate(
            [history_of("ip"), history_of("device_id"), history_of("payee"), history_of("payer", when=("payee",))]
        )
        for field in ("payer", "payee", "device_id", "ip")
        for window in (15 * MINUTE, 6 * HOUR, 21 * DAY)
        if field not in history.role
    ]
    other = [
        history_of("payee").newcomers("n", "device_id", over=HOUR, why="-"),
        history_of("payer", "ip").max("m", over=3 * HOUR, why="-"),
        ratio("r", "m", "n", why="-"),
        ratio("rr", "r", "m", why="-"),
    ]
    for feature in {each.name: each for each in [*everything, *other]}.values():
        book = Phrasebook([*other, feature] if feature not in other else other)
        for value in (None, 0.0, 1.0, 7.0):
            whole(book.evidence(Evidence(feature.name, value, 2.0, 0.1)))


def test_the_three_languages_have_words_for_the_same_things():
    forms = re.compile(r"\.(=\d+|one|few|many|other)$")
    keys = {
        code: {
            forms.sub("", key) for key in Language(code).texts if not re.search(r"\.(of|than)$|^(of|than)$|^voice", key)
        }
        for code in LANGUAGES
    }
    assert keys["kk"] == keys["ru"] == keys["en"]
    values = {key.split(".")[1] for key in keys["en"] if key.startswith("values.")}
    assert values == set(ROW_VALUES)
    assert {key.split(".")[1] for key in keys["en"] if key.startswith("measures.")} == set(Measure) - {"value", "ratio"}


@pytest.mark.parametrize(
    ("score", "english"),
    [
        (0.0, "below 1 in 1,000"),
        (0.004, "about 4 in 1,000"),
        (0.03, "about 3 in 100"),
        (0.0061, "about 6 in 1,000"),
        (0.06, "about 6 in 100"),
        (0.15, "about 15 in 100"),
        (0.32, "about 3 in 10"),
        (0.7, "about 7 in 10"),
        (0.94, "about 94 in 100"),
        (0.96, "about 96 in 100"),
        (0.997, "about 997 in 1,000"),
        (1.0, "above 999 in 1,000"),
    ],
)
def test_a_score_is_said_as_odds(score, english):
    assert whole(BOOK.score(score))["en"].endswith(english)


def test_what_could_not_be_read_is_said():
    assert whole(BOOK.blind("score"))["en"].startswith("No score could be computed")
    assert "fan-in@3" in whole(BOOK.blind("fan-in@3"))["ru"]
    assert (
        whole(BOOK.blind("features"))
        != whole(BOOK.blind("rules"))
        != whole(BOOK.blind("lists"))
        != whole(BOOK.blind("time"))
    )


def test_a_rule_speaks_its_own_words():
    book = Phrasebook(CATALOGUE, rules={"fan-in@3": {"kk": "ереже", "ru": "правило", "en": "rule"}})
    assert book.rule("fan-in@3") == {"kk": "ереже", "ru": "правило", "en": "rule"}
    with pytest.raises(LookupError):
        book.rule("fan-in@2")


def test_what_was_let_through_by_a_draw_is_said():
    assert whole(BOOK.let_through())["en"].startswith("Let through by a random draw")
