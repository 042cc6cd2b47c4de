"""The running engine as the doors to it see it; `api.wiring` puts it together."""

from collections.abc import Callable
from dataclasses import dataclass

from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.workflow.center.watching import Watching
from antifraud.workflow.decide import Desk
from antifraud.workflow.door import Door
from antifraud.workflow.live import LiveState
from antifraud.workflow.ports import DecisionLog
from antifraud.workflow.report import ReportDesk
from api.auth import Gatekeeper
from api.center import Center
from api.choosing import Choosing
from api.console.pages import Pages
from api.exchange.pushing import Pusher
from api.limits import Limits
from api.looking import Looks
from api.metrics import Metrics
from api.numbers import Numbers
from api.observing.traces import Traces
from api.people.identity import Identity
from api.reading import Reader
from api.turns import Turns


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Both desks and the Center, with what stands around them."""

    desk: Desk
    door: Door
    reports: ReportDesk
    log: DecisionLog
    live: LiveState
    gatekeeper: Gatekeeper
    reader: Reader
    metrics: Metrics
    limits: Limits
    hashed: Callable[[IdentifierKind, str], str]  # raises Unavailable when the setting for it is missing
    center: Center
    turns: Turns
    watching: Watching
    identity: Identity
    looks: Looks
    pusher: Pusher
    pages: Pages
    choosing: Choosing
    numbers: Numbers
    traces: Traces | None = None
    by_tls: bool = False  # browsers reach us by https only
