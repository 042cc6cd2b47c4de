"""Write into the Center's journal who lets whom act, before it takes effect."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from antifraud.domain.center.act import Act
from antifraud.domain.center.membership import Membership
from antifraud.domain.center.membership_acts import Joined
from antifraud.domain.center.people import ENGINE
from antifraud.store.keys import ApiKeys
from antifraud.workflow.center.membership import join, note
from antifraud.workflow.center.ports import Page


class Writing(Protocol):
    """What runs a use case on the book as one transaction."""

    def __call__(self, work: Callable[[Page], Membership]) -> Awaitable[Membership]:
        """Run `work`; durable when it returns."""
        ...


class Journal:
    """Notes acts of memberships; raises Unavailable while the book is away, and then nothing may take effect."""

    def __init__(self, keys: ApiKeys, write: Writing) -> None:
        self._keys = keys
        self._write = write

    async def joined(self, act: Joined) -> None:
        """Note that a participant joins; again says nothing new."""

        def once(page: Page) -> Membership:
            known = page.found_by(Membership, f"participant:{act.participant}")
            return known[0] if known else join(page, act)

        await self._write(once)

    async def note(self, participant: str, act: Act) -> None:
        """Note an act about who may act for a participant; raise NotFound for an unknown one."""
        known = await asyncio.to_thread(self._keys.participant, participant)
        before = Joined(
            by=ENGINE,
            at=act.at,
            reason="registered before the journal began",
            participant=known.participant,
            name=known.name,
            kind=known.kind,
        )
        await self._write(lambda page: note(page, before, act))
