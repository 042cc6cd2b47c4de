"""Buying: shops, marketplaces, refunds, the dear thing bought on a new phone, cash."""

import numpy as np

from antifraud.domain.transfer import Channel
from antifraud.simulator.amounts import lognormal, priced, typed
from antifraud.simulator.country import Country
from antifraud.simulator.drafts import DAY, HOUR, Drafts
from antifraud.simulator.honest.common import act, busy_persons, income_of, wallet, weighted
from antifraud.simulator.honest.go_betweens import from_bookkeeper
from antifraud.simulator.kinds import CHANNEL, Kind, Purpose
from antifraud.simulator.schedule.calendar import Day
from antifraud.simulator.schedule.hours import NIGHT_TOO, SHOPPING, WAKING, lag, moments

_SHOPPERS = {
    Kind.EMPLOYEE: 0.85, Kind.PENSIONER: 0.35, Kind.STUDENT: 0.75, Kind.TRADER: 0.8, Kind.UNEMPLOYED: 0.4,
    Kind.MIGRANT: 0.45,
}  # fmt: skip


def _bustle(day: Day) -> float:
    return (1.25 if day.is_weekend else 1.0) * (1.35 if day.eve_of_holiday else 0.85 if day.is_holiday else 1.0)


def shopping(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Pay in shops, by QR code before all; most often in the favourite ones."""
    person = busy_persons(country, rng, _SHOPPERS, _bustle(day))
    place = (country.ties.favourites.shape[1] * rng.random(len(person)) ** 1.7).astype(np.int64)
    usual = country.ties.favourites[person, place]
    shops = country.people.of_kind(Kind.SHOP)
    chance = weighted(rng, shops, country.ties.fame[shops], len(person))
    shop = np.where(rng.random(len(person)) < 0.18, chance, usual)
    at = moments(rng, day.start, SHOPPING, len(person))
    amount = priced(rng, lognormal(rng, 3_200 * (income_of(country, person) / 250_000) ** 0.35, 0.95, len(person)))
    choices = np.array([CHANNEL[one] for one in (Channel.QR, Channel.POS, Channel.CARD)])
    channel = rng.choice(choices, len(at), p=[0.62, 0.27, 0.11])
    sold = act("shopping", at, wallet(country, rng, person), shop, amount, channel, Purpose.GOODS)
    return Drafts.together([sold, _refunds(day, rng, sold)])


def _refunds(day: Day, rng: np.random.Generator, sold: Drafts) -> Drafts:
    back = sold.take(rng.random(len(sold)) < 0.006)
    at = back.at + lag(rng, 20 * HOUR, 1.2, len(back))
    return act("refund", at, back.payee, back.payer, back.amount, Channel.API, Purpose.GOODS)


def marketplace(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Order from marketplaces at any hour."""
    person = busy_persons(country, rng, {kind: 0.085 * rate for kind, rate in _SHOPPERS.items()}, _bustle(day))
    sites = country.people.of_kind(Kind.MARKETPLACE)
    at = moments(rng, day.start, NIGHT_TOO, len(person))
    amount = priced(rng, lognormal(rng, 14_000, 1.1, len(person)))
    payee = sites[(rng.random(len(at)) ** 2 * len(sites)).astype(np.int64)]
    channel = np.where(rng.random(len(at)) < 0.7, CHANNEL[Channel.APP], CHANNEL[Channel.WEB])
    return act("marketplace", at, wallet(country, rng, person), payee, amount, channel, Purpose.GOODS)


def big_purchases(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Buy something dear the day a new phone is set up: a laptop, a tour, a course."""
    changed = country.devices.changed
    person = np.flatnonzero((changed >= day.start) & (changed < day.start + DAY))
    person = person[rng.random(len(person)) < 0.35]
    sellers = country.people.of_kind(Kind.SMALL_FIRM, Kind.SHOP, Kind.TRADER)
    at = changed[person] + lag(rng, 3 * HOUR, 0.9, len(person))
    amount = typed(rng, income_of(country, person) * (0.15 + 1.2 * rng.random(len(person))))
    payee = rng.choice(sellers, len(person))
    return act("big_purchase", at, person, payee, amount, Channel.APP, Purpose.GOODS)


def cash(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Take cash from machines, and bring some back."""
    after_payday = 1.5 if day.date.day in (5, 6, 10, 11, 15, 25) else 0.9
    rates = {Kind.PENSIONER: 0.07, Kind.MIGRANT: 0.06, Kind.EMPLOYEE: 0.035, Kind.UNEMPLOYED: 0.035, Kind.TRADER: 0.06}
    person = busy_persons(country, rng, rates | {Kind.STUDENT: 0.03}, after_payday)
    machines = country.people.of_kind(Kind.ATM)
    account = wallet(country, rng, person)
    at = moments(rng, day.start, WAKING, len(person))
    share = np.exp(0.8 * rng.standard_normal(len(person))) * 0.12
    tenge = np.clip(np.rint(income_of(country, person) * share / 5_000), 1, 80) * 5_000
    machine = rng.choice(machines, len(person))
    out = act("cash_out", at, account, machine, (tenge * 100).astype(np.int64), Channel.CASH_OUT, Purpose.OWN_FUNDS)
    # Large sums come in several notes' limits: the machine gives 200,000 at a time.
    again = out.take(tenge >= 200_000)
    again = act(
        "cash_out", again.at + lag(rng, 70e6, 0.3, len(again)), again.payer, again.payee,
        np.full(len(again), 200_000_00), Channel.CASH_OUT, Purpose.OWN_FUNDS,
    )  # fmt: skip
    earner = busy_persons(country, rng, {Kind.TRADER: 0.07, Kind.EMPLOYEE: 0.006, Kind.UNEMPLOYED: 0.012})
    when = moments(rng, day.start, SHOPPING, len(earner))
    paid = typed(rng, lognormal(rng, 60_000, 0.9, len(earner)))
    into = act("cash_in", when, rng.choice(machines, len(earner)), earner, paid, Channel.CASH_IN, Purpose.OWN_FUNDS)
    return Drafts.together([out, again, into])


def taxes(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Let traders pay their dues, most by the 25th."""
    rush = 3.0 if day.date.day in (23, 24, 25) else 0.6
    person = busy_persons(country, rng, {Kind.TRADER: 0.02, Kind.EMPLOYEE: 0.001}, rush)
    state = country.people.of_kind(Kind.STATE)[0]
    at = moments(rng, day.start, WAKING, len(person))
    amount = typed(rng, 0.08 * income_of(country, person))
    paid = act("tax", at, person, np.full(len(at), state), amount, Channel.APP, Purpose.TAX)
    return from_bookkeeper(country, paid, rng.random(len(paid)) < 0.8)
