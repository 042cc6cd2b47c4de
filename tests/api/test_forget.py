"""`antifraud forget` on a deployment: whoever asks about a forgotten transfer hears what he heard before."""

import asyncio
import re
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from antifraud.domain.errors import InvalidValue, Unavailable
from antifraud.domain.pseudonym import is_pseudonym
from api.cli import app
from api.clock import utc_now
from tests.api import making
from tests.api.inside import running
from tests.api.making import body

KEY = "5a" * 32
RUN = CliRunner()
HEAD = re.compile(r"\d+:[0-9a-f]{64}")


def transfer(number, days, **more):
    at = utc_now() - timedelta(days=days)
    return body(number, **more) | {"occurred_at": at.isoformat()}


@pytest.fixture
def deployment(tmp_path, monkeypatch):
    """A folder of a deployment with a policy of its own, as the command finds it."""
    policy = tmp_path / "policy.yaml"
    policy.write_text("version: short\nmovements_kept_days: 60\nidentified_days: 100\n")
    for name, value in {
        "DATABASE_URL": f"sqlite:///{tmp_path}/engine.db",
        "CENTER_POLICY": str(policy),
        "IDENTIFIER_KEY": KEY,
    }.items():
        monkeypatch.setenv(f"ANTIFRAUD_{name}", value)
    return tmp_path


def antifraud(*words):
    """Return what a command says; what it refuses is raised."""
    ended = RUN.invoke(app, words)
    if ended.exception is not None:
        raise ended.exception
    return ended.output


def test_the_same_transfer_gets_its_first_answer_and_the_chain_of_acts_holds(deployment):
    making.put_on(deployment / "shelf", making.bundle(hold_at=0.0, block_at=1.0), rules=None)
    sent = [transfer(1, days=300, payer="a:1"), transfer(2, days=80, payer="a:1"), transfer(3, days=1, payer="a:1")]

    async def heard():
        async with running(deployment, clock="occurred_at") as client:
            answers = [(await client.post("/v1/decisions", json=each)).content for each in sent]
            changed = await client.post("/v1/decisions", json=sent[0] | {"amount_minor": 7})
            unnamed = await client.post("/v1/decisions", json=sent[0] | {"device_id": "d:1"})
            read = await client.get("/v1/decisions/t1")
            center = client.engine.center
            while await center.read(lambda page: page.cursor("decisions")) < len(sent):
                await asyncio.sleep(0.01)
            log = client.engine.log
            kept = [(await log.find("fictional-bank", each["transfer_id"])).transfer for each in sent]
            return answers, (changed.status_code, unnamed.status_code), read.content, kept

    answers, changed, read, _ = asyncio.run(heard())
    assert (changed, read) == ((409, 409), answers[0])
    head = HEAD.search(antifraud("audit", "verify"))[0]
    assert antifraud("forget", "--dry-run").startswith("1 decisions would")
    assert antifraud("forget").startswith("1 decisions no longer")
    assert antifraud("forget", "--account", "a:1") == (
        "1 decisions no longer name anybody asked for\n"
        "1 younger ones do: features still look back at them, so ask again in 60 days\n"
        "holds, incidents and the journal of the Center stay as they are: they are evidence\n"
    )
    again, changed, read, kept = asyncio.run(heard())
    assert [is_pseudonym(each.payer) for each in kept] == [True, True, False]
    assert [is_pseudonym(each.payee) for each in kept] == [True, False, False]
    assert (again, changed, read) == (answers, (409, 409), answers[0])
    antifraud("audit", "verify", "--head", head)


def test_nothing_is_forgotten_that_features_still_look_back_at(deployment):
    (deployment / "policy.yaml").write_text("version: shorter\nmovements_kept_days: 30\nidentified_days: 59\n")
    with pytest.raises(InvalidValue, match="identified_days: features look back 60 days, was 59"):
        antifraud("forget")


def test_without_the_key_nothing_is_forgotten(deployment, monkeypatch):
    monkeypatch.delenv("ANTIFRAUD_IDENTIFIER_KEY")
    with pytest.raises(Unavailable, match="ANTIFRAUD_IDENTIFIER_KEY"):
        antifraud("forget")


def test_what_is_no_account_is_refused(deployment):
    with pytest.raises(InvalidValue, match="account"):
        antifraud("forget", "--account", "a/b")
