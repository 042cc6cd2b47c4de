"""Each walk equals what its words say, said slowly."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features import sweeps


def ints(values):
    return np.array(values, np.int64)


@given(st.lists(st.integers(0, 30), max_size=60), st.booleans())
def test_an_order_keeps_equal_keys_as_they_stand(keys, sparse):
    keys = ints(keys) * (10_000 if sparse else 1)
    assert sweeps.order_of(keys).tolist() == np.argsort(keys, kind="stable").tolist()


EVENTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), max_size=40).map(sorted)


@given(EVENTS, EVENTS, st.integers(0, 40))
def test_ranks_by_clock_count_what_sorts_before(events, asked, ago):
    keys, clock = ints([key for key, _ in events]), ints([at for _, at in events])
    wanted, instants = ints([key for key, _ in asked]), ints([at for _, at in asked])
    expected = [sum(event < (key, at - ago) for event in events) for key, at in asked]
    assert sweeps.ranks_by_clock(keys, clock, wanted, instants, ago).tolist() == expected


@given(EVENTS, st.data(), EVENTS, st.integers(1, 40))
def test_distinct_counterparties_are_those_of_a_set(events, data, asked, over):
    names = data.draw(st.lists(st.integers(0, 2), min_size=len(events), max_size=len(events)))
    before, after = ints([-1] * len(events)), ints([-1] * len(events))
    latest = {}
    for place, ((key, _), name) in enumerate(zip(events, names, strict=True)):
        if (key, name) in latest:
            before[place], after[latest[key, name]] = latest[key, name], place
        latest[key, name] = place
    keys, clock = ints([key for key, _ in events]), ints([at for _, at in events])
    wanted, instants = ints([key for key, _ in asked]), ints([at for _, at in asked])
    expected = [
        len({name for (owner, at), name in zip(events, names, strict=True) if owner == key and now - over <= at < now})
        for key, now in asked
    ]
    assert sweeps.distinct_by_clock(keys, clock, before, after, wanted, instants, over).tolist() == expected
