"""The training set: what was known when, how a history is cut, and what a sample keeps."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from antifraud.domain.errors import InvalidValue
from models.dataset import Split, cut, known_frauds, label_parts, labels, prepare, sample, vectors_of
from tests.models.conftest import params
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
    honest, frauds = int((~fraud[rows]).sum()), int(fraud[rows].sum())
    assert weight[~fraud[kept]].sum() == pytest.approx(honest)
    assert len(kept) == (len(rows) if most == 0 else min(len(rows), max(most, 2 * frauds)))
    assert weight.max() <= max(1, honest / max(frauds, 1)), "no honest one speaks for more than there are to a fraud"
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


def test_each_part_is_labelled_by_what_was_known_when_it_is_first_used(past):
    parts, delay = past.parts, params().cut().delay
    known = label_parts(past, parts, delay)
    validated, tested = past.at(parts.validation[0]), past.at(parts.test[0])
    for of, rows, by in (
        (known.choosing, parts.fit, validated),
        (known.choosing, parts.validation, tested),
        (known.final, parts.train, tested),
        (known.final, parts.test, past.end),
    ):
        assert of[rows].tolist() == past.known(by)[rows].tolist()
        assert of[rows].any()
    used = np.union1d(parts.fit, parts.validation)
    assert not np.delete(known.choosing, used).any()
    assert (past.known(tested)[parts.fit] != past.known(validated)[parts.fit]).any(), "the moment matters here"
    assert (past.known(past.end)[parts.train] != past.known(tested)[parts.train]).any()


def test_labels_known_a_moment_too_early_or_from_the_future_of_their_use_are_refused(past):
    rows, delay = past.parts.fit, timedelta(days=5)
    ripe = past.at(rows[-1]) + delay
    assert labels(past, rows, by=ripe, delay=delay, used_from=ripe).tolist() == past.known(ripe)[rows].tolist()
    for by in (ripe - TICK, ripe - timedelta(days=1), past.at(rows[0])):
        with pytest.raises(InvalidValue, match="too early"):
            labels(past, rows, by=by, delay=delay)
    for by in (ripe + TICK, ripe + timedelta(days=1), past.end):
        with pytest.raises(InvalidValue, match="from the future"):
            labels(past, rows, by=by, delay=delay, used_from=ripe)


def test_parts_whose_gap_is_a_day_shorter_than_the_delay_cannot_be_labelled(past):
    split = params().cut()
    hasty = cut(past.clock, replace(split, delay=split.delay - timedelta(days=1)))
    with pytest.raises(InvalidValue, match=r"labels: known at .* are too early"):
        label_parts(past, hasty, split.delay)


def test_a_report_that_is_known_before_its_transfer_arrived_is_refused(past):
    early = past.reports.with_columns(known_at=pl.lit(past.at(0)))
    about = early.head(1)["transfer_id"][0]
    with pytest.raises(InvalidValue, match=f"known before their transfer arrived; of transfer {about}"):
        prepare(past.transfers, early.head(1), past.features)


def test_a_transfer_that_is_sent_again_is_learnt_from_once(past):
    again = pl.concat([past.transfers, past.transfers.head(50).with_columns(received_at=pl.lit(past.end))])
    once = prepare(again, past.reports, past.features)
    assert once.transfers.equals(past.transfers)
    assert once.end == past.end
    assert once.vectors.shape[0] == past.transfers.height


def test_features_of_another_history_or_catalogue_are_refused(past):
    with pytest.raises(InvalidValue, match="not of the transfers of this history"):
        prepare(past.transfers, past.reports, past.features.head(100))
    with pytest.raises(InvalidValue, match="another catalogue"):
        vectors_of(past.features.drop(past.features.columns[5]))
    with pytest.raises(InvalidValue, match="holds no transfers"):
        prepare(past.transfers.clear(), past.reports)
