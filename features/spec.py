"""The vocabulary in which features are declared: histories, measures, and what each means.

A window is `[t - over, t)` on the arrival clock: the running maximum of `received_at` in order of
arrival. It never contains the transfer being scored, nor another of the same instant. A transfer id
that a participant sends again counts once. A report counts from strictly after its `known_at` until
its withdrawal; at the very instant of either, nothing has changed yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final

SECOND: Final = timedelta(seconds=1)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

RETENTION: Final = timedelta(days=30)
"""The longest window, and how long an idle account is remembered."""

MATURITY: Final = timedelta(days=7)
"""The age at which silence about a transfer begins to speak for it: most frauds are reported by then."""

# Field -> what kind of thing it names. Payer and payee name the same kind: roles can cross.
KIND_OF_FIELD: Final = {"payer": "account", "payee": "account", "device_id": "device", "ip": "ip"}


class Measure(StrEnum):
    """What is asked of a history. Past transfers are those of the window unless said otherwise."""

    COUNT = "count"  # how many past transfers
    TOTAL = "total"  # sum of their amounts, base minor units
    MEAN = "mean"  # total / count; absent when there were none
    MAX = "max"  # largest amount; absent when there were none
    DISTINCT = "distinct"  # how many different values of `field`
    NEWCOMERS = "newcomers"  # how many came from a `field` not seen with this key in the RETENTION before
    SINCE_LAST = "since_last"  # seconds since the last one within RETENTION
    AGE = "age"  # seconds since the current run of activity began; RETENTION of silence ends a run
    REPORTS = "reports"  # how many transfers reported as fraud: windows on when it became known
    SINCE_REPORT = "since_report"  # seconds since the last report became known
    SINCE_FIRST_REPORT = "since_first_report"  # seconds since the first report in the window became known
    MATURED = "matured"  # how many transfers came to be MATURITY old since the last report became known
    SURPRISE = "surprise"  # mean surprise (`features.surprise`) of the reported transfers; absent when none
    VALUE = "value"  # a value of the transfer itself
    RATIO = "ratio"  # one feature over another; absent when either is, or the lower is zero


OF_REPORTS: Final = frozenset(
    {Measure.REPORTS, Measure.SINCE_REPORT, Measure.SINCE_FIRST_REPORT, Measure.MATURED, Measure.SURPRISE}
)


@dataclass(frozen=True, slots=True)
class Feature:
    """One line of the catalogue. Values are float64; absent is None in tables, NaN in vectors.

    `ask` names fields of the transfer being scored; past transfers count when their fields `role` hold
    the same. A None in `ask` makes the feature absent.
    """

    name: str
    measure: Measure
    why: str
    ask: tuple[str, ...] = ()
    role: tuple[str, ...] = ()
    over: timedelta | None = None
    field: str | None = None
    operands: tuple[str, str] | None = None
    older_than: timedelta | None = None  # the window ends so long before the transfer: `[t - over, t - older_than)`

    @property
    def unit(self) -> str:
        """Name the unit a reader should think in."""
        return _UNITS.get(self.measure, "")

    @property
    def definition(self) -> str:
        """Say in one canonical line what is computed; the catalogue's fingerprint is made of these."""
        if self.measure is Measure.VALUE:
            return f"value({self.field})"
        if self.operands is not None:
            return f"ratio({self.operands[0]}, {self.operands[1]})"
        over = "" if self.over is None else f" over {int(self.over.total_seconds())}s"
        field = "" if self.field is None else f" of {self.field}"
        older = "" if self.older_than is None else f" older than {int(self.older_than.total_seconds())}s"
        return f"{self.measure}{field} where {','.join(self.role)} = this {','.join(self.ask)}{over}{older}"


_UNITS: Final = {
    Measure.COUNT: "transfers",
    Measure.TOTAL: "minor units",
    Measure.MEAN: "minor units",
    Measure.MAX: "minor units",
    Measure.DISTINCT: "different",
    Measure.NEWCOMERS: "transfers",
    Measure.SINCE_LAST: "seconds",
    Measure.AGE: "seconds",
    Measure.REPORTS: "reports",
    Measure.SINCE_REPORT: "seconds",
    Measure.SINCE_FIRST_REPORT: "seconds",
    Measure.MATURED: "transfers",
    Measure.SURPRISE: "doublings",
    Measure.RATIO: "times",
}


@dataclass(frozen=True, slots=True)
class History:
    """The past transfers whose `role` fields hold what the scored transfer's `ask` fields hold."""

    ask: tuple[str, ...]
    role: tuple[str, ...]

    def _feature(
        self, measure: Measure, name: str, why: str, over: timedelta = RETENTION, field: str | None = None
    ) -> Feature:
        if not timedelta(0) < over <= RETENTION:
            raise ValueError(f"feature {name}: a window is above 0 and at most {RETENTION}, was {over}")
        if over % SECOND:
            raise ValueError(f"feature {name}: a window is whole seconds, was {over}")
        if field is not None and len(self.role) > 1:
            raise ValueError(f"feature {name}: {self.role} with {field} are three names, not a pair")
        if field is not None and (field not in KIND_OF_FIELD or field in self.role):
            others = ", ".join(other for other in KIND_OF_FIELD if other not in self.role)
            raise ValueError(f"feature {name}: different ones are of {others}, was {field!r}")
        if measure in OF_REPORTS and len(self.role) > 1:
            raise ValueError(f"feature {name}: reports are of one account or device, was {self.role}")
        return Feature(name, measure, why, self.ask, self.role, over, field)

    def count(self, name: str, *, over: timedelta, why: str, older_than: timedelta | None = None) -> Feature:
        """Count past transfers; with `older_than` those of `[t - over, t - older_than)`."""
        feature = self._feature(Measure.COUNT, name, why, over)
        if older_than is not None and (not timedelta(0) < older_than < over or older_than % SECOND):
            raise ValueError(f"feature {name}: older_than is whole seconds, above 0 and below {over}, was {older_than}")
        return replace(feature, older_than=older_than)

    def total(self, name: str, *, over: timedelta, why: str) -> Feature:
        """Add up their amounts."""
        return self._feature(Measure.TOTAL, name, why, over)

    def mean(self, name: str, *, over: timedelta, why: str) -> Feature:
        """Average their amounts."""
        return self._feature(Measure.MEAN, name, why, over)

    def max(self, name: str, *, over: timedelta, why: str) -> Feature:
        """Take their largest amount."""
        return self._feature(Measure.MAX, name, why, over)

    def distinct(self, name: str, field: str, *, over: timedelta, why: str) -> Feature:
        """Count the different values of `field` among them."""
        return self._feature(Measure.DISTINCT, name, why, over, field)

    def newcomers(self, name: str, field: str, *, over: timedelta, why: str) -> Feature:
        """Count those whose `field` had not been seen with this key during the RETENTION before them."""
        return self._feature(Measure.NEWCOMERS, name, why, over, field)

    def since_last(self, name: str, *, why: str) -> Feature:
        """Measure the seconds since the last one."""
        return self._feature(Measure.SINCE_LAST, name, why)

    def age(self, name: str, *, why: str) -> Feature:
        """Measure the seconds since the current run of activity began."""
        return self._feature(Measure.AGE, name, why)

    def reports(self, name: str, *, over: timedelta, why: str) -> Feature:
        """Count those transfers, of any age, that became known as fraud inside the window."""
        return self._feature(Measure.REPORTS, name, why, over)

    def since_report(self, name: str, *, why: str) -> Feature:
        """Measure the seconds since the last report became known."""
        return self._feature(Measure.SINCE_REPORT, name, why)

    def since_first_report(self, name: str, *, why: str) -> Feature:
        """Measure the seconds since the first report inside RETENTION became known."""
        return self._feature(Measure.SINCE_FIRST_REPORT, name, why)

    def matured_since_report(self, name: str, *, why: str) -> Feature:
        """Count the transfers that came to be MATURITY old since the last report became known."""
        return self._feature(Measure.MATURED, name, why)

    def reported_surprise(self, name: str, *, over: timedelta, why: str) -> Feature:
        """Average the surprise of the transfers that became known as fraud inside the window."""
        return self._feature(Measure.SURPRISE, name, why, over)


def history_of(*ask: str, when: Sequence[str] | None = None) -> History:
    """Name the history of what the transfer's fields `ask` hold, in the roles `when` (default: the same).

    >>> history_of("payee", when=("payer",))  # what this payee did when it was the one paying
    History(ask=('payee',), role=('payer',))
    """
    role = ask if when is None else tuple(when)
    for field in (*ask, *role):
        if field not in KIND_OF_FIELD:
            raise ValueError(f"a history is of {', '.join(KIND_OF_FIELD)}, was {field!r}")
    if not 1 <= len(role) <= 2 or len(set(role)) < len(role):
        raise ValueError(f"a history is of one name or of two different ones, was {role}")
    if [KIND_OF_FIELD[field] for field in ask] != [KIND_OF_FIELD[field] for field in role]:
        raise ValueError(f"{ask} and {role} do not name the same kinds of thing")
    return History(ask, role)


def value(name: str, field: str, *, why: str) -> Feature:
    """Take a value of the transfer itself; `features.row` says which there are."""
    return Feature(name, Measure.VALUE, why, field=field)


def ratio(name: str, upper: str, lower: str, *, why: str) -> Feature:
    """Divide one feature by another that stands earlier in the catalogue."""
    return Feature(name, Measure.RATIO, why, operands=(upper, lower))
