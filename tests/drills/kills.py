"""Servers killed at any moment, and servers that find another one at work."""

import subprocess
import time
from contextlib import suppress

import pytest

from antifraud.store import open_store
from api.restore import Snapshots, restored
from features.catalogue import CATALOGUE
from tests.api.conftest import client_says
from tests.drills.drill import Found
from tests.drills.judge import judged
from tests.drills.ledger import Ledger, Load, send_again
from tests.drills.world import World, refused
from tests.forked import at_once

_ONLY_ONE = "only one may: stop it first"
_LOOKS = 600


def killed(scene):
    """Kill the server at some step of its clients, and others while they restore; the next one finds what was left."""
    world, ledger, recovery = World(scene.folder, ANTIFRAUD_KEEPER="beside"), Ledger(), []
    under_way = 0
    for turn in range(scene.times):
        if turn % 3 == 2:
            with world.living(ready=False) as restoring:
                restoring.until(
                    lambda life=restoring: client_says(life.http, "/health/live") == 204, "it does not live"
                )
                restoring.kill()
        with world.living() as life:
            recovery.append(life.seconds)
            if turn > 0:
                send_again(life.http, ledger, scene.draw)
            with Load(life.http, ledger, scene.draw) as load:
                load.steps(scene.draw.randint(1, 400))
                life.kill()
        under_way += len(ledger.unanswered())
        if turn % 3 == 1:
            _leave_snapshot(world)
    assert under_way > 0, "no kill hit a transfer on its way"
    with world.living() as life:
        recovery.append(life.seconds)
        found = life.says("the state is restored"), life.shows("antifraud_ready", lambda value: value == 1)
        life.settle(ledger, scene.draw)
    return Found(judged(world, ledger), recovery, *found)


def _leave_snapshot(world):
    """Keep a snapshot of what the log holds, as a server does that is told to stop."""
    with open_store(world.url, recording=False) as store:
        snapshots = Snapshots(world.folder / "state")
        snapshots.save(restored(store, snapshots, CATALOGUE).state, store.history.span().last)


def second_on_sqlite(scene):
    """Start a second server on the file of one that serves: it says whom it found, and nobody notices."""
    return _second(scene, World(scene.folder))


def second_on_postgres(scene):
    """The same on one PostgreSQL database."""
    url = scene.postgres().create_database(f"second_{scene.draw.randrange(10**9)}")
    return _second(scene, World(scene.folder, url))


def _second(scene, world):
    """Let a second one be refused each time, and kill the first each time but the last: then another may."""
    ledger, recovery = Ledger(), []
    for turn in range(1, scene.times + 1):
        with world.living() as first:
            recovery.append(first.seconds)
            send_again(first.http, ledger, scene.draw)
            with Load(first.http, ledger, scene.draw) as load:
                load.answers(20)
                _assert_refused(*refused(world))
                load.answers(20)
                if turn < scene.times:
                    first.kill()
            if turn == scene.times:
                metric = first.shows("antifraud_ready", lambda value: value == 1)
                first.settle(ledger, scene.draw)
    return Found(judged(world, ledger), recovery, _ONLY_ONE, metric)


def both_at_once(scene):
    """Start two servers on one SQLite file at the same instant, and kill the one that serves: then two others may."""
    world, ledger, recovery = World(scene.folder), Ledger(), []
    for turn in range(1, scene.times + 1):
        both, began = at_once(2), time.perf_counter()
        with world.living(both, ready=False) as one, world.living(both, ready=False) as other:
            serving, gone = _told_apart(one, other)
            recovery.append(time.perf_counter() - began)
            _assert_refused(gone.process.wait(), gone.log.read_text())
            send_again(serving.http, ledger, scene.draw)
            with Load(serving.http, ledger, scene.draw) as load:
                load.answers(20)
                if turn < scene.times:
                    serving.kill()
            if turn == scene.times:
                metric = serving.shows("antifraud_ready", lambda value: value == 1)
                serving.settle(ledger, scene.draw)
    return Found(judged(world, ledger), recovery, _ONLY_ONE, metric)


def _told_apart(*both):
    """Return the one that serves and the one that has ended; fail when that is neither or both of them."""
    for _ in range(_LOOKS):
        ended = [life for life in both if life.process.poll() is not None]
        ready = [life for life in both if client_says(life.http, "/health/ready") == 200]
        if len(ended) == len(ready) == 1:
            return *ready, *ended
        assert len(ended) < 2, "none serves: " + "".join(life.log.read_text()[-1_000:] for life in both)
        assert len(ready) < 2, "both serve"
        with suppress(subprocess.TimeoutExpired):
            next(life for life in both if life not in ended).process.wait(0.05)
    pytest.fail("of two servers it is not one that serves")


def _assert_refused(code, said):
    assert code != 0
    assert _ONLY_ONE in said
    assert "Traceback" not in said
