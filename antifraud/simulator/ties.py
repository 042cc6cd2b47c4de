"""Standing ties between people: relatives, friends, employers, landlords, favourite shops."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from antifraud.simulator.drafts import Floats, Ints
from antifraud.simulator.kinds import Kind
from antifraud.simulator.people import CITIES, People
from antifraud.simulator.streams import stream

CONTACTS: Final = 24
FAVOURITES: Final = 8
HOUSEHOLD: Final = 3  # persons who live together, at most


@dataclass(frozen=True, slots=True)
class Ties:
    """Who knows whom, by person; a value is a main account. -1 means there is none."""

    contacts: Ints  # persons x CONTACTS: other persons, relatives in the first two places
    acquaintances: Ints  # how many of the contacts a person really has
    household: Ints  # number of the home he lives in
    employer: Ints
    payday: Ints  # day of the month of his wages or pension
    landlord: Ints
    favourites: Ints  # persons x FAVOURITES: shops
    utilities: Ints  # persons x 2
    trader: Ints  # the trader of his town whom he buys from
    supplier: Ints  # the firm that a trader buys from
    abroad: Ints  # the card of his family abroad
    fame: Floats  # by account: how many customers a trader or shop attracts, mean about 1


def tie(people: People, seed: int) -> Ties:
    """Draw the ties of a population."""
    rng = stream(seed, "ties")
    count = people.persons
    order, place = _streets(rng, people)
    contacts = _contacts(rng, order, place)
    shops = _by_city(people, people.of_kind(Kind.SHOP))
    traders = _by_city(people, people.of_kind(Kind.TRADER))
    fame = rng.pareto(1.6, len(people.kind)) + 0.2
    employers = people.of_kind(Kind.EMPLOYER)
    owners = np.flatnonzero((people.age[:count] > 28) & (people.income > np.median(people.income)))
    tenant = (people.age[:count] < 45) & (rng.random(count) < 0.22)
    abroad = people.of_kind(Kind.FOREIGN)
    return Ties(
        contacts=contacts,
        acquaintances=np.clip(2 + rng.geometric(0.16, count), 2, CONTACTS),
        household=place // HOUSEHOLD,
        employer=rng.choice(employers, count, p=_proportional(fame[employers])),
        payday=np.where(people.kind[:count] == Kind.PENSIONER, rng.integers(4, 26, count), _paydays(rng, count)),
        landlord=np.where(tenant, rng.choice(owners, count), -1),
        favourites=np.stack([_pick(rng, people, shops, fame) for _ in range(FAVOURITES)], axis=1),
        utilities=rng.choice(people.of_kind(Kind.UTILITY), (count, 2)),
        trader=_pick(rng, people, traders, fame),
        supplier=rng.choice(people.of_kind(Kind.SMALL_FIRM, Kind.SHOP), count),
        abroad=rng.choice(abroad, count),
        fame=fame,
    )


def _streets(rng: np.random.Generator, people: People) -> tuple[Ints, Ints]:
    """Put persons of a city side by side: neighbours on this line know each other."""
    order = np.lexsort((rng.random(people.persons), people.city[: people.persons]))
    place = np.empty_like(order)
    place[order] = np.arange(people.persons)
    return order, place


def _contacts(rng: np.random.Generator, order: Ints, place: Ints) -> Ints:
    count = len(order)
    distance = 1 + np.abs(rng.laplace(0, 14, (count, CONTACTS))).astype(np.int64)
    far = rng.random((count, CONTACTS)) < 0.12  # friends in other towns
    distance = np.where(far, rng.integers(1, count, (count, CONTACTS)), distance)
    sign = np.where(rng.random((count, CONTACTS)) < 0.5, -1, 1)
    found = order[(place[:, None] + sign * distance) % count]
    at_home = place // HOUSEHOLD * HOUSEHOLD
    for column in range(HOUSEHOLD - 1):  # the others of the household come first
        found[:, column] = order[(at_home + (place + 1 + column - at_home) % HOUSEHOLD) % count]
    return np.where(found == np.arange(count)[:, None], order[(place + 1) % count][:, None], found)


def _paydays(rng: np.random.Generator, count: int) -> Ints:
    return rng.choice(np.array([1, 5, 10, 15, 20, 25, 28]), count, p=[0.08, 0.22, 0.30, 0.15, 0.08, 0.12, 0.05])


def _proportional(weights: Floats) -> Floats:
    return np.asarray(weights / weights.sum(), np.float64)


def _by_city(people: People, accounts: Ints) -> list[Ints]:
    """Return the accounts of each city; a city without any uses those of all."""
    found = [accounts[people.city[accounts] == city] for city in range(len(CITIES))]
    return [here if len(here) else accounts for here in found]


def _pick(rng: np.random.Generator, people: People, by_city: list[Ints], fame: Floats) -> Ints:
    """Give each person one of his city's, the famous ones more often."""
    picked = np.empty(people.persons, np.int64)
    cities = people.city[: people.persons]
    for city, here in enumerate(by_city):
        residents = np.flatnonzero(cities == city)
        picked[residents] = rng.choice(here, len(residents), p=_proportional(fame[here]))
    return picked
