"""What a drill is given and what it finds."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.drills.judge import Verdict


@dataclass(frozen=True)
class Scene:
    """A folder of its own, how often the fault comes, what is drawn, and databases of a PostgreSQL on demand."""

    folder: Path
    times: int
    draw: random.Random
    postgres: Callable[[], object]
    """Return the running PostgreSQL server; skips or fails where none is installed."""


@dataclass(frozen=True)
class Found:
    """What became of a fault; `recovery` is in seconds, one for each time, from the end of the fault."""

    verdict: Verdict
    recovery: list[float]
    log: str  # what the log said, in part
    metric: str  # which metric showed it


@dataclass(frozen=True)
class Drill:
    """A fault, in words, how it is made, and how often: in the tests, and at full length."""

    fault: str
    run: Callable[[Scene], Found]
    short: int
    full: int
    recovery: str  # what is timed
    name: str = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "name", self.run.__name__)
