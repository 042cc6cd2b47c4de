"""Participants and their API keys. A key is shown once, when it is made; only its hash is kept."""

import asyncio
import hashlib
import logging
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, RowMapping, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from antifraud.domain.center.banks import BankCodes, Banks, keeps_accounts
from antifraud.domain.center.people import USUAL_ROLE, Actor, ParticipantKind, Role
from antifraud.domain.center.rights import Scope, allowed_role, allowed_scopes, usual_scopes
from antifraud.domain.decision import Action
from antifraud.domain.errors import Conflict, InvalidValue, NotFound, NotPermitted, Unavailable
from antifraud.domain.identifiers import opaque_id
from antifraud.domain.moment import micros, moment_of
from antifraud.store import bank_codes
from antifraud.store.address import reason
from antifraud.store.schema import api_keys, participants

_log: Final = logging.getLogger(__name__)
_PREFIX: Final = "afk_"
_SECRET_BYTES: Final = 32  # 43 characters
_ID_BYTES: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """An organisation that takes part.

    `blind` is what it chose for transfers that cannot be read, None: as the policy says.
    """

    participant: str
    name: str
    kind: ParticipantKind
    created_at: datetime
    blind: Action | None = None
    codes: BankCodes = field(default_factory=BankCodes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """What is known of a key; the key itself is known to its owner only."""

    key_id: str
    participant: str
    role: Role
    scopes: frozenset[Scope]
    label: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def person(self) -> str:
        """Return what stands in the journal where a person's name does."""
        return f"key:{self.key_id}"

    @property
    def actor(self) -> Actor:
        """Return who acts when this key is used."""
        return Actor(self.participant, self.role, self.person)

    def refusal(self, now: datetime) -> str | None:
        """Say why the key does not open anything at `now`, or None if it does."""
        if self.revoked_at is not None and self.revoked_at <= now:
            return "was revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "has expired"
        return None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A fresh key with its token, to be handed over now: it cannot be shown again."""

    token: str
    key: ApiKey


class ApiKeys:
    """The register of participants and keys.

    `verify` answers from memory. What it knows is never older than `refresh`: so long a key that another
    process revoked may still open the door. At half that age the keys are read anew, while nobody waits. A key
    that another process made opens after a tenth of it, at the latest.
    """

    def __init__(
        self,
        engine: Engine,
        refresh: timedelta = timedelta(seconds=5),
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._engine = engine
        self._refresh = refresh
        self._random_bytes = random_bytes
        self._known: Mapping[str, ApiKey] = {}
        self._read_at: datetime | None = None
        self._changes = 0  # a change made while the keys are being read must not go unnoticed
        self._reading: asyncio.Task[None] | None = None

    def register(
        self,
        participant: str,
        name: str,
        now: datetime,
        blind: Action | None = None,
        kind: ParticipantKind = ParticipantKind.BANK,
    ) -> Participant:
        """Add a participant; raise Conflict if it is there already."""
        if blind is Action.ALLOW:
            raise InvalidValue("blind", "must be hold or block: blind is never allow", blind.value)
        new = Participant(
            participant=opaque_id(participant, "participant"),
            name=name,
            kind=kind,
            created_at=now,
            blind=blind,
        )
        row = {"participant": participant, "name": name, "kind": kind, "blind": blind, "created_at": micros(now)}
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(participants).values(row))
        except IntegrityError:
            raise Conflict(f"participant {participant} is registered already") from None
        return new

    def participants(self) -> list[Participant]:
        """Return all participants by name of id."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(participants).order_by(participants.c.participant)).mappings()
            codes = bank_codes.read(connection)
            return [_participant(row, codes.get(row["participant"], BankCodes())) for row in rows]

    def participant(self, name: str) -> Participant:
        """Return a participant; raise NotFound if there is none of that id."""
        for known in self.participants():
            if known.participant == name:
                return known
        raise NotFound(f"participant {name} is not registered")

    def banks(self) -> Banks:
        """Return who keeps accounts, and by what transfers name them; raise Unavailable while that cannot be read."""
        try:
            known = self.participants()
        except DBAPIError as error:
            raise Unavailable("the register of participants cannot be read now") from error
        return Banks({each.participant: each.codes for each in known if keeps_accounts(each.kind)})

    def check_codes(self, participant: str, codes: BankCodes) -> None:
        """Raise Conflict if one of the codes is another participant's."""
        with self._engine.connect() as connection:
            bank_codes.check(connection, participant, codes)

    def set_codes(self, participant: str, codes: BankCodes) -> Participant:
        """Let a participant be named by these codes and no others; raise Conflict if one is another's."""
        codes.fitting(self.participant(participant).kind)
        with self._engine.begin() as connection:
            bank_codes.replace(connection, participant, codes)
        return self.participant(participant)

    def create(
        self,
        participant: str,
        scopes: Collection[str] | None,
        label: str,
        now: datetime,
        expires_at: datetime | None = None,
        role: Role | None = None,
    ) -> NewKey:
        """Make a key for a registered participant: `draft` one and `keep` it."""
        new = self.draft(participant, scopes, label, now, expires_at, role)
        self.keep(new)
        return new

    def draft(
        self,
        participant: str,
        scopes: Collection[str] | None,
        label: str,
        now: datetime,
        expires_at: datetime | None = None,
        role: Role | None = None,
    ) -> NewKey:
        """Return a key that opens nothing yet; without a role or scopes it has the usual ones of its kind.

        Raise NotFound for an unknown participant, InvalidValue for a role or a scope that it may not have.
        """
        kind = self.participant(participant).kind
        role = USUAL_ROLE[kind] if role is None else allowed_role(kind, role)
        key = ApiKey(
            key_id=self._random_bytes(_ID_BYTES).hex(),
            participant=participant,
            role=role,
            scopes=usual_scopes(role) if scopes is None else allowed_scopes(role, scopes),
            label=label,
            created_at=now,
            expires_at=expires_at,
        )
        return NewKey(_PREFIX + urlsafe_b64encode(self._random_bytes(_SECRET_BYTES)).decode().rstrip("="), key)

    def keep(self, new: NewKey) -> None:
        """Let a drafted key open from now on; raise Conflict if there is one of its id."""
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(api_keys).values(_key_row(new.key, _hash(new.token))))
        except IntegrityError:
            raise Conflict(f"there is a key {new.key.key_id} already") from None
        self._changed()

    def draft_successor(self, key_id: str, now: datetime) -> NewKey:
        """Return a key with the same rights that opens nothing yet; raise NotPermitted if the old one opens nothing."""
        old = self.get(key_id)
        if (problem := old.refusal(now)) is not None:
            raise NotPermitted(f"key {key_id} {problem}: make a new one")
        return self.draft(old.participant, old.scopes, old.label, now, old.expires_at, old.role)

    def rotate(self, key_id: str, now: datetime, overlap: timedelta = timedelta(0)) -> NewKey:
        """Make a key with the same rights; the old one opens for `overlap` more, and never longer than before."""
        new = self.draft_successor(key_id, now)
        self.keep(new)
        self.expire(key_id, now + overlap)
        return new

    def expire(self, key_id: str, at: datetime) -> None:
        """Let a key open until `at`, and never longer than before."""
        old = self.get(key_id)
        end = at if old.expires_at is None else min(at, old.expires_at)
        self._change(key_id, {"expires_at": micros(end)})

    def revoke(self, key_id: str, now: datetime) -> None:
        """Make a key open nothing from now on; revoking it again keeps the first moment."""
        if self.get(key_id).revoked_at is None:
            self._change(key_id, {"revoked_at": micros(now)})

    def get(self, key_id: str) -> ApiKey:
        """Return what is known of a key; raise NotFound if there is none."""
        for key in self.list():
            if key.key_id == key_id:
                return key
        raise NotFound(f"there is no key {key_id}")

    def list(self, participant: str | None = None) -> Sequence[ApiKey]:
        """Return all keys, or those of one participant, oldest first."""
        return [key for key in self._read().values() if participant in (None, key.participant)]

    async def verify(self, token: str, now: datetime) -> ApiKey:
        """Return the key that a token is; raise NotPermitted if it opens nothing at `now`."""
        if self._age(now) >= self._refresh / 2:
            self._begin_reading(now)
        await self._not_older(self._refresh, now)
        key = self._known.get(_hash(token))  # compares hashes: its timing tells nothing about any key
        if key is None:  # another process may have made it since; whoever guesses makes us look no more often
            await self._not_older(self._refresh / 10, now)
            key = self._known.get(_hash(token))
        if key is None:
            raise NotPermitted("the API key is not known")
        if (problem := key.refusal(now)) is not None:
            raise NotPermitted(f"the API key {key.key_id} {problem}")
        return key

    async def _not_older(self, age: timedelta, now: datetime) -> None:
        while self._age(now) >= age:
            await asyncio.shield(self._begin_reading(now))  # shield: one waiter's end is not everybody's

    def _age(self, now: datetime) -> timedelta:
        return timedelta.max if self._read_at is None else now - self._read_at

    def _begin_reading(self, now: datetime) -> asyncio.Task[None]:
        """Read the keys anew, once for all who ask meanwhile."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_anew(now))
            # Whoever waits hears of a failure; nobody may be waiting.
            self._reading.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._reading

    async def _read_anew(self, now: datetime) -> None:
        changes = self._changes
        known = await asyncio.to_thread(self._read)
        if changes == self._changes:
            self._known, self._read_at = known, now

    def _read(self) -> dict[str, ApiKey]:
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(
                    select(api_keys).order_by(api_keys.c.created_at, api_keys.c.key_id)
                ).mappings()
                return {row["key_hash"]: _key(row) for row in rows}
        except DBAPIError as error:
            _log.error("the register of API keys cannot be read: %s", reason(error))  # not for those outside
            raise Unavailable("the register of API keys cannot be read now") from error

    def _change(self, key_id: str, values: Mapping[str, object]) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(api_keys).where(api_keys.c.key_id == key_id).values(values))
        self._changed()

    def _changed(self) -> None:
        self._changes += 1
        self._read_at = None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _participant(row: RowMapping, codes: BankCodes) -> Participant:
    return Participant(
        participant=row["participant"],
        name=row["name"],
        kind=ParticipantKind(row["kind"]),
        created_at=moment_of(row["created_at"]),
        blind=None if row["blind"] is None else Action(row["blind"]),
        codes=codes,
    )


def _key_row(key: ApiKey, key_hash: str) -> dict[str, object]:
    return {
        "key_id": key.key_id,
        "key_hash": key_hash,
        "participant": key.participant,
        "role": key.role,
        "scopes": " ".join(sorted(key.scopes)),
        "label": key.label,
        "created_at": micros(key.created_at),
        "expires_at": None if key.expires_at is None else micros(key.expires_at),
        "revoked_at": None if key.revoked_at is None else micros(key.revoked_at),
    }


def _key(row: RowMapping) -> ApiKey:
    return ApiKey(
        key_id=row["key_id"],
        participant=row["participant"],
        role=Role(row["role"]),
        scopes=frozenset(set(Scope) & set(row["scopes"].split())),  # one that this program does not know opens nothing
        label=row["label"],
        created_at=moment_of(row["created_at"]),
        expires_at=None if row["expires_at"] is None else moment_of(row["expires_at"]),
        revoked_at=None if row["revoked_at"] is None else moment_of(row["revoked_at"]),
    )
