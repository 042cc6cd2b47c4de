"""The BICs and bank codes of participants: each belongs to one."""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, select

from antifraud.domain.center.banks import BankCodes
from antifraud.domain.errors import Conflict
from antifraud.store.schema import bank_codes


def read(connection: Connection) -> Mapping[str, BankCodes]:
    """Return the codes of each participant that has any."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in connection.execute(select(bank_codes)):
        found[row.participant].add(row.code)
    return {name: _sorted_out(codes) for name, codes in found.items()}


def check(connection: Connection, participant: str, codes: BankCodes) -> None:
    """Raise Conflict if one of the codes is another participant's."""
    taken = select(bank_codes).where(bank_codes.c.code.in_(codes.spelt) & (bank_codes.c.participant != participant))
    for row in connection.execute(taken.order_by(bank_codes.c.code)):
        raise Conflict(f"{row.code} is a code of {row.participant}")


def replace(connection: Connection, participant: str, codes: BankCodes) -> None:
    """Let a participant have these codes and no others."""
    check(connection, participant, codes)
    connection.execute(delete(bank_codes).where(bank_codes.c.participant == participant))
    if codes.spelt:
        rows = [{"code": code, "participant": participant} for code in sorted(codes.spelt)]
        connection.execute(insert(bank_codes), rows)


def _sorted_out(codes: set[str]) -> BankCodes:
    return BankCodes(
        bics=frozenset(each for each in codes if not each.isdecimal()),
        bank_codes=frozenset(each for each in codes if each.isdecimal()),
    )
