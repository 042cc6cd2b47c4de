"""Lists over HTTP: the very next transfer meets them, and who may do what is kept."""

import asyncio

from tests.api.everybody import everybody
from tests.api.inside import running
from tests.api.making import body

LISTED = {"kind": "account", "value": "payee-of-fraud", "ground": "a fictional article"}


async def decided(client, number, **fields):
    answer = await client.post("/v1/decisions", json=body(number, amount_minor=100, **fields))
    assert answer.status_code == 201, answer.text
    return answer.json()


def by_lists(decision):
    return [
        (reason["code"].partition(":")[0], reason["action"])
        for reason in decision["reasons"]
        if reason["kind"] == "list"
    ]


def test_an_entry_counts_from_the_very_next_transfer_until_it_is_lifted(tmp_path):
    async def story():
        async with everybody(tmp_path) as who:
            assert by_lists(await decided(who["analyst"], 1, payee="payee-of-fraud")) == []
            proposed = (await who["analyst"].post("/v1/lists", json=LISTED)).json()
            assert by_lists(await decided(who["analyst"], 2, payee="payee-of-fraud")) == []
            alone = await who["analyst"].post(f"/v1/lists/{proposed['life_id']}/agree")
            assert alone.status_code == 403
            agreed = await who["officer"].post(f"/v1/lists/{proposed['life_id']}/agree", headers={"If-Match": '"1"'})
            assert (agreed.status_code, agreed.json()["shade"]) == (200, "grey")
            assert by_lists(await decided(who["analyst"], 3, payee="payee-of-fraud")) == [("grey_list.payee", "hold")]
            place = f"/v1/lists/{proposed['life_id']}"
            assert (await who["police"].post(f"{place}/confirm", json={"document": "no. 1"})).status_code == 200
            blocked = await decided(who["other"], 4, payee="payee-of-fraud")
            assert (blocked["action"], by_lists(blocked)) == ("block", [("black_list.payee", "block")])
            words = next(reason["text"] for reason in blocked["reasons"] if reason["kind"] == "list")
            assert words["en"] == "The payee is on the black list: the police confirmed fraud"
            assert set(words) == set(blocked["warning"]["text"]) == {"kk", "ru", "en"}
            assert blocked["warning"]["fraud_type"] == "mule"
            for client, path, said, status in (
                ("analyst", "remove", {"document": "no. 2"}, 403),
                ("operator", "remove", {"document": "no. 2"}, 403),
                ("other", "appeal", {"words": "it was not me"}, 200),
                ("police", "remove", {"document": "no. 2"}, 200),
                ("police", "remove", {"document": "no. 2"}, 409),
            ):
                answer = await who[client].post(f"{place}/{path}", json=said)
                assert answer.status_code == status, (client, path, answer.text)
            assert by_lists(await decided(who["analyst"], 5, payee="payee-of-fraud")) == []

    asyncio.run(story())


def test_a_person_is_listed_by_keyed_hash_and_an_indicator_by_what_it_is(tmp_path):
    person = "001399500016"  # month 13: it can belong to nobody

    async def story():
        async with everybody(tmp_path) as who:
            entry = {"kind": "person", "value": person, "ground": "a fictional article"}
            listed = await who["police"].post("/v1/lists", json=entry)
            assert listed.status_code == 201
            assert person not in listed.text
            assert by_lists(await decided(who["analyst"], 1, payer_iin_bin=person)) == [("grey_list.payer", "hold")]
            found = await who["other"].get("/v1/lists", params={"kind": "person", "value": person})
            (seen,) = found.json()["entries"]
            assert (seen["shown"], seen["shade"], seen["ground"]) == ("minimum", "grey", None)
            spotted = {
                "kind": "account",
                "value": "advert-1",
                "source": "a fictional monitor",
                "confidence": 0.9,
                "fraud_type": "investment",
                "seen_at": "2026-03-01T12:00:00Z",
            }
            first = await who["other"].post("/v1/indicators", json=spotted)
            assert first.status_code == 201
            assert by_lists(await decided(who["analyst"], 2, payee="advert-1")) == [("indicator.payee", "hold")]
            place = f"/v1/indicators/{first.json()['life_id']}/withdraw"
            assert (await who["analyst"].post(place, json={})).status_code == 403
            assert (await who["other"].post(place, json={})).status_code == 200
            assert by_lists(await decided(who["analyst"], 3, payee="advert-1")) == []

    asyncio.run(story())


def test_what_may_not_be_listed_is_refused_by_name_and_not_repeated(tmp_path):
    async def story():
        async with everybody(tmp_path) as who:
            for entry, field in (
                ({"kind": "card", "value": "4000 0000 0000 0002"}, "value"),
                ({"kind": "person", "value": "123"}, "person"),
                ({"kind": "account", "value": "KZ00125KZT5004100100"}, "account"),
                ({"kind": "planet", "value": "x"}, "kind"),
                ({"ground": ""}, "ground"),
            ):
                answer = await who["analyst"].post("/v1/lists", json=LISTED | entry)
                assert answer.status_code == 422, answer.text
                assert answer.json()["errors"][0]["field"] == field
                assert "4000 0000 0000 0002" not in answer.text
            assert (await who["operator"].post("/v1/lists", json=LISTED)).status_code == 403

    asyncio.run(story())


def test_lists_that_cannot_be_read_hold_every_transfer_and_say_so(tmp_path):
    (tmp_path / "blocked").write_text("a file where a folder should be")

    async def story():
        async with running(tmp_path, center_url=f"sqlite:///{tmp_path}/blocked/center.db") as client:
            decision = await decided(client, 1)
            assert (decision["action"], decision["degraded"]) == ("hold", ["lists"])

    asyncio.run(story())
