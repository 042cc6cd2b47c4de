"""Money between people who know each other: gifts, shared bills, debts, help, collections."""

import numpy as np

from antifraud.simulator.amounts import lognormal, typed
from antifraud.simulator.country import Country
from antifraud.simulator.drafts import DAY, HOUR, MINUTE, Drafts, Ints
from antifraud.simulator.honest.common import (
    act,
    busy_persons,
    friend_of,
    hand_over,
    income_of,
    wallet,
)
from antifraud.simulator.kinds import Kind, Purpose
from antifraud.simulator.schedule.calendar import Day
from antifraud.simulator.schedule.hours import EVENING, WAKING, lag, moments

_GIVERS = {
    Kind.EMPLOYEE: 0.11, Kind.PENSIONER: 0.05, Kind.STUDENT: 0.10, Kind.TRADER: 0.12, Kind.UNEMPLOYED: 0.05,
    Kind.MIGRANT: 0.04,
}  # fmt: skip


def _between(
    country: Country, rng: np.random.Generator, scheme: str, at: Ints, payer: Ints, payee: Ints, amount: Ints
) -> Drafts:
    way = hand_over(rng, len(at))
    return act(scheme, at, payer, wallet(country, rng, payee, 0.1), amount, way, Purpose.BETWEEN_PERSONS)


def family(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Send to those at home; more before holidays."""
    person = busy_persons(country, rng, _GIVERS, 1.7 if day.eve_of_holiday or day.is_holiday else 1.0)
    payee = friend_of(country, rng, person, closest=3)
    amount = typed(rng, lognormal(rng, 0.035 * income_of(country, person), 1.0, len(person)))
    at = moments(rng, day.start, WAKING, len(person))
    return _between(country, rng, "family", at, wallet(country, rng, person), payee, amount)


def friends(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Send to friends; some who get it pass nearly all of it on within the hour."""
    person = busy_persons(country, rng, _GIVERS, 1.2 if day.is_weekend else 0.9)
    payee = friend_of(country, rng, person)
    amount = typed(rng, lognormal(rng, 7_000, 1.1, len(person)))
    at = moments(rng, day.start, EVENING, len(person))
    first = _between(country, rng, "friends", at, wallet(country, rng, person), payee, amount)
    passed = first.take(rng.random(len(first)) < 0.06)
    onward = friend_of(country, rng, country.people.holder[passed.payee])
    keep = np.where(rng.random(len(passed)) < 0.5, 1.0, 0.6 + 0.4 * rng.random(len(passed)))
    rest = np.maximum((passed.amount * keep).astype(np.int64) // 100_00 * 100_00, 100_00)
    later = passed.at + lag(rng, 25 * MINUTE, 1.2, len(passed))
    return Drafts.together([first, _between(country, rng, "repayment", later, passed.payee, onward, rest)])


def shared_bills(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Let one pay for the table and the others pay him back within the hour."""
    host = busy_persons(country, rng, {Kind.STUDENT: 0.02, Kind.EMPLOYEE: 0.012}, 1.8 if day.is_weekend else 0.7)
    guests = rng.integers(1, 6, len(host))
    payee = np.repeat(host, guests)
    payer = friend_of(country, rng, payee)
    dinner = np.repeat(moments(rng, day.start, EVENING, len(host)), guests)
    share = np.repeat(typed(rng, lognormal(rng, 4_500, 0.5, len(host))), guests)
    at = dinner + lag(rng, 15 * MINUTE, 1.1, len(payer))
    return _between(country, rng, "shared_bill", at, wallet(country, rng, payer), payee, share)


def group_gifts(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Collect for a gift: a sudden fan-in within a day, then one payment to a seller."""
    organiser = busy_persons(country, rng, {Kind.EMPLOYEE: 0.0022, Kind.STUDENT: 0.002, Kind.TRADER: 0.001})
    givers = rng.integers(6, 26, len(organiser))
    payee = np.repeat(organiser, givers)
    payer = friend_of(country, rng, payee)
    opened = np.repeat(moments(rng, day.start, WAKING, len(organiser)), givers)
    share = np.repeat(typed(rng, lognormal(rng, 5_000, 0.6, len(organiser))), givers)
    at = opened + lag(rng, 2 * HOUR, 1.1, len(payer))
    given = _between(country, rng, "group_gift", at, payer, payee, share)
    return Drafts.together([given, _spent(country, rng, "group_gift", given, organiser, 3 * HOUR)])


def charity_collections(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Collect for a sick child on a private account: hundreds of strangers in days, then the clinic."""
    activity = country.people.persons * 0.00004 * country.config.activity
    organiser = rng.integers(0, country.people.persons, rng.poisson(activity))
    givers = 20 + (rng.pareto(1.3, len(organiser)) * 25).astype(np.int64).clip(0, country.people.persons // 30)
    payee = np.repeat(organiser, givers)
    near = friend_of(country, rng, payee)
    payer = np.where(rng.random(len(payee)) < 0.3, near, rng.integers(0, country.people.persons, len(payee)))
    opened = np.repeat(moments(rng, day.start, WAKING, len(organiser)), givers)
    at = opened + lag(rng, 14 * HOUR, 1.2, len(payee))
    given = _between(
        country, rng, "charity_collection", at, payer, payee, typed(rng, lognormal(rng, 4_000, 1.0, len(payee)))
    )
    return Drafts.together([given, _spent(country, rng, "charity_collection", given, organiser, 30 * HOUR)])


def _spent(
    country: Country, rng: np.random.Generator, scheme: str, given: Drafts, organiser: Ints, after: int
) -> Drafts:
    """Pay what was collected to a seller or clinic, a while after the last gift but one day in ten."""
    who, place = np.unique(country.people.holder[given.payee], return_inverse=True)
    total = np.bincount(place, weights=given.amount, minlength=len(who)).astype(np.int64)
    middle = np.zeros(len(who), np.int64)
    np.maximum.at(middle, place, np.minimum(given.at, given.at.min() + 3 * DAY) if len(given) else given.at)
    sellers = country.people.of_kind(Kind.CLINIC if scheme == "charity_collection" else Kind.SHOP)
    at = middle + lag(rng, after, 0.8, len(who))
    amount = np.maximum(total * rng.integers(80, 101, len(who)) // 100 // 1000_00 * 1000_00, 1000_00)
    way = hand_over(rng, len(who))
    return act(scheme, at, who, rng.choice(sellers, len(who)), amount, way, Purpose.SERVICES)


def helped_relatives(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Let a relative pay for a pensioner: from his phone or by remote control, to himself or a firm."""
    pensioner = busy_persons(country, rng, {Kind.PENSIONER: 0.012, Kind.UNEMPLOYED: 0.002})
    helper = friend_of(country, rng, pensioner, closest=2)
    at = moments(rng, day.start, WAKING, len(pensioner))
    amount = typed(rng, lognormal(rng, 0.35 * income_of(country, pensioner), 0.9, len(pensioner)))
    firms = country.people.of_kind(Kind.CLINIC, Kind.SHOP, Kind.SMALL_FIRM)
    to_self = rng.random(len(at)) < 0.5
    payee = np.where(to_self, helper, rng.choice(firms, len(at)))
    plain = act("helped_relative", at, pensioner, payee, amount, hand_over(rng, len(at)), Purpose.BETWEEN_PERSONS)
    remote = rng.random(len(at)) < 0.35
    device = np.where(remote, -1, country.devices.at(helper, at))
    fresh = np.where(remote, -1, (rng.random(len(at)) < 0.6).astype(np.int64))
    call = np.where(rng.random(len(at)) < 0.4, 1, -1)
    signals = {"device": device, "fresh": fresh, "remote": np.where(remote, 1, -1), "call": call}
    columns = {name: getattr(plain, name) for name in ("payer", "payee", "amount", "channel", "purpose", "scheme")}
    return Drafts.of(at, **columns, **signals)
