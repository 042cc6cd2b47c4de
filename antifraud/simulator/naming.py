"""The names of everything in the country, by number: accounts, owners, banks, devices, phones."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from antifraud.simulator.country import Country
from antifraud.simulator.identifiers import devices, ibans, impossible_bin, impossible_iin, phones
from antifraud.simulator.kinds import Kind
from antifraud.simulator.streams import stream

_SERIES: Final = 3 * 10**12  # account numbers begin with a 3
_BLOCK: Final = 7919  # one account number is drawn from each block, so that all differ
_PHONE_STEP: Final = 7_654_321  # coprime with the ten million numbers: a walk over all of them


@dataclass(frozen=True, slots=True)
class Names:
    """Columns of strings; null where there is no such name."""

    accounts: pl.Series
    owners: pl.Series  # IIN or BIN by account
    banks: pl.Series
    devices: pl.Series
    phones: pl.Series  # two a person


def name(country: Country) -> Names:
    """Name everything in a country; the same country gets the same names."""
    people = country.people
    rng = stream(country.seed, "names")
    inside = people.inside
    codes = np.array([int(bank.code) for bank in country.config.banks])
    numbers = rng.permutation(inside) * _BLOCK + rng.integers(0, _BLOCK, inside)
    outside = [
        f"{'foreign' if people.kind[account] == Kind.FOREIGN else 'atm'}:{account:07d}"
        for account in range(inside, len(people.kind))
    ]
    return Names(
        accounts=pl.concat([ibans(codes[people.bank[:inside]], _SERIES + numbers), column(outside)]),
        owners=_owners(country),
        banks=column([bank.id for bank in country.config.banks]),
        devices=devices(rng.permutation(country.devices.count) + 1),
        phones=phones((np.arange(2 * people.persons) * _PHONE_STEP + country.seed) % 10**7),
    )


def column(values: list[str]) -> pl.Series:
    """Return strings as a column."""
    return pl.Series(values, dtype=pl.String)


def _owners(country: Country) -> pl.Series:
    people = country.people
    year = country.calendar.start.year
    owners: list[str | None] = [
        impossible_iin(person, year - int(people.age[person])) for person in range(people.persons)
    ]
    for account in range(people.persons, people.inside):
        holder = int(people.holder[account])
        registered = year + int(people.opened[account]) // 365 - 1
        owners.append(owners[holder] if holder < people.persons else impossible_bin(account, registered))
    owners += [None] * (len(people.kind) - people.inside)
    return pl.Series(owners, dtype=pl.String)
