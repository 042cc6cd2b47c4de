"""Many strangers at once: slots, pairs and both rings grow, and every number stays right."""

from dataclasses import replace
from datetime import timedelta

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


def strangers(one_transfer, draw):
    """Return transfers over some thirty days, in order, each between anybody and anybody."""
    stream, moment = [], one_transfer.received_at
    for number in range(_MANY):
        moment += int(draw.integers(1, 30)) * MINUTE
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
    before = state.slots.arrays.cells.size, *(ring.times.size for ring in state.rings)

    def serve(first, last):
        served.extend(
            state.take(stream[at : min(at + at_once, last)], observe=True) for at in range(first, last, at_once)
        )

    replay(state, transfers, reports, between=serve)
    after = state.slots.arrays.cells.size, *(ring.times.size for ring in state.rings)
    assert all(now > once for now, once in zip(after, before, strict=True))
    table = offline_features(transfers, reports, CATALOGUE).drop("participant", "transfer_id")
    assert table["payee_reports_30d"].max() > 0
    assert np.array_equal(np.vstack(served), table.to_numpy(), equal_nan=True)
