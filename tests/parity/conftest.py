"""Fixtures of the parity tests."""

import pytest

from antifraud.domain.transfer import Channel, Transfer
from tests.strategies import START


@pytest.fixture
def one_transfer():
    return Transfer(
        participant="bank-1",
        transfer_id="t",
        payer="a",
        payee="b",
        amount_minor=100,
        currency="KZT",
        base_minor=100,
        channel=Channel.APP,
        occurred_at=START,
        received_at=START,
    )
