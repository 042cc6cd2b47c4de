"""The office of participants and keys: whoever may, changes them; first in the journal, then in the register."""

import asyncio
import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from antifraud.domain.center.banks import BankCodes
from antifraud.domain.center.membership_acts import CodesSet, Joined, KeyMade, KeyRevoked, KeyRotated
from antifraud.domain.center.people import Actor, ParticipantKind, Role
from antifraud.domain.decision import Action
from antifraud.domain.errors import Conflict, InvalidValue, NotFound
from antifraud.store.keys import ApiKey, ApiKeys, NewKey, Participant
from api.people.journal import Journal


class KeysOffice:
    """Participants and keys. `own` is the participant that the caller may see, None: all."""

    def __init__(self, keys: ApiKeys, journal: Journal, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._journal = journal
        self._now = now

    async def participants(self) -> Sequence[Participant]:
        """Return all who take part."""
        return await asyncio.to_thread(self._keys.participants)

    async def check_kind(self, field: str, participant: str, kind: ParticipantKind) -> str:
        """Return the participant; raise InvalidValue of `field` unless it takes part as that kind of organisation."""
        known = {each.participant: each.kind for each in await self.participants()}
        if known.get(participant) is not kind:
            raise InvalidValue(field, f"names no {kind.value} that takes part", participant)
        return participant

    async def register(
        self,
        by: Actor,
        participant: str,
        name: str,
        kind: ParticipantKind,
        blind: Action | None = None,
        codes: BankCodes | None = None,
    ) -> tuple[Participant, bool]:
        """Let an organisation take part; return it, and whether the same was registered before.

        Raise Conflict if another one has that id, or one of its codes.
        """
        now = self._now()
        wanted = (codes or BankCodes()).fitting(kind)
        await asyncio.to_thread(self._keys.check_codes, participant, wanted)
        try:
            known = await asyncio.to_thread(self._keys.participant, participant)
        except NotFound:
            await self._journal.joined(Joined(by=by, at=now, participant=participant, name=name, kind=kind))
            await asyncio.to_thread(self._keys.register, participant, name, now, blind, kind)
            return await self.set_codes(by, participant, wanted), False
        if (known.name, known.kind, known.blind) != (name, kind, blind):
            raise Conflict(f"participant {participant} is registered already, as {known.name} ({known.kind.value})")
        if wanted.spelt and known.codes.spelt and known.codes.spelt != wanted.spelt:
            raise Conflict(f"participant {participant} is registered already, with other BICs or bank codes: set them")
        return (await self.set_codes(by, participant, wanted) if wanted.spelt else known), True

    async def set_codes(self, by: Actor, participant: str, codes: BankCodes) -> Participant:
        """Let a participant be named by these codes and no others; raise Conflict if one is another's."""
        known = await asyncio.to_thread(self._keys.participant, participant)
        codes.fitting(known.kind)
        await asyncio.to_thread(self._keys.check_codes, participant, codes)
        if known.codes.spelt == codes.spelt:
            return known
        act = CodesSet(
            by=by, at=self._now(), bics=tuple(sorted(codes.bics)), bank_codes=tuple(sorted(codes.bank_codes))
        )
        await self._journal.note(participant, act)
        return await asyncio.to_thread(self._keys.set_codes, participant, codes)

    async def list(self, own: str | None) -> Sequence[ApiKey]:
        """Return what is known of keys, oldest first."""
        return await asyncio.to_thread(self._keys.list, own)

    async def make(
        self,
        by: Actor,
        participant: str,
        *,
        role: Role | None = None,
        scopes: Collection[str] | None = None,
        label: str = "",
        expires_at: datetime | None = None,
        request_key: str | None = None,
    ) -> NewKey:
        """Make a key; its token is nowhere else. The same `request_key` never makes two: raise Conflict for it."""
        now = self._now()
        if expires_at is not None and expires_at <= now:
            raise InvalidValue("expires_at", "lies in the past", expires_at.isoformat())
        new = await asyncio.to_thread(self._keys.draft, participant, scopes, label, now, expires_at, role)
        if request_key is not None:
            new = replace(new, key=replace(new.key, key_id=_key_id(by, request_key)))
            if await self._known(new.key.key_id):
                raise Conflict(f"this request made the key {new.key.key_id}; its token is shown once: rotate it")
        await self._note_made(by, new.key, now)
        await asyncio.to_thread(self._keys.keep, new)
        return new

    async def rotate(self, by: Actor, own: str | None, key_id: str, overlap: timedelta) -> NewKey:
        """Make a key with the same rights; the old one opens for `overlap` more, and never longer than before."""
        old = await self._get(own, key_id)
        now = self._now()
        new = await asyncio.to_thread(self._keys.draft_successor, key_id, now)
        until = now + overlap if old.expires_at is None else min(now + overlap, old.expires_at)
        await self._note_made(by, new.key, now)
        act = KeyRotated(by=by, at=now, key_id=key_id, successor=new.key.key_id, until=until)
        await self._journal.note(old.participant, act)
        await asyncio.to_thread(self._keys.keep, new)
        await asyncio.to_thread(self._keys.expire, key_id, until)
        return new

    async def revoke(self, by: Actor, own: str | None, key_id: str) -> ApiKey:
        """Make a key open nothing; return it. Again changes nothing."""
        key = await self._get(own, key_id)
        if key.revoked_at is None:
            now = self._now()
            await self._journal.note(key.participant, KeyRevoked(by=by, at=now, key_id=key_id))
            await asyncio.to_thread(self._keys.revoke, key_id, now)
        return await self._get(own, key_id)

    async def _known(self, key_id: str) -> bool:
        return key_id in {key.key_id for key in await self.list(None)}

    async def _get(self, own: str | None, key_id: str) -> ApiKey:
        for key in await self.list(own):
            if key.key_id == key_id:
                return key
        raise NotFound(f"there is no key {key_id}" + ("" if own is None else f" of {own}"))

    async def _note_made(self, by: Actor, key: ApiKey, now: datetime) -> None:
        act = KeyMade(
            by=by,
            at=now,
            key_id=key.key_id,
            role=key.role,
            scopes=tuple(sorted(key.scopes)),
            label=key.label,
            expires_at=key.expires_at,
        )
        await self._journal.note(key.participant, act)


def _key_id(by: Actor, request_key: str) -> str:
    return hashlib.sha256(f"{by.participant}\n{request_key}".encode()).hexdigest()[:12]
