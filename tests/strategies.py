"""Streams of transfers and reports for hypothesis: few accounts and few steps, so that everything collides."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import strategies as st

from antifraud.domain.report import Report, ReportSource
from antifraud.domain.transfer import Channel, Transfer
from antifraud.tables import REPORTS, TRANSFERS
from features.spec import DAY, HOUR, MINUTE

START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)

ACCOUNTS = st.sampled_from("abcd")
# Ties, window edges from both sides, long silences, and clocks that step back: all of them on every run.
STEPS = st.sampled_from(
    [
        *(timedelta(0), timedelta(0), TICK, 5 * MINUTE, 5 * MINUTE + TICK, HOUR - TICK, HOUR, DAY, DAY + TICK),
        *(7 * DAY, 23 * DAY, 30 * DAY - TICK, 30 * DAY, 30 * DAY + TICK, -HOUR, -DAY),
    ]
)
SIGNALS = st.sampled_from([None, True, False])


@st.composite
def transfers(draw, moment, number):
    amount = draw(st.sampled_from([0, 1, 2, 100_000, 250_000, 10**14]))
    return Transfer(
        participant=draw(st.sampled_from(["bank-1", "bank-2"])),
        transfer_id=f"t{number}",
        payer=draw(ACCOUNTS),
        payee=draw(ACCOUNTS),
        amount_minor=amount,
        currency="KZT",
        base_minor=amount,
        channel=draw(st.sampled_from(Channel)),
        occurred_at=moment - draw(st.sampled_from([timedelta(0), timedelta(microseconds=700_003)])),
        received_at=moment,
        purpose=draw(st.sampled_from([None, "342", "911"])),
        payer_bank=draw(st.sampled_from([None, "bank-1"])),
        payee_bank=draw(st.sampled_from([None, "bank-1", "bank-2"])),
        device_id=draw(st.sampled_from([None, "d1", "d2"])),
        ip=draw(st.sampled_from([None, "10.0.0.1", "10.0.0.2"])),
        new_device=draw(SIGNALS),
        remote_access=draw(SIGNALS),
        call_active=draw(SIGNALS),
        phone_changed=draw(SIGNALS),
        loan_taken=draw(SIGNALS),
        payee_account_age_days=draw(st.sampled_from([None, 0, 400])),
    )


@st.composite
def histories(draw, max_size=24):
    """A stream of transfers in order of arrival, some of them sent again, and reports about some."""
    moment, stream = START, []
    for number in range(draw(st.integers(1, max_size))):
        moment += draw(STEPS)
        stream.append(draw(transfers(moment, number)))
        if draw(st.integers(0, 7)) == 0:
            stream.append(draw(st.sampled_from(stream)))  # the same id again, perhaps much later
    reports = []
    for transfer in draw(st.lists(st.sampled_from(stream), max_size=8)):
        known_at = transfer.received_at + draw(STEPS)
        for fraud in draw(st.sampled_from([(True,), (True, False), (True, False, True), (False,), (True, True)])):
            reports.append(
                Report(
                    participant=transfer.participant,
                    transfer_id=transfer.transfer_id,
                    fraud=fraud,
                    source=ReportSource.CLIENT_COMPLAINT,
                    known_at=known_at,
                )
            )
            known_at += draw(STEPS)
    return stream, reports


def transfer_table(stream):
    """Return transfers as a table with the columns that tables of transfers have."""
    return pl.DataFrame([asdict(transfer) for transfer in stream], schema=TRANSFERS, orient="row")


def report_table(reports):
    """Return reports as a table with the columns that tables of reports have."""
    return pl.DataFrame([asdict(report) for report in reports], schema=REPORTS, orient="row")
