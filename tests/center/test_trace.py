"""Stolen money is followed exactly: against a definition slow enough to be obviously right."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.center.mixing import MixingRule
from antifraud.domain.center.trace import Cut, TracePolicy, trace
from antifraud.domain.errors import InvalidValue
from antifraud.domain.money import apportion
from tests.center.passages import START, Listed, passage, passages

LATER = START + timedelta(days=400)
EVERYTHING = TracePolicy(depth=99, least_minor=1, days=300)
FIFO = TracePolicy(rule=MixingRule.FIRST_IN_FIRST_OUT, depth=99, least_minor=1, days=300)


def followed(rows, policy=EVERYTHING, stolen=1, busiest=1_000):
    """Trace the first `stolen` of all passages; return it with what is where."""
    all_of_them = passages(*rows)
    found = trace(all_of_them[:stolen], Listed(all_of_them).look(busiest), policy, LATER)
    return found, {each.account: each.still_minor for each in found.reached}


# ---- the oracle: everything, in the order of time, with whole lists and no cleverness


def parts_of(whole, weights):
    """Split by largest remainder, the slow way: give out one by one to who is owed most."""
    parts = [whole * weight // sum(weights) for weight in weights]
    while sum(parts) < whole:
        owed = [whole * weight - part * sum(weights) for weight, part in zip(weights, parts, strict=True)]
        parts[owed.index(max(owed))] += 1
    return parts


def reference(all_of_them, stolen, policy, until):
    """Return (account -> still there, came back) by the rules read aloud."""
    victims = {each.payer for each in stolen}
    refs = {each.ref for each in stolen}
    sums, follows, hop, tainted_in = {}, set(), {}, {}  # account -> list of [amount, tainted], oldest first
    back = 0
    end = min(until, max(each.at for each in stolen) + timedelta(days=policy.days))
    for instant in sorted({each.at for each in all_of_them if each.at <= end}):
        now = sorted((each for each in all_of_them if each.at == instant), key=lambda each: each.ref)
        carried = {each.ref: each.amount_minor if each.ref in refs else 0 for each in now}
        for account in follows:
            outs = [each for each in now if each.payer == account and each.ref not in refs]
            if policy.rule is MixingRule.PRO_RATA:
                amount, tainted = (sum(column) for column in zip(*sums[account], strict=True))
                left = max(amount - sum(each.amount_minor for each in outs), 0)
                weights = [*(each.amount_minor for each in outs), left]
                parts = parts_of(tainted, weights) if sum(weights) else [*([0] * len(outs)), tainted]
                carried |= {each.ref: part for each, part in zip(outs, parts, strict=False)}
                sums[account] = [[left, parts[-1]]]
            else:
                for each in outs:
                    wanted = each.amount_minor
                    while wanted and sums[account]:
                        amount, tainted = sums[account].pop(0)
                        if amount == 0:
                            continue
                        taken = min(wanted, amount)
                        part, rest = parts_of(tainted, [taken, amount - taken])
                        carried[each.ref] += part
                        wanted -= taken
                        if amount > taken:
                            sums[account].insert(0, [amount - taken, rest])
        touched = set()
        for each in now:
            if carried[each.ref] and each.payee in victims:
                back += carried[each.ref]
            elif carried[each.ref]:
                number = 1 if each.ref in refs else hop[each.payer] + 1
                hop[each.payee] = min(hop.get(each.payee, number), number)
                sums.setdefault(each.payee, []).append([each.amount_minor, carried[each.ref]])
                tainted_in[each.payee] = tainted_in.get(each.payee, 0) + carried[each.ref]
                touched.add(each.payee)
            elif each.payee in follows:
                sums[each.payee].append([each.amount_minor, 0])
        for account in touched:
            if hop[account] < policy.depth and tainted_in[account] >= policy.least_minor:
                follows.add(account)
    return {account: sum(tainted for _, tainted in rows) for account, rows in sums.items()}, back


ACCOUNTS = st.sampled_from(["v", "a", "b", "c", "d", "e"])
# Few accounts and few minutes: cycles, ties, self-payments and payments back to the victim happen on every run.
ROWS = st.lists(
    st.tuples(
        ACCOUNTS,
        ACCOUNTS,
        st.integers(0, 40) | st.integers(0, 10**14),
        st.integers(1, 12) | st.sampled_from([1439, 1440, 1441]),
    ),
    max_size=25,
)
PAYEES = ACCOUNTS.filter(lambda account: account != "v")
STOLEN = st.lists(
    st.tuples(st.sampled_from("vw"), PAYEES, st.integers(1, 90), st.integers(0, 3)), min_size=1, max_size=3
)
POLICIES = st.builds(
    TracePolicy,
    rule=st.sampled_from(MixingRule),
    depth=st.integers(1, 6),
    least_minor=st.sampled_from([1, 10, 1000]),
    days=st.sampled_from([1, 9]),
)


@given(ROWS, STOLEN, POLICIES)
def test_money_is_followed_as_the_rules_say(rows, stolen, policy):
    all_of_them = passages(*stolen, *rows)
    taken = all_of_them[: len(stolen)]
    found = trace(taken, Listed(all_of_them).look(), policy, LATER)
    expected, back = reference(all_of_them, taken, policy, LATER)
    assert {each.account: each.still_minor for each in found.reached} == expected
    assert found.came_back_minor == back


@given(ROWS, POLICIES)
def test_nothing_of_it_is_lost_or_made(rows, policy):
    all_of_them = passages(("v", "a", 90, 0), *rows)
    found = trace(all_of_them[:1], Listed(all_of_them).look(), policy, LATER)
    assert found.stolen_minor == 90 == found.came_back_minor + sum(each.still_minor for each in found.reached)
    for each in found.reached:
        came = [hop for hop in found.hops if hop.passage.payee == each.account]
        left = [hop for hop in found.hops if hop.passage.payer == each.account and hop.number > 1]
        assert sum(hop.tainted_minor for hop in came) == each.tainted_in_minor
        assert sum(hop.tainted_minor for hop in left) == each.tainted_out_minor
        assert 0 <= each.still_minor <= each.balance_minor
        assert 0 <= each.share_ppm <= 1_000_000
        path = found.path_to(each.account)
        assert path[0].number == 1
        assert path[-1].passage.payee == each.account
        for before, after in pairwise(path):
            assert before.passage.payee == after.passage.payer
            assert before.passage.at < after.passage.at
    assert all(0 < hop.tainted_minor <= hop.passage.amount_minor for hop in found.hops)


@given(st.integers(0, 10**15), st.lists(st.integers(0, 10**14), min_size=1, max_size=8).filter(any))
def test_parts_add_up_and_are_fair_to_a_unit(whole, weights):
    parts = apportion(whole, weights)
    assert parts == parts_of(whole, weights)
    assert sum(parts) == whole
    assert all(
        abs(part * sum(weights) - whole * weight) < sum(weights) for part, weight in zip(parts, weights, strict=True)
    )


# ---- what the rules mean


def test_a_split_shares_what_was_mixed():
    _, still = followed(
        [("v", "mule", 900, 0), ("x", "mule", 300, 1), ("mule", "b2:a", 400, 2), ("mule", "b3:b", 400, 3)]
    )
    assert still == {"mule": 300, "b2:a": 300, "b3:b": 300}


def test_first_in_first_out_lets_the_older_money_go_first():
    rows = [("v", "mule", 900, 0), ("x", "mule", 300, 1), ("mule", "a", 1000, 2)]
    assert followed(rows, FIFO)[1] == {"mule": 0, "a": 900}
    assert followed(rows)[1] == {"mule": 150, "a": 750}


def test_a_circle_loses_nothing_and_ends():
    found, still = followed([("v", "a", 100, 0), ("a", "b", 100, 1), ("b", "c", 100, 2), ("c", "a", 60, 3)])
    assert still == {"a": 60, "b": 0, "c": 40}
    assert [hop.number for hop in found.hops] == [1, 2, 3, 4]
    assert {each.account: each.hop for each in found.reached} == {"a": 1, "b": 2, "c": 3}


def test_what_goes_back_to_the_victim_is_no_loss():
    found, still = followed([("v", "a", 100, 0), ("a", "v", 30, 1)])
    assert (found.came_back_minor, still) == (30, {"a": 70})


def test_money_that_was_there_before_leaves_nothing_of_the_victims_behind():
    assert followed([("v", "a", 100, 0), ("a", "b", 5_000, 1)])[1] == {"a": 0, "b": 100}


def test_what_moved_before_the_theft_is_none_of_it():
    assert followed([("v", "a", 100, 5), ("a", "b", 100, 4), ("a", "c", 100, 5)])[1] == {"a": 100}


@pytest.mark.parametrize(
    ("policy", "cut"),
    [
        (TracePolicy(depth=2, least_minor=1), Cut.DEPTH),
        (TracePolicy(least_minor=60), Cut.SMALL),
        (TracePolicy(least_minor=1, most=0), Cut.LIMIT),
    ],
)
def test_a_trail_says_why_it_ends(policy, cut):
    found, still = followed([("v", "a", 100, 0), ("a", "b", 50, 1), ("b", "c", 50, 2)], policy)
    assert sum(still.values()) == 100
    assert "c" not in still
    assert cut in {each.cut for each in found.reached}


def test_a_shop_with_many_customers_is_the_end_of_a_trail():
    rows = [("v", "shop", 100, 0), *[(f"x{n}", "shop", 5, n + 1) for n in range(30)], ("shop", "b", 9, 40)]
    found, still = followed(rows, busiest=20)
    assert still == {"shop": 100}
    assert found.reached[0].cut is Cut.BUSY


def test_what_can_be_stopped_comes_first():
    found, _ = followed([("v", "a", 100, 0), ("a", "b", 20, 1), ("a", "c", 60, 2), ("a", "d", 20, 3)])
    assert [each.account for each in found.reached] == ["c", "d", "b", "a"]


def test_one_trace_is_of_one_currency():
    mixed = [passage(0, "v", "a", 10, 0), passage(1, "v", "b", 10, 0, currency="USD")]
    with pytest.raises(InvalidValue, match="one currency"):
        trace(mixed, Listed().look(), EVERYTHING, LATER)


def test_money_of_another_currency_is_left_to_people():
    all_of_them = [*passages(("v", "a", 100, 0)), passage(1, "a", "b", 40, 1, currency="USD")]
    found = trace(all_of_them[:1], Listed(all_of_them).look(), EVERYTHING, LATER)
    assert [each.account for each in found.reached] == ["a"]


def test_each_movement_is_looked_at_once_and_each_account_asked_about_once():
    layers = [[f"b{hop}:{n}" for n in range(6**hop)] for hop in range(1, 6)]
    rows, minute = [("v", f"b1:{n}", 10**9, 0) for n in range(6)], 0
    for hop, layer in enumerate(layers[:-1]):
        for place, payer in enumerate(layer):
            minute += 1
            rows += [(payer, payee, 10**9 // 6 ** (hop + 2), minute) for payee in layers[hop + 1][6 * place :][:6]]
    all_of_them, asked = passages(*rows), []
    look = Listed(all_of_them).look(10**6)
    by_payer = {}
    for each in all_of_them:
        by_payer.setdefault(each.payer, []).append(each)

    def counted(account, since, until):
        asked.append(account)
        found = look("nobody", since, until)
        return type(found)([each for each in by_payer.get(account, []) if since < each.at <= until], [])

    found = trace(all_of_them[:6], counted, EVERYTHING, LATER)
    assert len(all_of_them) > 9_000
    assert found.looked_at == len(all_of_them) == len(found.hops)
    assert len(asked) == len(set(asked)) == len(found.reached)
    assert sum(each.still_minor for each in found.reached) == found.stolen_minor
