"""Where to hold and where to block: the pair of thresholds that loses least money on a history."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_NEVER: Final = 1.01  # above every chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What each outcome costs, in minor units, and how many alerts of 100,000 transfers the desk can take."""

    review_cost_minor: int
    honest_hold_cost_minor: int
    honest_block_cost_minor: int
    held_fraud_stopped_share: float
    alerts_per_100k: float

    def stopped(self, stolen: Floats, looked_at: Bools, blocked: Bools) -> Floats:
        """Return what of stolen money is kept from leaving: all that is blocked, and a share of what the desk holds.

        `looked_at` are holds that the desk gets to; one that it does not stops nothing.
        """
        return stolen * (blocked + self.held_fraud_stopped_share * looked_at)

    def spent(self, known: Floats, honest: Floats, held: Bools, blocked: Bools, looked_at: Bools) -> Floats:
        """Return what it costs to hold these and block those: a review of each known one, and honest clients' patience.

        `known` and `honest` weigh the transfers: 1, or for how many each speaks, or 0.
        """
        reviews = self.review_cost_minor * looked_at * known
        return reviews + honest * (self.honest_hold_cost_minor * held + self.honest_block_cost_minor * blocked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Chances from which on a transfer is held, and blocked; and what they would have lost."""

    hold_at: float
    block_at: float
    loss_minor: int
    loss_of_allowing_all_minor: int


def choose_thresholds(chance: Floats, fraud: Bools, amount_minor: Ints, costs: Costs) -> Thresholds:
    """Return the thresholds of least loss among those whose alerts the desk can take, rounded down.

    A fraud that is allowed loses its amount; one that is held loses what the desk fails to stop; blocked it
    loses nothing. Holding costs a review, and an honest client's patience besides.
    """
    order = np.argsort(-chance, kind="stable")
    chance, fraud, amount = chance[order], fraud[order], amount_minor[order].astype(np.float64)
    stolen = float(amount[fraud].sum())
    held = costs.review_cost_minor + np.where(
        fraud, amount * (1 - costs.held_fraud_stopped_share), costs.honest_hold_cost_minor
    )
    gain_of_hold = _running(np.where(fraud, amount, 0.0) - held)
    gain_of_block = _running(np.where(fraud, amount, -float(costs.honest_block_cost_minor)))
    most = int(costs.alerts_per_100k * chance.size / 100_000)
    cuts = np.flatnonzero(np.concatenate((chance[:-1] > chance[1:], [True]))) + 1  # never inside a tie
    cuts = np.concatenate(([0], cuts[cuts <= most]))
    # Blocking the first b and holding up to h gains block[b] - hold[b] + hold[h]; the best b for every h.
    edge = np.maximum.accumulate((gain_of_block - gain_of_hold)[cuts])
    gains = edge + gain_of_hold[cuts]
    alerts = int(np.argmax(gains))
    blocks = int(np.argmax((gain_of_block - gain_of_hold)[cuts[: alerts + 1]]))
    return Thresholds(
        hold_at=_between(chance, int(cuts[alerts])),
        block_at=_between(chance, int(cuts[blocks])),
        loss_minor=round(stolen - float(gains[alerts])),
        loss_of_allowing_all_minor=round(stolen),
    )


def _running(values: Floats) -> Floats:
    return np.concatenate(([0.0], np.cumsum(values)))


def _between(chance: Floats, count: int) -> float:
    """Return the threshold that takes the `count` highest chances and no more."""
    if count == 0:
        return _NEVER
    last, below = float(chance[count - 1]), float(chance[count]) if count < chance.size else 0.0
    middle = (last + below) / 2
    return middle if middle > below else last  # between neighbouring floats there is no middle
