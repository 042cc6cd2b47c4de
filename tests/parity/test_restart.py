"""A restart anywhere in a stream changes no number after it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.errors import DamagedFile, FingerprintMismatch
from features.catalogue import CATALOGUE
from features.online import OnlineState
from features.replay import replay
from features.snapshot import load, save
from tests.parity import engines
from tests.parity.test_parity import differences
from tests.strategies import histories, report_table, transfer_table


@given(histories(), st.integers(0, 24))
def test_a_snapshot_in_the_middle_changes_no_number_after_it(tmp_path_factory, history, cut):
    stream, _ = history
    fresh = engines.without_repeats(stream)
    path = tmp_path_factory.mktemp("snapshot") / "state.npz"
    straight, before = OnlineState(CATALOGUE), OnlineState(CATALOGUE)
    first, rest = fresh[:cut], fresh[cut:]
    for transfer in first:
        straight.take([transfer], observe=True)
        before.take([transfer], observe=True)
    save(before, path)
    after = load(path, CATALOGUE)
    for transfer in rest:
        row, again = straight.take([transfer], observe=True), after.take([transfer], observe=True)
        assert row.tobytes() == again.tobytes()


@given(histories())
def test_a_batch_is_the_same_as_one_by_one(history):
    stream, reports = history
    one_by_one = engines.online(CATALOGUE, stream, reports)
    fresh = engines.without_repeats(stream)
    state, rows = OnlineState(CATALOGUE), []

    def serve(first, last):
        rows.extend(state.take(fresh[first:last], observe=True))

    replay(state, transfer_table(fresh), report_table(reports), between=serve)
    assert differences([engines.as_dict(CATALOGUE, row) for row in rows], one_by_one) == []


def test_a_damaged_snapshot_is_refused(tmp_path):
    path = tmp_path / "state.npz"
    save(OnlineState(CATALOGUE), path)
    whole = path.read_bytes()
    for at in (100, len(whole) // 3, len(whole) // 2):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
        with pytest.raises(DamagedFile):
            load(path, CATALOGUE)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DamagedFile):
        load(path, CATALOGUE)


def test_a_snapshot_of_another_catalogue_is_refused(tmp_path):
    path = tmp_path / "state.npz"
    save(OnlineState(CATALOGUE[:-1]), path)
    with pytest.raises(FingerprintMismatch):
        load(path, CATALOGUE)
