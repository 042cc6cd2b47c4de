"""Who was named with which device, phone and person: followed from the log once, and shown to those who may know."""

import asyncio
from collections import defaultdict
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.center.identifiers import IdentifierKind, hashed_as_spelt
from antifraud.domain.center.people import Actor, Role
from antifraud.domain.center.sighting import Sighting
from antifraud.store import open_store
from antifraud.store.center import open_book
from antifraud.store.center.decided import SqlDecidedLog
from antifraud.workflow.center.finding import find
from antifraud.workflow.center.reviewing import take_lead
from antifraud.workflow.center.sightings import MOST, PRECISION, Familiar, Naming, entity_of, seen_with, sightings_in
from api.following import Follower
from tests.center.deciding import NOW, center_at, decision, record
from tests.center.incidents import ANALYSTS, DANA, ERLAN, opened, seed, signed
from tests.center.passages import START, passages

KEY = b"a fictional key, 32 bytes long.."
AUDITOR = Actor("auditor", Role.AUDITOR, "olga")
DEVICE, PHONE, PERSON = IdentifierKind.DEVICE, IdentifierKind.PHONE, IdentifierKind.PERSON
NAMES = st.none() | st.sampled_from("ab")


def hashed(kind, value):
    return hashed_as_spelt(kind, value, KEY)


def key_of(each):
    return (each.kind, each.ident, each.account, each.participant)


def namings():
    made = st.builds(
        Naming,
        participant=st.sampled_from(["bank-1", "bank-2"]),
        at=st.integers(0, 9).map(lambda number: NOW + number * timedelta(minutes=25)),
        payer=st.sampled_from("xy"),
        payee=st.sampled_from("yz"),
        payer_iin_bin=NAMES,
        payee_iin_bin=NAMES,
        payer_phone=NAMES,
        payee_phone=NAMES,
        device_id=NAMES,
    )
    return st.lists(made, max_size=12).map(lambda some: sorted(some, key=lambda each: each.at))


def plainly(named):
    """Return moments by what was named together, by the definition read aloud."""
    found = defaultdict(list)
    for each in named:
        for kind, ident, account in (
            (DEVICE, each.device_id, each.payer),
            (PERSON, each.payer_iin_bin and hashed(PERSON, each.payer_iin_bin), each.payer),
            (PERSON, each.payee_iin_bin and hashed(PERSON, each.payee_iin_bin), each.payee),
            (PHONE, each.payer_phone and hashed(PHONE, each.payer_phone), each.payer),
            (PHONE, each.payee_phone and hashed(PHONE, each.payee_phone), each.payee),
        ):
            if ident is not None:
                found[kind, ident, account, each.participant].append(each.at)
    return found


@given(namings())
def test_each_pair_is_named_once_in_a_block_with_its_first_and_last_moment(named):
    expected = plainly(named)
    found = sightings_in(named, hashed)
    assert len(found) == len(expected)
    for each in found:
        moments = expected[each.kind, each.ident, each.account, each.participant]
        assert (each.first_at, each.last_at) == (moments[0], moments[-1])
    assert {each.kind for each in sightings_in(named, None)} <= {DEVICE}, "without a key nobody is kept by a hash"


def sighting(minute, account="b2:mule", ident="d-1", kind=DEVICE, participant="bank-2"):
    at = START + timedelta(minutes=minute)
    return Sighting(kind=kind, ident=ident, account=account, participant=participant, first_at=at, last_at=at)


def test_what_is_told_again_changes_only_when_it_was_seen_last(book):
    def last(minute):
        book.write_now(lambda page: page.keep_sightings([sighting(minute)]))
        (found,) = book.read_now(lambda page: page.sightings(kind=DEVICE, ident="d-1", party=None, limit=9))
        return (found.first_at - START, found.last_at - START)

    minute = timedelta(minutes=1)
    assert [last(at) for at in (0, 59, 119, 30)] == [
        (0 * minute, 0 * minute),
        (0 * minute, 59 * minute),
        (0 * minute, 119 * minute),
        (0 * minute, 119 * minute),
    ]


def test_the_log_is_followed_and_the_box_finds_what_it_names(tmp_path):
    iin, phone = "001399500016", "+77010000000"
    log, at = f"sqlite:///{tmp_path}/log.db", f"sqlite:///{tmp_path}/book.db"
    record(log, [decision(n, device_id="shared-device", payer=f"acc-{n}") for n in range(3)])
    record(log, [decision(3, payer="acc-0", payer_iin_bin=iin, payer_phone=phone), decision(4)])

    async def follow(how):
        center = center_at(at)
        await center.open()
        with open_store(log, recording=False) as store:
            follower = Follower(center, SqlDecidedLog(store.engine), hashed=how)
            while await follower.round():
                pass
        await center.close()

    asyncio.run(follow(hashed))
    book = open_book(at)

    def found(text, actor=ANALYSTS["bank-1"]):
        return [hit.entity for hit in book.read_now(lambda page: find(page, text, actor, hashed, NOW)) if hit.entity]

    assert found(" shared-device ") == [(DEVICE, "shared-device")]
    assert found("0013 9950 0016") == [(PERSON, hashed(PERSON, iin))]
    assert found("8 (701) 000-00-00") == [(PHONE, hashed(PHONE, phone))]
    assert found("shared-device", ANALYSTS["bank-2"]) == [], "another bank's transfers say nothing to it"
    device = book.read_now(lambda page: entity_of(page, DEVICE, "shared-device", ANALYSTS["bank-1"]))
    assert sorted(each.account for each in device.seen) == ["acc-0", "acc-1", "acc-2"]
    seen = book.read_now(lambda page: seen_with(page, "acc-0", AUDITOR))
    assert {each.kind for each in seen} == {DEVICE, PERSON, PHONE}
    assert iin not in str(seen)
    assert phone not in str(seen)
    book.close()


def test_police_see_only_accounts_that_stolen_money_of_theirs_reached_and_since_then(book):
    now = START + timedelta(minutes=90)

    def story(page):
        stolen = passages(("victim", "b2:mule", 1_000, 30))
        seed(page, stolen)
        page.keep_sightings(
            [
                sighting(10, ident="before"),
                sighting(40),
                sighting(40, account="b2:neighbour"),
                sighting(40, account="b2:mule", participant="bank-3"),
            ]
        )
        incident = opened(page, stolen, now)
        take_lead(page, incident.life_id, signed(DANA, now))

    book.write_now(story)

    def accounts(actor, ident="d-1"):
        found = book.read_now(lambda page: entity_of(page, DEVICE, ident, actor))
        return sorted((each.account, each.participant) for each in found.seen)

    assert accounts(DANA) == [("b2:mule", "bank-2"), ("b2:mule", "bank-3")]
    assert accounts(DANA, "before") == []
    assert accounts(ERLAN) == []
    assert accounts(ANALYSTS["bank-3"]) == [("b2:mule", "bank-3")]
    assert len(accounts(AUDITOR)) == 3
    assert [each.ident for each in book.read_now(lambda page: seen_with(page, "b2:mule", DANA))] == ["d-1", "d-1"]


def test_of_a_device_that_everybody_uses_the_latest_accounts_are_shown(book):
    many = [sighting(60 * number, account=f"acc-{number}") for number in range(MOST + 5)]
    book.write_now(lambda page: page.keep_sightings(many))
    found = book.read_now(lambda page: entity_of(page, DEVICE, "d-1", AUDITOR))
    assert found.more
    assert [each.account for each in found.seen][:2] == [f"acc-{MOST + 4}", f"acc-{MOST + 3}"]
    assert len(found.seen) == MOST
    book.write_now(lambda page: page.forget_movements(START + timedelta(minutes=60 * MOST), 100))
    left = book.read_now(lambda page: page.sightings(kind=DEVICE, ident="d-1", party=None, limit=MOST))
    assert sorted(each.account for each in left) == [f"acc-{MOST + number}" for number in range(5)]


@given(namings(), st.integers(1, 8), st.integers(1, 20))
def test_what_is_remembered_costs_no_sighting_and_no_more_than_an_hour(named, size, most):
    named = sorted(named, key=lambda each: each.at)
    familiar, kept = Familiar(most), {}
    for block in (named[begin : begin + size] for begin in range(0, len(named), size)):
        news = familiar.news(block)
        for each in sightings_in(news, lambda _, value: value):
            first = kept.setdefault(key_of(each), [each.first_at, each.last_at])[0]
            kept[key_of(each)] = [first, each.last_at]
        familiar.learn(news)
    whole = {key_of(each): each for each in sightings_in(named, lambda _, value: value)}
    assert kept.keys() == whole.keys()
    for key, (first, last) in kept.items():
        assert first == whole[key].first_at
        assert whole[key].last_at - PRECISION < last <= whole[key].last_at


def test_what_was_kept_within_the_hour_is_no_news():
    familiar, one = Familiar(), Naming("bank-1", START, "x", "y", device_id="d")
    other = one._replace(payee="z")
    assert familiar.news([one, one]) == [one, one]
    familiar.learn([one])
    later = [one._replace(at=START + timedelta(minutes=59)), other._replace(at=START + timedelta(minutes=60))]
    assert familiar.news(later) == [later[1]], "a payee that is new, or an hour, makes it news"
