"""The training set: what was known when, how a history is cut, and what a sample keeps."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from antifraud.domain.errors import InvalidValue
from models.dataset import Split, cut, known_frauds, sample
from tests.strategies import START, STEPS, TICK, histories, report_table, transfer_table

PARTS = ("fit", "validation", "train", "test")


def known_by_loop(transfers, reports, by):
    """The definition, read aloud: the latest report before `by` speaks; of one moment, the one said last."""
    answers = []
    for transfer in transfers:
        spoken, since = False, None
        for report in reports:
            about = (report.participant, report.transfer_id) == (transfer.participant, transfer.transfer_id)
            if about and report.known_at < by and (since is None or report.known_at >= since):
                spoken, since = report.fraud, report.known_at
        answers.append(spoken)
    return answers


@given(history=histories(), data=st.data())
def test_what_is_known_is_what_a_plain_loop_finds(history, data):
    transfers, reports = history
    moments = [each + edge for report in reports for each in [report.known_at] for edge in (-TICK, 0 * TICK, TICK)]
    by = data.draw(st.sampled_from([START, *moments]))
    known = known_frauds(transfer_table(transfers), report_table(reports), by)
    assert known.tolist() == known_by_loop(transfers, reports, by)


@st.composite
def cuts(draw):
    """A history and a split that mostly leaves something in every part."""
    steps = draw(st.lists(STEPS.filter(lambda step: step >= timedelta(0)), min_size=20, max_size=80))
    moments = (START + pl.Series([timedelta(0), *steps]).cum_sum()).cast(pl.Datetime("us", "UTC"))
    whole = moments.max() - START
    split = Split(
        warm_up=whole * draw(st.floats(0, 0.2)),
        delay=whole * draw(st.sampled_from([0, 0.05, 0.1])),
        test_share=draw(st.floats(0.2, 0.5)),
        validation_share=draw(st.floats(0.2, 0.5)),
    )
    return moments, split


@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(cuts())
def test_parts_do_not_overlap_and_the_delay_stands_between_them(history):
    moments, split = history
    try:
        parts = cut(moments, split)
    except InvalidValue:
        reject()
    at = {name: moments.gather(getattr(parts, name)) for name in PARTS}
    assert at["fit"].min() >= moments.min() + split.warm_up
    for earlier, later in (("fit", "validation"), ("train", "test")):
        assert at[earlier].max() < at[later].min() - split.delay + TICK
        assert not set(getattr(parts, earlier)) & set(getattr(parts, later))
    assert at["test"].max() < moments.max() - split.delay or split.delay == timedelta(0)
    assert at["test"].max() < moments.max()
    assert set(parts.fit) | set(parts.validation) <= set(parts.train)
    for name in at:
        rows = getattr(parts, name)
        whole = np.flatnonzero(((moments >= at[name].min()) & (moments <= at[name].max())).to_numpy())
        assert rows.tolist() == whole.tolist(), "a part is a whole span of time"


def test_a_history_of_whole_days_is_cut_where_its_numbers_say():
    days = pl.Series([START + timedelta(days=day) for day in range(101)], dtype=pl.Datetime("us", "UTC"))
    split = Split(warm_up=timedelta(days=10), delay=timedelta(days=10), test_share=0.25, validation_share=0.25)
    parts = cut(days, split)  # usable are days 10 to 90
    spans = {name: (getattr(parts, name)[0], getattr(parts, name)[-1]) for name in PARTS}
    assert spans == {"fit": (10, 37), "validation": (48, 59), "train": (10, 59), "test": (70, 89)}


def test_a_history_that_is_too_short_is_refused():
    days = pl.Series([START + timedelta(days=day) for day in range(20)], dtype=pl.Datetime("us", "UTC"))
    week = timedelta(days=7)
    for moments in (days, days.clear()):
        with pytest.raises(InvalidValue, match="history"):
            cut(moments, Split(warm_up=week, delay=week, test_share=0.2, validation_share=0.2))


@given(
    fraud=st.lists(st.booleans(), min_size=1, max_size=80),
    most=st.integers(0, 90),
    seed=st.integers(0, 5),
    data=st.data(),
)
def test_a_sample_keeps_every_fraud_and_weighs_as_much_as_the_whole(fraud, most, seed, data):
    fraud = np.array(fraud)
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, fraud.size - 1), min_size=1))))
    kept, weight = sample(rows, fraud, most, seed)
    assert kept.tolist() == sorted(set(kept) & set(rows))
    assert set(rows[fraud[rows]]) <= set(kept)
    assert (weight[fraud[kept]] == 1).all()
    honest = int((~fraud[rows]).sum())
    assert weight[~fraud[kept]].sum() == pytest.approx(honest)
    frauds = int(fraud[rows].sum())
    assert len(kept) == len(rows) if most == 0 else len(kept) <= max(most, frauds + 1)
    again, same = sample(rows, fraud, most, seed)
    assert (again.tolist(), same.tolist()) == (kept.tolist(), weight.tolist())


def test_a_sample_is_drawn_from_the_whole_history():
    fraud = np.zeros(10_000, bool)
    fraud[:20] = True
    kept, _ = sample(np.arange(10_000), fraud, 1_020, 1)
    per_part = np.histogram(kept[20:], bins=10, range=(20, 10_000))[0]
    assert len(kept) == 1_020
    assert per_part.min() > 60
    assert sample(np.arange(10_000), fraud, 1_020, 2)[0].tolist() != kept.tolist()
