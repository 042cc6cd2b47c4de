"""The fictional population: who holds which account, where, since when, with what income."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from antifraud.domain.errors import InvalidValue
from antifraud.simulator.config import Config
from antifraud.simulator.drafts import Floats, Ints
from antifraud.simulator.kinds import PERSONS, Kind
from antifraud.simulator.streams import stream

SMALLEST: Final = 500
LARGEST: Final = 5_000_000  # phone numbers and impossible IINs last so far
LONG_AGO: Final = -5000  # days
CITIES: Final = (
    ("Almaty", 0.30), ("Astana", 0.22), ("Shymkent", 0.14), ("Karaganda", 0.08), ("Aktobe", 0.07), ("Taraz", 0.05),
    ("Pavlodar", 0.05), ("Oskemen", 0.04), ("Atyrau", 0.03), ("Kostanay", 0.02),
)  # fmt: skip

# Kind -> share of persons, youngest, oldest, median income in tenge a month.
_PERSONS: Final = {
    Kind.EMPLOYEE: (0.50, 19, 63, 310_000),
    Kind.PENSIONER: (0.14, 58, 88, 120_000),
    Kind.STUDENT: (0.12, 17, 24, 70_000),
    Kind.TRADER: (0.11, 20, 60, 330_000),
    Kind.UNEMPLOYED: (0.10, 18, 62, 80_000),
    Kind.MIGRANT: (0.03, 19, 50, 210_000),
}
# Firms that are few whatever the size of the country, and at least how many.
_FEW: Final = {
    Kind.UTILITY: 20, Kind.TELECOM: 4, Kind.MARKETPLACE: 3, Kind.LENDER: 6, Kind.BROKER: 4, Kind.EXCHANGE: 5,
    Kind.CHARITY: 6, Kind.CLINIC: 12, Kind.STATE: 1,
}  # fmt: skip
_FIRMS: Final = {Kind.EMPLOYER: 0.28, Kind.SHOP: 0.44, Kind.SMALL_FIRM: 0.28}


@dataclass(frozen=True, slots=True)
class People:
    """Columns by account; persons come first, so account p < `persons` is the main account of person p.

    Then follow second accounts, firms, and the counterparties outside (cash machines, foreign cards).
    """

    persons: int
    holder: Ints  # by account: the account's holder, named by his main account
    kind: Ints  # by account
    bank: Ints  # by account; -1 for a foreign one
    city: Ints  # by account
    opened: Ints  # by account: the day from which it can be used
    age: Ints  # by account: years of the holder, 0 for firms
    income: Floats  # by person: tenge a month
    busy: Floats  # by person: how readily he pays, mean 1
    second: Ints  # by person: his second account or -1
    mains: Mapping[Kind, Ints]  # by kind: the main accounts of its holders, ascending

    def of_kind(self, *kinds: Kind) -> Ints:
        """Return the accounts whose holder is of these kinds; only the main ones of persons."""
        return np.concatenate([self.mains[kind] for kind in kinds])

    @property
    def inside(self) -> int:
        """Return how many accounts the country's banks keep; those after them are outside."""
        return int(np.count_nonzero(~np.isin(self.kind, [Kind.ATM, Kind.FOREIGN])))


def populate(config: Config, accounts: int, days: int, seed: int) -> People:
    """Draw the population of a country with `accounts` bank accounts."""
    if not SMALLEST <= accounts <= LARGEST:
        raise InvalidValue("accounts", f"a country has {SMALLEST} to {LARGEST} accounts", accounts)
    rng = stream(seed, "people")
    firm_kinds = _firm_kinds(rng, round(accounts * config.accounts.firms))
    of_persons = accounts - len(firm_kinds)
    persons = round(of_persons / (1 + config.accounts.second))
    person_kinds, ages, income = _persons(rng, persons)
    owners = np.sort(rng.permutation(persons)[: of_persons - persons])  # of the second accounts
    outside = _outside(len(config.banks), accounts)

    kind = np.concatenate([person_kinds, person_kinds[owners], firm_kinds, outside])
    holder = np.arange(len(kind))
    holder[persons:of_persons] = owners
    city = np.searchsorted(np.cumsum([share for _, share in CITIES[:-1]]), rng.random(len(kind)), side="right")
    second = np.full(persons, -1, np.int64)
    second[owners] = np.arange(persons, of_persons)
    return People(
        persons=persons,
        holder=holder,
        kind=kind,
        bank=_banks(rng, config, kind, holder),
        city=city[holder],
        opened=_opened(rng, config, kind, days),
        age=np.concatenate([ages, ages[owners], np.zeros(len(kind) - of_persons, np.int64)]),
        income=income,
        busy=rng.gamma(2.2, 1 / 2.2, persons),
        second=second,
        mains={one: np.flatnonzero((kind == one) & (holder == np.arange(len(kind)))) for one in Kind},
    )


def _persons(rng: np.random.Generator, persons: int) -> tuple[Ints, Ints, Floats]:
    shares = np.array([_PERSONS[kind][0] for kind in PERSONS])
    kinds = np.searchsorted(np.cumsum(shares)[:-1], rng.random(persons), side="right").astype(np.int64)
    youngest, oldest, median = (np.array([_PERSONS[kind][column] for kind in PERSONS])[kinds] for column in (1, 2, 3))
    # Two draws make the middle of each range likelier than its ends.
    ages = youngest + ((oldest - youngest) * (rng.random(persons) + rng.random(persons)) / 2).astype(np.int64)
    return kinds, ages, median * np.exp(0.45 * rng.standard_normal(persons))


def _firm_kinds(rng: np.random.Generator, firms: int) -> Ints:
    few = np.concatenate([np.full(max(1, min(count, firms // 12)), int(kind)) for kind, count in _FEW.items()])
    rest = rng.choice([int(kind) for kind in _FIRMS], max(firms - len(few), 12), p=list(_FIRMS.values()))
    return np.concatenate([few, rest]).astype(np.int64)


def _outside(banks: int, accounts: int) -> Ints:
    machines = banks * max(2, accounts // 4000)
    abroad = 40 + accounts // 60
    return np.concatenate([np.full(machines, int(Kind.ATM)), np.full(abroad, int(Kind.FOREIGN))])


def _banks(rng: np.random.Generator, config: Config, kind: Ints, holder: Ints) -> Ints:
    shares = np.cumsum([bank.share for bank in config.banks])
    bank = np.searchsorted(shares / shares[-1], rng.random(len(kind)), side="right").astype(np.int64)
    again = np.flatnonzero(holder != np.arange(len(kind)))  # a second account is at another bank
    same = again[bank[again] == bank[holder[again]]]
    bank[same] = (bank[same] + 1) % len(config.banks)
    machines = np.flatnonzero(kind == Kind.ATM)
    bank[machines] = np.arange(len(machines)) % len(config.banks)
    bank[kind == Kind.FOREIGN] = -1
    return bank


def _opened(rng: np.random.Generator, config: Config, kind: Ints, days: int) -> Ints:
    """Most accounts are old; a steady share is opened each month up to the last day."""
    opened = -np.minimum(30 + 900 * rng.standard_exponential(len(kind)), -LONG_AGO).astype(np.int64)
    recent_span = 60 + days
    recent = rng.random(len(kind)) < config.accounts.opened_per_month * recent_span / 30
    lately = rng.integers(-60, max(days, 1), len(kind))
    personal = np.isin(kind, [int(one) for one in (*PERSONS, Kind.SMALL_FIRM, Kind.SHOP)])
    opened = np.where(recent & personal, lately, opened)
    opened[np.isin(kind, [int(one) for one in (*_FEW, Kind.EMPLOYER, Kind.ATM, Kind.FOREIGN)])] = LONG_AGO
    return opened.astype(np.int64)
