"""Honest people through whose accounts the money of others runs: foremen, agents, pooled purchases.

They are what a mule looks like from afar: a large sum from a stranger comes, and leaves within hours, split.
"""

from dataclasses import replace

import numpy as np

from antifraud.simulator.amounts import lognormal, typed
from antifraud.simulator.country import Country
from antifraud.simulator.drafts import MINUTE, UNSET, Bools, Drafts, Ints
from antifraud.simulator.honest.common import act, busy_persons, friend_of, given_to, hand_over, some, wallet
from antifraud.simulator.kinds import Kind, Purpose
from antifraud.simulator.schedule.calendar import Day
from antifraud.simulator.schedule.hours import WAKING, lag, moments

FOREMEN, BOOKKEEPERS = 4, 5  # lasting habits
_SMALLEST_PART = 2_000_00


def foremen(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Pay a foreman or an agent for a job; he keeps a part and pays the others within hours."""
    person = some(country, rng, given_to(country, FOREMEN, 0.015), 0.22)
    people = country.people
    client = np.where(
        rng.random(len(person)) < 0.25,
        rng.choice(people.of_kind(Kind.SMALL_FIRM), len(person)),
        rng.integers(0, people.persons, len(person)),
    )
    at = moments(rng, day.start, WAKING, len(person))
    amount = typed(rng, lognormal(rng, 130_000, 0.9, len(person)))
    account = wallet(country, rng, person)
    job = act("job", at, client, account, amount, hand_over(rng, len(at)), Purpose.BETWEEN_PERSONS)
    return Drafts.together([job, _shared_out(country, rng, "job", job, rng.integers(1, 5, len(job)))])


def pooled_purchases(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Let a relative or friend send most of a price to the one who pays it: a loan, a tour, a down payment."""
    rates = {Kind.EMPLOYEE: 0.003, Kind.STUDENT: 0.003, Kind.TRADER: 0.003, Kind.UNEMPLOYED: 0.002}
    person = busy_persons(country, rng, rates | {Kind.PENSIONER: 0.001})
    helper = friend_of(country, rng, person)
    at = moments(rng, day.start, WAKING, len(person))
    amount = typed(rng, lognormal(rng, 110_000, 0.9, len(person)))
    payer, payee = wallet(country, rng, helper), wallet(country, rng, person)
    sent = act("pooled_purchase", at, payer, payee, amount, hand_over(rng, len(at)), Purpose.BETWEEN_PERSONS)
    return Drafts.together([sent, _shared_out(country, rng, "pooled_purchase", sent, np.ones(len(sent), np.int64))])


def _shared_out(country: Country, rng: np.random.Generator, scheme: str, came: Drafts, parts: Ints) -> Drafts:
    """Pay out most of what came, in parts, one after another, to people known and unknown."""
    each = np.repeat(np.arange(len(came)), parts)
    order = np.arange(len(each)) - np.repeat(np.cumsum(parts) - parts, parts)
    known = friend_of(country, rng, country.people.holder[came.payee[each]])
    stranger = rng.integers(0, country.people.persons, len(each))
    payee = np.where(rng.random(len(each)) < 0.5, known, stranger)
    share = rng.integers(85, 101, len(came))[each] / parts[each] * (0.7 + 0.6 * rng.random(len(each))) / 100
    round_to = rng.choice(np.array([500_00, 1_000_00, 5_000_00]), len(each))
    part = (came.amount[each] * np.minimum(share, 1.0)).astype(np.int64) // round_to * round_to
    first = came.at + lag(rng, 45 * MINUTE, 1.2, len(came))
    at = first[each] + order * lag(rng, 6 * MINUTE, 0.8, len(each))
    way = hand_over(rng, len(each))
    amount = np.maximum(part, _SMALLEST_PART)
    return act(scheme, at, came.payee[each], payee, amount, way, Purpose.BETWEEN_PERSONS)


def from_bookkeeper(country: Country, drafts: Drafts, whose: Bools) -> Drafts:
    """Let bookkeepers give the chosen instructions: one phone or laptop works the accounts of many traders."""
    keepers = given_to(country, BOOKKEEPERS, 0.004)
    if len(keepers) == 0:
        return drafts
    holder = country.people.holder[drafts.payer]
    keeper = keepers[holder * 13 % len(keepers)]
    device = country.devices.at(keeper, drafts.at)
    return replace(drafts, device=np.where(whose & (holder % 4 == 0), device, UNSET))
