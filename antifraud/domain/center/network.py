"""Who passed money to whom: a few accounts and what went between them, as people look at it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from antifraud.domain.center.movement import Movement
from antifraud.domain.center.trace import Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account. `column` counts hops along the money: below zero paid towards the middle, above zero got from it."""

    account: str
    bank: str | None
    column: int
    still_minor: int | None = None  # stolen money believed to be there; None: nothing is known of it here
    share_ppm: int | None = None  # its part of all money there, in millionths


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """All that one account passed to another, in one currency. Attempts were stopped: no money moved."""

    payer: str
    payee: str
    currency: str
    count: int
    amount_minor: int
    attempts: int = 0
    tainted_minor: int | None = None  # stolen money among it; None: nothing is known of it here
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Accounts by name and the links between them. What is `left_out` was too busy to look behind, or too much."""

    accounts: Mapping[str, Account]
    links: tuple[Link, ...]
    left_out: frozenset[str] = field(default_factory=frozenset)


def network_of_trace(found: Trace) -> Network:
    """Return the accounts of a trace, the victim's in column 0, and the stolen money on its way between them."""
    accounts: dict[str, Account] = {}
    links: dict[tuple[str, str, str], Link] = {}
    for hop in found.hops:
        passage = hop.passage
        if hop.number == 1:
            bank = passage.payer_bank or passage.participant
            accounts.setdefault(passage.payer, Account(account=passage.payer, bank=bank, column=0))
        one = Link(
            payer=passage.payer,
            payee=passage.payee,
            currency=passage.currency,
            count=1,
            amount_minor=passage.amount_minor,
            tainted_minor=hop.tainted_minor,
            first=passage.at,
            last=passage.at,
        )
        _add(links, one)
    for each in found.reached:
        accounts[each.account] = Account(
            account=each.account,
            bank=each.bank,
            column=each.hop,
            still_minor=each.still_minor,
            share_ppm=each.share_ppm,
        )
    return Network(accounts=accounts, links=tuple(links.values()))


def links_of(movements: Iterable[Movement], stopped: Collection[int]) -> tuple[Link, ...]:
    """Return movements, of which those numbers moved nothing, summed up by who paid whom, and currency."""
    links: dict[tuple[str, str, str], Link] = {}
    for each in {each.seq: each for each in movements}.values():
        moved = each.seq not in stopped
        one = Link(
            payer=each.payer,
            payee=each.payee,
            currency=each.currency,
            count=int(moved),
            amount_minor=each.amount_minor if moved else 0,
            attempts=int(not moved),
            first=each.at,
            last=each.at,
        )
        _add(links, one)
    return tuple(links.values())


def between(links: Iterable[Link], accounts: Collection[str]) -> tuple[Link, ...]:
    """Return the links whose both ends are among the accounts."""
    return tuple(each for each in links if each.payer in accounts and each.payee in accounts)


def _add(links: dict[tuple[str, str, str], Link], one: Link) -> None:
    """Add a link to what is known of its two ends; other currencies stand for themselves."""
    key = (one.payer, one.payee, one.currency)
    before = links.get(key)
    if before is None:
        links[key] = one
        return
    tainted = None if before.tainted_minor is None else before.tainted_minor + (one.tainted_minor or 0)
    links[key] = replace(
        before,
        count=before.count + one.count,
        amount_minor=before.amount_minor + one.amount_minor,
        attempts=before.attempts + one.attempts,
        tainted_minor=tainted,
        first=min(before.first, one.first),
        last=max(before.last, one.last),
    )
