"""How much is measured: in full, or just enough to see that it works."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Rows, rounds and seconds of every measurement."""

    trees: int = 300
    learnt_rows: int = 30_000
    rounds: int = 5
    seconds: float = 4.0  # of one round of load
    steady_seconds: float = 20.0  # of one round at 300 requests a second: p99.9 needs thousands
    batch: int = 1_000
    singles: int = 20_000  # transfers decided one by one in a round
    small: tuple[int, int] = (10_000, 100_000)  # accounts, past transfers
    large: tuple[int, int] = (1_000_000, 10_000_000)
    large_when_short: tuple[int, int] = (300_000, 3_000_000)  # of memory
    hot: int = 1_000_000
    kept_accounts: int = 1 << 17
    kept_transfers: int = 1 << 21
    restored: int = 1_000_000
    tail: int = 100_000
    windowed: int = 1_750_000  # where the handbook's own rows are not at hand
    explained: int = 300
    backtested: int = 1_000_000
    incidents: int = 100
    traced: int = 10_000  # transfers around the stolen money
    cases: int = 50_000
    moved: int = 5_000_000
    moved_accounts: int = 200_000
    looked: int = 100  # pages of each kind
    overload_seconds: float = 60.0


FULL = Sizes()
QUICK = Sizes(
    trees=20,
    learnt_rows=3_000,
    rounds=1,
    seconds=0.5,
    steady_seconds=1.0,
    batch=50,
    singles=300,
    small=(100, 1_000),
    large=(1_000, 10_000),
    large_when_short=(1_000, 10_000),
    hot=10_000,
    kept_accounts=1 << 11,
    kept_transfers=1 << 14,
    restored=5_000,
    tail=1_000,
    windowed=4_000,
    explained=20,
    backtested=5_000,
    incidents=5,
    traced=200,
    cases=100,
    moved=5_000,
    moved_accounts=200,
    looked=5,
    overload_seconds=1.0,
)


@dataclass(frozen=True)
class Bench:
    """What every measurement is given: sizes, a folder on the real disk with `shelf` in it, and public data if any."""

    sizes: Sizes
    folder: Path
    handbook: Path | None

    @property
    def shelf(self):
        return self.folder / "shelf"

    @staticmethod
    def protocol(name):
        """Return the file that describes a public data set."""
        return ROOT / "models" / "protocols" / f"{name}.yaml"
