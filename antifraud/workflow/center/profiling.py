"""Who an account is, as far as somebody may see: its movements, and everything in the Center that names it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.indicator import Indicator
from antifraud.domain.center.inquiry import Inquiry
from antifraud.domain.center.life import Life, Sight
from antifraud.domain.center.listing import Listing
from antifraud.domain.center.movement import Movement
from antifraud.domain.center.people import POLICE, PROSECUTION, Actor, Role
from antifraud.domain.center.profile import Profile, profile_of
from antifraud.domain.center.taint import Taint
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.seeing import sight_of
from antifraud.workflow.center.stopped import stopped_among

L = TypeVar("L", bound=Life)

WINDOWS: Final = tuple(timedelta(days=days) for days in (90, 30, 7, 1))
"""How far back an account is looked at: the busier it is, the less far."""

BUSIEST: Final = 5_000  # movements that are shown of one account
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What somebody may see about an account. `profile` None: even one day of it is too much to look at."""

    account: str
    since: datetime
    profile: Profile | None
    holds: Sequence[Hold]
    incidents: Sequence[Incident]
    inquiries: Sequence[Inquiry]
    listings: Sequence[Listing]
    indicators: Sequence[Indicator]
    taints: Sequence[Taint]

    @property
    def lives(self) -> Sequence[Life]:
        """Return all that is shown of the Center."""
        return (*self.holds, *self.incidents, *self.inquiries, *self.listings, *self.indicators, *self.taints)

    @property
    def known(self) -> bool:
        """Say whether there is anything at all."""
        return bool(self.lives) or self.profile is None or bool(self.profile.counterparties or self.profile.attempts)


def dossier_of(page: Page, account: str, actor: Actor, now: datetime, *, busiest: int = BUSIEST) -> Dossier:
    """Return what the actor may see about an account.

    Banks see what they carried out, or what went from or to them; an auditor everything. Police and prosecution see
    nobody's movements but those of an account that stolen money of their own incident reached, since it did.
    """
    key = f"account:{account}"
    taints = [each for each in page.found_by(Taint, key) if sees_taint(page, each, actor)]
    since, profile = _profile(page, account, actor, _opened(page, taints, actor), now, busiest)
    holds, inquiries = _shown(page.found_by(Hold, key), actor), _shown(page.found_by(Inquiry, key), actor)
    named = [hold.incident_id for hold in holds] + [each.birth.incident_id for each in inquiries]
    named += [each.birth.incident_id for each in taints]
    found = [page.find(Incident, name) for name in dict.fromkeys(filter(None, named))]
    return Dossier(
        account=account,
        since=since,
        profile=profile,
        holds=holds,
        incidents=_shown([each for each in found if each is not None], actor),
        inquiries=inquiries,
        listings=_shown(page.found_by(Listing, key), actor),
        indicators=_shown(page.found_by(Indicator, key), actor),
        taints=taints,
    )


def _shown(lives: Sequence[L], actor: Actor) -> list[L]:
    return [each for each in lives if sight_of(each, actor) is not Sight.NOTHING]


def sees_taint(page: Page, taint: Taint, actor: Actor) -> bool:
    """Say whether the actor may know that stolen money is there: its bank may, and who sees all of the incident."""
    known = sight_of(taint, actor) is not Sight.NOTHING
    return known or _is_whole(page.find(Incident, taint.birth.incident_id), actor)


def open_since(page: Page, account: str, actor: Actor) -> datetime | None:
    """Return from when on police or prosecution see all about an account, whoever told; None: at no time."""
    return _opened(page, page.found_by(Taint, f"account:{account}"), actor)


def _opened(page: Page, taints: Sequence[Taint], actor: Actor) -> datetime | None:
    if actor.role not in POLICE | PROSECUTION:
        return None
    mine = (each for each in taints if _is_whole(page.find(Incident, each.birth.incident_id), actor))
    return min((each.birth.since for each in mine), default=None)


def _is_whole(incident: Incident | None, actor: Actor) -> bool:
    return incident is not None and sight_of(incident, actor) is Sight.WHOLE


def _profile(
    page: Page, account: str, actor: Actor, open_since: datetime | None, now: datetime, busiest: int
) -> tuple[datetime, Profile | None]:
    """Return the longest window that is not too much, and the account in it."""
    until = now + _TICK
    for window in WINDOWS:
        since = now - window
        paid = page.count_movements(since, until, payer=account, limit=busiest + 1)
        got = page.count_movements(since, until, payee=account, limit=busiest + 1)
        if paid + got <= busiest:
            outs = page.movements(since, until, payer=account, limit=busiest)
            ins = page.movements(since, until, payee=account, limit=busiest)
            mine = [each for each in (*outs, *ins) if sees_movement(each, actor, open_since)]
            return since, profile_of(account, mine, stopped_among(page, mine))
    return now - WINDOWS[-1], None


def sees_movement(movement: Movement, actor: Actor, open_since: datetime | None) -> bool:
    """Say whether the actor may see a transfer; `open_since` is from when on police see all about its account."""
    if actor.role is Role.AUDITOR:
        return True
    if open_since is not None and movement.at >= open_since:
        return True
    return actor.participant in (movement.participant, movement.payer_bank, movement.payee_bank)
