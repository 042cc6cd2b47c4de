"""The office of people: whoever administers, adds and changes them; first in the journal, then in the register."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from antifraud.domain.center.membership_acts import (
    PasswordReset,
    PersonAdded,
    PersonDisabled,
    PersonEnabled,
    RolesChanged,
    SecondFactorRemoved,
)
from antifraud.domain.center.people import Actor, Role
from antifraud.domain.center.person import Person, sign_in_name
from antifraud.domain.center.rights import allowed_role
from antifraud.domain.errors import Conflict, InvalidValue, NotFound
from antifraud.store.keys import ApiKeys
from antifraud.store.people import People
from api.people.journal import Journal
from api.people.passwords import Passwords, lent_password


class PeopleOffice:
    """People. `own` is the participant whose people the caller may see, None: all."""

    def __init__(
        self,
        people: Callable[[], People],
        keys: ApiKeys,
        journal: Journal,
        passwords: Passwords,
        now: Callable[[], datetime],
    ) -> None:
        self._people = people
        self._keys = keys
        self._journal = journal
        self._passwords = passwords
        self._now = now

    async def list(self, own: str | None) -> Sequence[Person]:
        """Return people by name."""
        return await asyncio.to_thread(lambda: self._people().register.list(own))

    async def get(self, own: str | None, name: str) -> Person:
        """Return somebody; raise NotFound, also for one of another participant."""
        person = await asyncio.to_thread(lambda: self._people().register.find(name.strip().casefold()))
        if person is None or own not in (None, person.participant):
            raise NotFound(f"there is nobody with the sign-in name {name}")
        return person

    async def add(
        self,
        by: Actor,
        participant: str,
        name: str,
        full_name: str,
        roles: Collection[Role],
        *,
        administers: bool = False,
    ) -> str:
        """Add somebody and return the password to hand over: it is shown once, and must be changed."""
        roles = await self._allowed(participant, roles)
        now = self._now()
        person = Person(
            name=sign_in_name(name),
            full_name=_named(full_name),
            participant=participant,
            roles=frozenset(roles),
            administers=administers,
            created_at=now,
            must_change=True,
        )
        people = await asyncio.to_thread(self._people)
        if await asyncio.to_thread(people.register.find, person.name) is not None:
            raise Conflict(f"the sign-in name {person.name} is taken")
        password = lent_password()
        kept = await self._passwords.hash(password, person.name)
        act = PersonAdded(
            by=by,
            at=now,
            person=person.name,
            full_name=person.full_name,
            roles=tuple(sorted(roles)),
            administers=administers,
        )
        await self._journal.note(participant, act)
        await asyncio.to_thread(people.register.add, person, kept)
        return password

    async def set_rights(
        self, by: Actor, own: str | None, name: str, roles: Collection[Role], *, administers: bool
    ) -> Person:
        """Let somebody act in other roles; sessions in a role he lost open nothing any more."""
        person = await self.get(own, name)
        roles = await self._allowed(person.participant, roles)
        act = RolesChanged(
            by=by, at=self._now(), person=person.name, roles=tuple(sorted(roles)), administers=administers
        )
        await self._journal.note(person.participant, act)
        register = self._people().register
        await asyncio.to_thread(lambda: register.set_rights(person.name, roles, administers=administers))
        return await self.get(own, name)

    async def disable(self, by: Actor, own: str | None, name: str) -> Person:
        """Shut somebody out, and end his sessions."""
        person = await self.get(own, name)
        if person.disabled_at is None:
            now = self._now()
            await self._journal.note(person.participant, PersonDisabled(by=by, at=now, person=person.name))
            people = self._people()
            await asyncio.to_thread(people.register.set_disabled, person.name, now)
            await asyncio.to_thread(people.sessions.end_all, person.name, now)
        return await self.get(own, name)

    async def enable(self, by: Actor, own: str | None, name: str) -> Person:
        """Let somebody in again who was shut out."""
        person = await self.get(own, name)
        if person.disabled_at is not None:
            await self._journal.note(person.participant, PersonEnabled(by=by, at=self._now(), person=person.name))
            await asyncio.to_thread(self._people().register.set_disabled, person.name, None)
        return await self.get(own, name)

    async def reset(self, by: Actor, own: str | None, name: str, *, second_factor: bool = False) -> str:
        """Return a new password to hand over; sessions end, failures are forgotten.

        With `second_factor` codes are not asked for any more either. Raise Conflict for whom a provider answers.
        """
        person = await self.get(own, name)
        if person.issuer is not None:
            raise Conflict(f"{person.name} has no password here: {person.issuer} answers for him")
        password, now, people = lent_password(), self._now(), self._people()
        kept = await self._passwords.hash(password, person.name)
        await self._journal.note(person.participant, PasswordReset(by=by, at=now, person=person.name))
        if second_factor:
            await self._journal.note(person.participant, SecondFactorRemoved(by=by, at=now, person=person.name))
            await asyncio.to_thread(people.register.set_factor, person.name, None, None)
        await asyncio.to_thread(lambda: people.register.set_password(person.name, kept, must_change=True))
        await asyncio.to_thread(people.sessions.end_all, person.name, now)
        await asyncio.to_thread(people.attempts.forget, f"person:{person.name}")
        return password

    async def _allowed(self, participant: str, roles: Collection[Role]) -> Sequence[Role]:
        kind = (await asyncio.to_thread(self._keys.participant, participant)).kind
        if not roles:
            raise InvalidValue("roles", "names at least one role", [])
        return [allowed_role(kind, role) for role in sorted(set(roles))]


def _named(full_name: str) -> str:
    name = " ".join(full_name.split())
    if not 1 <= len(name) <= 200 or not name.isprintable():
        raise InvalidValue("full_name", "is 1 to 200 printable characters", full_name)
    return name
