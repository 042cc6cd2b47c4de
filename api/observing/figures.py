"""Gauges that need a look: at the state, at the disk, at what waits in the Center, and at who listens."""

import asyncio
import logging
import math
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_table import OPEN
from antifraud.domain.errors import AntifraudError
from antifraud.store import Store
from antifraud.store.embedded import database_path
from antifraud.store.shadows import SqlShadows
from antifraud.workflow.center import webhooks
from antifraud.workflow.center.follow import DECISIONS, DecidedLog
from antifraud.workflow.center.ports import Page, Selection
from antifraud.workflow.center.verdicts import VERDICTS
from antifraud.workflow.live import LiveState
from api.center import Center
from api.clock import utc_now
from api.metrics import Metrics
from api.restore import Snapshots
from api.settings import Settings
from features.online import OnlineState
from models.lineup import lineup_of

_log: Final = logging.getLogger(__name__)
_EVERY_S: Final = 5.0
NEAR_END: Final = timedelta(hours=4)
# Around 20 ms, from where on it is slow, and a second, for which callers wait: from fast devices to a stall.
_COMMIT_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_AT_MOST: Final = 1_000  # holds that are looked at: more than that near their end is no other news


class Counted(ABC):
    """Gauges that are counted now and then; NaN while nobody knows."""

    def __init__(self, metrics: Metrics, *gauges: tuple[str, str]) -> None:
        self._known: dict[str, float] = {}
        for name, meaning in gauges:
            metrics.gauge(name, meaning, partial(self._figure, name))

    def _figure(self, name: str) -> float:
        return self._known.get(name, math.nan)

    async def keep_counting(self) -> None:
        """Count every few seconds, for ever; the page for Prometheus never waits for a database."""
        while True:
            try:
                await self.round()
            except AntifraudError as problem:
                self._known.clear()
                _log.debug("what waits cannot be counted: %s", problem)
            await asyncio.sleep(_EVERY_S)

    @abstractmethod
    async def round(self) -> None:
        """Count once."""


class CenterFigures(Counted):
    """How many holds are open or near their end, and how far the followers are behind."""

    def __init__(self, center: Center, log: DecidedLog, metrics: Metrics) -> None:
        self._center = center
        self._log = log
        super().__init__(
            metrics,
            ("antifraud_holds_open", "Holds that wait for a person."),
            ("antifraud_holds_near_end", "Open holds that end by law within 4 hours, at most 1,000 are counted."),
            ("antifraud_decisions_to_follow", "Decisions without their effects in the Center's book."),
            (
                "antifraud_follower_behind_seconds",
                "Age of the oldest decision without its effects in the Center's book.",
            ),
            ("antifraud_acts_to_learn", "Acts of the journal that were not looked through for verdicts."),
            ("antifraud_webhooks_failing", "Webhooks whose next event failed at least four times."),
        )

    async def round(self) -> None:
        """Count once."""
        counted = await self._center.read(self._count)
        behind, age = await asyncio.to_thread(self._behind, int(counted.pop("followed")))
        self._known.update(counted, antifraud_decisions_to_follow=behind, antifraud_follower_behind_seconds=age)

    def _behind(self, followed: int) -> tuple[float, float]:
        """Return how many decisions come after the one that was followed last, and the age of the first of them."""
        behind, since = self._log.last() - followed, self._log.received_after(followed)
        if behind < 0:  # the book is another log's: nothing is followed
            return math.inf, math.inf
        return behind, 0.0 if since is None else max(0.0, (self._center.now() - since).total_seconds())

    def _count(self, page: Page) -> dict[str, float]:
        soon = self._center.now() + NEAR_END
        statuses = [each.value for each in OPEN]
        due = page.selected(Hold, Selection(party=None, statuses=statuses, due_before=soon, limit=_AT_MOST))
        return {
            "antifraud_holds_open": page.count(Hold, statuses),
            "antifraud_holds_near_end": sum(1 for each in due if each.free_at is not None and each.free_at < soon),
            "antifraud_acts_to_learn": page.head() - page.cursor(VERDICTS),
            "antifraud_webhooks_failing": webhooks.failing(page),
            "followed": page.cursor(DECISIONS),
        }


class ShadowFigures(Counted):
    """How many models score in the shadow, and how far behind the decisions their follower is."""

    def __init__(self, shelf: Path, shadows: SqlShadows, now: Callable[[], datetime], metrics: Metrics) -> None:
        self._shelf = shelf
        self._shadows = shadows
        self._now = now
        super().__init__(
            metrics,
            ("antifraud_shadow_models", "Challengers that score what was decided, beside the champion."),
            ("antifraud_shadow_behind_seconds", "Age of the oldest decision that no shadow has listened to."),
        )

    async def round(self) -> None:
        """Count once."""
        self._known.update(await asyncio.to_thread(self._count))

    def _count(self) -> dict[str, float]:
        models = len(lineup_of(self._shelf).challengers)
        since = self._shadows.unheard_since(anybody=models > 0)
        behind = 0.0 if since is None else max(0.0, (self._now() - since).total_seconds())
        return {"antifraud_shadow_models": models, "antifraud_shadow_behind_seconds": behind}


def watch_state(metrics: Metrics, live: LiveState, store: Store, snapshots: Snapshots, settings: Settings) -> None:
    """Show how large the state is, how the log is written, and what is left of the disk."""

    def of_state(name: str) -> float:
        state = live.seen
        return float(getattr(state, name)) if isinstance(state, OnlineState) else math.nan

    metrics.gauge("antifraud_state_accounts", "Accounts in memory.", partial(of_state, "accounts"))
    metrics.gauge("antifraud_state_transfers", "Transfers in memory.", partial(of_state, "transfers"))
    metrics.gauge("antifraud_state_bytes", "Arrays of the state; names come on top.", partial(of_state, "nbytes"))
    metrics.gauge(
        "antifraud_state_filled",
        "Share taken of what there is the least room for in the state: transfers, reports, accounts or pairs.",
        partial(of_state, "filled"),
    )
    metrics.gauge(
        "antifraud_snapshot_age_seconds",
        "Age of the newest snapshot, or of this start while there is none.",
        partial(_age, snapshots, utc_now().timestamp()),
    )
    metrics.counter(
        "antifraud_snapshots_passed_over", "Snapshots that could not be read.", lambda: snapshots.passed_over
    )
    sqlite = store.engine.dialect.name == "sqlite"
    folder = database_path(store.engine.url).parent if sqlite else settings.state_dir
    metrics.gauge("antifraud_disk_free_bytes", "Room on the disk that we write to.", partial(_free, folder))
    if (writer := store.log.writer) is not None:
        commits = writer.commits
        metrics.gauge("antifraud_commit_queue", "Writes that wait for a commit.", lambda: writer.waiting)
        commits.took = metrics.histogram(
            "antifraud_commit_seconds", "Time in which a group of writes was made durable.", _COMMIT_SECONDS
        )
        metrics.counter("antifraud_commit_rows", "Rows made durable.", lambda: commits.rows)
        metrics.counter("antifraud_commits_failed", "Groups that were not durable.", lambda: commits.failed)


def _age(snapshots: Snapshots, started: float) -> float:
    newest = snapshots.newest
    return max(0.0, utc_now().timestamp() - (started if newest is None else newest.stat().st_mtime))


def _free(folder: Path) -> float:
    try:
        return float(shutil.disk_usage(folder).free)
    except OSError:
        return math.nan
