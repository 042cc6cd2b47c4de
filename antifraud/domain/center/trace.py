"""Follow stolen money forward: over accounts, banks and time, exactly to the minor unit.

Movements are taken in the order of time, all of one instant together: what arrives at an instant cannot leave at
it. So cycles, splits and merges need nothing special, and each movement is looked at once. At every moment the
stolen sum equals what is still on accounts plus what came back to the victim.
"""

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from operator import attrgetter

from antifraud.domain.center.mixing import MixingRule, Pool, new_pool
from antifraud.domain.center.passage import Passage, Ref
from antifraud.domain.errors import InvalidValue

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TracePolicy:
    """How far money is followed."""

    rule: MixingRule = MixingRule.PRO_RATA
    depth: int = 5  # hops; the victim's own transfer is the first [E]
    days: int = 7  # after the victim's last transfer [E]
    least_minor: int = 100_000  # an account that got less of it is not followed, nor its bank asked [E]
    busiest: int = 2_000  # movements of one account; a utility or a marketplace is the end of a trail [E]
    most: int = 20_000  # movements in all [E]
    most_asked: int = 50  # inquiries of one trace, the victim's payees and then where most money is [E]
    most_marked: int = 500  # accounts that are marked as having some of it [E]

    def __post_init__(self) -> None:
        """Refuse numbers that nothing can be followed by."""
        for name in ("depth", "days", "least_minor", "busiest", "most_asked"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"trace.{name}", "must be at least 1", getattr(self, name))


class Cut(StrEnum):
    """Why the money was not followed from an account."""

    DEPTH = "depth"
    SMALL = "small"
    BUSY = "busy"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Hop:
    """A movement that carried some of the stolen money; `number` 1 is the victim's own transfer."""

    passage: Passage
    tainted_minor: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """An account that stolen money reached. Sums are minor units, and of what is known since it reached it."""

    account: str
    bank: str | None
    since: datetime
    last: datetime  # when some of it arrived last
    hop: int  # the fewest by which it came
    came_by: Ref  # the movement by which it came first
    inflow_minor: int  # all that arrived, the stolen money and other
    balance_minor: int  # of it still there
    tainted_in_minor: int
    tainted_out_minor: int
    cut: Cut | None

    @property
    def still_minor(self) -> int:
        """Return how much of the stolen money is believed to be there."""
        return self.tainted_in_minor - self.tainted_out_minor

    @property
    def share_ppm(self) -> int:
        """Return the stolen part of what is believed to be there, in millionths, rounded up: a trace is not zero."""
        return 0 if self.balance_minor == 0 else -(-self.still_minor * _MILLION // self.balance_minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Where the money went, as it is known up to `until`."""

    until: datetime
    stolen_minor: int
    came_back_minor: int  # to the victim, by itself
    hops: tuple[Hop, ...]  # in the order of time
    reached: tuple[Reached, ...]  # what can be stopped first: most money, then newest
    looked_at: int  # movements

    def path_to(self, account: str) -> tuple[Hop, ...]:
        """Return the hops by which stolen money first came to an account, from the victim on."""
        by_account = {each.account: each for each in self.reached}
        by_ref = {hop.passage.ref: hop for hop in self.hops}
        path: list[Hop] = []
        while (reached := by_account.get(account)) is not None:
            path.append(by_ref[reached.came_by])
            if path[-1].number == 1:
                break
            account = path[-1].passage.payer
        return tuple(reversed(path))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What moved out of an account and into it."""

    outs: Sequence[Passage]
    ins: Sequence[Passage]


Look = Callable[[str, datetime, datetime], Surroundings | None]
"""What moved around an account after one moment and up to another; None when that is too much to follow."""


def trace(stolen: Sequence[Passage], look: Look, policy: TracePolicy, until: datetime) -> Trace:
    """Return where the victim's transfers went; raise InvalidValue when they are not of one currency.

    Movements of other currencies are left out: money that was exchanged is followed by people.
    """
    currencies = {passage.currency for passage in stolen}
    if len(currencies) != 1:
        raise InvalidValue("transfers", "one trace is of one currency", sorted(currencies))
    walk = _Walk(policy, look, min(until, max(each.at for each in stolen) + timedelta(days=policy.days)), stolen)
    walk.run()
    return walk.result(until)


@dataclass(slots=True)
class _Place:
    """An account while its money is being followed."""

    bank: str | None
    since: datetime
    last: datetime
    hop: int
    came_by: Ref
    pool: Pool
    inflow: int = 0
    tainted_in: int = 0
    tainted_out: int = 0
    followed: bool = False
    cut: Cut | None = None


@dataclass(slots=True)
class _Walk:
    """One pass over time."""

    policy: TracePolicy
    look: Look
    end: datetime
    stolen: Sequence[Passage]
    places: dict[str, _Place] = field(default_factory=dict)
    hops: list[Hop] = field(default_factory=list)
    came_back: int = 0
    looked_at: int = 0
    _ahead: list[tuple[datetime, Ref, Passage]] = field(default_factory=list)
    _known: set[Ref] = field(default_factory=set)
    _stolen: frozenset[Ref] = frozenset()
    _victims: frozenset[str] = frozenset()

    def run(self) -> None:
        self._stolen = frozenset(each.ref for each in self.stolen)
        self._victims = frozenset(each.payer for each in self.stolen)
        self._expect(self.stolen)
        while self._ahead:
            now = self._ahead[0][0]
            together = []
            while self._ahead and self._ahead[0][0] == now:
                together.append(heapq.heappop(self._ahead)[2])
            carried = self._leave(together)
            touched = {self._arrive(passage, carried.get(passage.ref, 0)) for passage in together}
            for account in sorted(filter(None, touched)):
                self._follow(account, now)

    def _expect(self, movements: Iterable[Passage]) -> None:
        currency = self.stolen[0].currency
        for passage in movements:
            if passage.ref not in self._known and passage.currency == currency:
                self._known.add(passage.ref)
                heapq.heappush(self._ahead, (passage.at, passage.ref, passage))

    def _leave(self, together: Sequence[Passage]) -> dict[Ref, int]:
        """Return the stolen part of each movement of one instant, taken from its payer's money."""
        carried = {each.ref: each.amount_minor for each in together if each.ref in self._stolen}
        moving = [each for each in together if each.ref not in carried and self._is_followed(each.payer)]
        for payer, group in groupby(sorted(moving, key=attrgetter("payer", "ref")), key=attrgetter("payer")):
            outs = list(group)
            place = self.places[payer]
            parts = place.pool.take([each.amount_minor for each in outs])
            place.bank = outs[0].payer_bank or outs[0].participant  # who carries out its transfers keeps the account
            place.tainted_out += sum(parts)
            carried |= {each.ref: part for each, part in zip(outs, parts, strict=True) if part}
        return carried

    def _arrive(self, passage: Passage, tainted: int) -> str | None:
        """Put a movement on its payee; return the payee if stolen money came."""
        self.looked_at += 1
        place = self.places.get(passage.payee)
        if tainted:
            number = 1 if passage.ref in self._stolen else self.places[passage.payer].hop + 1
            self.hops.append(Hop(passage, tainted, number))
            if passage.payee in self._victims:
                self.came_back += tainted
                return None
            if place is None:
                pool = new_pool(self.policy.rule)
                place = _Place(passage.payee_bank, passage.at, passage.at, number, passage.ref, pool)
                self.places[passage.payee] = place
            place.hop, place.last = min(place.hop, number), passage.at
            place.bank = place.bank or passage.payee_bank
        elif place is None or not place.followed:
            return None
        place.pool.put(passage.amount_minor, tainted)
        place.inflow += passage.amount_minor
        place.tainted_in += tainted
        return passage.payee if tainted else None

    def _follow(self, account: str, now: datetime) -> None:
        """Look at what happens on an account from now on, unless it is where following ends."""
        place = self.places[account]
        if place.followed or place.cut in (Cut.BUSY, Cut.LIMIT):
            return
        if place.hop >= self.policy.depth:
            place.cut = Cut.DEPTH
        elif place.tainted_in < self.policy.least_minor:
            place.cut = Cut.SMALL
        elif len(self._known) > self.policy.most:
            place.cut = Cut.LIMIT
        elif (around := self.look(account, now, self.end)) is None:
            place.cut = Cut.BUSY
        else:
            place.followed, place.cut = True, None
            self._expect(around.outs)
            self._expect(around.ins)

    def _is_followed(self, account: str) -> bool:
        place = self.places.get(account)
        return place is not None and place.followed

    def result(self, until: datetime) -> Trace:
        """Return what was found."""
        reached = [
            Reached(
                account=account,
                bank=place.bank,
                since=place.since,
                last=place.last,
                hop=place.hop,
                came_by=place.came_by,
                inflow_minor=place.inflow,
                balance_minor=place.pool.total_minor,
                tainted_in_minor=place.tainted_in,
                tainted_out_minor=place.tainted_out,
                cut=place.cut,
            )
            for account, place in self.places.items()
        ]
        reached.sort(key=lambda each: (each.still_minor, each.last, each.account), reverse=True)
        return Trace(
            until=until,
            stolen_minor=sum(each.amount_minor for each in {each.ref: each for each in self.stolen}.values()),
            came_back_minor=self.came_back,
            hops=tuple(self.hops),
            reached=tuple(reached),
            looked_at=self.looked_at,
        )
