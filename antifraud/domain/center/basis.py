"""On what money may be held, and until when: each basis with a clock of its own."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from antifraud.domain.center.calendar import end_of_working_day
from antifraud.domain.errors import InvalidValue

SUSPICION_WORKING_DAYS: Final = 5  # Law No. 205-VIII of 30.06.2025; three before 31.08.2025
COERCION: Final = timedelta(hours=24)  # statement of the National Bank, January 2026
PAYING_WORKING_DAYS: Final = 1  # the bank pays a sanctioned return within a day


class BasisKind(StrEnum):
    """What the law lets money be held on."""

    BANK_SUSPICION = "bank_suspicion"
    COERCION = "coercion"  # the client acts under somebody's pressure
    POLICE_ORDER = "police_order"
    SEIZURE = "seizure"  # by a court or prosecutor: ends only when it is lifted
    SANCTIONED_RETURN = "sanctioned_return"


_NEEDS_DOCUMENT: Final = frozenset({BasisKind.POLICE_ORDER, BasisKind.SEIZURE, BasisKind.SANCTIONED_RETURN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """One ground for holding. `until` is when it ends by itself, None: never; `ended_at` when it was taken back."""

    kind: BasisKind
    since: datetime
    until: datetime | None = None
    document: str | None = None
    ended_at: datetime | None = None

    @classmethod
    def begin(
        cls, kind: BasisKind, since: datetime, *, document: str | None = None, until: datetime | None = None
    ) -> Self:
        """Return a basis with the end that the law gives it; only a police order brings its own.

        Raises InvalidValue for an order without a document, or with an end that has passed.
        """
        if kind in _NEEDS_DOCUMENT and not (document or "").strip():
            raise InvalidValue("document", f"a {kind.value} names the document it rests on", document)
        if kind is BasisKind.POLICE_ORDER:
            if until is None or until <= since:
                raise InvalidValue("until", "a police order says until when, later than now", until)
        elif until is not None:
            raise InvalidValue("until", f"the law says when a {kind.value} ends", until)
        if kind is BasisKind.BANK_SUSPICION:
            until = end_of_working_day(since, SUSPICION_WORKING_DAYS)
        elif kind is BasisKind.COERCION:
            until = since + COERCION
        elif kind is BasisKind.SANCTIONED_RETURN:
            until = end_of_working_day(since, PAYING_WORKING_DAYS)
        return cls(kind=kind, since=since, until=until, document=document)

    @property
    def frees_at_its_end(self) -> bool:
        """Say whether the money is let go when it ends; a sanctioned return that is late is somebody's failure."""
        return self.kind is not BasisKind.SANCTIONED_RETURN

    def in_force(self, at: datetime) -> bool:
        """Say whether it holds the money at that moment: from `since` on, up to and without its end."""
        if at < self.since or (self.ended_at is not None and at >= self.ended_at):
            return False
        return self.until is None or not self.frees_at_its_end or at < self.until

    def taken_back(self, at: datetime) -> Self:
        """Return it as ended at that moment."""
        return replace(self, ended_at=at)
