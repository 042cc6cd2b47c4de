"""Money that passes in tests: short ways to write it, and what a decision log would answer about it."""

from datetime import UTC, datetime, timedelta

from antifraud.domain.center.passage import Passage
from antifraud.domain.center.trace import Surroundings

START = datetime(2026, 3, 2, 6, tzinfo=UTC)  # a Monday, eleven in Almaty


def bank_of(account):
    """Return the bank of an account: `b2:x` is at bank-2, what says nothing at bank-1."""
    return f"bank-{account[1:].partition(':')[0]}" if ":" in account else "bank-1"


def passage(number, payer, payee, amount_minor, minute, **more):
    return Passage(
        **{
            "participant": bank_of(payer),
            "transfer_id": f"t{number}",
            "payer": payer,
            "payee": payee,
            "amount_minor": amount_minor,
            "currency": "KZT",
            "at": START + timedelta(minutes=minute),
            "payer_bank": bank_of(payer),
            "payee_bank": bank_of(payee),
            **more,
        }
    )


def passages(*rows):
    """Return passages from (payer, payee, amount, minute)."""
    return [passage(number, *row) for number, row in enumerate(rows)]


class Listed:
    """All movements there are, in a list: `Movements` without a database."""

    def __init__(self, all_of_them=()):
        self.all = sorted(all_of_them, key=lambda each: (each.at, each.ref))

    def out_of(self, account, since, until, limit):
        return [each for each in self.all if each.payer == account and since < each.at <= until][:limit]

    def into(self, account, since, until, limit):
        return [each for each in self.all if each.payee == account and since < each.at <= until][:limit]

    def look(self, busiest=1_000):
        def look(account, since, until):
            outs = self.out_of(account, since, until, busiest + 1)
            ins = self.into(account, since, until, busiest + 1)
            return None if len(outs) + len(ins) > busiest else Surroundings(outs, ins)

        return look
