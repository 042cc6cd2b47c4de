"""Money that comes in: wages, pensions, support of relatives, and money sent home."""

import numpy as np

from antifraud.domain.transfer import Channel
from antifraud.simulator.amounts import lognormal, metered, typed
from antifraud.simulator.country import Country
from antifraud.simulator.drafts import Drafts
from antifraud.simulator.honest.common import act, busy_persons, friend_of, hand_over, income_of, wallet
from antifraud.simulator.kinds import CHANNEL, Kind, Purpose
from antifraud.simulator.schedule.calendar import Day
from antifraud.simulator.schedule.hours import EVENING, PAYROLL, WAKING, moments


def wages(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Pay wages on each employer's day, and the advance two weeks later to some."""
    people, ties = country.people, country.ties
    employee = np.flatnonzero(np.isin(people.kind[: people.persons], [Kind.EMPLOYEE, Kind.MIGRANT]))
    whole = employee[np.isin(ties.payday[employee], list(day.paydays))]
    advance = employee[np.isin((ties.payday[employee] + 14) % 28 + 1, list(day.paydays)) & (employee % 3 == 0)]
    person = np.concatenate([whole, advance])
    part = np.concatenate([np.where(whole % 3 == 0, 0.6, 1.0), np.full(len(advance), 0.4)])
    tenge = income_of(country, person) * part * np.exp(0.03 * rng.standard_normal(len(person)))
    at = moments(rng, day.start, PAYROLL, len(person))
    return act("wages", at, ties.employer[person], person, metered(rng, tenge), Channel.API, Purpose.WAGES)


def social_payments(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Pay pensions on their days, benefits to some of those without work."""
    people, ties = country.people, country.ties
    entitled = (people.kind[: people.persons] == Kind.PENSIONER) | (
        (people.kind[: people.persons] == Kind.UNEMPLOYED) & (np.arange(people.persons) % 3 == 0)
    )
    person = np.flatnonzero(entitled & np.isin(ties.payday, list(day.paydays)))
    state = people.of_kind(Kind.STATE)[0]
    at = moments(rng, day.start, PAYROLL, len(person))
    amount = metered(rng, income_of(country, person))
    return act("social_payment", at, np.full(len(person), state), person, amount, Channel.API, Purpose.SOCIAL)


def support(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Let relatives support students and those without work; many spend it the same hour."""
    person = busy_persons(country, rng, {Kind.STUDENT: 0.16, Kind.UNEMPLOYED: 0.07, Kind.PENSIONER: 0.03})
    helper = friend_of(country, rng, person, closest=2)
    at = moments(rng, day.start, EVENING, len(person))
    amount = typed(rng, lognormal(rng, 12_000, 0.9, len(person)))
    payer, payee = wallet(country, rng, helper), wallet(country, rng, person, 0.3)
    return act("support", at, payer, payee, amount, hand_over(rng, len(at)), Purpose.BETWEEN_PERSONS)


def remittances(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Let migrants send home after payday, and some families pay for a child abroad."""
    after_payday = 2.5 if day.date.day in (6, 7, 11, 12, 16, 17, 26) else 0.7
    rates = {Kind.MIGRANT: 0.07, Kind.EMPLOYEE: 0.003, Kind.TRADER: 0.006, Kind.STUDENT: 0.002}
    person = busy_persons(country, rng, rates, after_payday)
    at = moments(rng, day.start, WAKING, len(person))
    amount = typed(rng, income_of(country, person) * (0.1 + 0.5 * rng.random(len(person))))
    channel = np.where(rng.random(len(at)) < 0.8, CHANNEL[Channel.APP], CHANNEL[Channel.CARD])
    payee = country.ties.abroad[person]
    return act("remittance", at, wallet(country, rng, person), payee, amount, channel, Purpose.BETWEEN_PERSONS)
