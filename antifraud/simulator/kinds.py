"""The closed lists of the world: who there is, what is paid for, and the names that files show."""

from enum import IntEnum
from typing import Final

from antifraud.domain.report import ReportSource
from antifraud.domain.transfer import Channel

CHANNELS: Final = tuple(Channel)
CHANNEL: Final = {channel: position for position, channel in enumerate(CHANNELS)}
SOURCES: Final = tuple(ReportSource)
SOURCE: Final = {source: position for position, source in enumerate(SOURCES)}


class Kind(IntEnum):
    """What sort of holder an account has."""

    EMPLOYEE = 0
    PENSIONER = 1
    STUDENT = 2
    TRADER = 3  # sells by messenger or at a bazaar, on an account of his own
    UNEMPLOYED = 4
    MIGRANT = 5
    EMPLOYER = 6
    SHOP = 7
    SMALL_FIRM = 8
    UTILITY = 9
    TELECOM = 10
    MARKETPLACE = 11
    LENDER = 12
    BROKER = 13
    EXCHANGE = 14  # crypto
    CHARITY = 15
    CLINIC = 16
    STATE = 17
    ATM = 18
    FOREIGN = 19  # a card or wallet abroad


PERSONS: Final = (Kind.EMPLOYEE, Kind.PENSIONER, Kind.STUDENT, Kind.TRADER, Kind.UNEMPLOYED, Kind.MIGRANT)

HONEST: Final = (
    "wages", "social_payment", "rent", "new_landlord", "utilities", "telecom", "shopping", "marketplace", "family",
    "friends", "shared_bill", "repayment", "support", "group_gift", "charity_collection", "classified", "car_sale",
    "trader_sale", "supplies", "invoice", "tax", "loan", "loan_payment", "urgent_need", "own_account", "broker",
    "crypto", "crypto_deal", "remittance", "cash_out", "cash_in", "refund", "helped_relative", "big_purchase",
    "job", "pooled_purchase",
)  # fmt: skip
FRAUDS: Final = (
    "fake_shop", "scam_call", "investment", "hacked_friend", "stolen_identity", "car_prepayment", "ad_agency",
    "mistaken_transfer",
)  # fmt: skip
SCHEMES: Final = HONEST + FRAUDS
SCHEME: Final = {scheme: position for position, scheme in enumerate(SCHEMES)}


class Purpose(IntEnum):
    """Payment purpose codes (KNP) that the world uses.

    710 stands in a published guide (brex.com, a support page on KZT wires); the others are given from memory and only
    need to be plausible here: check resolution No. 203 before using them for anything real.
    """

    BETWEEN_PERSONS = 119
    SOCIAL = 47
    OWN_FUNDS = 321
    WAGES = 311
    LOAN = 411
    LOAN_PAYMENT = 421
    SECURITIES = 610
    GOODS = 710
    SERVICES = 859
    UTILITIES = 856
    RENT = 851
    TAX = 911
