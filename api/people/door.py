"""The door for people: from a name and what proves it to a session, and out again."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from antifraud.domain.center.membership_acts import (
    LockedOut,
    PasswordChanged,
    SecondFactorSet,
    SessionsEnded,
    SignedIn,
)
from antifraud.domain.center.people import ENGINE, Actor, Role
from antifraud.domain.center.person import WITH_A_PERSON, WITH_AN_ADDRESS, Person, Session
from antifraud.domain.errors import Conflict, InvalidValue
from antifraud.store.people import People
from antifraud.store.people.attempts import Counted
from api.errors import NotAuthenticated, SecondFactorNeeded, TooManyAttempts
from api.people import codes
from api.people.journal import Journal
from api.people.passwords import Passwords

_WRONG = "the sign-in name, the password or the code is wrong"  # which of them is nobody's business


@dataclass(frozen=True, slots=True)
class Opened:
    """A fresh session with what its cookie holds."""

    token: str
    session: Session


class Door:
    """Lets people in and out."""

    def __init__(
        self, people: Callable[[], People], journal: Journal, passwords: Passwords, now: Callable[[], datetime]
    ) -> None:
        self._people = people
        self._journal = journal
        self._passwords = passwords
        self._now = now

    async def sign_in(
        self,
        name: str,
        password: str,
        address: str,
        *,
        code: str | None = None,
        role: Role | None = None,
        instead_of: str | None = None,
    ) -> Opened:
        """Begin a session for whoever knows the password; the one it is `instead_of` ends.

        Raise TooManyAttempts, NotAuthenticated, SecondFactorNeeded, or InvalidValue for a role he does not have.
        """
        name = name.strip().casefold()
        people = await asyncio.to_thread(self._people)
        subjects = {f"person:{name}": WITH_A_PERSON, f"address:{address}": WITH_AN_ADDRESS}
        counted = await asyncio.to_thread(people.attempts.begin, subjects, self._now())
        if counted.wait > timedelta(0):
            raise TooManyAttempts(counted.wait)
        person = await asyncio.to_thread(people.register.find, name)
        try:
            proved = await self._proves(people, person, name, password, code)
        except SecondFactorNeeded:
            await self._forgive(people, subjects)
            raise
        if person is None or not proved:
            await self._note_lock(person, counted, address)
            raise NotAuthenticated(_WRONG)
        await asyncio.to_thread(people.attempts.forget, f"person:{name}")
        await self._forgive(people, [f"address:{address}"])
        return await self.admit(person, person.role(role), address, instead_of)

    async def admit(self, person: Person, role: Role, address: str, instead_of: str | None = None) -> Opened:
        """Begin a session for somebody who has proved who he is."""
        now, people = self._now(), await asyncio.to_thread(self._people)
        by = Actor(person.participant, role, person.name)
        await self._journal.note(
            person.participant, SignedIn(by=by, at=now, person=person.name, address=address or None)
        )
        token = await asyncio.to_thread(people.sessions.begin, person.name, role, now, instead_of)
        return Opened(token, await self.session(token))

    async def session(self, token: str) -> Session:
        """Return the session that a cookie names; raise NotPermitted if it opens nothing."""
        people = await asyncio.to_thread(self._people)
        return await asyncio.to_thread(people.sessions.find, token, self._now())

    async def take_role(self, token: str, session: Session, role: Role, address: str) -> Opened:
        """Go on in another of his roles, in a session of a new name."""
        person = await asyncio.to_thread(self._people().register.get, session.person)
        return await self.admit(person, person.role(role), address, token)

    async def sign_out(self, token: str) -> None:
        """End the session."""
        await asyncio.to_thread(self._people().sessions.end, token, self._now())

    async def sign_out_everywhere(self, session: Session) -> None:
        """End all sessions of a person."""
        now = self._now()
        await self._journal.note(session.participant, SessionsEnded(by=session.actor, at=now, person=session.person))
        await asyncio.to_thread(self._people().sessions.end_all, session.person, now)

    async def change_password(self, token: str, session: Session, old: str, new: str, address: str) -> Opened:
        """Change one's own password; all other sessions end, and this one goes on under a new name."""
        people, now = self._people(), self._now()
        subject = f"person:{session.person}"
        counted = await asyncio.to_thread(people.attempts.begin, {subject: WITH_A_PERSON}, now)
        if counted.wait > timedelta(0):
            raise TooManyAttempts(counted.wait)
        proof = await asyncio.to_thread(people.register.proof, session.person)
        if proof is None or proof.password is None:
            raise Conflict(f"{session.person} has no password here: a provider answers for him")
        if not await self._passwords.fits(proof.password, old):
            raise NotAuthenticated("the old password is wrong")
        await asyncio.to_thread(people.attempts.forget, subject)
        if old == new:
            raise InvalidValue("new", "is another one than the old", "***")
        kept = await self._passwords.hash(new, session.person)
        await self._journal.note(session.participant, PasswordChanged(by=session.actor, at=now, person=session.person))
        await asyncio.to_thread(lambda: people.register.set_password(session.person, kept, must_change=False))
        await asyncio.to_thread(people.sessions.end_all, session.person, now, token)
        person = await asyncio.to_thread(people.register.get, session.person)
        return await self.admit(person, session.role, address, token)

    async def offer_code(self, session: Session) -> str:
        """Return a secret to make codes of; it is asked for once `confirm_code` has seen one."""
        secret = codes.new_secret()
        await asyncio.to_thread(self._people().register.offer_factor, session.person, secret)
        return secret

    async def confirm_code(self, session: Session, code: str) -> None:
        """Ask for codes from now on, as one of the offered secret was shown; raise InvalidValue otherwise."""
        people, now = self._people(), self._now()
        proof = await asyncio.to_thread(people.register.proof, session.person)
        secret = None if proof is None else proof.factor_offered
        if secret is None:
            raise Conflict("ask for a secret first")
        step = codes.step_of(secret, code, now)
        if step is None:
            raise InvalidValue("code", "is none of the offered secret", "***")
        await self._journal.note(session.participant, SecondFactorSet(by=session.actor, at=now, person=session.person))
        await asyncio.to_thread(people.register.set_factor, session.person, secret, step)

    async def _proves(self, people: People, person: Person | None, name: str, password: str, code: str | None) -> bool:
        """Say whether password and code are this person's; nobody's take as long to be refused."""
        proof = await asyncio.to_thread(people.register.proof, name)
        fits = await self._passwords.fits(None if proof is None else proof.password, password)
        if not fits or proof is None or person is None or person.disabled_at is not None:
            return False
        if proof.factor is not None:
            if code is None:
                raise SecondFactorNeeded(f"{name} signs in with a code besides")
            step = codes.step_of(proof.factor, code, self._now())
            if step is None or not await asyncio.to_thread(people.register.use_step, name, step):
                return False
        if proof.password is not None and self._passwords.outdated(proof.password):
            kept = await self._passwords.hash(password, name)
            await asyncio.to_thread(lambda: people.register.set_password(name, kept, must_change=person.must_change))
        return True

    async def _forgive(self, people: People, subjects: Iterable[str]) -> None:
        for subject in subjects:
            await asyncio.to_thread(people.attempts.forgive, subject)

    async def _note_lock(self, person: Person | None, counted: Counted, address: str) -> None:
        """Note in the journal that somebody is locked out; names that nobody has are not worth an act."""
        failures = 0 if person is None else counted.failures[f"person:{person.name}"]
        if person is not None and failures == WITH_A_PERSON.free:
            act = LockedOut(by=ENGINE, at=self._now(), person=person.name, failures=failures, address=address or None)
            await self._journal.note(person.participant, act)
