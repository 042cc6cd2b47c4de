"""Frauds in which the victim pays by his own hand: calls, investments, adverts, shops, friends."""

import numpy as np

from antifraud.domain.transfer import Channel
from antifraud.simulator.drafts import DAY, HOUR, MINUTE, UNSET, Role
from antifraud.simulator.frauds.stage import Parcel, Stage
from antifraud.simulator.kinds import CHANNEL, Purpose


def scam_call(stage: Stage) -> None:
    """Call "from the bank or the police": savings and a loan go to a "safe account" within hours.

    The average loss is near 2.8 M tenge (news.mail.ru).
    """
    people = stage.country.people
    weights = people.income**0.3 * np.where(people.age[: people.persons] > 50, 1.6, 1.0)
    victim = stage.victims(1, weights)[0]
    account = stage.account_of(victim)
    at = stage.by_day(stage.begins, 9, 20)
    loss = stage.sum_about(1_900_000 * (stage.income(victim) / 250_000) ** 0.3, 0.95)
    if stage.chance(0.45):
        at += stage.pause(40 * MINUTE, 0.7)
        stage.lend(at, account, max(loss * int(stage.rng.integers(40, 90)) // 100 // 1000_00 * 1000_00, 1000_00))
    call = 1 if stage.chance(0.8 - 0.45 * stage.evasion) else UNSET
    remote = 1 if stage.chance(0.3 - 0.15 * stage.evasion) else UNSET
    payments = 1 + int(stage.rng.poisson(1.6 + 1.5 * stage.evasion))
    collector = stage.ring(at).collector(stage.rng, at)
    for part in np.maximum(stage.rng.dirichlet([3.0] * payments), 0.02).tolist():
        at += stage.pause(14 * MINUTE, 0.9)
        if stage.chance(0.35):
            collector = stage.ring(at).collector(stage.rng, at)
        stage.rob(at, account, collector, stage.sum_about(part * loss / 100, 0.05), call=call, remote=remote)


def investment(stage: Stage) -> None:
    """Offer "to double your money": a small sum, a payout as bait, then growing sums over weeks."""
    people = stage.country.people
    victim = stage.victims(1, people.income**0.2)[0]
    account = stage.account_of(victim)
    at = stage.begins
    tenge = stage.income(victim) * float(np.exp(0.5 * stage.rng.standard_normal())) * 0.09
    steps = 2 + int(stage.rng.poisson(1.8))
    for step in range(steps):
        collector = stage.ring(at).collector(stage.rng, at)
        stage.rob(at, account, collector, stage.sum_about(tenge, 0.2))
        if step == 0 and stage.chance(0.7):
            _bait(stage, at, account)
        if step == steps - 2 and stage.chance(0.3):
            stage.lend(at + stage.pause(20 * HOUR, 0.6), account, stage.sum_about(3 * tenge, 0.3))
        tenge *= 1.25 + 1.1 * stage.rng.random()
        at = stage.by_day(at + stage.pause(2.2 * DAY, 0.8))


def _bait(stage: Stage, at: int, account: int) -> None:
    paid_back = stage.by_day(at + stage.pause(30 * HOUR, 0.6))
    mule = stage.ring(paid_back).next_mules(stage.rng, 1, (account,))[0]
    first = stage.rows[-1]["amount"]
    profit = max(first * int(stage.rng.integers(12, 60)) // 100 // 500_00 * 500_00, 1_000_00)
    stage.pay(paid_back, mule, account, profit, payer_role=int(Role.COLLECTOR), payee_role=int(Role.VICTIM))


def fake_shop(stage: Stage) -> None:
    """Sell what does not exist: days of orders to one or two accounts, some buyers pay twice."""
    people = stage.country.people
    buyers = 3 + int(stage.rng.geometric(0.12))
    days = 1.5 + 7 * stage.rng.random()
    weights = np.where(people.age[: people.persons] < 55, 1.0, 0.5)
    collectors = [stage.ring(stage.begins).collector(stage.rng, stage.begins) for _ in range(2)]
    price = 9_000 + 34_000 * float(stage.rng.random()) ** 2
    for victim in stage.victims(buyers, weights):
        at = stage.by_day(stage.begins + int(days * DAY * stage.rng.random()), 8, 24)
        account = stage.account_of(victim)
        collector = collectors[int(stage.chance(0.3))]
        goods = {"purpose": int(Purpose.GOODS if stage.chance(0.5) else Purpose.BETWEEN_PERSONS)}
        if stage.chance(0.25):
            goods["channel"] = CHANNEL[Channel.QR if stage.chance(0.6) else Channel.CARD]
        stage.rob(at, account, collector, stage.sum_about(price, 0.6), **goods)
        if stage.chance(0.12):  # "customs", "insurance"
            stage.rob(at + stage.pause(11 * HOUR), account, collector, stage.sum_about(0.4 * price, 0.5), **goods)


def car_prepayment(stage: Stage) -> None:
    """Advertise a cheap car and ask for a deposit, sometimes for its delivery too."""
    victim = stage.victims(1, stage.country.people.income**0.3)[0]
    account = stage.account_of(victim)
    at = stage.by_day(stage.begins, 8, 23)
    collector = stage.ring(at).collector(stage.rng, at)
    stage.rob(at, account, collector, stage.sum_about(100_000, 0.75))
    while stage.chance(0.35):
        at += stage.pause(8 * HOUR, 1.0)
        stage.rob(at, account, collector, stage.sum_about(130_000, 0.7))


def hacked_friend(stage: Stage) -> None:
    """Write "lend me until tomorrow" from a stolen messenger account to everybody in it."""
    ties = stage.country.ties
    hacked = stage.victims(1)[0]
    near = ties.contacts[hacked, : ties.acquaintances[hacked]].tolist()
    asked = dict.fromkeys([*near, *ties.contacts[near[:4], :6].ravel().tolist()])
    believing = 0.10 + 0.2 * float(stage.rng.random())
    at = stage.by_day(stage.begins, 10, 23)
    collector = stage.ring(at).collector(stage.rng, at)
    tenge = 18_000 + 60_000 * float(stage.rng.random())
    opened = stage.country.people.opened
    friends = [one for one in asked if one != hacked and opened[one] * DAY <= at]
    paying = [one for one in friends if stage.chance(believing)] or friends[:1]
    for friend in paying:
        account = stage.account_of(friend)
        stage.rob(at + stage.pause(50 * MINUTE, 1.1), account, collector, stage.sum_about(tenge, 0.35))


def mistaken_transfer(stage: Stage) -> None:
    """Send a victim's money "by mistake" to an honest person, who is asked to return it elsewhere."""
    victim, unwitting = stage.victims(2)
    account = stage.account_of(victim)
    at = stage.by_day(stage.begins, 9, 22)
    amount = stage.sum_about(90_000, 0.8)
    stage.rob(at, account, unwitting, amount, payee_role=int(Role.UNWITTING))
    stage.parcels.pop()  # the honest person returns it whole, by hand
    back = stage.by_day(at + stage.pause(70 * MINUTE, 1.1), 8, 24)
    mule = stage.ring(back).collector(stage.rng, back)
    if mule == unwitting or stage.chance(0.1):
        return  # nobody asks himself; and one in ten does not believe it
    roles = {"payer_role": int(Role.UNWITTING), "payee_role": int(Role.COLLECTOR)}
    stage.pay(back, unwitting, mule, amount, hop=2, stolen=amount, **roles)
    stage.parcels.append(Parcel(back, mule, amount, 2))
