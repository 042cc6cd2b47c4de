"""The memory of ids never denies one that it was given."""

from hypothesis import given, settings
from hypothesis import strategies as st

from antifraud.store.seen import Seen


def keys(first, last):
    return [("bank-1", f"t{number}") for number in range(first, last)]


@settings(max_examples=30)
@given(st.integers(0, 500), st.lists(st.integers(1, 300), max_size=40), st.integers(1, 200))
def test_what_was_added_is_seen_at_once_and_ever_after(at_first, steps, recent):
    seen, known = Seen(keys(0, at_first), recent=recent), at_first
    for step in steps:  # merges run beside this
        seen.add(keys(known, known + step))
        known += step
        assert all(key in seen for key in keys(0, known))
    assert not any(key in seen for key in keys(known, known + 500))
    assert ("bank-2", "t0") not in seen
