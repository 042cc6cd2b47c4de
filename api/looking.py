"""An access to a person's data is an act like any other: who looked at what is in the journal before it is shown."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from antifraud.domain.center.act import Looked
from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.domain.center.life import Life, Sight
from antifraud.domain.center.lives import KIND_OF
from antifraud.domain.center.person import Session
from antifraud.workflow.center.seeing import sight_of
from api.auth import Caller
from api.people.journal import Journal

AGAIN_AFTER: Final = timedelta(hours=1)
_MOST_REMEMBERED: Final = 100_000


class Looks:
    """Notes what people are shown in whole; machines show their organisation what it has by itself.

    The same person is noted once an hour for the same life in one process: a page that is looked at again and again
    is one access. What is shown as the minimum has nothing of a person in it.
    """

    def __init__(self, journal: Journal, now: Callable[[], datetime]) -> None:
        self._journal = journal
        self._now = now
        self._noted: OrderedDict[tuple[str, str, str], datetime] = OrderedDict()

    async def note(self, caller: Caller, shown: Sequence[Life]) -> None:
        """Note it, durably, before the answer; raise Unavailable while the book is away: then nothing is shown."""
        whole = [each for each in shown if sight_of(each, caller.actor) is Sight.WHOLE]
        await self._note(caller, {each.life_id: KIND_OF[type(each)].name for each in whole})

    async def note_account(self, caller: Caller, account: str) -> None:
        """Note that somebody was shown what moved on an account, in the same way."""
        await self._note(caller, {account: "account"})

    async def note_entity(self, caller: Caller, kind: IdentifierKind, ident: str) -> None:
        """Note that somebody was shown which accounts a person, a phone or a device was named with."""
        await self._note(caller, {f"{kind.value}:{ident}": kind.value})

    async def _note(self, caller: Caller, kinds: Mapping[str, str]) -> None:
        """Note what was shown, by its name and kind, unless that was done within the hour."""
        if not isinstance(caller, Session):
            return
        now = self._now()
        fresh = sorted(name for name in kinds if not self._was_noted(caller, name, now))
        if not fresh:
            return
        what = ", ".join(sorted({kinds[name] for name in fresh}))
        await self._journal.note(caller.participant, Looked(by=caller.actor, at=now, what=what, keys=tuple(fresh)))
        for name in fresh:
            self._noted[(caller.participant, caller.person, name)] = now
        while len(self._noted) > _MOST_REMEMBERED:
            self._noted.popitem(last=False)

    def _was_noted(self, caller: Caller, name: str, now: datetime) -> bool:
        at = self._noted.get((caller.participant, caller.person, name))
        return at is not None and now - at < AGAIN_AFTER
