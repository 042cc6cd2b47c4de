"""Trade between strangers: traders with many customers, adverts, cars, invoices of firms."""

import numpy as np

from antifraud.domain.transfer import Channel
from antifraud.simulator.amounts import lognormal, metered, typed
from antifraud.simulator.country import Country
from antifraud.simulator.drafts import HOUR, MINUTE, Drafts
from antifraud.simulator.honest.common import act, busy_persons, hand_over, income_of, some, wallet, weighted
from antifraud.simulator.honest.go_betweens import from_bookkeeper
from antifraud.simulator.kinds import CHANNEL, Kind, Purpose
from antifraud.simulator.schedule.calendar import Day
from antifraud.simulator.schedule.hours import EVENING, OFFICE, SHOPPING, WAKING, lag, moments


def trader_sales(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Buy from traders: the one of the neighbourhood, or one seen in a messenger."""
    rates = {Kind.EMPLOYEE: 0.12, Kind.STUDENT: 0.10, Kind.PENSIONER: 0.05, Kind.TRADER: 0.08, Kind.UNEMPLOYED: 0.05}
    person = busy_persons(country, rng, rates, 1.2 if day.is_weekend else 1.0)
    traders = country.people.of_kind(Kind.TRADER)
    chance = weighted(rng, traders, country.ties.fame[traders], len(person))
    seller = np.where(rng.random(len(person)) < 0.45, chance, country.ties.trader[person])
    at = moments(rng, day.start, SHOPPING, len(person))
    amount = typed(rng, lognormal(rng, 6_500, 1.0, len(person)))
    way = np.where(rng.random(len(at)) < 0.35, CHANNEL[Channel.QR], hand_over(rng, len(at)))
    return act("trader_sale", at, wallet(country, rng, person), seller, amount, way, Purpose.GOODS)


def supplies(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Let traders pass their takings on to suppliers, and to a helper or two."""
    person = busy_persons(country, rng, {Kind.TRADER: 0.28}, 0.5 if day.is_weekend else 1.1)
    at = moments(rng, day.start, OFFICE, len(person))
    helper = country.ties.contacts[person, 2]
    payee = np.where(rng.random(len(at)) < 0.3, helper, country.ties.supplier[person])
    amount = typed(rng, lognormal(rng, 0.16 * income_of(country, person), 1.0, len(person)))
    payer = wallet(country, rng, person)
    paid = act("supplies", at, payer, payee, amount, hand_over(rng, len(at)), Purpose.GOODS)
    return from_bookkeeper(country, paid, rng.random(len(paid)) < 0.5)


def classifieds(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Buy a used thing from a stranger, some with a deposit first."""
    rates = {Kind.EMPLOYEE: 0.007, Kind.STUDENT: 0.008, Kind.TRADER: 0.006, Kind.UNEMPLOYED: 0.004}
    person = busy_persons(country, rng, rates)
    seller = rng.integers(0, country.people.persons, len(person))
    at = moments(rng, day.start, EVENING, len(person))
    tenge = lognormal(rng, 28_000, 1.0, len(person))
    deposit = rng.random(len(at)) < 0.25
    amount = typed(rng, np.where(deposit, 0.2 * tenge, tenge))
    first = act("classified", at, wallet(country, rng, person), seller, amount, hand_over(rng, len(at)), 119)
    rest = first.take(deposit)
    later = rest.at + lag(rng, 9 * HOUR, 1.0, len(rest))
    second = act(
        "classified", later, rest.payer, rest.payee, typed(rng, 0.8 * tenge[deposit]), hand_over(rng, len(rest)), 119
    )
    return Drafts.together([first, second])


def car_sales(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Buy a car from a stranger: a deposit by phone, then most of one's savings; the seller soon buys too."""
    rates = {Kind.EMPLOYEE: 0.0012, Kind.TRADER: 0.002, Kind.MIGRANT: 0.0006, Kind.PENSIONER: 0.0003}
    person = busy_persons(country, rng, rates)
    seller = rng.integers(0, country.people.persons, len(person))
    at = moments(rng, day.start, WAKING, len(person))
    price = lognormal(rng, 4_200_000, 0.6, len(person))
    held = typed(rng, lognormal(rng, 90_000, 0.8, len(person)))
    deposit = act("car_sale", at, person, seller, held, hand_over(rng, len(at)), Purpose.BETWEEN_PERSONS)
    paid_at = at + lag(rng, 16 * HOUR, 1.0, len(at)) + 30 * MINUTE
    parts = rng.integers(1, 4, len(at))  # app limits: one price in several transfers
    each = np.repeat(np.arange(len(at)), parts)
    part = typed(rng, price[each] / parts[each])
    office = np.where(rng.random(len(each)) < 0.3, CHANNEL[Channel.BRANCH], hand_over(rng, len(each)))
    following = np.arange(len(each)) - np.repeat(np.cumsum(parts) - parts, parts)
    paid = act("car_sale", paid_at[each] + following * 3 * MINUTE, person[each], seller[each], part, office, 119)
    spent = some(country, rng, np.arange(len(at)), 0.4)
    next_seller = rng.integers(0, country.people.persons, len(spent))
    onward = act(
        "car_sale", paid_at[spent] + lag(rng, 20 * HOUR, 1.2, len(spent)), seller[spent], next_seller,
        typed(rng, price[spent] * (0.4 + 0.6 * rng.random(len(spent)))), hand_over(rng, len(spent)), 119,
    )  # fmt: skip
    return Drafts.together([deposit, paid, onward])


def invoices(country: Country, day: Day, rng: np.random.Generator) -> Drafts:
    """Let firms pay firms: goods, services, advertising; new firms get their first big sums."""
    people = country.people
    firms = people.of_kind(Kind.EMPLOYER, Kind.SHOP, Kind.SMALL_FIRM)
    payer = np.repeat(firms, rng.poisson((0.9 if day.is_working else 0.08) * country.config.activity, len(firms)))
    services = people.of_kind(Kind.SMALL_FIRM, Kind.SHOP, Kind.TELECOM)
    payee = weighted(rng, services, country.ties.fame[services], len(payer))
    at = moments(rng, day.start, OFFICE, len(payer))
    amount = metered(rng, lognormal(rng, 180_000, 1.3, len(payer)))
    round_sum = rng.random(len(at)) < 0.4
    amount = np.where(round_sum, np.maximum(amount // 1000_00, 1) * 1000_00, amount)
    channel = np.where(rng.random(len(at)) < 0.55, CHANNEL[Channel.WEB], CHANNEL[Channel.API])
    billed = act("invoice", at, payer, payee, amount, channel, Purpose.SERVICES)
    # An owner takes his profit to his own card.
    owners = people.of_kind(Kind.SMALL_FIRM)
    paying = some(country, rng, owners, 0.06 if day.is_working else 0.01)
    draw = typed(rng, lognormal(rng, 220_000, 0.9, len(paying)))
    home = act("invoice", moments(rng, day.start, OFFICE, len(paying)), paying, paying * 31 % people.persons, draw,
               Channel.WEB, Purpose.OWN_FUNDS)  # fmt: skip
    return Drafts.together([billed, home])
