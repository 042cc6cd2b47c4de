"""The Center's numbers: what the law leaves to whoever runs it, and what changes by the year.

Marks say how sure a number is: V read in a published source, S secondary, M from memory, E our own proposal.
A lawyer should read those that are not V before anything here is called compliant.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from antifraud.domain.center.calendar import ALMATY
from antifraud.domain.center.effects import Effects
from antifraud.domain.center.trace import TracePolicy
from antifraud.domain.errors import InvalidValue
from antifraud.domain.identifiers import purpose_code
from antifraud.domain.typology import CallSigns

_TENGE: Final = 100  # minor units


class Mark(StrEnum):
    """How sure something is."""

    V = "V"
    S = "S"
    M = "M"
    E = "E"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """The monthly calculation index (MRP) of a year, in minor units of the tenge."""

    year: int
    minor: int
    source: str
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Purposes:
    """Payment purpose codes (KNP, three digits) with one meaning."""

    meaning: str
    codes: frozenset[str]
    mark: Mark

    def __post_init__(self) -> None:
        """Refuse what is no code."""
        for code in self.codes:
            purpose_code(code, "codes")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoolingOffTerms:
    """How long the payout of an online loan waits, by the sum of the person's loans of that day in MRP.

    From `short_from_mrp` on it is `short_hours`, above `long_above_mrp` it is `long_hours`; a microloan waits
    `long_hours` above `micro_above_mrp`. [in force since 30.09.2025, V]
    """

    short_from_mrp: int = 150
    long_above_mrp: int = 255
    micro_above_mrp: int = 75
    short_hours: int = 8
    long_hours: int = 24
    confirm_within_days: int = 30  # an offer that nobody confirms lapses [E]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTerms:
    """How long things on lists last; the law's terms could not be read, so these are the project's own [E]."""

    grey_days: int = 90  # a grey entry that the police do not confirm lapses
    appeal_working_days: int = 15  # for the answer to an appeal
    indicator_days: int = 60  # what nobody sees again runs out
    stale_after_seconds: int = 60  # a copy of the lists that is older counts as unread: blind means hold

    def __post_init__(self) -> None:
        """Refuse terms that end before they begin."""
        for name in ("grey_days", "appeal_working_days", "indicator_days", "stale_after_seconds"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"lists.{name}", "must be at least 1", getattr(self, name))


_INDICATORS: Final = (
    Indicator(year=2024, minor=3_692 * _TENGE, source="the republic's budget for 2024", mark=Mark.S),
    Indicator(year=2025, minor=3_932 * _TENGE, source="589 800 KZT are 150 MRP, as published in 2025", mark=Mark.V),
    Indicator(year=2026, minor=4_325 * _TENGE, source="the republic's budget for 2026-2028, mgorod.kz", mark=Mark.V),
)
# Codes of resolution No. 203, which was not at hand: those of mark M are to be checked before they count.
_SOCIAL_INFLOW: Final = (
    Purposes(meaning="pensions and benefits", codes=frozenset({"040", "041", "042", "043", "047"}), mark=Mark.M),
    Purposes(meaning="wages", codes=frozenset({"332"}), mark=Mark.S),
    Purposes(meaning="wages, as the simulated country codes them", codes=frozenset({"311"}), mark=Mark.M),
    Purposes(meaning="scholarships", codes=frozenset({"331"}), mark=Mark.M),
)
_LIVING_COSTS: Final = (
    Purposes(meaning="taxes and dues to the budget", codes=frozenset({"911", "912", "913"}), mark=Mark.S),
    Purposes(meaning="utilities", codes=frozenset({"856"}), mark=Mark.M),
    Purposes(meaning="repayment of loans", codes=frozenset({"421", "423", "424", "429"}), mark=Mark.M),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CenterPolicy:
    """Versioned numbers of the Center; amounts are minor units of the base currency."""

    version: str = "center-1"
    currency: str = "KZT"  # of the amounts here: the engine's base currency
    second_signature_above_minor: int | None = 1_000_000 * _TENGE  # a release above needs an officer besides [E]
    trace: TracePolicy = field(default_factory=TracePolicy)
    movements_kept_days: int = 400  # the read model of transfers; the decision log keeps more [E]
    identified_days: int = 1_830  # decisions name people for so long [E; five years of the law on laundering, M]
    answers_kept_days: int = 30  # how long a repeated Idempotency-Key gets its first answer [E]
    scam_call: CallSigns = field(default_factory=CallSigns)  # what a held transfer must show to look like one [E]
    usable_window_days: int = 30  # social money may be spent on living for so long [E]
    lists: ListTerms = field(default_factory=ListTerms)
    effects: Effects = field(default_factory=Effects)  # what lists, indicators and traces demand of a transfer
    cooling_off: CoolingOffTerms = field(default_factory=CoolingOffTerms)
    indicators: tuple[Indicator, ...] = _INDICATORS
    social_inflow: tuple[Purposes, ...] = _SOCIAL_INFLOW  # what a listed person may still receive [draft rule, V]
    living_costs: tuple[Purposes, ...] = _LIVING_COSTS  # what may be paid from it, up to it [draft rule, V]

    def __post_init__(self) -> None:
        """Refuse numbers that nothing can be done with."""
        for name in ("movements_kept_days", "answers_kept_days", "usable_window_days"):
            if getattr(self, name) < 1:
                raise InvalidValue(name, "must be at least 1", getattr(self, name))
        if not self.version.strip():
            raise InvalidValue("version", "a policy has a name, which stands in what it decided", self.version)
        if self.movements_kept_days < self.usable_window_days:
            kept = self.movements_kept_days
            raise InvalidValue("movements_kept_days", "must reach back over usable_window_days", kept)
        if self.identified_days < self.movements_kept_days:
            days = self.identified_days
            raise InvalidValue("identified_days", "must not be shorter than movements_kept_days", days)
        years = [each.year for each in self.indicators]
        if len(set(years)) != len(years) or any(each.minor < 1 for each in self.indicators):
            raise InvalidValue("indicators", "each year once, above zero", years)

    @property
    def movements_kept(self) -> timedelta:
        """Return how long transfers stay in the read model."""
        return timedelta(days=self.movements_kept_days)

    @property
    def answers_kept(self) -> timedelta:
        """Return how long answers can be given again."""
        return timedelta(days=self.answers_kept_days)

    def second_signature_above(self, currency: str) -> int | None:
        """Return the limit for holds in a currency: where it cannot be compared, every release takes two people."""
        limit = self.second_signature_above_minor
        return limit if limit is None or currency == self.currency else 0

    def indicator(self, at: datetime) -> Indicator:
        """Return the MRP of the year that `at` lies in, in Almaty; raise InvalidValue where none is known."""
        year = at.astimezone(ALMATY).year
        for each in self.indicators:
            if each.year == year:
                return each
        known = ", ".join(str(each.year) for each in self.indicators)
        raise InvalidValue("indicators", f"the policy {self.version} knows the MRP of {known}: add this year's", year)

    def social(self, purpose: str | None) -> bool:
        """Say whether money with this purpose code came in as a social payment; without one nobody knows: no."""
        return any(purpose in each.codes for each in self.social_inflow)

    def living(self, purpose: str | None) -> bool:
        """Say whether a payment with this purpose code is a tax, a utility or a loan."""
        return any(purpose in each.codes for each in self.living_costs)
