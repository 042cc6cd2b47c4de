"""What honest scripts share: who does it today, and from which account."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from antifraud.domain.transfer import Channel
from antifraud.simulator.country import Country
from antifraud.simulator.drafts import Drafts, Floats, Ints
from antifraud.simulator.kinds import CHANNEL, SCHEME, Kind


def busy_persons(country: Country, rng: np.random.Generator, rates: Mapping[Kind, float], factor: float = 1.0) -> Ints:
    """Draw who acts today, once for each act; `rates` are acts a day of a person of a kind."""
    by_kind = np.zeros(len(Kind))
    for kind, rate in rates.items():
        by_kind[kind] = rate
    persons = country.people.persons
    expected = by_kind[country.people.kind[:persons]] * country.people.busy * factor * country.config.activity
    return np.repeat(np.arange(persons), rng.poisson(expected))


def some(country: Country, rng: np.random.Generator, among: Ints, share: float) -> Ints:
    """Draw a share of some accounts."""
    return among[rng.random(len(among)) < share * country.config.activity]


def wallet(country: Country, rng: np.random.Generator, person: Ints, second: float = 0.2) -> Ints:
    """Return the account that each person pays from or is paid to: mostly the main one."""
    other = country.people.second[person]
    return np.where((other >= 0) & (rng.random(len(person)) < second), other, person)


def friend_of(country: Country, rng: np.random.Generator, person: Ints, closest: int = 0) -> Ints:
    """Draw a contact of each person; those in the first places are met oftener. `closest` limits the circle."""
    circle = country.ties.acquaintances[person] if closest == 0 else np.full(len(person), closest)
    place = (circle * rng.random(len(person)) ** 1.8).astype(np.int64)
    return np.asarray(country.ties.contacts[person, place], np.int64)


def income_of(country: Country, person: Ints) -> Floats:
    """Return tenge a month of each person."""
    return country.people.income[person]


def weighted(rng: np.random.Generator, among: Ints, weights: Floats, count: int) -> Ints:
    """Draw accounts with chances in proportion to their weights."""
    bounds = np.cumsum(weights)
    return np.asarray(among[np.searchsorted(bounds, rng.random(count) * bounds[-1], side="right")], np.int64)


def hand_over(rng: np.random.Generator, count: int) -> Ints:
    """Draw how people pay people: by phone number, in the app, on the web."""
    choices = np.array([CHANNEL[Channel.PHONE_TRANSFER], CHANNEL[Channel.APP], CHANNEL[Channel.WEB]])
    return rng.choice(choices, count, p=[0.56, 0.39, 0.05])


def act(scheme: str, at: Ints, payer: Ints, payee: Ints, amount: Ints, channel: Ints | Channel, purpose: int) -> Drafts:
    """Return honest drafts; one channel may stand for all."""
    column = CHANNEL[channel] if isinstance(channel, Channel) else channel
    return Drafts.of(
        at, payer=payer, payee=payee, amount=amount, channel=column, purpose=int(purpose), scheme=SCHEME[scheme]
    )


@lru_cache(maxsize=8)
def _flagged(persons: int, seed: int, share: float) -> tuple[int, ...]:
    rng = np.random.Generator(np.random.PCG64(seed))
    return tuple(np.flatnonzero(rng.random(persons) < share).tolist())


def given_to(country: Country, habit: int, share: float) -> Ints:
    """Return the persons with a lasting habit, such as dealing in crypto: the same ones every day."""
    return np.array(_flagged(country.people.persons, country.seed * 1000 + habit, share), np.int64)
