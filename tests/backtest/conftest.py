"""A log of a desk on which one thing after another broke: what the past looks like where it was not good."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from antifraud.domain.decision import Action
from antifraud.domain.rule import Rule, RuleBook, RuleState
from antifraud.store import open_store
from features.catalogue import CATALOGUE
from features.rules import CompiledRules, write_rules
from features.schema import names
from models.policies import PolicyFile, write_policy
from tests.api import making
from tests.api.inside import ready, running

BANKS = ("fictional-a", "fictional-b", "fictional-c")
KEY = "a key for tests only"
START = datetime(2026, 3, 1, 8, tzinfo=UTC)
TEXTS = {"kk": "ереже", "ru": "правило", "en": "a rule"}


def rule(rule_id, condition, action=Action.HOLD, state=RuleState.ACTIVE, version=1):
    return Rule(rule_id=rule_id, version=version, condition=condition, action=action, text=TEXTS, state=state)


BOOK = RuleBook(
    (
        rule("large", "amount_minor >= 40000000", version=3),
        rule("large", "amount_minor >= 1", Action.BLOCK, RuleState.RETIRED, version=2),
        rule("crowd", "payee_distinct_payers_1d >= 4 and amount_minor >= 1000000", Action.BLOCK),
        rule("young", "payee_account_age_days < 5", state=RuleState.SHADOW),
        rule("later", "payer_sent_count_1h > 1", state=RuleState.DRAFT),
    )
)


class Broken:
    """A part that fails while everything around it goes on."""

    def __init__(self, part, **ways):
        self._part, self._ways = part, ways

    def __getattr__(self, name):
        return self._ways.get(name) or getattr(self._part, name)


def fail(*_):
    raise RuntimeError("broken for a while")


async def fail_later(*_):
    raise RuntimeError("broken for a while")


def one_rule_unreadable(rules):
    damaged = CompiledRules(rules.rules, names(CATALOGUE))
    damaged._compiled = [
        (code, fail if code == "crowd@1" else holds, reason) for code, holds, reason in damaged._compiled
    ]
    return damaged


def batch(draw, first, moment):
    """Return transfers between few accounts, some large, some to young accounts."""
    return [
        making.body(
            f"{first + number}",
            payer=f"payer-{draw.integers(12)}",
            payee=f"payee-{draw.integers(4)}",
            amount_minor=int(draw.lognormal(14, 2)) + 1,
            occurred_at=(moment + timedelta(seconds=number)).isoformat(),
            payee_account_age_days=int(draw.integers(0, 20)),
        )
        for number in range(40)
    ]


async def days_of_trouble(folder):
    """Let a desk decide while one thing after another breaks; what is broken is whole again for the next round."""
    draw = np.random.default_rng(7)
    async with running(folder, BANKS, let_through_key=KEY) as clients:
        desk, live = clients[0].engine.desk, clients[0].engine.live
        scorer, whole = desk.scorer, desk.rules
        troubles = [
            {},
            {"scorer": Broken(scorer, score=fail)},
            {},
            {"scorer": Broken(scorer, score=lambda vectors: np.full(len(vectors), np.nan))},
            {"rules": Broken(whole, hits=fail)},
            {"rules": one_rule_unreadable(whole)},
            {"features": fail_later},
            {},
            {"scorer": Broken(scorer, score=fail), "rules": Broken(whole, hits=fail)},
            {},
        ]
        for day, trouble in enumerate(troubles):
            desk.scorer, desk.rules = trouble.get("scorer", scorer), trouble.get("rules", whole)
            for client in clients:
                await ready(client)
                if "features" in trouble:
                    live._features.read_then_observe = fail_later
                bodies = batch(draw, 1000 * day, START + timedelta(hours=day))
                answer = await client.post("/v1/decisions/batch", json=bodies)
                assert answer.status_code == 200, answer.text
                await ready(client)
                for body in bodies[::9]:
                    said = {"transfer_id": body["transfer_id"], "fraud": True, "source": "client_complaint"}
                    report = await client.post("/v1/reports", json=said)
                    assert report.status_code in (200, 201), report.text


@pytest.fixture(scope="session")
def troubled(tmp_path_factory):
    """A log of a few hundred decisions in which everything that can be missing was missing."""
    folder = tmp_path_factory.mktemp("troubled")
    made = making.bundle(hold_at=0.3, block_at=0.8)
    policy = replace(made.policy, let_through_share=0.1, blind_of={"fictional-b": Action.BLOCK})
    write_rules(BOOK, folder / "rules.yaml")
    making.put_on(folder / "shelf", replace(made, policy=policy), rules=folder / "rules.yaml")
    with open_store(f"sqlite:///{folder}/engine.db", recording=False) as store:
        store.keys.register("fictional-c", "fictional-c", making.MADE_AT, Action.BLOCK)
    asyncio.run(days_of_trouble(folder))
    write_policy(PolicyFile(policy=policy), folder / "policy.yaml")
    return folder
