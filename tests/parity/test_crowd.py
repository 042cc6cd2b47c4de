"""Many strangers at once: slots and pairs become more, and every number stays right."""

from dataclasses import replace
from datetime import timedelta
from mmap import PAGESIZE

import numpy as np
import pytest

from antifraud.domain.report import Report, ReportSource
from features.catalogue import CATALOGUE
from features.offline import offline_features
from features.online import OnlineState
from features.replay import replay
from features.spec import KIND_OF_FIELD, MINUTE
from tests.strategies import report_table, transfer_table

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


def test_who_left_gave_back_the_memory_and_who_stays_reads_the_same(one_transfer):
    stream = strangers(one_transfer, np.random.default_rng(5), many=3 * PAGESIZE, apart=12)
    transfers, state = transfer_table(stream), OnlineState(CATALOGUE)
    served = [state.take(stream[at : at + 500], observe=True) for at in range(0, len(stream), 500)]
    left = len(stream) - state.transfers
    assert left > PAGESIZE, "nobody left"
    assert state.events[0].nbytes < 42 * (state.transfers + PAGESIZE + 1)
    table = offline_features(transfers, report_table([]), CATALOGUE).drop("participant", "transfer_id")
    assert np.array_equal(np.vstack(served), table.to_numpy(), equal_nan=True)


def test_nothing_moves_when_there_are_more(one_transfer):
    draw, state = np.random.default_rng(6), OnlineState(CATALOGUE)
    before = state.slots.arrays, state.rings
    for transfer in strangers(one_transfer, draw):
        state.take([transfer], observe=True)
    assert state.slots.arrays.cells is before[0].cells
    assert state.slots.arrays.free is before[0].free
    assert state.rings is before[1]
