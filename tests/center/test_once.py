"""A request under one key is done once, and answered with the same bytes however often it comes."""

from datetime import timedelta

import pytest

from antifraud.domain.center.hold import Hold
from antifraud.domain.errors import Conflict
from antifraud.store.center.journal import verify
from antifraud.workflow.center.once import Request, once
from antifraud.workflow.center.ports import Answer
from tests.center.making import begin_hold

KEPT = timedelta(days=30)


def request(digest="d1", key="k1", participant="bank-1"):
    return Request(participant=participant, key=key, digest=digest)


def hold_money(book, asked, now):
    def work(page):
        hold = begin_hold(page, now)
        return Answer(status=201, body=hold.life_id.encode(), version=hold.version)

    return book.write_now(lambda page: once(page, asked, now, KEPT, work))


def acts(book):
    with book.engine.connect() as connection:
        return verify(connection).acts


def test_the_same_again_gets_the_first_answer_and_acts_once(book, noon):
    first, repeated = hold_money(book, request(), noon)
    assert not repeated
    assert hold_money(book, request(), noon + timedelta(days=29)) == (first, True)
    assert acts(book) == 1


def test_a_key_is_for_one_request_of_one_participant(book, noon):
    first, _ = hold_money(book, request(), noon)
    with pytest.raises(Conflict, match="k1"):
        hold_money(book, request(digest="d2"), noon)
    other, repeated = hold_money(book, request(digest="d2", participant="bank-2"), noon)
    assert (other.body != first.body, repeated, acts(book)) == (True, False, 2)


def test_what_failed_may_come_again_under_its_key(book, noon):
    def fails(page):
        begin_hold(page, noon)
        raise Conflict("too late")

    with pytest.raises(Conflict, match="too late"):
        book.write_now(lambda page: once(page, request(), noon, KEPT, fails))
    assert acts(book) == 0
    assert hold_money(book, request(), noon)[1] is False


def test_an_act_without_its_answer_does_not_stay(book, noon):
    """As when the process dies between the two: both are one transaction."""

    def dies(page):
        once(page, request(), noon, KEPT, lambda page: Answer(status=201, body=begin_hold(page, noon).life_id.encode()))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        book.write_now(dies)
    assert (acts(book), hold_money(book, request(), noon)[1]) == (0, False)
    assert len(book.read_now(lambda page: page.found_by(Hold, "transfer:bank-1/t1"))) == 1


def test_an_answer_is_kept_as_long_as_the_policy_says(book, noon):
    hold_money(book, request(), noon)
    later = noon + KEPT + timedelta(microseconds=1)
    assert hold_money(book, request(digest="d2"), later)[1] is False
    assert book.write_now(lambda page: page.forget_answers(later)) == 0
    assert book.write_now(lambda page: page.forget_answers(later + timedelta(days=1))) == 1
