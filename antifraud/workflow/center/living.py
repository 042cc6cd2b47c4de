"""What an account with held money may still spend on living."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_table import OPEN
from antifraud.domain.center.people import Actor, Role
from antifraud.domain.center.policy import CenterPolicy
from antifraud.domain.center.usable import Usable, usable
from antifraud.domain.errors import NotFound
from antifraud.workflow.center.ports import Page

_MOST: Final = 100_000  # movements of one account in the window: a person has far fewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What is left, which holds it is beside, and since when social money counts."""

    usable: Usable
    holds: Sequence[Hold]
    since: datetime


def left_for_living(page: Page, account: str, actor: Actor, policy: CenterPolicy, now: datetime) -> Left:
    """Return what an account may still spend; raise NotFound unless the actor's bank holds money of it now."""
    holds = [
        hold
        for hold in page.found_by(Hold, f"account:{account}")
        if hold.status in OPEN and (actor.role is Role.AUDITOR or hold.birth.bank == actor.participant)
    ]
    if not holds:
        raise NotFound(f"{actor.participant} holds no money of account {account}")
    return Left(usable=usable_now(page, account, policy, now), holds=holds, since=_since(policy, now))


def usable_now(page: Page, account: str, policy: CenterPolicy, now: datetime) -> Usable:
    """Return what social money an account has left at `now`, held or not."""
    since = _since(policy, now)
    got = page.movements(since, now, payee=account, limit=_MOST)
    paid = page.movements(since, now, payer=account, limit=_MOST)
    return usable(account, [*got, *paid], policy)


def _since(policy: CenterPolicy, now: datetime) -> datetime:
    return now - timedelta(days=policy.usable_window_days)
