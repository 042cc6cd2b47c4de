"""What all tests share: hypothesis profiles, and one plain transfer."""

import os

import pytest
from hypothesis import HealthCheck, settings

from antifraud.domain.transfer import Channel, Transfer
from tests.strategies import START

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("parity", parent=settings.get_profile("default"), max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


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
