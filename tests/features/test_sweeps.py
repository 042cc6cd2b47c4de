"""Each walk equals what its words say, said slowly."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features import sweeps

EVENTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), max_size=40).map(sorted)


def ints(values):
    return np.array(values, np.int64)


def ranks(events, asked, ago):
    keys, clock = ints([key for key, _ in events]), ints([at for _, at in events])
    wanted, instants = ints([key for key, _ in asked]), ints([at for _, at in asked])
    return sweeps.ranks_by_clock(keys, clock, wanted, instants, ago)


@st.composite
def windows(draw):
    """Events, probes, the places of each probe's window, and slowly what stands in it: the events' numbers."""
    events, asked, over = draw(EVENTS), draw(EVENTS), draw(st.integers(1, 40))
    inside = [
        [place for place, (key, at) in enumerate(events) if key == asking and now - over <= at < now]
        for asking, now in asked
    ]
    return events, asked, ranks(events, asked, over), ranks(events, asked, 0), inside


@given(st.lists(st.integers(0, 30), max_size=60), st.booleans())
def test_an_order_keeps_equal_keys_as_they_stand(keys, sparse):
    keys = np.array(keys, np.int32) * (10_000 if sparse else 1)
    assert sweeps.order_of(keys).tolist() == np.argsort(keys, kind="stable").tolist()


@given(EVENTS, EVENTS, st.integers(0, 40))
def test_ranks_by_clock_count_what_sorts_before(events, asked, ago):
    expected = [sum(event < (key, at - ago) for event in events) for key, at in asked]
    assert ranks(events, asked, ago).tolist() == expected


@given(windows(), st.randoms(use_true_random=False))
def test_what_is_measured_in_a_window_is_what_its_members_say(window, random):
    events, asked, low, high, inside = window
    values = ints([random.randint(0, 5) for _ in events])
    rows = np.array(random.sample(range(len(asked)), len(asked)), np.int32)
    sums = np.concatenate(([0], np.cumsum(values)))
    instants = ints([at for _, at in asked])

    def column(walk, *arguments):
        found = np.full(len(asked), np.nan)
        walk(rows, low, high, *arguments, found)
        return [None if np.isnan(found[row]) else found[row] for row in rows]

    members = [[int(values[place]) for place in places] for places in inside]
    assert column(sweeps.counts) == [len(each) for each in members]
    assert column(sweeps.totals, sums) == [sum(each) for each in members]
    assert column(sweeps.means, sums) == [sum(each) / len(each) if each else None for each in members]
    assert column(sweeps.largest, values, np.empty(len(events), np.int32)) == [
        max(each, default=None) for each in members
    ]
    assert column(sweeps.seconds_since, values, instants) == [
        (now - each[-1]) / 1e6 if each else None for (_, now), each in zip(asked, members, strict=True)
    ]


@given(windows(), st.data())
def test_distinct_counterparties_are_those_of_a_set(window, data):
    events, asked, low, high, inside = window
    drawn = st.lists(st.none() | st.integers(0, 2), min_size=len(events), max_size=len(events))
    names = data.draw(drawn)
    named = sorted((key, names[at], at) for at, (key, _) in enumerate(events) if names[at] is not None)
    pairs, places = ints([10 * key + name for key, name, _ in named]), np.array([at for *_, at in named], np.int32)
    before, after = sweeps.neighbours(pairs, places, len(events))
    found = np.full(len(asked), np.nan)
    sweeps.distinct(np.arange(len(asked), dtype=np.int32), low, high, before, after, found)
    assert found.tolist() == [len({names[place] for place in places} - {None}) for places in inside]
