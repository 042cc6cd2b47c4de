"""Any transfer, decision and report that the types allow, not only those that the edge lets in."""

import itertools
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import polars as pl
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from antifraud.domain.decision import Action, Decision, Evidence, Reason, ReasonKind
from antifraud.domain.report import Report, ReportSource
from antifraud.domain.transfer import Channel, Transfer
from antifraud.tables import TRANSFERS
from antifraud.workflow.ports import Recorded

# Neither database can hold the character 0 in a text, nor half of a surrogate pair.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
numbers = st.integers(-(2**63), 2**63 - 1)
finite = st.floats(allow_nan=False, allow_infinity=False)
moments = st.datetimes(
    datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5)), timezone(-timedelta(hours=11, minutes=30))]),
)
transfers = st.builds(
    Transfer,
    **dict.fromkeys(("participant", "transfer_id", "payer", "payee", "currency"), texts),
    **dict.fromkeys(("amount_minor", "base_minor"), numbers),
    **dict.fromkeys(("occurred_at", "received_at"), moments),
    channel=st.sampled_from(Channel),
    **dict.fromkeys(("purpose", "end_to_end_id", "payer_bank", "payee_bank", "device_id", "ip"), st.none() | texts),
    **dict.fromkeys(("payer_iin_bin", "payee_iin_bin", "payer_phone", "payee_phone"), st.none() | texts),
    **dict.fromkeys(
        ("new_device", "remote_access", "call_active", "phone_changed", "loan_taken"), st.none() | st.booleans()
    ),
    payee_account_age_days=st.none() | st.integers(-(2**31), 2**31 - 1),
)
actions = st.sampled_from(Action)
decisions = st.builds(
    Decision,
    action=actions,
    score=st.none() | st.floats(0, 1),
    reasons=st.lists(st.builds(Reason, st.sampled_from(ReasonKind), texts, actions), max_size=3).map(tuple),
    evidence=st.lists(st.builds(Evidence, texts, st.none() | finite, st.none() | finite, finite), max_size=3).map(
        tuple
    ),
    model_version=st.none() | texts,
    catalogue_version=texts,
    policy_version=texts,
    rules_version=st.none() | texts,
    request_id=st.none() | texts,
    degraded=st.lists(texts, max_size=2).map(tuple),
)
# Any 64 bits: every NaN there is, infinities, and zeros of both signs.
vectors = arrays(np.uint64, st.integers(0, 80)).map(lambda bits: bits.view("<f8"))
recorded = st.builds(Recorded, transfer=transfers, vector=vectors, decision=decisions, answer=st.binary(max_size=500))
reports = st.builds(
    Report,
    participant=texts,
    transfer_id=texts,
    fraud=st.booleans(),
    source=st.sampled_from(ReportSource),
    known_at=moments,
    fraud_type=st.none() | texts,
    reporter=st.none() | texts,
)

_numbers = itertools.count()


def new_name(kind):
    """Return a name that no other example uses."""
    return f"{kind}-{next(_numbers)}"


def transfer_table(rows):
    return pl.DataFrame([asdict(row.transfer) for row in rows], schema=TRANSFERS, orient="row")
