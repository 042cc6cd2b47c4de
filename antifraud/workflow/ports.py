"""What the use cases need from the world, said as Protocols; `api.wiring` joins the real parts.

Ports that may leave the process are async. Vectors are rows of float64 in the catalogue's order;
an absent value is NaN.
"""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from antifraud.domain.decision import Decision, Evidence, Reason
from antifraud.domain.policy import Policy
from antifraud.domain.report import Report
from antifraud.domain.transfer import Transfer

Vectors = NDArray[np.float64]


class Clock(Protocol):
    """Stamps what arrives. Stamps never step back; those of a live clock are all distinct."""

    def stamp(self, occurred_at: datetime) -> datetime:
        """Return the moment of receipt, aware UTC, of something that says it occurred at `occurred_at`."""
        ...


class FeatureState(Protocol):
    """Behavioural state of all accounts."""

    async def read_then_observe(self, transfers: Sequence[Transfer]) -> Vectors:
        """Return a row for each transfer and make each part of history, in order and atomically.

        Each transfer sees those before it in the sequence, never itself nor one of the same instant.
        """
        ...

    async def observe_report(self, report: Report, about: Transfer) -> None:
        """Make a report about a transfer (of any age) part of history from `report.known_at` on."""
        ...


class Scorer(Protocol):
    """The champion model."""

    @property
    def version(self) -> str:
        """Name the model that speaks."""
        ...

    @property
    def policy(self) -> Policy:
        """Return the thresholds that were chosen for this model."""
        ...

    def score(self, vectors: Vectors) -> NDArray[np.float64]:
        """Return the calibrated chance of fraud of each row."""
        ...

    def explain(self, vector: Vectors, also: Sequence[str] = ()) -> tuple[Evidence, ...]:
        """Return the features that spoke loudest for fraud in one vector, and those of `also`, strongest first.

        Slow: milliseconds. It is asked in another thread than `score`, one vector at a time.
        """
        ...

    def measured(self, vector: Vectors, features: Sequence[str]) -> tuple[Evidence, ...]:
        """Return what these features measured and what is usual, without asking the model: quick, and when it fails."""
        ...


class RuleSet(Protocol):
    """The active rules, compiled."""

    @property
    def version(self) -> str | None:
        """Name the book that they are from; None: there is none."""
        ...

    def hits(self, vector: Vectors) -> tuple[Sequence[Reason], Sequence[str]]:
        """Return the reasons of the rules that fired, and the codes of those that could not be read."""
        ...

    def reads(self, code: str) -> Sequence[str]:
        """Return the features that the rule of a reason's code reads, as they stand in it."""
        ...


class ListReader(Protocol):
    """The lists, indicators and traces that the Center keeps, as they stand now."""

    def hits(self, transfer: Transfer) -> tuple[Sequence[Reason], Sequence[str]]:
        """Return what they demand of a transfer, and `lists` when they could not be read or are too old."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A decision as it stands in the log; `answer` is the exact body that was given."""

    transfer: Transfer
    vector: Vectors  # one row, the one served: tomorrow's training row
    decision: Decision
    answer: bytes


class DecisionLog(Protocol):
    """The durable truth: every acknowledged decision and report."""

    async def find(self, participant: str, transfer_id: str) -> Recorded | None:
        """Return what was decided about a transfer, or None if it was never seen."""
        ...

    async def find_all(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Recorded]:
        """Return what was decided about those (participant, transfer_id) that were seen before.

        Asked before every decision, and nearly always about ids never seen: those must cost next to nothing.
        """
        ...

    def record(self, rows: Sequence[Recorded]) -> Awaitable[None]:
        """Begin to record at once; wait for the result: all rows are durable, or NotDurable and none is kept.

        What was begun later is never durable without what was begun before it: after a failure all fail until
        the state has been rebuilt from the log.
        """
        ...

    async def amend(self, rows: Sequence[Recorded]) -> None:
        """Give rows recorded before their last words (evidence, degraded, answer), or raise NotDurable."""
        ...

    async def find_report(self, participant: str, transfer_id: str) -> Report | None:
        """Return the latest report about a transfer, a withdrawal too, or None if there was none."""
        ...

    async def record_report(self, report: Report) -> None:
        """Return once the report is durable, or raise NotDurable."""
        ...
