"""The other door for people: sent to a provider, back with its word, and in by that."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from antifraud.domain.center.membership_acts import PersonAdded, RolesChanged
from antifraud.domain.center.people import ROLES_OF, Actor, Role
from antifraud.domain.center.person import Person, sign_in_name
from antifraud.domain.errors import Conflict, InvalidValue, NotFound, NotPermitted
from antifraud.store.keys import ApiKeys
from antifraud.store.people import People
from antifraud.store.people.sessions import Redirect
from api.errors import NotAuthenticated
from api.people.door import Door, Opened
from api.people.journal import Journal
from api.people.provider import Provider, claim


class AwayDoor:
    """Sends browsers to providers, and lets in whom they answer for."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        redirect_uri: str,
        people: Callable[[], People],
        keys: ApiKeys,
        journal: Journal,
        door: Door,
        now: Callable[[], datetime],
    ) -> None:
        self._providers = providers
        self._redirect_uri = redirect_uri
        self._people = people
        self._keys = keys
        self._journal = journal
        self._door = door
        self._now = now

    @property
    def names(self) -> list[str]:
        """Name the providers."""
        return sorted(self._providers)

    async def send(self, provider: str) -> tuple[str, str]:
        """Return where to send a browser, and what its cookie must hold when it comes back; raise NotFound."""
        to = self._providers.get(provider)
        if to is None:
            raise NotFound(f"there is no provider {provider}")
        sessions = (await asyncio.to_thread(self._people)).sessions
        browser, redirect = sessions.secret(), Redirect(provider, sessions.secret(), sessions.secret())
        state = await asyncio.to_thread(sessions.send_away, browser, redirect, self._now())
        return await to.address(self._redirect_uri, state, redirect.nonce, redirect.verifier), browser

    async def receive(
        self, browser: str | None, state: str, code: str | None, issuer: str | None, address: str
    ) -> Opened:
        """Begin a session for whom the provider answers; raise NotAuthenticated or NotPermitted, saying why not."""
        sessions = (await asyncio.to_thread(self._people)).sessions
        sent = None if browser is None else await asyncio.to_thread(sessions.come_back, browser, state, self._now())
        provider = None if sent is None else self._providers.get(sent.provider)
        if sent is None or provider is None:
            raise NotAuthenticated("this sign-in was not begun in this browser, or too long ago: begin again")
        if issuer not in (None, provider.settings.issuer):  # RFC 9207: the answer is another provider's
            raise NotAuthenticated("another provider answered than the one that was asked")
        if code is None:
            raise NotAuthenticated(f"{provider.name} did not let you in")
        claims = await provider.claims(code, self._redirect_uri, sent.nonce, sent.verifier)
        person = await self._known(provider, claims)
        return await self._door.admit(person, person.role(None), address)

    async def _known(self, provider: Provider, claims: Mapping[str, Any]) -> Person:
        """Return whom the claims are about, as he is known here from now on."""
        said = await self._person(provider, claims)
        register = self._people().register
        known = await asyncio.to_thread(register.of_subject, provider.settings.issuer, claims["sub"])
        if known is None:
            by = Actor(said.participant, said.role(None), said.name)
            if await asyncio.to_thread(register.find, said.name) is not None:
                raise Conflict(
                    f"the sign-in name {said.name} is another person's here: the administrator can tell whose"
                )
            act = PersonAdded(
                by=by,
                at=said.created_at,
                person=said.name,
                full_name=said.full_name,
                roles=tuple(sorted(said.roles)),
                administers=said.administers,
                issuer=said.issuer,
            )
            await self._journal.note(said.participant, act)
            await asyncio.to_thread(register.add, said, None)
            return said
        if known.disabled_at is not None or known.participant != said.participant:
            raise NotPermitted(f"{known.name} may not sign in for {said.participant}")
        if (known.roles, known.administers) != (said.roles, said.administers):
            change = RolesChanged(
                by=Actor(known.participant, said.role(None), known.name),
                at=said.created_at,
                person=known.name,
                roles=tuple(sorted(said.roles)),
                administers=said.administers,
            )
            await self._journal.note(known.participant, change)
            await asyncio.to_thread(lambda: register.set_rights(known.name, said.roles, administers=said.administers))
        return await asyncio.to_thread(register.get, known.name)

    async def _person(self, provider: Provider, claims: Mapping[str, Any]) -> Person:
        """Return who the claims say it is; raise NotPermitted when they name nobody who could work here."""
        settings = provider.settings
        participant = settings.participant_of(claims)
        try:
            kind = (await asyncio.to_thread(self._keys.participant, participant)).kind
            name = sign_in_name(str(claim(claims, settings.person_claim) or ""))
        except (NotFound, InvalidValue) as nobody:
            raise NotPermitted(f"what {provider.name} says names nobody here: {nobody}") from None
        roles, administers = settings.roles_of(claims)
        allowed: frozenset[Role] = roles & ROLES_OF[kind]
        if not allowed:
            raise NotPermitted(f"{provider.name} gives {name} no role that a {kind.value} has")
        return Person(
            name=name,
            full_name=str(claim(claims, settings.name_claim) or name)[:200],
            participant=participant,
            roles=allowed,
            administers=administers,
            created_at=self._now(),
            issuer=settings.issuer,
            subject=str(claims["sub"]),
        )
