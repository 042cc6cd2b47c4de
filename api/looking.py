"""An access to a person's data is an act like any other: who looked at what is in the journal before it is shown.

A route that shows people's data says so by `@personal`; there is no other place where it is noted than `Looks`.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from antifraud.domain.center.act import Looked
from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.domain.center.life import Life, Sight
from antifraud.domain.center.lives import KIND_OF
from antifraud.domain.center.person import Session
from antifraud.workflow.center.seeing import sight_of
from api.auth import Caller
from api.people.journal import Journal

AGAIN_AFTER: Final = timedelta(hours=1)
PERSONAL: Final[set[Callable[..., Any]]] = set()
"""The endpoints that open people's data: a person who calls one of them is noted."""
_MOST_REMEMBERED: Final = 100_000

E = TypeVar("E", bound=Callable[..., Any])


def personal(endpoint: E) -> E:
    """Mark an endpoint as one that opens people's data."""
    PERSONAL.add(endpoint)
    return endpoint


class Looks:
    """Notes what people are shown in whole; machines show their organisation what it has by itself.

    The same person is noted once an hour for the same thing in one process: a page that is looked at again and again
    is one access. What is shown as the minimum has nothing of a person in it.
    """

    def __init__(self, journal: Journal, now: Callable[[], datetime]) -> None:
        self._journal = journal
        self._now = now
        self._noted: OrderedDict[tuple[str, str, str], datetime] = OrderedDict()

    async def note(
        self,
        caller: Caller,
        lives: Sequence[Life] = (),
        *,
        accounts: Collection[str] = (),
        entities: Collection[tuple[IdentifierKind, str]] = (),
        transfers: Collection[str] = (),
        journal: str | None = None,
    ) -> None:
        """Note what one answer shows, durably, before it is given; raise Unavailable while the book is away.

        `accounts` are those whose movements are shown, `entities` persons, phones and devices whose accounts are,
        `transfers` (`participant/transfer_id`) those whose decision is; `journal` names what is read of the journal.
        """
        whole = [each for each in lives if sight_of(each, caller.actor) is Sight.WHOLE]
        kinds = {each.life_id: KIND_OF[type(each)].name for each in whole}
        kinds |= {f"{kind.value}:{ident}": kind.value for kind, ident in entities}
        kinds |= dict.fromkeys(accounts, "account") | dict.fromkeys(transfers, "decision")
        await self._note(caller, kinds if journal is None else kinds | {journal: "journal"})

    async def note_overview(self, caller: Caller, lives: Sequence[Life]) -> None:
        """Note what a list shows of others: an overview of what one's own organisation works on is no access."""
        await self.note(caller, [each for each in lives if each.seen_by(caller.participant) is not Sight.WHOLE])

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
