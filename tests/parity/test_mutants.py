"""The parity tests can fail: each deliberate fault in an engine is noticed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parity.mutant import CRASHED, NOTICED

ROOT = Path(__file__).parents[2]

MUTANTS = {
    "the unchanged offline engine": ("offline", "offline.py", None, None),
    "the unchanged online engine": ("online", "kernels.py", None, None),
    "a window that is open on the left": (
        "offline", "offline.py",
        "low, high = self.bound(ask, role, _micros(feature)),",
        "low, high = self.bound(ask, role, _micros(feature) - 1),",
    ),
    "transfers of one instant that see each other": (
        "offline", "offline.py",
        "return 0 if span is None else span_micros(span)",
        "return -1 if span is None else span_micros(span)",
    ),
    "a run that ends one instant early": (
        "offline", "offline.py",
        "(moments[1:] - moments[:-1] > _RETENTION)",
        "(moments[1:] - moments[:-1] >= _RETENTION)",
    ),
    "a maximum that leaves one transfer late": (
        "offline", "sweeps.py",
        "queue[first] < low[probe]:",
        "queue[first] < low[probe] - 1:",
    ),
    "a counterparty that names nobody and is counted": (
        "offline", "sweeps.py",
        "np.arange(size, dtype=np.int32), np.arange(size, dtype=np.int32)",
        "np.full(size, -1, np.int32), np.full(size, -1, np.int32)",
    ),
    "a counterparty that comes again and is counted twice": (
        "offline", "sweeps.py", "count += before[head] < tail", "count += 1",
    ),
    "a counterparty that came again and leaves with its first transfer": (
        "offline", "sweeps.py", "after[tail] < 0 or after[tail] >= head", "1",
    ),
    "reports that are heard at their own instant": (
        "offline", "sweeps.py", "clock[at] < since)", "clock[at] <= since)",
    ),
    "a clock that steps back": (
        "offline", "offline.py",
        'np.maximum.accumulate(transfers["received_at"].dt.timestamp("us").to_numpy())',
        'np.sort(transfers["received_at"].dt.timestamp("us").to_numpy())',
    ),
    "a withdrawal that nobody hears": (
        "offline", "known.py",
        "return np.minimum(self.after + over, self.until)",
        "return self.after + over",
    ),
    "the last of repeated transfers counts": ("offline", "offline.py", 'keep="first"', 'keep="last"'),
    "an event that leaves one instant early": (
        "online", "kernels.py", "ring.times[tail & mask] < edge", "ring.times[tail & mask] <= edge",
    ),
    "events that enter at their own instant": ("online", "kernels.py", "if now > clock:", "if now >= clock:"),
    "swapped roles": (
        "online", "kernels.py",
        "pair_key(asks[number, 3], first, second)", "pair_key(asks[number, 3], second, first)",
    ),
    "a late transfer that turns the clock back": (
        "online", "kernels.py", "    now = max(now, clock[0])\n", "",
    ),
    "an account evicted while a window still has it": (
        "online", "kernels.py", "if window == longest:", "if window == 0:",
    ),
    "a counterparty counted twice": (
        "online", "kernels.py", "if earlier < ring.marks[TAILS + window]:", "if earlier <= ring.marks[TAILS + window]:",
    ),
    "a counterparty forgotten although it came again": (
        "online", "kernels.py", "not ring.flags[at] & (LATER << pair)", "True",
    ),
    "a maximum that stays": (
        "online", "kernels.py", "if slots.cells[head] == seq:", "if False:",
    ),
    "a maximum that a larger one hides": (
        "online", "kernels.py",
        "if slots.cells[head] < 0 or slots.cells[head] > last:", "if slots.cells[head] < 0:",
    ),
    "a pair that is found although it was wiped": (
        "online", "pins.py", "forget(slots.table_keys, slots.table_slots, slots.cells[row + KEY])", "pass",
    ),
    "a slot whose former name still finds it": (
        "online", "slots.py", "slot_of.drop(name)", "pass",
    ),
    "new slots that wipe old ones": (
        "online", "slots.py", "self._cells(kind, size, size + added)[:] =", "self._cells(kind, 0, added)[:] =",
    ),
    "free slots that are no longer free": (
        "online", "slots.py", "waiting = self._stack(kind).copy()", "waiting = 0 * self._stack(kind)",
    ),
    "a pair that a larger table has not learnt yet": (
        "online", "pins.py", "if slot < 0 and slots.former_keys.size > 0:", "if False:",
    ),
    "a pair that a larger table never learns": (
        "online", "slots.py", "moved, self._unmoved = self._unmoved[:count],", "moved, self._unmoved = range(0),",
    ),
    "a slot that was another pair's, by the former table": (
        "online", "pins.py", "if slot >= 0 and slots.cells[row_of(slots, slots.width.size - 1, slot) + KEY] != key:",
        "if False:",
    ),
    "events that a restart mixes up": (
        "restarted", "snapshot.py", 'array[:] = file[f"ring{number}.{part}.{name}"]',
        'array[:] = file[f"ring{number}.{part}.{name}"][::-1]',
    ),
    "a pair asked the wrong way round": ("online", "compile.py", "columns.reverse()", "pass"),
    "reports of which a restart forgets that they were made": (
        "restarted", "snapshot.py",
        "{(bank, name): int(number) for bank, name, number in words[\"active_reports\"]}", "{}",
    ),
    "names that a restart forgets": (
        "restarted", "slots.py", "for slot, name in enumerate(of_kind) if name is not None", "for slot, name in ()",
    ),
    "a clock that a restart sets back": (
        "restarted", "snapshot.py", '    state.clock = file["clock"]', '    file["clock"]',
    ),
    "a report known before its transfer came": (
        "offline", "known.py", 'pl.max_horizontal("known", "arrived")', 'pl.col("known")',
    ),
    "a report that repeats itself": (
        "offline", "known.py", '.filter(pl.col("fraud") != pl.col("before"))', "",
    ),
    "the earliest report taken for the latest": (
        "offline", "known.py", "known[-1] if known else -1)", "known[0] if known else -1)",
    ),
    "a surprise rounded to whole doublings": (
        "offline", "surprise.py", "(ratios.view(np.int64) >> _BITS)", "(ratios.view(np.int64) >> 52 << 10)",
    ),
    "a habit of nothing that surprises": ("offline", "surprise.py", "(amounts > 0) & (totals > 0)", "amounts > 0"),
    "a report heard before its transfer came": (
        "online", "replay.py", 'known=pl.max_horizontal(pl.col("known_at").dt.timestamp("us"), "arrived")',
        'known=pl.col("known_at").dt.timestamp("us")',
    ),
    "reports not heard in order": ("online", "replay.py", '.sort("known", "known_at", maintain_order=True)', ""),
    "a withdrawn report that leaves twice": (
        "online", "kernels.py", "    ring.flags[seq & (ring.times.size - 1)] |= DEAD\n", "",
    ),
    "one signal read for another, by the engine that serves": (
        "online", "row.py", "seen: bool | None = getattr(transfer, name)",
        'seen: bool | None = getattr(transfer, "loan_taken" if name == "phone_changed" else name)',
    ),
    "one signal read for another, by the engine that trains": (
        "offline", "row.py", '"remote_access": _flag("remote_access")',
        '"remote_access": RowValue(_flag("remote_access").of, pl.col("call_active").cast(pl.Float64))',
    ),
    "an hour of the day in Greenwich, for both engines": (
        "online", "row.py", "_LOCAL: Final = timedelta(hours=5)", "_LOCAL: Final = timedelta(0)",
    ),
    "a bank unknown that is another bank": (
        "online", "row.py", "transfer.payer_bank is None or transfer.payee_bank is None", "transfer.payer_bank is None",
    ),
}  # fmt: skip

# Nothing is left to compare: what such a state is told next it cannot take.
MUST_CRASH = {"names that a restart forgets"}

# Constants of `slots.py` in each copy: so few slots at once that streams this short make all of them more.
_SMALL = {"_GROWTH: Final = 1024": "_GROWTH: Final = 2", "_FASTER: Final = 8": "_FASTER: Final = 1"}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_killed(name, tmp_path):
    engine, file, before, after = MUTANTS[name]
    shutil.copytree(ROOT / "features", tmp_path / "features", ignore=shutil.ignore_patterns("__pycache__"))
    if before is not None:
        source = (tmp_path / "features" / file).read_text()
        assert source.count(before) == 1, f"{file} has changed: rewrite the mutant"
        (tmp_path / "features" / file).write_text(source.replace(before, after))
    slots = tmp_path / "features" / "slots.py"
    for large, small in _SMALL.items():
        assert slots.read_text().count(large) == 1, "slots.py has changed: say how it begins small"
        slots.write_text(slots.read_text().replace(large, small))
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "NUMBA_DISABLE_JIT": "1"}
    verdict = subprocess.run(
        [sys.executable, "-m", "tests.parity.mutant", engine],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        timeout=300,
    )
    wanted = 0 if before is None else CRASHED if name in MUST_CRASH else NOTICED
    assert verdict.returncode == wanted, verdict.stderr.decode()[-2000:]
