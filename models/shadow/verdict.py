"""Promote, keep, or not enough data yet: what a comparison of two models comes to, by rules a person can read."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from models.evaluation.intervals import Estimate

FEWEST_DAYS: Final = 14
FEWEST_FRAUDS: Final = 30
SAME_WITHIN: Final = 0.02
"""Of what the champion saves: a difference that is surely smaller is none worth a change."""


class Advice(StrEnum):
    """What to do."""

    PROMOTE = "promote"
    KEEP = "keep"
    WAIT = "not enough data yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a verdict is built on; money is minor units a day, and more is the challenger's less the champion's."""

    days: int
    frauds: int
    unseen: int
    agreement: float | None
    champion_saves: float
    saved_more: Estimate
    at_least: Estimate
    at_most: Estimate


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do and why, in one sentence."""

    advice: Advice
    why: str


def verdict(evidence: Evidence) -> Verdict:
    """Return the first that holds, in this order.

    Too little: fewer days or frauds than FEWEST_. Keep: both choose the same. Promote: it saves more at every point
    of the interval, even if the unseen transfers spoke against it. Keep: it saves no more, even if they spoke for it;
    or the difference is surely within SAME_WITHIN. Otherwise: not enough data yet.

    >>> few = Estimate(1.0, 0.5, 1.5)
    >>> verdict(Evidence(days=9, frauds=80, unseen=0, agreement=0.5, champion_saves=9.0, saved_more=few,
    ...     at_least=few, at_most=few))
    Verdict(advice=<Advice.WAIT: 'not enough data yet'>, why='9 days have known outcomes, 14 are needed')
    """
    if evidence.days < FEWEST_DAYS:
        return Verdict(Advice.WAIT, f"{evidence.days} days have known outcomes, {FEWEST_DAYS} are needed")
    if evidence.frauds < FEWEST_FRAUDS:
        return Verdict(Advice.WAIT, f"{evidence.frauds} frauds are known, {FEWEST_FRAUDS} are needed")
    if evidence.agreement == 1.0:
        return Verdict(Advice.KEEP, "both raise the same alerts: nothing would change")
    least, most = evidence.at_least.low, evidence.at_most.high
    if least is None or most is None:
        return Verdict(Advice.WAIT, "the days are too much alike to say how far chance reaches")
    if least > 0:
        return Verdict(Advice.PROMOTE, "it saves more, beyond chance and whatever the blocked transfers were")
    if most <= 0:
        return Verdict(Advice.KEEP, "it saves no more, beyond chance and whatever the blocked transfers were")
    if max(-least, most) <= SAME_WITHIN * evidence.champion_saves:
        return Verdict(Advice.KEEP, f"the difference is surely below {SAME_WITHIN:.0%} of what the champion saves")
    low, high = evidence.saved_more.low, evidence.saved_more.high
    if low is not None and high is not None and (low > 0 or high <= 0):
        return Verdict(
            Advice.WAIT,
            f"what is seen speaks {'for' if low > 0 else 'against'} it, but {evidence.unseen} transfers were blocked "
            "and nobody knows what they were: their outcomes decide",
        )
    return Verdict(Advice.WAIT, "the difference may be chance: its interval holds zero")
