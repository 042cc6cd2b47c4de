"""The audit over HTTP: who goes through whose acts, and that what was shown proves itself."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from antifraud.domain.errors import InvalidValue
from antifraud.store.center.audited import checked_page
from antifraud.store.center.journal import Head
from api.cli import app
from tests.api.test_holds import HONEST, held, said, told


async def gone_through(client, limit=2, **more):
    """Return every entry of an audit, page by page."""
    found, after = [], 0
    while after is not None:
        answer = await client.get("/v1/audit", params={"after": after, "limit": limit, **more})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        after = answer.json()["next"]
    return found


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What each of them is shown after three holds, two of which the analyst's key released."""

    async def story(who):
        for number in range(3):
            hold = await held(who, number)
            if number:
                assert (await said(who["analyst"], f"{hold}/release", HONEST))[0] == 200
        analyst, auditor = who["analyst"], who["auditor"]
        everything = await gone_through(auditor)
        me = next(each["by"]["person"] for each in everything if each["act"] == "hold.released")
        return {
            "all": everything,
            **{name: await gone_through(who[name]) for name in ("analyst", "other", "operator")},
            "feed": (await auditor.get("/v1/events", params={"limit": 1000})).json(),
            "released": await gone_through(auditor, act="hold.released"),
            "mine": await gone_through(auditor, person=me),
            "one": await gone_through(auditor, life_id=everything[-1]["life_id"]),
            "early": await gone_through(auditor, until=everything[2]["at"]),
            "late": await gone_through(auditor, since=everything[2]["at"]),
            "foreign": await analyst.get("/v1/audit?participant=other-bank"),
            "no such act": await analyst.get("/v1/audit?act=hold.eaten"),
            "page": (await auditor.get("/v1/audit")).json(),
        }

    return told(story, tmp_path_factory.mktemp("audit"))


def test_an_auditor_goes_through_all_and_others_through_their_own(seen):
    everything = seen["all"]
    assert [each["seq"] for each in everything] == list(range(1, len(everything) + 1))
    assert all(each["shown"] == "whole" and each["row"] for each in everything)
    own = [each for each in everything if each["by"]["participant"] == "fictional-bank"]
    assert [each["act"] for each in own] == ["hold.released"] * 2
    assert seen["analyst"] == own
    assert seen["other"] == []
    assert seen["foreign"].status_code == 403
    assert (seen["no such act"].status_code, seen["no such act"].json()["errors"][0]["field"]) == (422, "act")


def test_the_operator_sees_that_it_was_done_and_the_minimum_of_it(seen):
    assert [each["hash"] for each in seen["operator"]] == [each["hash"] for each in seen["all"]]
    for each in seen["operator"]:
        assert (each["shown"], each["row"], each["by"]["person"]) == ("minimum", None, None)
        assert "account" not in each["said"]
        assert "reason" not in each["said"]


def test_what_is_asked_for_narrows_it(seen):
    everything = seen["all"]
    assert seen["released"] == [each for each in everything if each["act"] == "hold.released"]
    assert seen["mine"] == seen["released"]
    assert seen["one"] == [each for each in everything if each["life_id"] == everything[-1]["life_id"]]
    assert len(seen["one"]) < len(everything)
    assert sorted(seen["early"] + seen["late"], key=lambda each: each["seq"]) == everything
    assert seen["early"]
    assert seen["late"]


def test_its_hashes_are_those_that_every_follower_of_the_feed_has(seen):
    assert [(each["sequence"], each["journalhash"]) for each in seen["feed"]] == [
        (str(each["seq"]), each["hash"]) for each in seen["all"]
    ]


def test_the_command_proves_an_answer_as_it_came(seen, tmp_path):
    file, last = tmp_path / "page.json", seen["page"]["items"][-1]
    file.write_text(json.dumps(seen["page"]), encoding="utf-8")
    head = f"{last['seq']}:{last['hash']}"
    proved = CliRunner().invoke(app, ["audit", "check", str(file), "--head", head])
    assert (proved.exit_code, f"{len(seen['page']['items'])} acts" in proved.output) == (0, True)
    file.write_text(json.dumps(seen["page"]).replace("15000", "15001"), encoding="utf-8")
    assert isinstance(CliRunner().invoke(app, ["audit", "check", str(file)]).exception, InvalidValue)
    with pytest.raises(InvalidValue, match="none of these acts"):
        checked_page(seen["page"], Head(last["seq"] + 1, last["hash"]))
    with pytest.raises(InvalidValue, match="another hash"):
        checked_page(seen["page"], Head(last["seq"], "f" * 64))
    for nothing in ({}, {"items": 1}, {"items": [{}]}, {"items": ["x"]}):
        with pytest.raises(InvalidValue, match="page"):
            checked_page(nothing)


FIELDS = ["seq", "act", "life", "life_id", "version", "at", "said", "row", "digest", "hash_before", "hash", "by"]


@given(data=st.data())
def test_whatever_is_changed_in_a_page_is_found(seen, data):
    page = json.loads(json.dumps(seen["page"]))
    items = page["items"]
    assert checked_page(page) == items
    where, name = data.draw(st.integers(0, len(items) - 1)), data.draw(st.sampled_from(FIELDS))
    entry = items[where]
    changed = {
        "seq": entry["seq"] + data.draw(st.integers(1, 9)),
        "version": entry["version"] + 1,
        "at": "2026-01-01T00:00:00Z",
        "said": entry["said"] | {"reason": "another"},
        "by": entry["by"] | {"person": "somebody"},
        "row": (entry["row"] or "") + " ",
    }
    entry[name] = changed[name] if name in changed else ("e" if entry[name][0] == "f" else "f") + entry[name][1:]
    with pytest.raises(InvalidValue):
        checked_page(page)
