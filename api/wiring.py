"""The composition root: the only place that names concrete parts and joins them."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from functools import partial

from antifraud.domain.center.identifiers import hashed
from antifraud.domain.center.idents import idents_in
from antifraud.domain.errors import Unavailable
from antifraud.intake.center_policy import read_center_policy
from antifraud.store import Store, open_store
from antifraud.store.center.decided import SqlDecidedLog
from antifraud.store.shadows import SqlShadows
from antifraud.workflow.center.watching import Watching
from antifraud.workflow.decide import Desk
from antifraud.workflow.door import Door
from antifraud.workflow.live import LiveState
from antifraud.workflow.ports import FeatureState, RuleSet, Scorer
from antifraud.workflow.report import ReportDesk
from antifraud.workflow.seats import Seats
from antifraud.workflow.watch import Watchlist
from api.auth import Gatekeeper
from api.background import Work, background, keep_doing
from api.choosing import Choosing
from api.clock import ReplayClock, SystemClock, utc_now
from api.console.pages import Pages
from api.engine import Engine
from api.following import report_verdicts
from api.keeper import center_of, hash_of, kept, kept_beside, pusher_of
from api.looking import Looks
from api.metrics import Metrics
from api.numbers import Numbers
from api.observing.figures import CenterFigures, ShadowFigures, watch_state
from api.observing.traces import Traces, open_traces, watched
from api.people.identity import identify
from api.reading import Reader
from api.render import Phrases, renderer
from api.restore import Snapshots, restored, snapshots_of
from api.settings import ClockKind, Keeper, Settings
from api.turns import Turns
from api.upkeep import (
    follow_lists,
    follow_shelf,
    keep_open,
    save_on_leaving,
)
from features.catalogue import CATALOGUE
from features.phrases import Phrasebook
from features.schema import fingerprint
from models.deciding import Deciding, load_deciding
from models.lineup import Lineup, lineup_of


@asynccontextmanager
async def open_engine(settings: Settings, now: Callable[[], datetime] = utc_now) -> AsyncIterator[Engine]:
    """Open everything that serves, by the clock `now`; what cannot be opened is said at once, before any request.

    The state is restored in the background: until then nothing is decided, and readiness says so.
    """
    lineup = await asyncio.to_thread(lineup_of, settings.shelf)
    deciding = await asyncio.to_thread(load_deciding, settings.shelf, lineup, CATALOGUE)
    phrases = Phrasebook(CATALOGUE, currency=settings.base_currency, rules=deciding.rules.texts)
    traces = open_traces(settings.traces_url)
    store = await asyncio.to_thread(open_store, settings.database_url)
    engine: Engine | None = None
    try:
        snapshots = snapshots_of(settings, now())
        engine = join(settings, store, snapshots, deciding.scorer, deciding.rules, phrases, traces, now)
        take_over = _taking_over(engine, phrases, lineup)
        with suppress(Unavailable):  # then it is tried again every second, and decisions go on meanwhile
            await engine.center.open()
            await engine.watching.refresh()
        live_clock = settings.clock is ClockKind.NOW  # stamps of a replay may tie with what comes after a snapshot
        decided = SqlDecidedLog(store.engine)
        work: dict[str, Work] = {
            "keeping the state open": partial(keep_open, engine.live),
            "following the shelf": partial(
                follow_shelf, settings.shelf, settings.shelf_poll_s, lineup, take_over, _passing_over(engine.metrics)
            ),
            "following the lists": partial(follow_lists, engine.watching),
            "counting what waits": CenterFigures(engine.center, decided, engine.metrics).keep_counting,
            "reporting verdicts": partial(report_verdicts, engine.center, engine.reports),
        }
        if settings.keeper is Keeper.INSIDE:
            work |= kept(settings, engine.center, engine.pusher, store.engine)
        else:
            work |= kept_beside(settings, engine.center, engine.metrics)
        if live_clock:
            shadows = ShadowFigures(settings.shelf, SqlShadows(store.engine), now, engine.metrics)
            work |= {"counting for shadows": shadows.keep_counting, **_now_and_then(settings)}
        async with background(work):
            yield engine
        if live_clock:
            await asyncio.to_thread(save_on_leaving, engine.live, store, snapshots)
    finally:
        if engine is not None:
            await engine.center.close()
        if traces is not None:
            await asyncio.to_thread(traces.close)
        await asyncio.to_thread(store.close)


def _now_and_then(settings: Settings) -> dict[str, Work]:
    """Return what other processes do beside the server, from its log."""
    do = partial(keep_doing, settings)
    late, deaf, stale = "a restart takes longer", "challengers are behind", "the gauges of drift are old"
    return {
        "keeping snapshots": partial(do, settings.snapshot_every_s, "snapshot", without=late),
        "letting shadows listen": partial(do, settings.shadow_every_s, "shadow", without=deaf),
        "judging what decides": partial(
            do, settings.compare_every_s, "models", "judge", without="the console shows older figures"
        ),
        "watching for drift": partial(do, settings.drift_every_s, "drift", "--live", without=stale),
    }


def _taking_over(engine: Engine, phrases: Phrasebook, serving: Lineup) -> Callable[[Deciding], None]:
    """Return what lets another lineup decide, all of it from the same transfer on."""
    number = serving.number

    def take_over(new: Deciding) -> None:
        nonlocal number
        phrases.learn(new.rules.texts)
        engine.desk.scorer, engine.desk.rules, number = new.scorer, new.rules, new.lineup.number

    engine.metrics.gauge("antifraud_lineup", "The number of the lineup that decides.", lambda: number)
    return take_over


def _passing_over(metrics: Metrics) -> Callable[[bool], None]:
    """Return what notes whether a lineup is passed over because it cannot serve."""
    is_so = False

    def note(passed_over: bool) -> None:
        nonlocal is_so
        is_so = passed_over

    meaning = "Whether the lineup on the shelf cannot serve, and the one before it goes on."
    metrics.gauge("antifraud_lineup_passed_over", meaning, lambda: is_so)
    return note


def join(
    settings: Settings,
    store: Store,
    snapshots: Snapshots,
    scorer: Scorer,
    rules: RuleSet,
    phrases: Phrases,
    traces: Traces | None = None,
    now: Callable[[], datetime] = utc_now,
) -> Engine:
    """Join the parts; nothing runs yet, and the state is closed until it is restored."""
    clock = SystemClock(now) if settings.clock is ClockKind.NOW else ReplayClock(now)
    metrics = Metrics()
    metrics.include(settings.drift_file)

    async def rebuild() -> FeatureState:
        await asyncio.to_thread(store.log.resume)  # first: what was begun before is in the log then, or never
        state, upto = await asyncio.to_thread(restored, store, snapshots, CATALOGUE)
        if upto is not None:
            clock.go_on_after(upto)
        return state

    live = LiveState(rebuild)
    policy = read_center_policy(settings.center_policy)
    center = center_of(settings, policy, now, metrics, store.keys.banks)
    watchlist = Watchlist(
        partial(idents_in, hashed=hash_of(settings)),
        policy.effects,
        timedelta(seconds=policy.lists.stale_after_seconds),
    )
    desk = Desk(
        log=store.log,
        live=live,
        clock=clock,
        scorer=scorer,
        rules=rules,
        catalogue_version=fingerprint(CATALOGUE),
        render=renderer(phrases, policy.scam_call),
        watch=watched(metrics, traces),
        blind={each.participant: each.blind for each in store.keys.participants() if each.blind is not None},
        lot_key=settings.lot_key,
        lists=watchlist,
        room=settings.limits.on_the_way,
        share=settings.limits.on_the_way_each,
        patience_s=settings.limits.patience_ms / 1_000,
    )
    reports = ReportDesk(
        log=store.log,
        live=live,
        clock=clock,
        in_time=desk.in_time,
        noted=metrics.reported,
        room=settings.limits.on_the_way,
    )
    metrics.gauge("antifraud_on_the_way", "Transfers being decided right now.", lambda: desk.on_the_way)
    metrics.gauge("antifraud_waiting", "Transfers that nobody has begun to decide.", lambda: desk.waiting)
    seats = Seats()
    metrics.gauge("antifraud_at_the_door", "Calls that wait for a seat.", lambda: seats.waiting)
    metrics.counter("antifraud_overloaded_hopeless", "Calls that would have waited too long.", lambda: seats.hopeless)
    metrics.counter(
        "antifraud_overloaded", "Requests for which there was no room.", lambda: desk.no_room + reports.no_room
    )
    metrics.counter(
        "antifraud_overloaded_participant", "Requests beyond a participant's share.", lambda: desk.beyond_share
    )
    metrics.counter(
        "antifraud_not_durable_in_time", "Answers that came too late from the disk.", lambda: desk.not_durable_in_time
    )
    metrics.gauge("antifraud_listed", "Entries that transfers are compared with.", lambda: len(watchlist))
    metrics.gauge("antifraud_lists_age_seconds", "Age of the copy of the lists.", lambda: _age(watchlist, clock.now()))
    metrics.gauge(
        "antifraud_clock_behind_seconds",
        "How far the machine's clock is behind the last stamp: it was set back.",
        lambda: clock.behind.total_seconds(),
    )
    metrics.gauge("antifraud_ready", "Whether transfers can be decided.", lambda: live.closed_because is None)
    watch_state(metrics, live, store, snapshots, settings)
    identity = identify(store.keys, center, settings.reached_at, settings.oidc, now)
    return Engine(
        desk=desk,
        door=Door(desk, seats),
        reports=reports,
        log=store.log,
        live=live,
        gatekeeper=Gatekeeper(store.keys, now, identity.door, identity.session_cookie.name),
        reader=Reader(settings.money, lambda: clock.latest_occurrence(settings.occurred_leeway)),
        metrics=metrics,
        limits=settings.limits,
        hashed=lambda kind, value: hashed(kind, value, settings.identifier_secret),
        center=center,
        turns=Turns(lambda: desk.on_the_way > 0),
        watching=Watching(center, watchlist, clock.now),
        identity=identity,
        looks=Looks(identity.journal, now),
        pusher=pusher_of(settings, center, metrics),
        pages=Pages(simulated=settings.simulated, metrics=metrics),
        choosing=Choosing(settings.shelf, settings.standings_file, settings.choosers, now),
        numbers=Numbers(center, now),
        traces=traces,
        by_tls=settings.reached_at.startswith("https:"),
    )


def _age(watchlist: Watchlist, now: datetime) -> float:
    age = watchlist.age(now)
    return math.inf if age is None else age.total_seconds()
