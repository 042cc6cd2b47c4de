"""The numbers of a desk: whatever is done, they are what the holds and the movements come to."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import select

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import RefusalGround, ReleaseGround
from antifraud.domain.center.overview import STEP, Became
from antifraud.domain.decision import Action
from antifraud.store.center.schema import flows, tallies
from antifraud.store.migrating import CENTER, downgrade, upgrade
from antifraud.workflow.center import holding
from antifraud.workflow.center.moving import tick
from antifraud.workflow.center.ports import QueueSelection
from antifraud.workflow.center.seeing import Signed
from api.numbers import PART, overview_of
from tests.center.incidents import seed
from tests.center.making import ANALYST, OFFICER, begin_hold
from tests.center.passages import START, passage

HOUR = timedelta(hours=1)
MINE = QueueSelection(party="bank-1", limit=0)


def a_week(page, noon):
    """Let holds of two banks and two currencies begin, be let go in parts, refused, and end by the clock."""

    def held(number, **more):
        return begin_hold(
            page, noon, transfer_id=f"t{number}", account=f"a{number}", amount_minor=1_000 + number, **more
        )

    first, second, third, _ = (held(number) for number in range(4))
    held(5, currency="USD")
    begin_hold(page, noon, bank="bank-2", participant="bank-2", by=ANALYST_2, transfer_id="t9", amount_minor=7)
    later = Signed(actor=OFFICER, now=noon + 20 * HOUR, reason="a reason", ground="d")
    holding.release(page, first.life_id, later, 400, ReleaseGround.PROVEN_HONEST)
    holding.release(page, first.life_id, later, None, ReleaseGround.PROVEN_HONEST)
    holding.refuse(page, second.life_id, later, RefusalGround.FRAUD)
    holding.assign(page, third.life_id, Signed(actor=ANALYST, now=noon + HOUR), "aliya")
    holding.add_basis(page, third.life_id, later, BasisKind.SEIZURE, "d", None)
    tick(page, noon + 60 * 24 * HOUR, 100, lambda *_: None)


ANALYST_2 = type(ANALYST)("bank-2", ANALYST.role, "carl")


def test_what_became_of_money_is_what_the_holds_say(book, noon):
    book.write_now(lambda page: a_week(page, noon))
    holds = book.read_now(lambda page: [each for each in page.changed([Hold], 0)[0] if each.birth.bank == "bank-1"])
    found = Counter()
    for each in book.read_now(lambda page: page.tallies(noon.date() - timedelta(days=9), "bank-1")):
        found[each.became, each.currency] += each.minor
    for currency in ("KZT", "USD"):
        mine = [each for each in holds if each.birth.currency == currency]
        assert found[Became.HELD, currency] == sum(each.birth.amount_minor for each in mine)
        assert found[Became.REFUSED, currency] == sum(each.refused_minor for each in mine)
        went = found[Became.RELEASED, currency] + found[Became.EXPIRED, currency]
        assert went == sum(each.released_minor for each in mine)
        left = book.read_now(lambda page: page.held_now("bank-1")).get(currency, 0)
        assert left == sum(each.held_minor for each in mine)
    assert found[Became.RELEASED, "KZT"] == 1_000
    assert found[Became.EXPIRED, "KZT"] > 0


def test_a_book_from_before_gets_numbers_of_its_own_past(book, noon):
    book.write_now(lambda page: a_week(page, noon))
    book.write_now(lambda page: seed(page, [passage(number, "a", "b", 100, number) for number in range(17)]))

    def rows(table):
        with book.engine.connect() as connection:
            return sorted(map(tuple, connection.execute(select(table))))

    def sums(found):
        counted = Counter()
        for bank, _, became, currency, _, minor in found:
            counted[bank, became, currency] += minor
        return counted

    before, flowed = rows(tallies), rows(flows)
    downgrade(book.engine, "0006", CENTER)
    upgrade(book.engine, steps=CENTER)
    assert rows(flows) == flowed
    assert sums(rows(tallies)) == sums(before), "when a part was let go is not known any more, how much is"


def test_transfers_are_counted_by_five_minutes_and_old_ones_forgotten(book):
    book.write_now(lambda page: seed(page, [passage(number, "a", "b", 100, number) for number in range(17)]))
    book.write_now(lambda page: seed(page, [passage(20, "a", "b", 50, 4)], Action.HOLD))
    found = book.read_now(lambda page: page.flows(START, "bank-1"))
    allowed = [(each.at - START, each.count, each.base_minor) for each in found if each.action is Action.ALLOW]
    assert allowed == [(STEP * n, count, 100 * count) for n, count in enumerate((5, 5, 5, 2))]
    assert [(each.count, each.base_minor) for each in found if each.action is Action.HOLD] == [(1, 50)]
    assert book.read_now(lambda page: page.flows(START, "bank-2")) == []
    assert book.read_now(lambda page: page.flows(START, None)) == found
    book.write_now(lambda page: page.forget_movements(START + 2 * STEP, 100))
    assert book.read_now(lambda page: page.flows(START, None))[0].at == START + 2 * STEP


def test_an_overview_says_how_much_comes_and_what_waits_for_whom(book):
    now = START + timedelta(minutes=12)
    book.write_now(lambda page: seed(page, [passage(number, "a", "b", 100, number) for number in range(12)]))
    book.write_now(lambda page: seed(page, [passage(20, "a", "b", 50, 11)], Action.BLOCK))

    def holds(page):
        first = begin_hold(page, START, transfer_id="t1", account="a")
        begin_hold(page, START, transfer_id="t2", account="b", basis=BasisKind.COERCION)
        begin_hold(page, START, transfer_id="t3", account="c", basis=BasisKind.SEIZURE, document="d")
        holding.assign(page, first.life_id, Signed(actor=ANALYST, now=START), "aliya")

    book.write_now(holds)
    found = book.read_now(lambda page: overview_of(page, MINE, now))
    assert found.per_second == 8 / (7 * 60), "what came since 5 minutes past: the step before the present one"
    assert (found.count, found.stopped, found.stopped_minor) == (13, 1, 50)
    assert sum(each.count for each in found.parts) == 13
    assert found.parts[-1].at == now - PART
    nobody, aliya = found.waiting
    assert (nobody.assignee, nobody.all, nobody.later) == (None, 2, 1)
    assert (aliya.assignee, aliya.all) == ("aliya", 1)
    assert sum(nobody.by) == 1
    asked = (hold_end := START + timedelta(hours=24)) - timedelta(seconds=1), hold_end
    ends = {each.assignee: each.by for each in book.read_now(lambda page: page.waiting(MINE, asked))}
    assert ends[None] == (0, 1), "what ends at midnight ends today"
    assert found.held_now == {"KZT": 3_000_000}
    assert found.became(Became.HELD, today=True) == {"KZT": (3, 3_000_000)}
    assert found.released_per_saved is None
