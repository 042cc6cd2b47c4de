"""The running engine as the doors to it see it; `api.wiring` puts it together."""

from collections.abc import Callable
from dataclasses import dataclass

from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.workflow.center.watching import Watching
from antifraud.workflow.decide import Desk
from antifraud.workflow.live import LiveState
from antifraud.workflow.ports import DecisionLog
from antifraud.workflow.report import ReportDesk
from api.auth import Gatekeeper
from api.center import Center
from api.choosing import Choosing
from api.console.pages import Pages
from api.exchange.pushing import Pusher
from api.looking import Looks
from api.metrics import Metrics
from api.observing.traces import Traces
from api.people.identity import Identity
from api.reading import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one request, and all of them together, may bring."""

    body_bytes: int = 1 << 20
    batch_bytes: int = 8 << 20
    on_the_way: int = 5_000  # transfers being decided at the same time
    on_the_way_each: int = 4_000  # of one participant
    budget_ms: int = 300  # for a decision, from the moment its request is read
    batch_budget_ms: int = 10_000  # for those of a batch
    patience_ms: int = 1_000  # for the disk, when the time for the decision is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Both desks and the Center, with what stands around them."""

    desk: Desk
    reports: ReportDesk
    log: DecisionLog
    live: LiveState
    gatekeeper: Gatekeeper
    reader: Reader
    metrics: Metrics
    limits: Limits
    hashed: Callable[[IdentifierKind, str], str]  # raises Unavailable when the setting for it is missing
    center: Center
    watching: Watching
    identity: Identity
    looks: Looks
    pusher: Pusher
    pages: Pages
    choosing: Choosing
    traces: Traces | None = None
    by_tls: bool = False  # browsers reach us by https only
