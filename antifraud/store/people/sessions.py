"""Sessions: a cookie holds a name that only the browser knows, here stands its hash and everything else."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, RowMapping, delete, insert, select, update

from antifraud.domain.center.people import Role
from antifraud.domain.center.person import LONGEST_SESSION, Person, Session
from antifraud.domain.errors import NotPermitted
from antifraud.domain.moment import micros, moment_of
from antifraud.store.people.register import Transaction, person_of
from antifraud.store.people.schema import people, redirects, sessions

_SECRET_BYTES: Final = 32
_SEEN_EVERY: Final = timedelta(minutes=1)  # a write a minute is enough to know who is idle
_KEPT_AFTER_END: Final = timedelta(days=1)
_REDIRECT: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Redirect:
    """What a browser that comes back from a provider must match."""

    provider: str
    nonce: str
    verifier: str


class Sessions:
    """Begins, finds and ends sessions."""

    def __init__(self, transaction: Transaction, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._transaction = transaction
        self._random_bytes = random_bytes

    def begin(self, person: str, role: Role, now: datetime, instead_of: str | None = None) -> str:
        """Return the token of a new session; the one it is `instead_of` ends in the same transaction.

        A session that follows another ends when that would have ended.
        """
        token = self.secret()
        ends_at = now + LONGEST_SESSION
        with self._transaction() as connection:
            if instead_of is not None:
                mine = sessions.c.id_hash == _hash(instead_of)
                was = connection.execute(select(sessions.c.ends_at, sessions.c.person).where(mine)).first()
                if was is not None and was.person == person:
                    ends_at = min(ends_at, moment_of(was.ends_at))
                connection.execute(update(sessions).where(mine).values(revoked_at=micros(now)))
            row = {
                "id_hash": _hash(token),
                "person": person,
                "role": role,
                "csrf": self.secret(),
                "created_at": micros(now),
                "seen_at": micros(now),
                "ends_at": micros(ends_at),
            }
            connection.execute(insert(sessions).values(row))
            connection.execute(delete(sessions).where(sessions.c.ends_at < micros(now - _KEPT_AFTER_END)))
        return token

    def find(self, token: str, now: datetime) -> Session:
        """Return the session that a cookie names and note that it was seen; raise NotPermitted if it opens nothing."""
        mine = sessions.c.id_hash == _hash(token)  # compares hashes: its timing tells nothing about any token
        with self._transaction() as connection:
            row = connection.execute(select(sessions).where(mine)).mappings().first()
            if row is None:
                raise NotPermitted("the session is not known: sign in again")
            whose = connection.execute(select(people).where(people.c.name == row["person"])).mappings().one()
            session = _session(row, person_of(whose))
            if (problem := session.refusal(now)) is not None:
                raise NotPermitted(f"the session {problem}: sign in again")
            if now - session.seen_at >= _SEEN_EVERY:
                connection.execute(update(sessions).where(mine).values(seen_at=micros(now)))
        return session

    def end(self, token: str, now: datetime) -> None:
        """End one session; ending it again keeps the first moment."""
        self._end(sessions.c.id_hash == _hash(token), now)

    def end_all(self, person: str, now: datetime, but: str | None = None) -> None:
        """End all sessions of somebody, except the one whose token is `but`."""
        where = sessions.c.person == person
        self._end(where if but is None else where & (sessions.c.id_hash != _hash(but)), now)

    def send_away(self, browser: str, redirect: Redirect, now: datetime) -> str:
        """Keep what a browser must match when it comes back from a provider; return the state that it carries."""
        state = self.secret()
        row = {
            "state_hash": _hash(state),
            "browser_hash": _hash(browser),
            "provider": redirect.provider,
            "nonce": redirect.nonce,
            "verifier": redirect.verifier,
            "ends_at": micros(now + _REDIRECT),
        }
        with self._transaction() as connection:
            connection.execute(delete(redirects).where(redirects.c.ends_at <= micros(now)))
            connection.execute(insert(redirects).values(row))
        return state

    def come_back(self, browser: str, state: str, now: datetime) -> Redirect | None:
        """Return what was kept for that browser and state, once; None if there is nothing or it took too long."""
        mine = (redirects.c.state_hash == _hash(state)) & (redirects.c.browser_hash == _hash(browser))
        with self._transaction() as connection:
            row = connection.execute(delete(redirects).where(mine).returning(redirects)).mappings().first()
        if row is None or row["ends_at"] <= micros(now):
            return None
        return Redirect(row["provider"], row["nonce"], row["verifier"])

    def secret(self) -> str:
        """Return what nobody can guess, fit for a cookie or an address."""
        return urlsafe_b64encode(self._random_bytes(_SECRET_BYTES)).decode().rstrip("=")

    def _end(self, where: ColumnElement[bool], now: datetime) -> None:
        with self._transaction() as connection:
            connection.execute(
                update(sessions).where(where & sessions.c.revoked_at.is_(None)).values(revoked_at=micros(now))
            )


def _session(row: RowMapping, person: Person) -> Session:
    return Session(
        person=person.name,
        participant=person.participant,
        role=Role(row["role"]),
        roles=person.roles,
        administers=person.administers,
        csrf=row["csrf"],
        created_at=moment_of(row["created_at"]),
        seen_at=moment_of(row["seen_at"]),
        ends_at=moment_of(row["ends_at"]),
        revoked_at=None if row["revoked_at"] is None else moment_of(row["revoked_at"]),
        disabled_at=person.disabled_at,
        must_change=person.must_change,
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
