"""Honest life: each script turns a day into the transfers that begin on it; some end days later."""

from collections.abc import Callable
from typing import Final

import numpy as np

from antifraud.simulator.country import Country
from antifraud.simulator.drafts import Drafts
from antifraud.simulator.honest import friends, go_betweens, home, income, savings, shopping, trade
from antifraud.simulator.schedule.calendar import Day
from antifraud.simulator.streams import stream

Script = Callable[[Country, Day, np.random.Generator], Drafts]

SCRIPTS: Final[tuple[Script, ...]] = (
    income.wages, income.social_payments, income.support, income.remittances,
    home.rent, home.new_landlords, home.utilities, home.telecom,
    shopping.shopping, shopping.marketplace, shopping.big_purchases, shopping.cash, shopping.taxes,
    friends.family, friends.friends, friends.shared_bills, friends.group_gifts, friends.charity_collections,
    friends.helped_relatives,
    trade.trader_sales, trade.supplies, trade.classifieds, trade.car_sales, trade.invoices,
    savings.loans, savings.loan_payments, savings.own_accounts, savings.brokers, savings.crypto,
    savings.crypto_dealers,
    go_betweens.foremen, go_betweens.pooled_purchases,
)  # fmt: skip


def honest_day(country: Country, day: Day) -> Drafts:
    """Return what honest people begin on a day, only between accounts that exist."""
    parts = [script(country, day, stream(country.seed, script.__name__, day.index)) for script in SCRIPTS]
    drafts = Drafts.together(parts)
    payer_exists, payee_exists = country.exists(drafts.payer, drafts.at), country.exists(drafts.payee, drafts.at)
    return drafts.take(payer_exists & payee_exists & (drafts.payer != drafts.payee))
