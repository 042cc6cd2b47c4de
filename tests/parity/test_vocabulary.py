"""What the catalogue may say tomorrow: both engines and the oracle agree on features that nobody declared yet."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import CATALOGUE
from features.compile import compile_catalogue
from features.row import ROW_VALUES
from features.spec import DAY, HOUR, KIND_OF_FIELD, MINUTE, RETENTION, SECOND, Measure, history_of, ratio, value
from tests.parity import engines, oracle
from tests.parity.test_parity import differences
from tests.strategies import histories

# Those of the steps between transfers, so that edges are met, and any other number of seconds.
WINDOWS = st.sampled_from([5 * MINUTE, HOUR, DAY, 7 * DAY, 23 * DAY, RETENTION]) | st.integers(
    1, RETENTION // SECOND
).map(lambda seconds: seconds * SECOND)
OF_ANY_HISTORY = {
    Measure.COUNT: lambda history, name, over: history.count(name, over=over, why="-"),
    Measure.TOTAL: lambda history, name, over: history.total(name, over=over, why="-"),
    Measure.MEAN: lambda history, name, over: history.mean(name, over=over, why="-"),
    Measure.MAX: lambda history, name, over: history.max(name, over=over, why="-"),
    Measure.SINCE_LAST: lambda history, name, over: history.since_last(name, why="-"),
    Measure.AGE: lambda history, name, over: history.age(name, why="-"),
}
OF_ONE_NAME = {
    Measure.REPORTS: lambda history, name, over: history.reports(name, over=over, why="-"),
    Measure.SINCE_REPORT: lambda history, name, over: history.since_report(name, why="-"),
    Measure.SINCE_FIRST_REPORT: lambda history, name, over: history.since_first_report(name, why="-"),
    Measure.MATURED: lambda history, name, over: history.matured_since_report(name, why="-"),
    Measure.SURPRISE: lambda history, name, over: history.reported_surprise(name, over=over, why="-"),
}
OF_COUNTERPARTIES = {
    Measure.DISTINCT: lambda history, name, field, over: history.distinct(name, field, over=over, why="-"),
    Measure.NEWCOMERS: lambda history, name, field, over: history.newcomers(name, field, over=over, why="-"),
}


@st.composite
def any_history(draw):
    role = draw(st.lists(st.sampled_from(list(KIND_OF_FIELD)), min_size=1, max_size=2, unique=True))
    alike = [[field for field in KIND_OF_FIELD if KIND_OF_FIELD[field] == KIND_OF_FIELD[name]] for name in role]
    ask = draw(st.tuples(*map(st.sampled_from, alike)).filter(lambda ask: len(set(ask)) == len(ask)))
    return history_of(*ask, when=role)


@st.composite
def any_feature(draw, name):
    history, over = draw(any_history()), draw(WINDOWS)
    kinds = {"older", *OF_ANY_HISTORY}
    if len(history.role) == 1:
        kinds |= {*OF_ONE_NAME, *OF_COUNTERPARTIES}
    kind = draw(st.sampled_from(sorted(kinds)))
    if kind == "older":
        younger = draw(WINDOWS.filter(lambda younger: younger != over))
        return history.count(name, over=max(over, younger), older_than=min(over, younger), why="-")
    if kind in OF_COUNTERPARTIES:
        field = draw(st.sampled_from([field for field in KIND_OF_FIELD if field not in history.role]))
        return OF_COUNTERPARTIES[kind](history, name, field, over)
    return (OF_ANY_HISTORY | OF_ONE_NAME)[kind](history, name, over)


@st.composite
def any_catalogue(draw):
    """A dozen lines that the vocabulary allows; later ones may divide or repeat what earlier ones say."""
    lines = [value("row", draw(st.sampled_from(sorted(ROW_VALUES))), why="-")]
    for number in range(draw(st.integers(1, 12))):
        name, earlier = f"f{number}", st.sampled_from([line.name for line in lines])
        drawn = draw(st.integers(0, 9))
        if drawn == 0:
            lines.append(ratio(name, draw(earlier), draw(earlier), why="-"))
        elif drawn == 1:
            lines.append(replace(draw(st.sampled_from(lines)), name=name))
        else:
            lines.append(draw(any_feature(name)))
    return tuple(lines)


@given(any_catalogue(), histories(), st.integers(0, 40))
def test_whatever_the_catalogue_says_is_what_both_engines_do(catalogue, history, restart):
    expected = oracle.vectors(catalogue, *history)
    assert differences(engines.offline(catalogue, *history), expected) == []
    assert differences(engines.online(catalogue, *history), expected) == []
    assert differences(engines.restarted(catalogue, *history, restart), expected) == []


def test_every_measure_of_the_vocabulary_is_among_what_may_be_drawn():
    drawn = {*OF_ANY_HISTORY, *OF_ONE_NAME, *OF_COUNTERPARTIES, Measure.VALUE, Measure.RATIO}
    assert drawn == set(Measure)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (lambda: history_of("channel"), "was 'channel'"),
        (lambda: history_of("payer", "payer"), "two different ones"),
        (lambda: history_of("payer", "device_id", "ip"), "of one name or of two"),
        (lambda: history_of("payer", when=("ip",)), "same kinds of thing"),
        (lambda: history_of("payer").count("f", over=RETENTION + SECOND, why="-"), "at most 30 days"),
        (lambda: history_of("payer").count("f", over=timedelta(0), why="-"), "above 0"),
        (lambda: history_of("payer").count("f", over=timedelta(seconds=1.5), why="-"), "whole seconds"),
        (lambda: history_of("payer").count("f", over=HOUR, older_than=HOUR, why="-"), "older_than"),
        (lambda: history_of("payer").distinct("f", "channel", over=HOUR, why="-"), "was 'channel'"),
        (lambda: history_of("payer").distinct("f", "payer", over=HOUR, why="-"), "payee, device_id, ip"),
        (lambda: history_of("payer", "ip").newcomers("f", "payee", over=HOUR, why="-"), "three names"),
        (lambda: history_of("payer", "ip").reports("f", over=HOUR, why="-"), "one account or device"),
        (lambda: compile_catalogue([value("f", "colour", why="-")]), "no value of a transfer"),
        (lambda: compile_catalogue([ratio("f", "g", "h", why="-")]), "'g' does not stand earlier"),
    ],
)
def test_what_no_engine_could_do_is_refused_by_name(line, why):
    with pytest.raises(ValueError, match=why):
        line()


def test_all_pairs_of_the_vocabulary_fit_one_catalogue():
    fields = list(KIND_OF_FIELD)
    pairs = [(one, other) for at, one in enumerate(fields) for other in fields[at + 1 :]]
    lines = [history_of(*pair).count("-".join(pair), over=DAY, why="-") for pair in pairs]
    assert compile_catalogue([*CATALOGUE, *lines]).plans[0].pairs.shape[0] == len(pairs)
