"""The feed over HTTP, and that who was shown a person's data stands in it."""

from datetime import timedelta

from antifraud.domain.center.act import Looked
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.people import Actor, Role
from antifraud.domain.center.person import Session
from api.clock import utc_now
from api.exchange.events import BATCH
from api.looking import AGAIN_AFTER
from tests.api.test_holds import HONEST, held, said, told

ONE_EVENT = {
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "datacontenttype",
    "sequence",
    "journalhash",
    "data",
}


async def followed(client, limit=2, **more):
    """Read a feed to its end by the links that the answers name."""
    found, path = [], f"/v1/events?limit={limit}" + "".join(f"&{name}={value}" for name, value in more.items())
    while page := (answer := await client.get(path)).json():
        assert answer.headers["content-type"] == BATCH
        found += page
        path = answer.headers["link"].partition(">")[0].lstrip("<")
    return found


def test_each_organisation_follows_its_own_acts_to_the_end(tmp_path):
    async def story(who):
        for number in range(3):
            hold = await held(who, number)
            assert (await said(who["analyst"], f"{hold}/release", HONEST))[0] == 200
        mine = await followed(who["analyst"])
        released = await followed(who["analyst"], type="antifraud.hold.released")
        everything = await followed(who["auditor"], limit=100)
        others = await followed(who["other"])
        wrong = await who["analyst"].get("/v1/events?type=antifraud.hold.eaten")
        return mine, released, everything, others, wrong

    mine, released, everything, others, wrong = told(story, tmp_path)
    assert [each["type"] for each in mine] == ["antifraud.hold.held", "antifraud.hold.released"] * 3
    assert [each["type"] for each in released] == ["antifraud.hold.released"] * 3
    assert all(set(each) == ONE_EVENT and each["specversion"] == "1.0" for each in mine)
    assert [int(each["sequence"]) for each in mine] == sorted({int(each["sequence"]) for each in mine})
    assert [each["sequence"] for each in everything] == [str(number + 1) for number in range(len(everything))]
    assert others == []
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "type")


def a_session(role=Role.BANK_ANALYST):
    now = utc_now()
    return Session(
        person="aliya",
        participant="fictional-bank",
        role=role,
        roles=frozenset({role}),
        administers=False,
        csrf="",
        created_at=now,
        seen_at=now,
        ends_at=now + timedelta(hours=1),
    )


def test_what_a_person_is_shown_in_whole_is_an_act_once_an_hour(tmp_path):
    async def story(who):
        engine = who["analyst"].engine
        path = await held(who, 1)
        hold = await engine.center.read(lambda page: page.get(Hold, path.rpartition("/")[2]))

        async def looked():
            acts = await engine.center.read(lambda page: page.acts_after(0, 100))
            return [each.act for each in acts if isinstance(each.act, Looked)]

        assert (await who["analyst"].get(path)).status_code == 200
        by_machine = await looked()
        await engine.looks.note(a_session(), [hold])
        await engine.looks.note(a_session(), [hold])
        engine.looks._now = lambda: utc_now() + AGAIN_AFTER
        await engine.looks.note(a_session(), [hold])
        return hold, by_machine, await looked()

    hold, by_machine, looked = told(story, tmp_path)
    assert by_machine == []
    assert [(each.what, each.keys, each.by) for each in looked] == [
        ("hold", (hold.life_id,), Actor("fictional-bank", Role.BANK_ANALYST, "aliya"))
    ] * 2
