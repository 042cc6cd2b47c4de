"""Webhooks: at least once and in order whoever dies, patient with who is away, and nobody waits for another."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from antifraud.domain.center.delivery import Outcome
from antifraud.domain.center.people import Actor, Role
from antifraud.domain.center.policy import CenterPolicy
from antifraud.domain.center.webhook import MOST_GIVEN_UP, RETRIES, Webhook, WebhookStatus
from antifraud.domain.errors import Conflict, NotFound, NotPermitted
from antifraud.workflow.center import webhooks
from antifraud.workflow.center.seeing import Signed
from api.center import Center
from api.exchange.posting import Poster, Resolver
from api.exchange.pushing import Pusher
from api.metrics import Metrics
from tests.center.making import ANALYST, begin_hold
from tests.exchange.receiver import receiving, signed
from tests.servers import free_port

KEY = b"a fictional key, 32 bytes long.."


class Clock:
    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


@asynccontextmanager
async def pushing(book, clock):
    """A pusher on a center of its own on that book, as another process has it."""
    center = Center(book.engine.url.render_as_string(hide_password=False), CenterPolicy(), clock, Metrics())
    await center.open()
    resolver = Resolver(2)
    pusher = Pusher(center, Poster(resolver, to_loopback=True), lambda: KEY, Metrics())
    try:
        yield pusher
    finally:
        resolver.close()
        await center.close()


def as_signed(now, by=ANALYST):
    return Signed(actor=by, now=now, reason="a fictional integrator wants it")


def registered(book, now, url, by=ANALYST, types=()):
    return book.write_now(lambda page: webhooks.register(page, url, types, as_signed(now, by)))


def happen(book, now, count=1, begin=0):
    for number in range(begin, begin + count):
        book.write_now(lambda page, number=number: begin_hold(page, now, transfer_id=f"t{number}"))


async def rounds(pusher, count=1):
    for _ in range(count):
        await pusher.round()
        await pusher.settled()


def status_of(book, webhook):
    return book.read_now(lambda page: page.get(Webhook, webhook.life_id)).status


def deliveries(book, webhook, outcome=None):
    found = book.read_now(lambda page: page.deliveries(webhook.life_id, after=0, limit=1_000, outcome=outcome))
    return [(each.seq, each.outcome, each.attempts) for each in found]


def sequences(receiver):
    return [int(json.loads(body)["sequence"]) for _, body in receiver.posts]


def test_events_after_the_registration_come_once_in_order_and_signed(book, noon):
    async def story(receiver):
        happen(book, noon)
        async with pushing(book, Clock(noon)) as pusher:
            webhook = registered(book, noon, receiver.url)
            happen(book, noon, 120, begin=1)
            await rounds(pusher, 4)
            return webhook, pusher.secret(webhook)

    with receiving() as receiver:
        webhook, secret = asyncio.run(story(receiver))
        assert sequences(receiver) == list(range(3, 123))
        assert all(signed(post, secret, noon) for post in receiver.posts)
        assert not any(signed(post, "whsec_" + "AAAA" * 8, noon) for post in receiver.posts)
        assert deliveries(book, webhook) == [(seq, Outcome.DELIVERED, 1) for seq in range(3, 123)]


def test_a_receiver_that_was_down_for_an_hour_gets_everything_in_order(book, noon):
    port, clock, failing = free_port(), Clock(noon), []

    async def story():
        async with pushing(book, clock) as pusher:
            webhook = registered(book, noon, f"http://127.0.0.1:{port}/hook")
            happen(book, noon, 3)
            for wait in RETRIES[:5]:  # 42 minutes and a half
                await rounds(pusher)
                await rounds(pusher)  # too early: nothing happens
                clock.now += wait * 1.2
                failing.append(book.read_now(webhooks.failing))
            failed = deliveries(book, webhook)
            with receiving(port) as receiver:
                clock.now = noon + timedelta(hours=2)
                await rounds(pusher)
                failing.append(book.read_now(webhooks.failing))
                return webhook, failed, sequences(receiver)

    webhook, failed, came = asyncio.run(story())
    assert failing == [0, 0, 0, 1, 1, 0], "a moment of absence is none, and a longer one is for as long as it lasts"
    assert failed == [(2, Outcome.FAILED, 5)]
    assert came == [2, 3, 4]
    assert deliveries(book, webhook)[0] == (2, Outcome.DELIVERED, 6)


def test_what_a_receiver_never_takes_is_given_up_and_can_be_sent_again(book, noon):
    clock = Clock(noon)

    async def story(receiver):
        receiver.script = [500] * (len(RETRIES) + 1)
        async with pushing(book, clock) as pusher:
            webhook = registered(book, noon, receiver.url)
            happen(book, noon, 2)
            for wait in (*RETRIES, timedelta(0), timedelta(0)):
                await rounds(pusher)
                clock.now += wait * 1.2
            given_up = deliveries(book, webhook)
            assert book.read_now(webhooks.failing) == 0, "it takes what came after"
            again = await pusher.send_again(webhook, 2)
            return webhook, given_up, again

    with receiving() as receiver:
        webhook, given_up, again = asyncio.run(story(receiver))
        assert given_up == [(2, Outcome.GIVEN_UP, len(RETRIES) + 1), (3, Outcome.DELIVERED, 1)]
        assert (again.outcome, again.attempts) == (Outcome.DELIVERED, len(RETRIES) + 2)
        assert len(set(receiver.names)) == 2, "an event has one name however often it is sent"
        assert status_of(book, webhook) is WebhookStatus.ACTIVE


def test_nobody_is_believed_to_be_there_after_enough_was_given_up_and_nothing_is_lost_when_he_comes_back(book, noon):
    clock = Clock(noon)

    async def story(receiver):
        receiver.status = 500
        async with pushing(book, clock) as pusher:
            webhook = registered(book, noon, receiver.url)
            happen(book, noon, 5)
            for _ in range(MOST_GIVEN_UP):
                for wait in (*RETRIES, timedelta(0)):
                    await rounds(pusher)
                    clock.now += wait * 1.2
            await rounds(pusher)
            stopped, posts = status_of(book, webhook), len(receiver.posts)
            clock.now += timedelta(days=9)
            await rounds(pusher)
            assert len(receiver.posts) == posts
            receiver.status, receiver.posts = 204, []
            book.write_now(lambda page: webhooks.enable(page, webhook.life_id, as_signed(clock.now)))
            await rounds(pusher)
            return stopped

    with receiving() as receiver:
        assert asyncio.run(story(receiver)) is WebhookStatus.DISABLED
        assert sequences(receiver)[:2] == [5, 6]  # what came after the three that were given up


def test_who_says_that_he_is_gone_is_left_alone_at_once(book, noon):
    async def story(receiver):
        receiver.status = 410
        async with pushing(book, Clock(noon)) as pusher:
            webhook = registered(book, noon, receiver.url)
            happen(book, noon)
            await rounds(pusher, 3)
            return webhook

    with receiving() as receiver:
        webhook = asyncio.run(story(receiver))
        assert status_of(book, webhook) is WebhookStatus.DISABLED
        assert len(receiver.posts) == 1


def test_who_dies_between_the_post_and_the_book_posts_again_and_leaves_nothing_out(book, noon):
    clock = Clock(noon)

    async def story(receiver):
        async with pushing(book, clock) as dying, pushing(book, clock) as other:
            webhook = registered(book, noon, receiver.url)
            happen(book, noon, 3)
            claimed = book.write_now(lambda page: webhooks.claim(page, webhook.life_id, clock.now))
            for told in claimed.acts[:2]:
                await dying._send(webhook, told)
            await rounds(other)  # it may still live
            assert len(receiver.posts) == 2
            clock.now += webhooks.CLAIM
            await rounds(other)
            late = [webhooks.Receipt(204, None)] * 2
            book.write_now(lambda page: webhooks.settle(page, claimed, late, clock.now, 0.5))  # it lived after all
            happen(book, noon, 1, begin=3)
            await rounds(other)

    with receiving() as receiver:
        asyncio.run(story(receiver))
        assert sequences(receiver) == [2, 3, 2, 3, 4, 5]


def test_two_processes_push_everything_once(book, noon):
    async def story(receiver):
        async with pushing(book, Clock(noon)) as one, pushing(book, Clock(noon)) as other:
            registered(book, noon, receiver.url)
            for begin in range(0, 40, 10):
                happen(book, noon, 10, begin)
                await asyncio.gather(rounds(one, 2), rounds(other, 2))

    with receiving() as receiver:
        asyncio.run(story(receiver))
        assert sequences(receiver) == list(range(2, 42))


def test_a_receiver_that_hangs_holds_up_nobody_else(book, noon):
    async def story(slow, quick):
        async with pushing(book, Clock(noon)) as pusher:
            registered(book, noon, slow.url)
            registered(book, noon, quick.url)
            happen(book, noon, 5)
            slow.hang.clear()
            for _ in range(500):
                await pusher.round()
                await asyncio.sleep(0.01)
                if len(quick.posts) == 5:
                    break
            came = len(slow.posts), len(quick.posts)
            slow.hang.set()
            await pusher.settled()
            return came

    with receiving() as slow, receiving() as quick:
        assert asyncio.run(story(slow, quick)) == (1, 5)


def test_both_secrets_sign_until_the_old_one_ends(book, noon):
    clock = Clock(noon)

    async def story(receiver):
        async with pushing(book, clock) as pusher:
            webhook = registered(book, noon, receiver.url)
            old = pusher.secret(webhook)
            webhook = book.write_now(
                lambda page: webhooks.rotate(page, webhook.life_id, as_signed(noon), timedelta(hours=24))
            )
            new = pusher.secret(webhook)
            assert old != new
            happen(book, noon)
            await rounds(pusher, 2)
            during = receiver.posts[-1]
            assert signed(during, old, clock.now)
            assert signed(during, new, clock.now)
            clock.now += timedelta(hours=24)
            happen(book, noon, begin=1)
            await rounds(pusher, 2)
            after = receiver.posts[-1]
            assert signed(after, new, clock.now)
            assert not signed(after, old, clock.now)

    with receiving() as receiver:
        asyncio.run(story(receiver))


def test_types_and_organisations_are_kept_apart(book, noon):
    other = Actor("bank-9", Role.BANK_ANALYST, "key:k9")

    async def story(holds, others):
        async with pushing(book, Clock(noon)) as pusher:
            registered(book, noon, holds.url, types=["hold.released"])
            registered(book, noon, others.url, by=other)
            happen(book, noon, 3)
            await rounds(pusher, 2)

    with receiving() as holds, receiving() as others:
        asyncio.run(story(holds, others))
        assert holds.posts == others.posts == []


def test_who_may_not_have_a_webhook_gets_none(book, noon):
    webhook = registered(book, noon, "https://bank.example/hook")
    stranger = as_signed(noon, Actor("bank-9", Role.BANK_ANALYST, "key:k9"))
    with pytest.raises(NotFound):
        book.write_now(lambda page: webhooks.remove(page, webhook.life_id, stranger))
    with pytest.raises(NotPermitted):
        registered(book, noon, "https://audit.example/", by=Actor("audit", Role.AUDITOR, "a"))
    for _ in range(1, webhooks.MOST_OF_ONE):
        registered(book, noon, "https://bank.example/hook")
    with pytest.raises(Conflict, match="remove one first"):
        registered(book, noon, "https://bank.example/hook")
