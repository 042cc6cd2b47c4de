"""A restart anywhere in a stream changes no number after it."""

from dataclasses import replace

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.errors import DamagedFile, FingerprintMismatch
from antifraud.domain.report import Report, ReportSource
from features.catalogue import CATALOGUE
from features.online import OnlineState
from features.replay import replay
from features.snapshot import load, save
from features.spec import HOUR
from tests.parity import engines
from tests.parity.test_parity import differences
from tests.strategies import histories, report_table, transfer_table


@given(histories(), st.integers(0, 40))
def test_a_snapshot_in_the_middle_changes_no_number_after_it(history, after):
    straight = engines.online(CATALOGUE, *history)
    assert differences(engines.restarted(CATALOGUE, *history, after), straight) == []


@pytest.mark.parametrize("after", range(6))
def test_what_was_said_before_a_restart_can_be_taken_back_after_it(one_transfer, after):
    known = Report(
        participant=one_transfer.participant,
        transfer_id=one_transfer.transfer_id,
        fraud=True,
        source=ReportSource.POLICE,
        known_at=one_transfer.received_at + HOUR,
    )
    taken_back = replace(known, fraud=False, known_at=one_transfer.received_at + 3 * HOUR)
    stream = [
        replace(one_transfer, transfer_id=f"{hours} h later", received_at=one_transfer.received_at + hours * HOUR)
        for hours in (2, 4)
    ]
    rows = engines.restarted(CATALOGUE, [one_transfer, *stream], [known, taken_back], after)
    assert [row["payee_reports_1d"] for row in rows] == [0, 1, 0]


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


def test_a_snapshot_of_an_older_form_is_refused(tmp_path):
    path = tmp_path / "state.npz"
    save(OnlineState(CATALOGUE), path)
    with np.load(path) as file:
        parts = {name: file[name] for name in file.files}
    words = orjson.loads(parts["words"].tobytes()) | {"version": 2}
    np.savez(path, **parts | {"words": np.frombuffer(orjson.dumps(words), np.uint8)})
    with pytest.raises(DamagedFile, match=r"has the form 2, this engine reads \d+$"):
        load(path, CATALOGUE)
