"""Many strangers at once: slots and pairs become more, and every number stays right."""

from dataclasses import replace
from datetime import timedelta
from mmap import PAGESIZE

import numpy as np
import polars as pl
import pytest

from antifraud.domain.report import Report, ReportSource
from features import rings
from features.catalogue import CATALOGUE
from features.offline import offline_features
from features.online import OnlineState
from features.replay import replay
from features.snapshot import load, save
from features.spec import KIND_OF_FIELD, MINUTE, RETENTION
from tests.strategies import TICK, report_table, transfer_table

_MANY = 3_000
_HEARD = (600, 1_200, 1_300, 2_500)  # transfers after which reports come: long slices stay long


def strangers(one_transfer, draw, many=_MANY, apart=30):
    """Return transfers over some thirty days or more, in order, each between anybody and anybody."""
    stream, moment = [], one_transfer.received_at
    for number in range(many):
        moment += int(draw.integers(1, apart)) * MINUTE
        names = {field: f"{kind}-{draw.integers(2_000)}" for field, kind in KIND_OF_FIELD.items()}
        signs = {"occurred_at": moment - int(draw.integers(2)) * MINUTE, "new_device": draw.random() < 0.5}
        stream.append(replace(one_transfer, transfer_id=str(number), received_at=moment, **signs | names))
    return stream


def heard(stream, draw):
    """Return reports about two in three transfers, and withdrawals of one in four of those."""
    reports = []
    for number in draw.permutation(_MANY)[: 2 * _MANY // 3].tolist():
        about, after = stream[number], [moment for moment in _HEARD if moment >= number]
        for fraud, moment in zip((True, False), after[: 1 + int(draw.integers(4) == 0)], strict=False):
            known_at = stream[moment].received_at + timedelta(microseconds=1)
            reports.append(
                Report(
                    participant=about.participant,
                    transfer_id=about.transfer_id,
                    fraud=fraud,
                    source=ReportSource.POLICE,
                    known_at=known_at,
                )
            )
    return reports


@pytest.mark.parametrize("at_once", [1, 400, _MANY])
def test_transfers_between_strangers_read_the_same_in_both_engines(one_transfer, at_once):
    draw = np.random.default_rng(at_once)
    stream = strangers(one_transfer, draw)
    reports, transfers = report_table(heard(stream, draw)), transfer_table(stream)
    state, served = OnlineState(CATALOGUE), []
    before = [cells.size for cells, _ in state.slots.kept()]

    def serve(first, last):
        served.extend(
            state.take(stream[at : min(at + at_once, last)], observe=True) for at in range(first, last, at_once)
        )

    replay(state, transfers, reports, between=serve)
    after = [cells.size for cells, _ in state.slots.kept()]
    assert all(now > once for now, once in zip(after, before, strict=True))
    table = offline_features(transfers, reports, CATALOGUE).drop("participant", "transfer_id")
    assert table["payee_reports_30d"].max() > 0
    assert np.array_equal(np.vstack(served), table.to_numpy(), equal_nan=True)


@pytest.fixture
def small_rings(monkeypatch):
    """Let rings be small enough to begin anew at their beginning, and give memory back by pages."""
    monkeypatch.setattr(rings, "_MOST", 4 * PAGESIZE)
    monkeypatch.setattr(rings, "_AT_ONCE", PAGESIZE)


@pytest.mark.usefixtures("small_rings")
def test_who_left_gave_back_the_memory_and_who_stays_reads_the_same(one_transfer, tmp_path):
    stream = strangers(one_transfer, np.random.default_rng(5), many=6 * PAGESIZE, apart=12)
    state, served, wrapped = OnlineState(CATALOGUE), [], 0
    for at in range(0, len(stream), 500):
        served.append(state.take(stream[at : at + 500], observe=True))
        if state.events[0].kept()[1]["times"].size and not wrapped:
            wrapped = at
            save(state, tmp_path / "wrapped.npz")
            state = load(tmp_path / "wrapped.npz", CATALOGUE)
    assert 0 < wrapped < len(stream) - 500, "no restart while the ring begins anew"
    left = len(stream) - state.transfers
    assert left > PAGESIZE, "nobody left"
    assert state.events[0].nbytes < 42 * (state.transfers + PAGESIZE + 1)
    given_back = (left & -PAGESIZE) - 1 & 4 * PAGESIZE - 1
    for array in state.rings[0][:-1]:
        assert not array[given_back - PAGESIZE + 1 : given_back + 1].any()
    table = offline_features(transfer_table(stream), report_table([]), CATALOGUE).drop("participant", "transfer_id")
    assert np.array_equal(np.vstack(served), table.to_numpy(), equal_nan=True)


@pytest.mark.usefixtures("small_rings")
def test_a_full_ring_takes_again_what_comes_when_others_have_left(one_transfer):
    state = OnlineState(CATALOGUE)
    state.observe_table(pl.concat([transfer_table([one_transfer])] * 4 * PAGESIZE))
    stranger = replace(one_transfer, transfer_id="stranger", payer="bench:stranger")
    known = state.accounts
    with pytest.raises(MemoryError, match="no room for 1 more"):
        state.take([stranger], observe=True)
    assert state.accounts == known, "who was refused left something behind"
    later = replace(stranger, received_at=one_transfer.received_at + RETENTION + 2 * TICK)
    (vector,) = state.take([later], observe=True)
    alone = offline_features(transfer_table([later]), report_table([]), CATALOGUE).drop("participant", "transfer_id")
    assert np.array_equal(vector, alone.to_numpy()[0], equal_nan=True)
    assert state.transfers == 1


def test_nothing_moves_when_there_are_more(one_transfer):
    draw, state = np.random.default_rng(6), OnlineState(CATALOGUE)
    before, tables = (state.slots.arrays, state.rings), []
    for transfer in strangers(one_transfer, draw):
        state.take([transfer], observe=True)
        if (table := state.slots.arrays.table_keys) is not (tables[-1] if tables else before[0].table_keys):
            assert np.count_nonzero(table) < 100, "a larger table learnt all at once"
            tables.append(table)
    assert np.count_nonzero(tables[-1]) > 1_000
    assert state.slots.arrays.cells is before[0].cells
    assert state.slots.arrays.free is before[0].free
    assert state.rings is before[1]


def test_pairs_are_looked_for_twice_only_while_they_move(one_transfer):
    state = OnlineState(CATALOGUE)
    assert state.slots.arrays.former_keys.size == 0
    state.take([one_transfer], observe=True)
    assert state.slots.arrays.former_keys.size == 0
