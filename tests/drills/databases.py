"""A PostgreSQL server that goes away and comes back, one that ends our sessions, and one that is slow for a while."""

import time
from contextlib import contextmanager

from sqlalchemy import text

from antifraud.store.opening import bare_engine
from tests.drills.disks import slowed
from tests.drills.drill import Found
from tests.drills.judge import judged
from tests.drills.ledger import Ledger, Load
from tests.drills.world import World

_STOPS = ("fast", "immediate")


def database_away(scene):
    """Stop the server of the database under load, in order and by force, and start it again."""
    server = scene.postgres()

    def fault(turn, load):
        server.stop(_STOPS[turn % 2])
        try:
            load.refusals(3)
        finally:
            server.start()

    return _broken(scene, fault)


def connections_lost(scene):
    """End all sessions of the database at some moment under load."""
    return _broken(scene, lambda _, load: load.refusals(1), lost=True)


def database_slow(scene):
    """Let no commit of the database end for a while under load, as where its disk or a synchronous standby is slow.

    Now and then nobody can read the log meanwhile either.
    """
    world = _world(scene)
    return slowed(scene, world, lambda: _no_commit(world.url, scene.draw.choice(["EXCLUSIVE", "ACCESS EXCLUSIVE"])))


def _world(scene):
    url = scene.postgres().create_database(f"drill_{scene.draw.randrange(10**9)}")
    return World(scene.folder, url, ANTIFRAUD_KEEPER="beside")


@contextmanager
def _no_commit(url, mode):
    """Lock what every commit writes into: who writes waits in the database, not on our side."""
    engine = bare_engine(url)
    with engine.connect() as held:
        held.execute(text(f"LOCK TABLE decisions IN {mode} MODE"))
        yield lambda: set(held.scalars(text("SELECT transfer_id FROM decisions")))
    engine.dispose()


def _broken(scene, fault, lost=False):
    world = _world(scene)
    ledger, recovery = Ledger(), []
    with world.living() as life:
        for turn in range(scene.times):
            with Load(life.http, ledger, scene.draw) as load:
                load.steps(scene.draw.randint(30, 300))
                if lost:
                    _end_sessions(scene.postgres().url("postgres"), world.url)
                fault(turn, load)
                began = time.perf_counter()
                load.answers(1)
                recovery.append(time.perf_counter() - began)
                load.answers(20)
        found = life.says("were not durable"), life.shows("antifraud_commits_failed_total", lambda value: value > 0)
        life.settle(ledger, scene.draw)
    return Found(judged(world, ledger), recovery, *found)


def _end_sessions(url, lost):
    engine = bare_engine(url)
    with engine.connect() as connection:
        ended = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
        connection.execute(ended, {"name": lost.rpartition("/")[2]})
    engine.dispose()
