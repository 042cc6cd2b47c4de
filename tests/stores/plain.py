"""Decisions whose every value follows from a number, so that whoever knows the number can check the rest."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from antifraud.domain.decision import Action, Decision
from antifraud.domain.transfer import Channel, Transfer
from antifraud.workflow.ports import Recorded

START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


def plain_decision(number, participant="bank-1", transfer_id=None, received_at=None):
    """Return a decision whose every value follows from its number."""
    moment = START + timedelta(milliseconds=number) if received_at is None else received_at
    return Recorded(
        transfer=Transfer(
            participant=participant,
            transfer_id=f"t{number}" if transfer_id is None else transfer_id,
            payer=f"payer-{number % 97}",
            payee=f"payee-{number % 89}",
            amount_minor=1 + number,
            currency="KZT",
            base_minor=1 + number,
            channel=Channel.APP,
            occurred_at=moment,
            received_at=moment,
            call_active=(None, True, False)[number % 3],
        ),
        vector=np.random.default_rng(number).random(76),
        decision=Decision(
            action=Action.ALLOW,
            score=1 / (2 + number),
            reasons=(),
            model_version="m1",
            catalogue_version="c1",
            policy_version="p1",
        ),
        answer=f'{{"transfer_id":"t{number}"}}'.encode(),
    )


def key_of(row):
    return (row.transfer.participant, row.transfer.transfer_id)


def content(row):
    """Return everything of a decision in a form that `==` compares bit by bit."""
    return (row.transfer, row.vector.tobytes(), row.decision, row.answer)


def named(row, **names):
    return replace(row, transfer=replace(row.transfer, **names))


async def record_all(log, rows):
    """Record rows and wait until they are durable."""
    await log.record(rows)
