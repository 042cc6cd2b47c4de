"""Failed attempts to sign in: counted before they are judged, so that many at once are many."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select, text, update

from antifraud.domain.center.person import Patience
from antifraud.domain.moment import micros, moment_of
from antifraud.store.people.register import Transaction
from antifraud.store.people.schema import attempts

_FORGOTTEN_AFTER: Final = timedelta(days=2)
_MEET: Final = text(
    "INSERT INTO attempts (subject, failures, last_at) VALUES (:subject, 0, :now) ON CONFLICT (subject) DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Counted:
    """An attempt: how long to wait before it may be judged at all, and whether it is the one that locks."""

    wait: timedelta
    failures: Mapping[str, int]


class Attempts:
    """Counts attempts for each subject, a person's name or an address."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def begin(self, subjects: Mapping[str, Patience], now: datetime) -> Counted:
        """Count an attempt as failed for each subject, unless one of them has to wait: then count nothing."""
        with self._transaction() as connection:
            before = {each: self._failures(connection, each, subjects[each], now) for each in sorted(subjects)}
            waits = [
                last + subjects[each].wait(failures) - now for each, (failures, last) in before.items() if failures
            ]
            wait = max(waits, default=timedelta(0))
            if wait > timedelta(0):
                return Counted(wait, {each: failures for each, (failures, _) in before.items()})
            for each, (failures, _) in before.items():
                row = attempts.c.subject == each
                connection.execute(update(attempts).where(row).values(failures=failures + 1, last_at=micros(now)))
            connection.execute(delete(attempts).where(attempts.c.last_at < micros(now - _FORGOTTEN_AFTER)))
        return Counted(timedelta(0), {each: failures + 1 for each, (failures, _) in before.items()})

    def forgive(self, subject: str) -> None:
        """Take back one failure: it was none."""
        row = (attempts.c.subject == subject) & (attempts.c.failures > 0)
        with self._transaction() as connection:
            connection.execute(update(attempts).where(row).values(failures=attempts.c.failures - 1))

    def forget(self, subject: str) -> None:
        """Begin anew with a subject."""
        with self._transaction() as connection:
            connection.execute(delete(attempts).where(attempts.c.subject == subject))

    def _failures(
        self, connection: Connection, subject: str, patience: Patience, now: datetime
    ) -> tuple[int, datetime]:
        """Return how often a subject failed and when last; the row is ours until the transaction ends."""
        connection.execute(_MEET, {"subject": subject, "now": micros(now)})
        row = connection.execute(select(attempts).where(attempts.c.subject == subject).with_for_update()).one()
        last = moment_of(row.last_at)
        return (0 if now - last >= patience.forgotten_after else row.failures), last
