"""An access to a person's data is an act like any other: who looked at what is in the journal before it is shown."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from antifraud.domain.center.act import Looked
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
        if not isinstance(caller, Session):
            return
        now = self._now()
        whole = [each for each in shown if sight_of(each, caller.actor) is Sight.WHOLE]
        fresh = [each for each in whole if not self._was_noted(caller, each, now)]
        if not fresh:
            return
        kinds = sorted({KIND_OF[type(each)].name for each in fresh})
        act = Looked(by=caller.actor, at=now, what=", ".join(kinds), keys=tuple(sorted(each.life_id for each in fresh)))
        await self._journal.note(caller.participant, act)
        for each in fresh:
            self._noted[(caller.participant, caller.person, each.life_id)] = now
        while len(self._noted) > _MOST_REMEMBERED:
            self._noted.popitem(last=False)

    def _was_noted(self, caller: Caller, life: Life, now: datetime) -> bool:
        at = self._noted.get((caller.participant, caller.person, life.life_id))
        return at is not None and now - at < AGAIN_AFTER
