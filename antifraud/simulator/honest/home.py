"""The costs of a home: rent, a new landlord's deposit, utilities, phones."""

import numpy as np

from antifraud.domain.transfer import Channel
from antifraud.simulator.amounts import lognormal, metered, typed
from antifraud.simulator.country import Country
from antifraud.simulator.drafts import HOUR, MINUTE, Drafts
from antifraud.simulator.honest.common import act, busy_persons, hand_over, income_of, wallet
from antifraud.simulator.kinds import CHANNEL, Kind, Purpose
from antifraud.simulator.schedule.calendar import Day
from antifraud.simulator.schedule.hours import EVENING, WAKING, lag, moments


def rent(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Pay the landlord once a month, on or a little after the tenant's own day."""
    tenant = np.flatnonzero(country.ties.landlord >= 0)
    person = tenant[(tenant + (rng.random(len(tenant)) < 0.2)) % 28 + 1 == day.date.day]
    at = moments(rng, day.start, EVENING, len(person))
    amount = typed(rng, 60_000 + 0.25 * income_of(country, person))
    payee = country.ties.landlord[person]
    return act("rent", at, wallet(country, rng, person, 0.1), payee, amount, hand_over(rng, len(at)), Purpose.RENT)


def new_landlords(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Pay a deposit to a stranger to hold a flat, and the first month soon after."""
    person = busy_persons(country, rng, {Kind.EMPLOYEE: 0.0016, Kind.STUDENT: 0.003, Kind.TRADER: 0.0012})
    owner = rng.permutation(country.people.persons)[: len(person)]
    at = moments(rng, day.start, WAKING, len(person))
    price = 60_000 + 0.25 * income_of(country, person)
    deposit = act(
        "new_landlord", at, person, owner, typed(rng, price * rng.choice([0.1, 0.3, 0.5, 1.0], len(at))),
        hand_over(rng, len(at)), Purpose.BETWEEN_PERSONS,
    )  # fmt: skip
    moved_in = at + lag(rng, 20 * HOUR, 1.0, len(at)) + 20 * MINUTE
    first = act("new_landlord", moved_in, person, owner, typed(rng, price), hand_over(rng, len(at)), Purpose.RENT)
    return Drafts.together([deposit, first.take(rng.random(len(at)) < 0.85)])


def utilities(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Pay the meters, mostly between the 8th and the 26th."""
    season = 1.6 if 8 <= day.date.day <= 26 else 0.4
    rates = {Kind.EMPLOYEE: 0.06, Kind.PENSIONER: 0.08, Kind.TRADER: 0.06, Kind.UNEMPLOYED: 0.03, Kind.STUDENT: 0.01}
    person = busy_persons(country, rng, rates, season)
    at = moments(rng, day.start, WAKING, len(person))
    payee = country.ties.utilities[person, rng.integers(0, 2, len(person))]
    amount = metered(rng, lognormal(rng, 6_500, 0.8, len(person)))
    channel = np.where(rng.random(len(at)) < 0.85, CHANNEL[Channel.APP], CHANNEL[Channel.DEBIT])
    return act("utilities", at, wallet(country, rng, person), payee, amount, channel, Purpose.UTILITIES)


def telecom(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Top up a phone, one's own or a child's."""
    rates = dict.fromkeys((Kind.EMPLOYEE, Kind.STUDENT, Kind.TRADER, Kind.MIGRANT, Kind.UNEMPLOYED), 0.05)
    person = busy_persons(country, rng, rates | {Kind.PENSIONER: 0.03})
    operators = country.people.of_kind(Kind.TELECOM)
    at = moments(rng, day.start, WAKING, len(person))
    amount = typed(rng, lognormal(rng, 2_500, 0.5, len(person)))
    payee = operators[person % len(operators)]
    return act("telecom", at, wallet(country, rng, person), payee, amount, Channel.APP, Purpose.SERVICES)
