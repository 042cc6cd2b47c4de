"""A fold on which nothing can be learnt or judged is refused by its key, with figures, before the long work begins."""

import polars as pl
import pytest
from typer.testing import CliRunner

from antifraud.domain.errors import InvalidValue
from antifraud.intake import read
from api.cli import app
from models.benchmark import benchmark
from models.folds import usable_folds
from models.protocol import DataSet
from tests.models.test_benchmark import START, data, protocol, put

SPLIT = protocol()["protocols"][0]
WEEKLY = {"name": "weeks", "kind": "weekly", "train_days": 3, "delay_days": 1, "test_days": 2, "metrics": ["auc_roc"]}
DAY = (pl.col("event_time") - START).dt.total_days() + 1  # of January
SPANS = "; the data spans 2026-01-01 to 2026-01-30"


def labelled(where, label):
    return data(1, "a").with_columns(is_fraud=pl.when(where).then(pl.lit(label, pl.Int8)).otherwise("is_fraud"))


def refusal(folder, table, document, **more):
    """Return what a benchmark says instead of figures; it computes nothing first."""
    heard = set()
    with pytest.raises(InvalidValue) as refused:
        benchmark(*put(folder, table, protocols=[document], **more), lambda what, done, of: heard.add(what))
    assert heard == {"rows read"}
    return str(refused.value)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (
            SPLIT | {"train": {"from": "2025-01-02", "to": "2025-01-05"}},
            f"protocols.split.train: no rows to train on from 2025-01-02 to 2025-01-05{SPANS}",
        ),
        (
            SPLIT | {"test": {"from": "2026-02-01T12:30", "to": "2026-03-01"}},
            f"protocols.split.test: no rows to test on from 2026-02-01 12:30 to 2026-03-01{SPANS}",
        ),
        (
            SPLIT | {"train": {"from": "2025-01-01", "to": "2026-01-05"}, "validation_from": "2025-12-01"},
            f"protocols.split.validation_from: no rows to train on from 2025-01-01 to 2025-11-28{SPANS}",
        ),
        (
            WEEKLY | {"folds": ["2026-01-02", "2026-02-02"]},
            f"protocols.weeks.folds[1]: no rows to train on from 2026-02-02 to 2026-02-05{SPANS}",
        ),
        (
            WEEKLY | {"folds": ["2026-01-02"], "validation_folds": ["2026-01-28"]},
            f"protocols.weeks.validation_folds[0]: no rows to test on from 2026-02-01 to 2026-02-03{SPANS}",
        ),
    ],
)
def test_days_without_data_are_told_with_those_that_have_some(tmp_path, document, said):
    assert refusal(tmp_path, data(1, "a"), document) == said


def test_days_without_frauds_or_without_honest_transfers_are_told_with_their_number(tmp_path):
    tested = data(1, "a").filter(DAY >= 12).height
    assert refusal(tmp_path, labelled(DAY >= 12, 0), SPLIT) == (
        f"protocols.split.test: no fraud among {tested:,} transfers to test on from 2026-01-12 to 2026-01-31"
    )
    trained = data(1, "a").filter(DAY.is_between(2, 4)).height
    assert refusal(tmp_path, labelled(DAY.is_between(2, 4), 1), SPLIT) == (
        f"protocols.split.train: nothing but frauds among {trained} transfers to train on from 2026-01-02 to 2026-01-05"
    )


def test_rows_that_a_protocol_does_not_use_are_told(tmp_path):
    tested = f"{data(1, 'a').filter(DAY >= 12).height:,}"
    said = f"protocols.split.test: no rows to test on from 2026-01-12 to 2026-01-31; of {tested} there none has a label"
    assert refusal(tmp_path, labelled(DAY >= 12, None), SPLIT) == f"{said} and is in score_only"
    assert refusal(tmp_path, labelled(DAY >= 12, None), SPLIT | {"drop_known_payers": True}) == (
        f"{said} and is in score_only, or their payers are known"
    )


def test_a_world_without_frauds_is_told_by_its_name(tmp_path):
    table = pl.concat([data(1, "a"), data(2, "b").with_columns(is_fraud=pl.lit(0, pl.Int8))]).sort("event_time")
    assert refusal(tmp_path, table, SPLIT, world="world").endswith("2026-01-02 to 2026-01-05 in world b")


def test_a_default_fold_that_cannot_be_used_is_left_out_and_a_written_one_is_not(tmp_path):
    train = {"from": "2026-01-02", "to": "2026-01-20"}
    split = SPLIT | {"train": train, "delay_days": 1, "test": {"from": "2026-01-22", "to": "2026-01-31"}}
    table = labelled(DAY.is_between(14, 19), 0)
    found = {}
    for given in ({}, {"validation_from": "2026-01-14"}):
        described, source = put(tmp_path, table, protocols=[split | given])
        (one,) = DataSet.load(described).protocols
        intake = read(source, DataSet.load(described).mapping)
        assert len(usable_folds(one.folds, one, intake)) == 1
        found[len(given)] = one, intake
    assert usable_folds(found[0][0].validation, *found[0]) == []
    with pytest.raises(InvalidValue, match=r"split\.validation_from: no fraud among .* from 2026-01-14 to 2026-01-20"):
        usable_folds(found[1][0].validation, *found[1])


def run(described, source):
    return CliRunner().invoke(app, ["benchmark", str(described), "--data", str(source)])


def test_rejected_rows_are_told_although_the_rest_fails(tmp_path):
    mapping = protocol()["mapping"] | {"base": {"currency": "KZT"}}
    ran = run(*put(tmp_path, data(1, "a"), mapping=mapping))
    assert str(ran.exception) == "data.parquet: none of 2,400 rows was kept and accepted"
    assert "2,400 of 2,400 rows are left out" in ran.stderr
    assert "row 1, currency: no reference rate into KZT is configured, was 'XXX'" in ran.stderr
    wrong = data(1, "a").with_columns(amount=pl.when(pl.int_range(pl.len()) == 7).then(-5.0).otherwise("amount"))
    ran = run(*put(tmp_path, wrong, protocols=[SPLIT | {"train": {"from": "2025-01-02", "to": "2025-01-05"}}]))
    assert isinstance(ran.exception, InvalidValue)
    assert "1 of 2,400 rows are left out of all figures; the first: row 8, amount_minor" in ran.stderr


def test_times_in_the_wrong_unit_are_told_by_the_days_that_they_give(tmp_path):
    table = data(1, "a").with_columns(pl.col("event_time").dt.epoch("s"))
    said = {}
    for unit in ("epoch_s", "epoch_ms", "epoch_us"):
        time = {"format": unit}
        described, source = put(tmp_path, table, mapping=protocol()["mapping"] | {"time": time})
        (one,) = DataSet.load(described).protocols
        try:
            said[unit] = len(usable_folds(one.folds, one, read(source, DataSet.load(described).mapping)))
        except InvalidValue as refused:
            said[unit] = str(refused).partition("; ")[2]
    assert said == {
        "epoch_s": 1,
        "epoch_ms": "the data spans 1970-01-21 to 1970-01-21",
        "epoch_us": "the data spans 1970-01-01 to 1970-01-01",
    }
