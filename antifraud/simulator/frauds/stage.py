"""One run of a fraud script: its actors, its rows, and what becomes known about it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from antifraud.domain.report import ReportSource
from antifraud.domain.transfer import Channel
from antifraud.simulator.amounts import typed
from antifraud.simulator.country import Country
from antifraud.simulator.drafts import DAY, HOUR, MINUTE, SECOND, UNSET, Drafts, Floats, Ints, Role
from antifraud.simulator.frauds.networks import Network
from antifraud.simulator.kinds import CHANNEL, SCHEME, SOURCE, Kind, Purpose
from antifraud.simulator.schedule.hours import one_of

Rings = Callable[[int], list[Network]]
"""The rings at work at a moment."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Stolen money that has just reached a mule."""

    at: int
    account: int
    stolen: int
    hop: int


@dataclass(slots=True)
class Stage:
    """What a script writes on. Times are microseconds, money is minor units."""

    country: Country
    rng: np.random.Generator
    scheme: str
    chain: int
    begins: int
    rings: Rings
    evasion: float
    rows: list[dict[str, int]] = field(default_factory=list)
    parcels: list[Parcel] = field(default_factory=list)

    # -- actors ------------------------------------------------------------------------------------

    def ring(self, at: int) -> Network:
        """Return the ring behind this chain at a moment; another wave, another ring."""
        rings = self.rings(at)
        return rings[self.chain % len(rings)]

    def victims(self, count: int, weights: Floats | None = None) -> list[int]:
        """Draw different persons whose accounts are open when the script begins."""
        people = self.country.people
        drawn: list[int] = []
        bounds = None if weights is None else np.cumsum(weights)
        while len(drawn) < count:
            point = self.rng.random()
            position = point * people.persons if bounds is None else np.searchsorted(bounds, point * bounds[-1])
            person = int(position)
            if people.opened[person] * DAY <= self.begins and person not in drawn:
                drawn.append(person)
        return drawn

    def account_of(self, person: int) -> int:
        """Return the account that a person will pay from."""
        other = int(self.country.people.second[person])
        is_open = other >= 0 and self.country.people.opened[other] * DAY <= self.begins
        return other if is_open and self.rng.random() < 0.2 else person

    def any_of(self, kind: Kind) -> int:
        """Draw an account of a kind."""
        return int(self.rng.choice(self.country.people.of_kind(kind)))

    def income(self, person: int) -> float:
        """Return tenge a month of a person."""
        return float(self.country.people.income[person])

    # -- draws -------------------------------------------------------------------------------------

    def chance(self, share: float) -> bool:
        """Draw yes or no."""
        return bool(self.rng.random() < share)

    def pause(self, median: float, spread: float = 1.0) -> int:
        """Draw a pause around a median, at least five seconds."""
        return max(int(median * np.exp(spread * self.rng.standard_normal())), 5 * SECOND)

    def sum_about(self, tenge: float, spread: float) -> int:
        """Draw a sum as people type it."""
        return int(typed(self.rng, np.array([tenge * np.exp(spread * self.rng.standard_normal())]))[0])

    def by_day(self, at: int, earliest: int = 8, latest: int = 22) -> int:
        """Move a moment of the night to the following morning or day."""
        hour = at % DAY // HOUR
        if earliest <= hour < latest:
            return at
        morning = at - at % DAY + (DAY if hour >= latest else 0)
        return morning + earliest * HOUR + int(self.rng.integers(0, 5 * HOUR))

    # -- steps -------------------------------------------------------------------------------------

    def pay(self, at: int, payer: int, payee: int, amount: int, **columns: int) -> None:
        """Write one transfer of this chain."""
        row = {
            "at": at, "payer": payer, "payee": payee, "amount": amount, "purpose": int(Purpose.BETWEEN_PERSONS),
            "scheme": SCHEME[self.scheme], "chain": self.chain, "hop": 0, "stolen": 0, "known": UNSET, "source": UNSET,
            "payer_role": int(Role.CLIENT), "payee_role": int(Role.CLIENT), "device": UNSET, "fresh": UNSET,
            "remote": UNSET, "call": UNSET, "phone": UNSET,
        }  # fmt: skip
        row["channel"] = self._way()
        self.rows.append(row | columns)

    def rob(self, at: int, victim: int, collector: int, amount: int, **columns: int) -> None:
        """Let a victim pay a mule, who will pass it on; a mule is not sent to pay himself."""
        if collector == victim:
            collector = self.ring(at).next_mules(self.rng, 1, (victim,))[0]
        roles = {"payer_role": int(Role.VICTIM), "payee_role": int(Role.COLLECTOR)}
        self.pay(at, victim, collector, amount, **({"hop": 1, "stolen": amount} | roles | columns))
        self.parcels.append(Parcel(at, collector, amount, int(columns.get("hop", 1))))

    def lend(self, at: int, borrower: int, amount: int) -> None:
        """Pay a loan out to a victim: honest money of a lender, taken for the fraud."""
        self.pay(
            at, self.any_of(Kind.LENDER), borrower, amount, channel=CHANNEL[Channel.API], purpose=int(Purpose.LOAN),
            payer_role=int(Role.LENDER), payee_role=int(Role.VICTIM),
        )  # fmt: skip

    def _way(self) -> int:
        ways = (Channel.PHONE_TRANSFER, Channel.APP, Channel.WEB)
        return CHANNEL[ways[one_of(self.rng, (0.56, 0.39, 0.05))]]

    # -- afterwards --------------------------------------------------------------------------------

    def make_known(self) -> None:
        """Decide for each victim whether and when he reports, then what the police and banks add."""
        knobs = self.country.config.reports
        delay = knobs.types[self.scheme]
        last_paid: dict[int, int] = {}
        for row in self.rows:
            if row["payer_role"] == Role.VICTIM:
                last_paid[row["payer"]] = max(row["at"], last_paid.get(row["payer"], row["at"]))
        reported: dict[int, tuple[int, int]] = {}
        for victim, paid_at in last_paid.items():
            if not self.chance(delay.never):
                names = list(knobs.sources)
                source = names[one_of(self.rng, list(knobs.sources.values()))]
                wait = self.pause(delay.median_hours * HOUR, delay.spread)
                # A bank that notices by itself notices soon.
                wait = min(wait, self.pause(3 * HOUR, 1.0)) if source == "bank_detection" else wait + 2 * MINUTE
                reported[victim] = (paid_at + wait, SOURCE[ReportSource(source)])
        for row in self.rows:
            if row["payer_role"] == Role.VICTIM and row["payer"] in reported:
                row["known"], row["source"] = reported[row["payer"]]
            elif row["hop"] > 1 and row["stolen"] > 0:
                self._follow(row, min((known for known, _ in reported.values()), default=None))

    def _follow(self, row: dict[str, int], first_report: int | None) -> None:
        knobs = self.country.config.reports
        if self.chance(0.03):  # the mule's bank finds it before anyone complains
            row["known"], row["source"] = row["at"] + self.pause(20 * HOUR, 1.0), SOURCE[ReportSource.BANK_DETECTION]
        elif first_report is not None and self.chance(knobs.police_follow_up):
            begins = max(first_report, row["at"])
            row["known"] = begins + self.pause(knobs.follow_up_days * DAY, 0.7)
            row["source"] = SOURCE[ReportSource.POLICE]

    def drafts(self) -> Drafts:
        """Return the rows as columns."""
        if not self.rows:
            return Drafts.none()
        columns: dict[str, Ints] = {name: np.array([row[name] for row in self.rows], np.int64) for name in self.rows[0]}
        return Drafts.of(columns.pop("at"), **columns)
