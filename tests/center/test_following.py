"""The book follows the decision log: every transfer a movement, every held one a hold, exactly once, whatever fails."""

import asyncio
import itertools
import math
import multiprocessing
import random
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import text

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold import Hold, HoldStatus
from antifraud.domain.center.policy import CenterPolicy
from antifraud.domain.center.suspicion import hold_of
from antifraud.domain.decision import Action
from antifraud.domain.errors import Unavailable
from antifraud.store import open_store
from antifraud.store.center import open_book
from antifraud.store.center.decided import SqlDecidedLog
from antifraud.workflow.center.follow import DECISIONS
from antifraud.workflow.center.moving import tick
from api.following import Follower
from api.metrics import Metrics
from api.observing.figures import CenterFigures
from api.render import renderer
from features.catalogue import CATALOGUE
from features.phrases import Phrasebook
from tests.center.deciding import EVERY, NOW, center_at, decision, follow_all, follow_for_ever, mixed, record
from tests.servers import postgres  # noqa: F401 - a fixture

LONG_AGO, LATER = NOW - timedelta(days=9), NOW + timedelta(days=9)


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request, tmp_path):
    """A decision log and a book: two files, or one server with both in one database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/antifraud.db", f"sqlite:///{tmp_path}/center.db"
    url = request.getfixturevalue("postgres").create_database(f"followed_{random.SystemRandom().randrange(10**9)}")
    return url, url


def followed(urls, now=NOW, policy=None, rounds=None):
    async def run():
        with open_store(urls[0], recording=False) as store:
            center = center_at(urls[1], now, policy)
            try:
                return await follow_all(center, store, rounds)
            finally:
                await center.close()

    return asyncio.run(run())


def in_the_book(urls, work):
    book = open_book(urls[1])
    try:
        return book.read_now(work)
    finally:
        book.close()


def check_is_exactly(urls, count):
    """Compare the book with what `mixed` decisions 0 to `count` must have become."""
    book = open_book(urls[1])
    with book.engine.connect() as connection:
        rows = connection.execute(text("SELECT transfer_id, action, payee, at FROM movements ORDER BY seq")).all()
        held = connection.execute(text("SELECT key FROM life_keys WHERE key LIKE 'transfer:%'")).scalars().all()
    expected = [mixed(number) for number in range(count)]
    assert [(row.transfer_id, row.action, row.payee) for row in rows] == [
        (each.transfer.transfer_id, each.decision.action, each.transfer.payee) for each in expected
    ]
    assert sorted(held) == sorted(f"transfer:bank-1/t{number}" for number in range(0, count, EVERY))
    assert book.read_now(lambda page: page.cursor(DECISIONS)) == count
    book.close()


def test_every_transfer_is_a_movement_and_every_held_one_a_hold(urls):
    record(urls[0], [mixed(number) for number in range(2_500)])
    assert followed(urls) == 2
    check_is_exactly(urls, 2_500)
    assert followed(urls) == 0
    check_is_exactly(urls, 2_500)


def test_two_followers_at_once_do_everything_once(urls):
    record(urls[0], [mixed(number) for number in range(3_500)])

    async def both():
        with open_store(urls[0], recording=False) as store:
            centers = [center_at(urls[1]) for _ in range(2)]
            await asyncio.gather(*(follow_all(each, store) for each in centers))
            await asyncio.gather(*(each.close() for each in centers))

    asyncio.run(both())
    check_is_exactly(urls, 3_500)


def test_killed_at_any_moment_it_goes_on_where_it_was(urls):
    record(urls[0], [mixed(number) for number in range(16_000)])
    processes, moments = multiprocessing.get_context("forkserver"), random.Random(7)
    processes.set_forkserver_preload(["tests.center.deciding"])
    for _ in range(3):
        heard, told = processes.Pipe(duplex=False)
        process = processes.Process(target=follow_for_ever, args=(*urls, told))
        process.start()
        told.close()
        for _ in range(moments.randrange(1, 4)):
            heard.recv()
        process.kill()
        process.join()
        heard.close()
    assert followed(urls) > 0
    check_is_exactly(urls, 16_000)


def test_a_hold_begins_when_the_transfer_was_received_however_late_the_follower_is(urls):
    record(urls[0], [mixed(0)])
    received = mixed(0).transfer.received_at
    followed(urls, now=received + timedelta(days=30))
    (hold,) = in_the_book(urls, lambda page: page.found_by(Hold, "transfer:bank-1/t0"))
    assert (hold.birth.at, hold.birth.bank, hold.birth.account) == (received, "bank-1", "payer-0")
    assert hold.held_minor == hold.birth.amount_minor == mixed(0).transfer.amount_minor
    book = open_book(urls[1])
    book.write_now(lambda page: tick(page, received + timedelta(days=30), 10))
    ended = book.read_now(lambda page: page.get(Hold, hold.life_id))
    assert (ended.status, ended.free_at) == (HoldStatus.EXPIRED, hold.free_at)
    book.close()


def test_movements_are_found_by_account_and_moment_and_go_by_age(urls):
    record(urls[0], [mixed(number) for number in range(200)])
    followed(urls)
    paid = in_the_book(urls, lambda page: page.movements(LONG_AGO, LATER, payer="payer-1", limit=10))
    got = in_the_book(urls, lambda page: page.movements(LONG_AGO, LATER, payee="payee-1", limit=10))
    assert [each.transfer_id for each in paid] == ["t1", "t98", "t195"]
    assert [(each.transfer_id, each.action) for each in got] == [
        ("t1", Action.BLOCK), ("t90", Action.HOLD), ("t179", Action.ALLOW),
    ]  # fmt: skip
    assert paid[0].at == mixed(1).transfer.received_at
    until = in_the_book(urls, lambda page: page.movements(LONG_AGO, paid[1].at, payer="payer-1", limit=10))
    assert [each.transfer_id for each in until] == ["t1"]
    book = open_book(urls[1])
    assert book.write_now(lambda page: page.forget_movements(mixed(50).transfer.received_at, 1_000)) == 50
    assert book.read_now(lambda page: page.movements(LONG_AGO, LATER, payer="payer-1", limit=1))[0].transfer_id == "t98"
    book.close()


def test_what_is_older_than_it_is_kept_never_comes_in(urls):
    record(urls[0], [mixed(number) for number in range(20)])
    late = mixed(12).transfer.received_at + timedelta(days=30)
    followed(urls, now=late, policy=CenterPolicy(movements_kept_days=30))
    kept = text("SELECT transfer_id FROM movements ORDER BY seq")
    rest = in_the_book(urls, lambda page: page.connection.execute(kept).scalars().all())
    assert rest == [f"t{number}" for number in range(12, 20)]
    assert len(in_the_book(urls, lambda page: page.found_by(Hold, "transfer:bank-1/t0"))) == 1


def test_a_number_that_may_still_come_is_waited_for(postgres):  # noqa: F811
    url = postgres.create_database(f"gap_{random.SystemRandom().randrange(10**9)}")
    record(url, [mixed(number) for number in range(6)])
    with open_store(url, recording=False) as store:
        with store.engine.begin() as connection:
            connection.execute(text("DELETE FROM decisions WHERE seq = 4"))
        log = SqlDecidedLog(store.engine)
        assert [row[0] for row in log.after(0, 100).rows] == [1, 2, 3]
        standing = log.after(3, 100)
        assert (standing.rows, standing.upto) == ([], 3)
        assert [row[0] for row in log.after(3, 100, over_gap=True).rows] == [5, 6]
        assert log.after(6, 100, over_gap=True) is None


@pytest.mark.parametrize(
    ("signs", "score", "rules", "basis", "safe"),
    [
        ({}, 0.99, (), BasisKind.BANK_SUSPICION, False),
        ({"loan_taken": True}, 0.99, (), BasisKind.BANK_SUSPICION, False),
        ({"call_active": True}, 0.49, (), BasisKind.BANK_SUSPICION, False),
        ({"call_active": True}, 0.5, (), BasisKind.COERCION, True),
        ({"call_active": False, "remote_access": True, "loan_taken": True}, 0.1, (), BasisKind.COERCION, True),
        ({"remote_access": True}, None, (), BasisKind.COERCION, True),
        ({}, 0.1, ("safe_account_call",), BasisKind.BANK_SUSPICION, True),
        ({"call_active": True}, 0.1, ("safe_account_call",), BasisKind.COERCION, True),
        ({"call_active": None}, 0.9, ("another",), BasisKind.BANK_SUSPICION, False),
    ],
)
def test_the_basis_follows_from_the_signs(signs, score, rules, basis, safe):
    each = decision(1, Action.HOLD, score, rules, **{"call_active": None, **signs})
    held = hold_of(each.transfer, each.decision, CenterPolicy())
    assert (held.basis, held.safe_account, held.fraud_type) == (basis, safe, "scam_call" if safe else "unknown")
    answer = renderer(Phrasebook(CATALOGUE), CenterPolicy().scam_call)(each.transfer, each.decision)
    assert orjson.loads(answer)["warning"]["fraud_type"] == held.fraud_type  # the payer is warned of the same


def test_a_limit_in_tenge_is_meant_in_tenge_and_nothing_is_no_hold():
    dollars = decision(1, Action.HOLD, amount_minor=1_000, currency="USD", base_minor=500_000)
    limit = CenterPolicy(second_signature_above_minor=1_000_000)
    assert hold_of(dollars.transfer, dollars.decision, limit).second_signature_above == 2_000
    nothing = decision(1, Action.HOLD, amount_minor=0, base_minor=0)
    assert hold_of(nothing.transfer, nothing.decision, limit) is None


def test_how_far_the_book_is_behind_is_the_age_of_the_oldest_decision_that_is_missing(urls):
    count = 4_100  # two blocks and a rest
    record(urls[0], [mixed(number) for number in range(count)])

    async def ages():
        with open_store(urls[0], recording=False) as store:
            log, metrics = SqlDecidedLog(store.engine), Metrics()
            center = center_at(urls[1], now=mixed(count).transfer.received_at)
            await center.open()
            figures, follower = CenterFigures(center, log, metrics), Follower(center, log)
            found = []
            while not found or await follower.round():
                await figures.round()
                found.append(metrics.value("antifraud_follower_behind_seconds"))
            await center.write(lambda page: page.move_cursor(DECISIONS, count + 1))
            await figures.round()
            await center.close()
            return [*found, metrics.value("antifraud_follower_behind_seconds")]

    last = mixed(count).transfer.received_at
    expected = [(last - mixed(number).transfer.received_at).total_seconds() for number in (0, 2_000, 4_000)]
    assert asyncio.run(ages()) == [*expected, 0.0, math.inf]


def test_a_book_that_followed_another_log_says_so_instead_of_passing_decisions_over(urls):
    log, book = urls
    record(log, [decision(number) for number in range(3)])

    async def follow():
        center = center_at(book)
        await center.open()
        await center.write(lambda page: page.move_cursor(DECISIONS, 7))
        with open_store(log, recording=False) as store, pytest.raises(Unavailable, match=r"up to 7.* ends at 3"):
            await Follower(center, SqlDecidedLog(store.engine)).round()
        await center.close()

    asyncio.run(follow())


def test_the_more_come_the_larger_and_rarer_are_blocks(urls):
    async def pauses(store, center):
        follower, told = Follower(center, SqlDecidedLog(store.engine)), []
        for count in (10, 150, 2_000, 10):
            await asyncio.to_thread(record, urls[0], [mixed(next(numbers)) for _ in range(count)])
            await follower.round()
            told.append(follower.pause_s)
        for _ in range(5):
            await follower.round()
            told.append(follower.pause_s)
        return told

    async def followed_now():
        with open_store(urls[0], recording=False) as store:
            center = center_at(urls[1])
            await center.open()
            told = await pauses(store, center)
            await center.close()
            return told

    numbers = itertools.count()
    few, more, many, few_again, *none = asyncio.run(followed_now())
    assert few == few_again < more < many
    assert none == sorted(none)
    assert none[-1] == many, "who hears nothing looks as rarely as who hears much"
