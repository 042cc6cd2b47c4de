"""Files that are not what was written: snapshots, bundles, and an import that was killed half way."""

import contextlib
import subprocess
import time

import polars as pl
import yaml

from antifraud.domain.errors import DamagedFile
from antifraud.intake import Mapping, read, write
from models.lineup import Choice, lineup_of
from tests.api import making
from tests.drills.drill import Found
from tests.drills.judge import Verdict, judged
from tests.drills.ledger import Ledger, Load
from tests.drills.world import PYTHON, World, refused
from tests.intake.test_import_command import MAPPING


def _cut(content, draw):
    return content[: draw.randrange(1, len(content))]


def _flipped(content, draw):
    """Flip a bit in each of sixteen places: one alone may fall where nothing stands."""
    changed = bytearray(content)
    for _ in range(16):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _emptied(content, draw):
    return b""


_DAMAGES = (_flipped, _cut, _emptied)


def snapshot_damaged(scene):
    """Damage the newest snapshot while nobody serves; the next server passes it over."""
    world, ledger, recovery = World(scene.folder), Ledger(), []
    for turn in range(scene.times + 1):
        with world.living() as life:
            if turn > 0:
                recovery.append(life.seconds)
                found = life.says("passed over"), life.shows("antifraud_snapshots_passed_over_total", bool)
            with Load(life.http, ledger, scene.draw) as load:
                load.answers(scene.draw.randint(20, 100))
            life.settle(ledger, scene.draw)
        newest = max((world.folder / "state").glob("state-*.npz"))
        newest.write_bytes(_DAMAGES[turn % 3](newest.read_bytes(), scene.draw))
    return Found(judged(world, ledger), recovery, *found)


def bundle_damaged(scene):
    """Let a damaged bundle be chosen under load: the one before goes on, until the files are whole.

    Nobody starts with a damaged one.
    """
    world, ledger, recovery = World(scene.folder, ANTIFRAUD_SHELF_POLL_S="0.2"), Ledger(), []
    with world.living() as life:
        with Load(life.http, ledger, scene.draw) as load:
            for turn in range(scene.times):
                serving = lineup_of(world.shelf).number
                made = making.bundle(seed=turn + 1)
                trees = made.write(world.shelf) / "model.txt"
                whole = trees.read_bytes()
                trees.write_bytes(_DAMAGES[turn % 3](whole, scene.draw))
                making.decide_with(world.shelf, Choice(champion=made.version), fits=lambda choice, now: None)
                said = life.says(f"cannot serve, number {serving} goes on")
                metric = life.shows("antifraud_lineup_passed_over", bool)
                load.answers(20)
                assert life.metric("antifraud_lineup") == serving
                began = time.perf_counter()
                trees.write_bytes(whole)
                number = lineup_of(world.shelf).number
                life.shows("antifraud_lineup", lambda value, number=number: value == number)
                recovery.append(time.perf_counter() - began)
                load.answers(20)
        life.settle(ledger, scene.draw)
    trees.write_bytes(_flipped(whole, scene.draw))
    code, words = refused(world)
    assert code != 0
    assert "Traceback" not in words
    return Found(judged(world, ledger), recovery, said.partition(",")[0], metric)


def import_killed(scene):
    """Kill an import while it writes: what is there is an import, whole, and the next one leaves nothing else."""
    scene.folder.mkdir()
    mapping, out = scene.folder / "mapping.yaml", scene.folder / "out"
    mapping.write_text(yaml.safe_dump(MAPPING))
    table = _table(scene.folder / "table.csv", 40_000)
    command = (*PYTHON, "-m", "api", "import", str(table), "--mapping", str(mapping), "--out", str(out))
    recovery, lost, left = [], 0, 0
    wanted = None
    for _ in range(scene.times):
        _killed_while_it_writes(command, scene)
        if wanted is not None:
            lost += wanted - _rows(out)  # the import before, or this one
        began = time.perf_counter()
        write(read(table, Mapping.load(mapping)), out)
        recovery.append(time.perf_counter() - began)
        wanted = _rows(out)
        left += len(list(scene.folder.glob(".out.*")))
    verdict = Verdict(acknowledged=wanted, lost=lost, doubled=left, wrong_features=0, blind=0)
    return Found(verdict, recovery, "rows read", "the exit code")


def _table(path, rows):
    lines = (f"{row},a{row % 97},b{row % 89},{row % 1_000 + 1}.00,2026-03-01T10:00:00,0" for row in range(rows))
    path.write_text("id,payer,payee,sum,at,fraud\n" + "\n".join(lines) + "\n")
    return path


def _killed_while_it_writes(command, scene):
    """Kill a little after its scratch folder is there, or whenever it ended before that."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not list(scene.folder.glob(".out.*")):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.001)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(scene.draw.uniform(0, 0.05))
        process.kill()


def _rows(out):
    """Count the rows of an import, 0 if it is none."""
    try:
        return pl.read_parquet(out / "transfers.parquet").height
    except (OSError, pl.exceptions.PolarsError, DamagedFile):
        return 0
