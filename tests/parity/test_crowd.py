"""Many strangers at once: slots, pairs and rings grow, and every number stays right."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from features.catalogue import CATALOGUE
from features.offline import offline_features
from features.online import OnlineState
from tests.strategies import report_table, transfer_table


@pytest.mark.parametrize("at_once", [1, 700, 3_000])
def test_transfers_between_strangers_read_the_same_in_both_engines(one_transfer, at_once):
    draw = np.random.default_rng(at_once)
    stream = []
    for number in range(3_000):
        moment = one_transfer.received_at + number * timedelta(minutes=int(draw.integers(1, 30)))
        names = {name: f"{name}-{draw.integers(10_000)}" for name in ("payer", "payee", "device_id", "ip")}
        stream.append(replace(one_transfer, transfer_id=str(number), received_at=moment, occurred_at=moment, **names))
    stream.sort(key=lambda transfer: transfer.received_at)
    state = OnlineState(CATALOGUE)
    served = [state.take(stream[at : at + at_once], observe=True) for at in range(0, len(stream), at_once)]
    table = offline_features(transfer_table(stream), report_table([]), CATALOGUE)
    assert np.array_equal(np.vstack(served), table.drop("participant", "transfer_id").to_numpy(), equal_nan=True)
