"""Loans, own accounts, brokers, crypto: large honest sums to few payees."""

import numpy as np

from antifraud.domain.transfer import Channel
from antifraud.simulator.amounts import lognormal, metered, typed
from antifraud.simulator.country import Country
from antifraud.simulator.drafts import HOUR, MINUTE, Drafts
from antifraud.simulator.honest.common import (
    act,
    busy_persons,
    friend_of,
    given_to,
    hand_over,
    income_of,
    some,
    wallet,
    weighted,
)
from antifraud.simulator.kinds import Kind, Purpose
from antifraud.simulator.schedule.calendar import Day
from antifraud.simulator.schedule.hours import NIGHT_TOO, WAKING, lag, moments

INVESTORS, HOLDERS, DEALERS = 1, 2, 3  # lasting habits


def loans(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Pay loans out; many borrowers pay a person, a clinic or a seller within hours of it."""
    rates = {Kind.EMPLOYEE: 0.008, Kind.UNEMPLOYED: 0.008, Kind.TRADER: 0.012, Kind.PENSIONER: 0.004}
    person = busy_persons(country, rng, rates | {Kind.STUDENT: 0.004})
    at = moments(rng, day.start, WAKING, len(person))
    lenders = country.people.of_kind(Kind.LENDER)
    amount = typed(rng, lognormal(rng, 0.6 * income_of(country, person), 0.9, len(person)))
    paid_out = act("loan", at, rng.choice(lenders, len(at)), person, amount, Channel.API, Purpose.LOAN)
    need = rng.random(len(at)) < 0.5
    urgent = paid_out.take(need)
    later = urgent.at + lag(rng, 2 * HOUR, 1.3, len(urgent))
    known = friend_of(country, rng, urgent.payee)
    stranger = rng.integers(0, country.people.persons, len(urgent))
    firms = country.people.of_kind(Kind.CLINIC, Kind.SMALL_FIRM, Kind.SHOP)
    choice = rng.random(len(urgent))
    payee = np.where(choice < 0.45, known, np.where(choice < 0.65, stranger, rng.choice(firms, len(urgent))))
    part = np.maximum(urgent.amount * rng.integers(40, 101, len(urgent)) // 100 // 1000_00 * 1000_00, 1000_00)
    spent = act("urgent_need", later, urgent.payee, payee, part, hand_over(rng, len(urgent)), 119)
    return Drafts.together([paid_out, spent])


def loan_payments(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Pay instalments, to the same lender each month."""
    rates = {Kind.EMPLOYEE: 0.03, Kind.TRADER: 0.03, Kind.PENSIONER: 0.01, Kind.UNEMPLOYED: 0.012, Kind.STUDENT: 0.01}
    person = busy_persons(country, rng, rates, 1.4 if day.paydays else 0.6)
    lenders = country.people.of_kind(Kind.LENDER)
    at = moments(rng, day.start, WAKING, len(person))
    amount = metered(rng, lognormal(rng, 0.09 * income_of(country, person), 0.6, len(person)))
    payee = lenders[person % len(lenders)]
    return act("loan_payment", at, wallet(country, rng, person), payee, amount, Channel.APP, Purpose.LOAN_PAYMENT)


def own_accounts(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Move money between one's own accounts at two banks; some right after the wages, nearly all of them."""
    both = np.flatnonzero(country.people.second >= 0)
    person = some(country, rng, both, 0.07)
    out = rng.random(len(person)) < 0.6
    other = country.people.second[person]
    after_wages = np.isin(country.ties.payday[person], list(day.paydays))
    part = np.where(after_wages, 0.5 + 0.5 * rng.random(len(person)), lognormal(rng, 0.08, 0.9, len(person)))
    amount = typed(rng, part * income_of(country, person))
    at = moments(rng, day.start, WAKING, len(person))
    way = hand_over(rng, len(at))
    return act("own_account", at, np.where(out, person, other), np.where(out, other, person), amount, way, 321)


def brokers(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Let some invest with a licensed broker, growing sums, and get some back."""
    people = country.people
    houses = people.of_kind(Kind.BROKER)
    person = some(country, rng, given_to(country, INVESTORS, 0.03), 0.09)
    at = moments(rng, day.start, WAKING, len(person))
    growth = 1 + np.maximum(day.index, 0) / 45
    amount = typed(rng, growth * lognormal(rng, 0.12 * income_of(country, person), 0.9, len(person)))
    payee = houses[person % len(houses)]
    paid = act("broker", at, wallet(country, rng, person), payee, amount, Channel.APP, Purpose.SECURITIES)
    back = paid.take(rng.random(len(paid)) < 0.2)
    later = back.at + lag(rng, 60 * HOUR, 0.8, len(back))
    part = np.maximum(back.amount * rng.integers(5, 60, len(back)) // 100, 100_00)
    return Drafts.together([paid, act("broker", later, back.payee, back.payer, part, Channel.API, Purpose.SECURITIES)])


def crypto(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Let some buy crypto at an exchange, some of them for the first time and at night."""
    regular = some(country, rng, given_to(country, HOLDERS, 0.025), 0.07)
    curious = busy_persons(country, rng, {Kind.STUDENT: 0.0012, Kind.EMPLOYEE: 0.0006, Kind.UNEMPLOYED: 0.0006})
    person = np.concatenate([regular, curious])
    houses = country.people.of_kind(Kind.EXCHANGE)
    at = moments(rng, day.start, NIGHT_TOO, len(person))
    amount = typed(rng, lognormal(rng, 0.16 * income_of(country, person), 1.1, len(person)))
    payee = houses[(person * 7) % len(houses)]
    bought = act("crypto", at, wallet(country, rng, person), payee, amount, Channel.APP, Purpose.SERVICES)
    sold = bought.take(rng.random(len(bought)) < 0.25)
    back = np.maximum(sold.amount * rng.integers(20, 130, len(sold)) // 100, 100_00)
    later = sold.at + lag(rng, 50 * HOUR, 0.9, len(sold))
    return Drafts.together([bought, act("crypto", later, sold.payee, sold.payer, back, Channel.API, Purpose.SERVICES)])


def crypto_dealers(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Let a few resell crypto: strangers pay them, and minutes later they pay the exchange."""
    people = country.people
    dealer = given_to(country, DEALERS, 0.003)
    payee = np.repeat(dealer, rng.poisson(2.6 * country.config.activity, len(dealer)))
    young = np.flatnonzero(people.age[: people.persons] < 40)
    payer = weighted(rng, young, people.busy[young], len(payee))
    at = moments(rng, day.start, NIGHT_TOO, len(payee))
    amount = typed(rng, lognormal(rng, 60_000, 1.1, len(payee)))
    paid = act("crypto_deal", at, wallet(country, rng, payer), payee, amount, hand_over(rng, len(at)), 119)
    houses = people.of_kind(Kind.EXCHANGE)
    refill = paid.take(rng.random(len(paid)) < 0.55)
    later = refill.at + lag(rng, 18 * MINUTE, 1.1, len(refill))
    part = np.maximum(refill.amount * rng.integers(70, 180, len(refill)) // 100 // 500_00 * 500_00, 500_00)
    bought = act(
        "crypto_deal", later, refill.payee, houses[refill.payee % len(houses)], part, Channel.APP, Purpose.SERVICES
    )
    return Drafts.together([paid, bought])
