"""The parity tests can fail: each deliberate fault in an engine is noticed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

MUTANTS = {
    "the unchanged offline engine": ("offline", "offline.py", None, None),
    "the unchanged online engine": ("online", "kernels.py", None, None),
    "a window that is open on the left": (
        "offline", "offline.py",
        "start = np.searchsorted(self.clock, self.clock - over)",
        'start = np.searchsorted(self.clock, self.clock - over, side="right")',
    ),
    "transfers of one instant that see each other": (
        "offline", "offline.py",
        "self.now = np.searchsorted(self.clock, self.clock)",
        'self.now = np.searchsorted(self.clock, self.clock, side="right")',
    ),
    "a run that ends one instant early": (
        "offline", "offline.py",
        "(moments[1:] - moments[:-1] > _RETENTION)",
        "(moments[1:] - moments[:-1] >= _RETENTION)",
    ),
    "a counterparty that leaves one instant early": (
        "offline", "offline.py",
        'self.clock[begun.rows] + _micros(feature), side="right"',
        "self.clock[begun.rows] + _micros(feature)",
    ),
    "a clock that steps back": (
        "offline", "offline.py",
        'np.maximum.accumulate(transfers["received_at"].dt.timestamp("us").to_numpy())',
        'np.sort(transfers["received_at"].dt.timestamp("us").to_numpy())',
    ),
    "a withdrawal that nobody hears": (
        "offline", "offline.py",
        "until = np.minimum(stretches.after + _micros(feature), stretches.until)",
        "until = stretches.after + _micros(feature)",
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
        "online", "kernels.py", "            _unlink(ring, plan, slots, index, slot, seq)\n", "            pass\n",
    ),
    "a withdrawn report that leaves twice": (
        "online", "kernels.py", "    ring.flags[seq & (ring.times.size - 1)] |= DEAD\n", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_killed(name, tmp_path):
    engine, file, before, after = MUTANTS[name]
    shutil.copytree(ROOT / "features", tmp_path / "features", ignore=shutil.ignore_patterns("__pycache__"))
    if before is not None:
        source = (tmp_path / "features" / file).read_text()
        assert source.count(before) == 1, f"{file} has changed: rewrite the mutant"
        (tmp_path / "features" / file).write_text(source.replace(before, after))
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "NUMBA_DISABLE_JIT": "1"}
    verdict = subprocess.run(
        [sys.executable, "-m", "tests.parity.mutant", engine], cwd=tmp_path, env=environment, capture_output=True
    )
    assert verdict.returncode == (0 if before is None else 1), verdict.stderr.decode()[-2000:]
