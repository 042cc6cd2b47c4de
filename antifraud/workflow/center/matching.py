"""Which transfers met an indicator since it was found, as far as somebody may see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.indicator import Indicator, IndicatorKind
from antifraud.domain.center.life import Sight
from antifraud.domain.center.movement import Movement
from antifraud.domain.center.people import Actor
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.profiling import open_since, sees_movement
from antifraud.workflow.center.seeing import sight_of

BY_NAME: Final = frozenset({IndicatorKind.ACCOUNT, IndicatorKind.CARD, IndicatorKind.WALLET})
"""What transfers name as their payee. A phone is met by its hash, which movements do not keep; a link by nobody."""

MOST_READ: Final = 1_000
MOST_SHOWN: Final = 20
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """Transfers to what was found, latest first. `more`: there are others that were not looked at."""

    latest: Sequence[Movement]
    count: int
    more: bool
    holds: Mapping[tuple[str, str], str]  # by participant and transfer: the hold of it that may be seen


def met_by(page: Page, indicator: Indicator, actor: Actor, now: datetime) -> Met | None:
    """Return what met an indicator while it stood; None when transfers cannot be found by what it names."""
    birth = indicator.birth
    if birth.kind not in BY_NAME:
        return None
    until = min(indicator.until, now) + _TICK
    read = page.movements(birth.at, until, payee=birth.ident, limit=MOST_READ + 1)
    opened = open_since(page, birth.ident, actor)
    mine = [each for each in read[:MOST_READ] if sees_movement(each, actor, opened)]
    latest = mine[: -MOST_SHOWN - 1 : -1]
    keys = [f"transfer:{each.participant}/{each.transfer_id}" for each in latest]
    held = page.found_by_any(Hold, keys) if keys else ()
    return Met(
        latest=latest,
        count=len(mine),
        more=len(read) > MOST_READ,
        holds={
            (each.birth.participant, each.birth.transfer_id): each.life_id
            for each in held
            if sight_of(each, actor) is not Sight.NOTHING
        },
    )
