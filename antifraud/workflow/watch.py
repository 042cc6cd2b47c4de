"""Who is on a list right now: what every transfer is compared with, kept in memory, and never silently old."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from antifraud.domain.center.effects import Effects, Match, Side
from antifraud.domain.decision import LISTS, Reason
from antifraud.domain.transfer import Transfer

Ident = tuple[str, str]  # kind of subject, and what it is compared by


@dataclass(frozen=True, slots=True)
class Watched:
    """One entry as transfers meet it. It counts while `counts_until` has not come (None: no end is known)."""

    entry_id: str
    idents: tuple[Ident, ...]
    match: Callable[[Side], Match]
    counts_until: datetime | None = None


class Allowances(Protocol):
    """What listed payers may still spend of social money."""

    def covers(self, transfer: Transfer) -> bool:
        """Say whether a transfer is for subsistence and within what is left."""
        ...


class NoAllowances:
    """Knows of no social money: then the lists' demands stand."""

    def covers(self, transfer: Transfer) -> bool:
        """Say no."""
        return False


class Watchlist:
    """A copy of lists, indicators and taints, refreshed by whoever follows the book.

    `known_at` is when the copy was last seen to be whole; older than `stale_after` it counts as unread. Before
    the first refresh it is unread too: blind, not empty.
    """

    def __init__(
        self,
        idents: Callable[[Transfer], Sequence[tuple[Side, Ident]]],
        effects: Effects,
        stale_after: timedelta,
        allowances: Allowances | None = None,
    ) -> None:
        self.effects = effects
        self.allowances: Allowances = allowances or NoAllowances()
        self.known_at: datetime | None = None
        self._idents = idents
        self._stale_after = stale_after
        self._entries: dict[str, Watched] = {}  # by id
        self._by_ident: dict[Ident, tuple[Watched, ...]] = {}

    def __len__(self) -> int:
        """Count the entries."""
        return len(self._entries)

    def refresh(self, changed: Mapping[str, Watched | None], known_at: datetime) -> None:
        """Put changed entries in the place of what they were (None: it is gone); the copy is whole at `known_at`."""
        for entry_id, entry in changed.items():
            if (before := self._entries.pop(entry_id, None)) is not None:
                for ident in before.idents:
                    self._set(ident, (each for each in self._by_ident[ident] if each is not before))
            if entry is not None:
                self._entries[entry_id] = entry
                for ident in entry.idents:
                    self._set(ident, (*self._by_ident.get(ident, ()), entry))
        self.known_at = known_at

    def age(self, now: datetime) -> timedelta | None:
        """Return how old the copy is; None before the first one."""
        return None if self.known_at is None else max(timedelta(0), now - self.known_at)

    def hits(self, transfer: Transfer) -> tuple[Sequence[Reason], Sequence[str]]:
        """Return what the lists demand of a transfer, and `lists` if the copy is too old to be sure."""
        unread = () if self._fresh(transfer.received_at) else (LISTS,)
        matches = self.matches(transfer) if self._by_ident else ()
        if not matches:
            return (), unread
        listed_payer = any(match.side is Side.PAYER for match in matches)
        return self.effects.reasons(matches, subsistence=listed_payer and self.allowances.covers(transfer)), unread

    def matches(self, transfer: Transfer) -> tuple[Match, ...]:
        """Return the entries that a transfer meets, each once a side."""
        met: dict[tuple[Side, str], Match] = {}
        for side, ident in self._idents(transfer):
            for entry in self._by_ident.get(ident, ()):
                if entry.counts_until is None or transfer.received_at < entry.counts_until:
                    met.setdefault((side, entry.entry_id), entry.match(side))
        return tuple(met.values())

    def _fresh(self, now: datetime) -> bool:
        return self.known_at is not None and now - self.known_at <= self._stale_after

    def _set(self, ident: Ident, entries: Iterable[Watched]) -> None:
        if left := tuple(entries):
            self._by_ident[ident] = left
        else:
            self._by_ident.pop(ident, None)
