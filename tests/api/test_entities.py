"""Search, accounts and their networks over HTTP: each sees what is its own."""

from tests.api.test_incidents import passed, read, said, told, two_hops


def test_an_account_shows_how_it_lived_to_whom_it_may(tmp_path):
    async def story(who):
        incident = await two_hops(who)
        status, mine = await read(who["other"], "/v1/accounts/mule")
        assert status == 200
        assert {key: mine["profile"][key] for key in ("in_minor", "out_minor", "passed_on_minor", "payers")} == {
            "in_minor": 1_000_000, "out_minor": 400_000, "passed_on_minor": 400_000, "payers": 1,
        }  # fmt: skip
        assert [each["account"] for each in mine["profile"]["counterparties"]] == ["victim", "second-mule"]
        assert sum(each["in_minor"] for each in mine["profile"]["days"]) == 1_000_000
        assert [each["asked_minor"] for each in mine["inquiries"]] == [600_000]
        assert [each["still_minor"] for each in mine["stolen"]] == [600_000]

        _, theirs = await read(who["analyst"], "/v1/accounts/mule")
        assert (theirs["profile"]["in_minor"], theirs["profile"]["out_minor"]) == (1_000_000, 0)
        assert (theirs["inquiries"], theirs["incidents"][0]["shown"]) == ([], "whole")

        assert (await read(who["police"], "/v1/accounts/mule"))[0] == 404
        await said(who["police"], f"/v1/incidents/{incident['life_id']}/lead")
        _, seen = await read(who["police"], "/v1/accounts/mule")
        assert (seen["profile"]["in_minor"], seen["profile"]["out_minor"]) == (1_000_000, 400_000)
        assert (await read(who["analyst"], "/v1/accounts/never-seen"))[0] == 404
        assert (await read(who["operator"], "/v1/accounts/mule"))[0] == 403

    told(story, tmp_path)


def test_a_network_shows_what_the_callers_organisation_took_part_in(tmp_path):
    async def story(who):
        await two_hops(who)
        _, whole = await read(who["auditor"], "/v1/accounts/victim/network?hops=2")
        assert {each["account"]: each["column"] for each in whole["accounts"]} == {
            "victim": 0, "mule": 1, "second-mule": 2,
        }  # fmt: skip
        _, part = await read(who["analyst"], "/v1/accounts/victim/network?hops=2")
        assert [(each["payer"], each["payee"]) for each in part["links"]] == [("victim", "mule")]
        _, large = await read(who["auditor"], "/v1/accounts/mule/network?least_minor=500000")
        assert [each["amount_minor"] for each in large["links"]] == [1_000_000]
        status, refused = await read(
            who["auditor"], "/v1/accounts/mule/network?until=2020-01-01T00:00:00Z&since=2021-01-01T00:00:00Z"
        )
        assert (status, refused["errors"][0]["field"]) == (422, "until")

    told(story, tmp_path)


def test_one_box_finds_transfers_incidents_accounts_and_listed_people(tmp_path):
    async def story(who):
        incident = await two_hops(who)
        entry = {"kind": "phone", "value": "+77010000000", "ground": "a fictional article"}
        assert (await said(who["police"], "/v1/lists", entry))[0] == 201

        async def found(name, text):
            answer = await who[name].get("/v1/search", params={"q": text})
            return {(each["why"], each["kind"]) for each in answer.json()["items"]}

        assert await found("analyst", incident["life_id"]) == {("id", "incident")}
        assert await found("analyst", "t1") == {("transfer", "incident")}
        assert await found("analyst", "mule") == {("account", "account")}
        assert await found("analyst", "8 701 000 00 00") == {("phone", "listing")}
        assert await found("police", "mule") == await found("analyst", "never seen at all") == set()
        assert (await read(who["analyst"], "/v1/search?q="))[0] == 422

    told(story, tmp_path)


def test_a_person_and_a_device_are_found_and_read_with_the_accounts_they_were_named_with(tmp_path):
    number = "001399500016"  # month 13: it can belong to nobody

    async def story(who):
        await two_hops(who)
        await passed(who["analyst"], 3, "victim", "shop", 1_000, device_id="device-1", payer_iin_bin=number)
        entry = {"kind": "person", "value": number, "ground": "a fictional article"}
        assert (await said(who["police"], "/v1/lists", entry))[0] == 201
        for text, kind in (("device-1", "device"), (number, "person")):
            _, found = await read(who["analyst"], f"/v1/search?q={text}")
            (hit,) = [each for each in found["items"] if each["kind"] == kind]
            status, known = await read(who["analyst"], hit["path"])
            assert (status, known["kind"], known["ident"]) == (200, kind, hit["name"])
            assert [(each["account"], each["participant"]) for each in known["seen"]] == [("victim", "fictional-bank")]
            assert [each["shown"] for each in known["listings"]] == (["minimum"] if kind == "person" else [])
            assert number not in str(known)
            assert (await read(who["operator"], hit["path"]))[0] == 403
            theirs = 200 if kind == "person" else 404  # that a person is listed is for all
            status, elsewhere = await read(who["other"], hit["path"])
            assert (status, elsewhere.get("seen", [])) == (theirs, [])
        for path, status in (("device/never-seen", 404), ("account/victim", 422)):
            assert (await read(who["analyst"], f"/v1/entities/{path}"))[0] == status

    told(story, tmp_path)
