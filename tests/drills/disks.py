"""A disk that is full and then has room again, and one that is slow for a while."""

import contextlib
import os
import resource
import sqlite3
import subprocess
import time
from contextlib import contextmanager

from tests.drills.drill import Found
from tests.drills.judge import judged
from tests.drills.ledger import Ledger, Load
from tests.drills.world import World

_SIZE = "512m"  # room for all that is decided between the times when there is none, however fast the machine


def disk_full(scene):
    """Fill the disk of store, state and shelf under load, to the last byte, and make room again."""
    with _small_disk(scene.folder) as disk:
        world, ledger, recovery = World(disk / "world"), Ledger(), []
        with world.living() as life:
            for _ in range(scene.times):
                with Load(life.http, ledger, scene.draw) as load:
                    load.steps(scene.draw.randint(30, 300))
                    with _filled(disk, life.process.pid):
                        load.refusals(3)
                    began = time.perf_counter()
                    load.answers(1)
                    recovery.append(time.perf_counter() - began)
                    load.answers(20)
            found = life.says("were not durable"), life.shows("antifraud_commits_failed_total", lambda value: value > 0)
            life.settle(ledger, scene.draw)
        return Found(judged(world, ledger), recovery, *found)


def disk_slow(scene):
    """Let no commit end for a while under load: shorter than a caller's patience, then longer."""
    return slowed(scene, World(scene.folder), lambda: _no_commit(scene.folder / "engine.db"))


def slowed(scene, world, no_commit):
    """Let no commit end while `no_commit` holds; it yields a look at which transfers the log has meanwhile."""
    ledger, recovery = Ledger(), []
    with world.living() as life:
        for turn in range(scene.times):
            with Load(life.http, ledger, scene.draw) as load:
                load.steps(scene.draw.randint(30, 300))
                with no_commit() as in_the_log:
                    if turn % 2:
                        life.passes(scene.draw.uniform(0.1, 0.9))
                    else:
                        load.refusals(3)
                    assert set(ledger.answered) <= in_the_log(), "nothing is answered before it is durable"
                    began = time.perf_counter()
                load.answers(1)
                recovery.append(time.perf_counter() - began)
                load.answers(20)
        found = (
            life.says("the disk or the database is slow"),
            life.shows("antifraud_not_durable_in_time_total", lambda value: value > 0),
        )
        life.settle(ledger, scene.draw)
    return Found(judged(world, ledger), recovery, *found)


@contextmanager
def _no_commit(path):
    """Hold what every commit needs: for the engine it is as if its disk took so long."""
    with contextlib.closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as held:
        held.execute("BEGIN IMMEDIATE")
        yield lambda: {name for (name,) in held.execute("SELECT transfer_id FROM decisions")}


@contextmanager
def _small_disk(folder):
    """Mount a disk of its own, where that is allowed; else the folder stands on the disk of all."""
    disk = folder / "disk"
    disk.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "drill", str(disk)], check=False, capture_output=True
    )
    try:
        yield disk
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "--lazy", str(disk)], check=True)


@contextmanager
def _filled(disk, process):
    """Leave no room: by a file that takes it all, or where the disk is everybody's by letting no file of ours grow."""
    if not os.path.ismount(disk):
        before = resource.prlimit(process, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        try:
            yield
        finally:
            resource.prlimit(process, resource.RLIMIT_FSIZE, before)
        return
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
    try:
        yield
    finally:
        ballast.unlink()
