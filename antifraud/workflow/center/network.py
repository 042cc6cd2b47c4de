"""The network around an account: whom it paid, who paid it, and on from there, as far as somebody wants to look."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from antifraud.domain.center.movement import Movement
from antifraud.domain.center.network import Account, Network, between, links_of
from antifraud.domain.center.people import Actor
from antifraud.domain.center.taint import Taint, TaintStatus
from antifraud.domain.errors import InvalidValue
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.profiling import sees_taint
from antifraud.workflow.center.stopped import stopped_among

MOST_HOPS = 4
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """How far to look: moments `[since, until)`, movements of at least so much of the base currency, most accounts.

    A `party` is shown only what it carried out itself, or what went from or to it; None sees everything.
    """

    since: datetime
    until: datetime
    party: str | None
    hops: int = 1
    least_minor: int = 0
    most_accounts: int = 200
    busiest: int = 2_000  # movements of one account: a shop or a utility is shown, and not looked behind

    def __post_init__(self) -> None:
        """Refuse what nothing can be seen in."""
        if not 1 <= self.hops <= MOST_HOPS:
            raise InvalidValue("hops", f"must be 1 to {MOST_HOPS}", self.hops)
        if not self.since < self.until:
            raise InvalidValue("until", "must be after since", self.until.isoformat())


def network_around(page: Page, account: str, looking: Looking) -> Network:
    """Return the network around an account, itself in column 0.

    Those that more money went between are taken first where not all fit.
    """
    accounts: dict[str, Account] = {account: Account(account=account, bank=None, column=0)}
    seen: list[Movement] = []
    left_out: set[str] = set()
    edge = [account]
    for _ in range(looking.hops):
        found: dict[str, tuple[int, int]] = {}  # account: column, and how much went between
        for middle in edge:
            moved = _of(page, middle, looking)
            if moved is None:
                left_out.add(middle)
                continue
            seen += moved
            for each in moved:
                other, step = (each.payee, 1) if each.payer == middle else (each.payer, -1)
                if other not in accounts:
                    column, sum_minor = found.get(other, (accounts[middle].column + step, 0))
                    found[other] = column, sum_minor + each.base_minor
        room = looking.most_accounts - len(accounts)
        ranked = sorted(found, key=lambda name: (-found[name][1], name))
        left_out.update(ranked[room:])
        edge = ranked[:room]
        accounts |= {name: Account(account=name, bank=None, column=found[name][0]) for name in edge}
    banks = _banks(seen)
    known = {name: Account(account=name, bank=banks.get(name), column=each.column) for name, each in accounts.items()}
    return Network(
        accounts=known, links=between(links_of(seen, stopped_among(page, seen)), known), left_out=frozenset(left_out)
    )


def with_stolen_shares(page: Page, network: Network, actor: Actor) -> Network:
    """Return a network in which each account says what part of its money is stolen, as far as the actor may know.

    Several incidents' parts of one account add up, and are never more than all of it.
    """
    shares = {name: share for name in network.accounts if (share := _stolen_share(page, name, actor)) is not None}
    marked = {name: replace(network.accounts[name], share_ppm=share) for name, share in shares.items()}
    return replace(network, accounts={**network.accounts, **marked})


def _stolen_share(page: Page, account: str, actor: Actor) -> int | None:
    taints = [each for each in page.found_by(Taint, f"account:{account}") if each.status is TaintStatus.TAINTED]
    known = [each.share_ppm for each in taints if sees_taint(page, each, actor)]
    return min(sum(known), _MILLION) if known else None


def _of(page: Page, account: str, looking: Looking) -> Sequence[Movement] | None:
    """Return what moved on an account and is large enough, None when that is too much to look at."""
    paid = page.count_movements(looking.since, looking.until, payer=account, limit=looking.busiest + 1)
    got = page.count_movements(looking.since, looking.until, payee=account, limit=looking.busiest + 1)
    if paid + got > looking.busiest:
        return None
    outs = page.movements(looking.since, looking.until, payer=account, limit=looking.busiest)
    ins = page.movements(looking.since, looking.until, payee=account, limit=looking.busiest)
    return [each for each in (*outs, *ins) if each.base_minor >= looking.least_minor and _shown(each, looking.party)]


def _shown(movement: Movement, party: str | None) -> bool:
    return party is None or party in (movement.participant, movement.payer_bank, movement.payee_bank)


def _banks(movements: Sequence[Movement]) -> dict[str, str]:
    """Return the bank of each account as far as its transfers say: who carries them out keeps the payer's account."""
    banks = {each.payee: each.payee_bank for each in movements if each.payee_bank is not None}
    return banks | {each.payer: each.payer_bank or each.participant for each in movements}
