"""One measured row of the targets table, as it stands in docs/benchmarks.json."""

import math
from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True)
class Figure:
    """A value and what it must reach; `against` says what it is compared with, with its own value in this run."""

    name: str
    value: float
    unit: str
    target: float
    better: Literal["lower", "higher"]
    against: str

    def __post_init__(self):
        if not math.isfinite(self.value):
            raise ValueError(f"{self.name} must be a number, was {self.value}")

    @property
    def holds(self):
        return self.value <= self.target if self.better == "lower" else self.value >= self.target

    def as_row(self):
        return asdict(self) | {"value": significant(self.value), "holds": self.holds}


def significant(value, digits=4):
    """Round to a number of digits that says no more than was measured."""
    return float(f"{value:.{digits}g}")


def quantile(values, share):
    """Return the value below which a share of all lies; at least one value."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
