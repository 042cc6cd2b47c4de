"""The network around an account is what a slow look at all movements finds; of a trace it shows every stolen unit."""

import asyncio
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.center.movement import Movement
from antifraud.domain.center.network import network_of_trace
from antifraud.domain.center.trace import TracePolicy, trace
from antifraud.domain.decision import Action
from antifraud.workflow.center.network import Looking, network_around
from tests.center.incidents import seed
from tests.center.passages import START, Listed, passages

NAMES = st.sampled_from(["b1:a", "b1:b", "b2:c", "b2:d", "b3:e"])
ROWS = st.lists(st.tuples(NAMES, NAMES, st.integers(1, 50), st.integers(0, 60)), max_size=25)
UNTIL = START + timedelta(days=1)


def looking(**more):
    return Looking(**{"since": START, "until": UNTIL, "party": None, **more})


def reached(rows, start, hops):
    """Return the accounts within so many hops, either way, said slowly."""
    near = {start}
    for _ in range(hops):
        near |= {b for a, b, *_ in rows if a in near} | {a for a, b, *_ in rows if b in near}
    return near


class Page:
    """Movements as a book answers about them, without one."""

    def __init__(self, rows):
        self.all = [
            Movement(
                seq=seq, participant=each.participant, transfer_id=each.transfer_id, payer=each.payer, payee=each.payee,
                amount_minor=each.amount_minor, currency="KZT", base_minor=each.amount_minor, at=each.at,
                action=Action.ALLOW, payer_bank=each.payer_bank, payee_bank=each.payee_bank,
            )
            for seq, each in enumerate(passages(*rows))
        ]  # fmt: skip

    def count_movements(self, since, until, **asked):
        return len(self.movements(since, until, **asked))

    def movements(self, since, until, *, payer=None, payee=None, limit):
        mine = [each for each in self.all if (each.payer == payer or payer is None)]
        return [each for each in mine if (each.payee == payee or payee is None) and since <= each.at < until][:limit]


@given(rows=ROWS, hops=st.integers(1, 3), least=st.integers(0, 40))
def test_it_has_who_is_near_and_every_sum_between_them(rows, hops, least):
    rows = [row for row in rows if row[0] != row[1]]
    large = [row for row in rows if row[2] >= least]
    network = network_around(Page(rows), "b1:a", looking(hops=hops, least_minor=least))
    assert set(network.accounts) == reached(large, "b1:a", hops)
    assert network.left_out == frozenset()
    inside = reached(large, "b1:a", hops - 1)  # whose movements were looked at
    for link in network.links:
        sums = [amount for payer, payee, amount, _ in large if (payer, payee) == (link.payer, link.payee)]
        assert (link.count, link.amount_minor) == (len(sums), sum(sums))
    ends = {(payer, payee) for payer, payee, *_ in large if {payer, payee} & inside}
    assert {(link.payer, link.payee) for link in network.links} == ends


def test_a_bank_sees_only_what_went_through_it(book):
    rows = [("b1:a", "b2:c", 10, 0), ("b2:c", "b3:e", 9, 1), ("b3:e", "b3:f", 8, 2)]

    def work(page):
        seed(page, passages(*rows))
        return {
            party: {
                (each.payer, each.payee) for each in network_around(page, "b2:c", looking(hops=3, party=party)).links
            }
            for party in (None, "bank-1", "bank-3")
        }

    seen = asyncio.run(book.write(work))
    everything = {(payer, payee) for payer, payee, *_ in rows}
    assert seen == {None: everything, "bank-1": {("b1:a", "b2:c")}, "bank-3": everything - {("b1:a", "b2:c")}}


def test_what_is_too_much_is_named_and_the_largest_sums_are_taken_first(book):
    rows = [("b1:a", f"b2:{number}", number, number) for number in range(1, 9)]

    def work(page):
        seed(page, passages(*rows))
        few = network_around(page, "b1:a", looking(most_accounts=4))
        busy = network_around(page, "b1:a", looking(busiest=3))
        return few, busy

    few, busy = asyncio.run(book.write(work))
    assert set(few.accounts) == {"b1:a", "b2:8", "b2:7", "b2:6"}
    assert few.left_out == {f"b2:{number}" for number in range(1, 6)}
    assert (set(busy.accounts), busy.left_out) == ({"b1:a"}, {"b1:a"})


def test_attempts_are_told_from_money_that_moved(book):
    def work(page):
        seed(page, passages(("b1:a", "b2:c", 10, 0)))
        seed(page, passages(("b1:a", "b2:c", 99, 1)), Action.BLOCK)
        return network_around(page, "b1:a", looking())

    (link,) = asyncio.run(book.write(work)).links
    assert (link.count, link.amount_minor, link.attempts) == (1, 10, 1)


@given(ROWS.filter(bool))
def test_of_a_trace_every_stolen_unit_is_on_a_line_and_in_a_box(rows):
    moved = passages(*((payer, payee, amount, minute) for payer, payee, amount, minute in rows if payer != payee))
    if not moved:
        return
    policy = TracePolicy(depth=9, least_minor=1)
    found = trace(moved[:1], Listed(moved).look(1_000), policy, UNTIL)
    network = network_of_trace(found)
    assert {link.payer for link in network.links} | {link.payee for link in network.links} <= set(network.accounts)
    assert sum(link.tainted_minor for link in network.links) == sum(hop.tainted_minor for hop in found.hops)
    still = sum(each.still_minor or 0 for each in network.accounts.values())
    assert still + found.came_back_minor == found.stolen_minor
