"""Files that are not what was written: snapshots, bundles, and an import that was killed half way."""

import contextlib
import subprocess
import time
from collections import Counter
from hashlib import sha256

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
_ROWS = 40_000  # of an import
_SURELY = 10  # kills, of which one meets a write; a few may all come too late


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
    """Kill an import while it writes: what is there is an import, whole, and the next one leaves nothing else.

    Two tables take turns, so that what was killed is never the import before it. `blind` says nothing of an import.
    """
    scene.folder.mkdir()
    mapping, out = scene.folder / "mapping.yaml", scene.folder / "out"
    mapping.write_text(yaml.safe_dump(MAPPING))
    tables = [_table(scene.folder / f"table-{payer}.csv", payer) for payer in "ab"]
    whole = []
    for table in tables:
        done = subprocess.run(_import(table, mapping, out), check=True, capture_output=True, text=True)
        whole.append(_digests(out))
    said = f"{_ROWS:,} rows read"
    assert said in " ".join(done.stdout.split())
    assert whole[0] != whole[1], "nobody could tell the import before from the next one"
    recovery, codes, met, lost, left, wrong = [], Counter(), 0, 0, 0, 0
    writing = _written(read(tables[1], Mapping.load(mapping)), out)
    for turn in range(scene.times):
        table, wanted = tables[turn % 2], whole[turn % 2]
        code = _killed_while_it_writes(_import(table, mapping, out), scene, writing)
        codes[f"exit code {code}"] += 1
        met += bool(list(scene.folder.glob(".out.*/new")))
        kept = [out] if out.exists() else list(scene.folder.glob(".out.*/old"))  # which the next import puts back
        lost += _ROWS - sum(map(_rows, kept))
        wrong += sum(_digests(each) not in whole for each in kept)
        began = time.perf_counter()
        writing = _written(read(table, Mapping.load(mapping)), out)
        recovery.append(time.perf_counter() - began)
        wrong += _digests(out) != wanted
        left += len(list(scene.folder.glob(".out.*")))
    assert met or scene.times < _SURELY, "no kill met a write"
    verdict = Verdict(acknowledged=_ROWS, lost=lost, doubled=left, wrong_features=wrong, blind=None)
    return Found(verdict, recovery, said, ", ".join(f"{code}: {times}" for code, times in sorted(codes.items())))


def _table(path, payer):
    lines = (
        f"{row},{payer}{row % 97},to{row % 89},{row % 1_000 + 1}.00,2026-03-01T10:00:00,{row % 50 // 49}"
        for row in range(_ROWS)
    )
    path.write_text("id,payer,payee,sum,at,fraud\n" + "\n".join(lines) + "\n")
    return path


def _import(table, mapping, out):
    return (*PYTHON, "-m", "api", "import", str(table), "--mapping", str(mapping), "--out", str(out))


def _written(intake, out):
    """Write an import and return the seconds that it took."""
    began = time.perf_counter()
    write(intake, out)
    return time.perf_counter() - began


def _killed_while_it_writes(command, scene, writing):
    """Kill at some moment of the seconds that it writes, from its scratch folder on; return how it ended."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not list(scene.folder.glob(".out.*")):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.001)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(scene.draw.uniform(0, writing))
        process.kill()
    return process.returncode


def _digests(out):
    """Return the digest of each file of an import."""
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in out.iterdir()}


def _rows(out):
    """Count the rows of an import, 0 if it is none."""
    try:
        return pl.read_parquet(out / "transfers.parquet").height
    except (OSError, pl.exceptions.PolarsError, DamagedFile):
        return 0
