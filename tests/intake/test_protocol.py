"""Protocol files: which rows each fold uses, against a plain reading of the text and against the published counts."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from antifraud.domain.errors import InvalidValue
from antifraud.intake import Mapping, Section, read
from models.folds import rows_of
from models.protocol import DataSet

ROOT = Path(__file__).parents[2]
PROTOCOLS = ROOT / "models" / "protocols"
PUBLIC = Path(os.environ.get("ANTIFRAUD_DATA", ROOT.parent / "shared" / "data"))

WEEKLY = """
name: tiny
mapping:
  columns: {participant: bank, transfer_id: id, payer: payer, payee: payee, amount_minor: amount, occurred_at: at}
  defaults: {currency: XXX}
labels: {column: fraud, delay_days: DELAY}
score_only: {amount: {below: 3}}
protocols:
  - name: A
    kind: weekly
    train_days: 3
    delay_days: DELAY
    test_days: 4
    drop_known_payers: true
    folds: [2026-03-03]
    metrics: [auc_roc]
"""
FIRST = datetime(2026, 3, 1, tzinfo=UTC)


@st.composite
def payments(draw):
    """Twelve days, three payers at two banks, half-day steps: every edge of a span is met."""
    size = draw(st.integers(1, 30))
    return [
        {
            "id": number,
            "bank": draw(st.sampled_from(["b1", "b2"])),
            "payer": draw(st.sampled_from("xyz")),
            "payee": "shop",
            "amount": draw(st.sampled_from([1.0, 2.0, 3.0])),
            "at": (FIRST + draw(st.integers(0, 26)) * timedelta(hours=12)).replace(tzinfo=None),
            "fraud": draw(st.sampled_from([0, 0, 1, None])),
        }
        for number in range(size)
    ]


def load(tmp_path, text):
    (tmp_path / "set.yaml").write_text(text)
    return DataSet.load(tmp_path / "set.yaml")


@given(rows=payments(), delay=st.sampled_from([0, 1, 2]))
def test_folds_use_the_rows_that_their_text_says(rows, delay, tmp_path_factory):
    folder = tmp_path_factory.mktemp("protocol")
    data_set = load(folder, WEEKLY.replace("DELAY", str(delay)))
    pl.DataFrame(rows, schema_overrides={"fraud": pl.Int8}).write_parquet(folder / "set.parquet")
    intake = read(folder / "set.parquet", data_set.mapping)
    (protocol,) = data_set.protocols
    (found,) = rows_of(protocol.folds[0], protocol, intake)

    train, test = set(), set()
    train_days = [date(2026, 3, 3 + n) for n in range(3)]
    test_days = [date(2026, 3, 6 + delay + n) for n in range(4)]
    for row in rows:
        day = row["at"].date()
        if row["fraud"] is None or row["amount"] >= 3:
            continue
        if day in train_days:
            train.add(str(row["id"]))
        # Known: a fraud in training, or on a day from the last of training to test day - (delay + 1).
        known = any(
            other["fraud"] == 1
            and other["payer"] == row["payer"]
            and (
                other["at"].date() in train_days
                or train_days[-1] <= other["at"].date() <= day - timedelta(days=delay + 1)
            )
            for other in rows
        )
        if day in test_days and not known:
            test.add(str(row["id"]))
    assert set(intake.transfers.filter(found.train)["transfer_id"]) == train
    tested = intake.transfers.filter(found.test)
    assert set(tested["transfer_id"]) == test
    assert found.day.tolist() == [(moment.date() - date(1970, 1, 1)).days for moment in tested["received_at"]]
    numbers = set(zip(tested["payer"], found.payer.tolist(), strict=True))
    assert len(numbers) == tested["payer"].n_unique() == len(set(found.payer.tolist()))


def test_worlds_are_split_and_together_are_the_whole(tmp_path):
    data_set = load(tmp_path, WEEKLY.replace("DELAY", "1").replace("participant: bank, ", "") + "world: bank\n")
    rows = [
        {
            "id": n,
            "bank": f"b{n % 3}",
            "payer": "x",
            "payee": "shop",
            "amount": 1.0,
            "at": FIRST.replace(tzinfo=None) + n * timedelta(hours=1),
            "fraud": 0,
        }
        for n in range(300)
    ]
    pl.DataFrame(rows).write_parquet(tmp_path / "set.parquet")
    intake = read(tmp_path / "set.parquet", data_set.mapping)
    (protocol,) = data_set.protocols
    (whole,) = rows_of(protocol.folds[0], protocol, intake)
    parts = rows_of(protocol.folds[0], protocol, intake, by_world=True)
    assert [part.world for part in parts] == ["b0", "b1", "b2"]
    assert sum(part.test.astype(int) for part in parts).tolist() == whole.test.astype(int).tolist()
    assert sum(part.train.astype(int) for part in parts).tolist() == whole.train.astype(int).tolist()
    assert whole.test.any()


@pytest.mark.parametrize("path", sorted(PROTOCOLS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_protocol_file_is_sound(path):
    data_set = DataSet.load(path)
    assert data_set.mapping == Mapping.load(path)  # `import` reads the same file
    for protocol in data_set.protocols:
        for fold in (*protocol.folds, *protocol.validation):
            assert fold.train_from < fold.train_to <= fold.test_from - protocol.delay < fold.test_from < fold.test_to
        for fold in protocol.validation:  # parameters are chosen before the first test day of any fold
            assert fold.test_to <= min(one.test_from for one in protocol.folds)
        assert all(figure.source and figure.metric in protocol.metrics for figure in protocol.published)
        assert set(protocol.to_reach) <= set(protocol.metrics)


def test_the_handbook_has_the_published_counts_and_figures():
    handbook = DataSet.load(PROTOCOLS / "handbook.yaml")
    a, b = handbook.protocols
    assert (a.published_best("average_precision").value, b.published_best("average_precision").value) == (0.658, 0.694)
    assert b.published_best("auc_roc").model == "Balanced bagging"
    assert b.to_reach == {"auc_roc": 0.885, "average_precision": 0.74, "card_precision@100": 0.315}
    source = PUBLIC / "handbook.parquet"
    if not source.exists():
        pytest.skip("handbook.parquet is not there: set ANTIFRAUD_DATA to the folder of public sets")
    intake = read(source, handbook.mapping)
    assert intake.rejects.height == 0
    (rows,) = rows_of(a.folds[0], a, intake)
    fraud = intake.truth["fraud"].to_numpy()
    assert (rows.train.sum(), fraud[rows.train].sum()) == (67_240, 598)
    assert (rows.test.sum(), fraud[rows.test].sum()) == (58_264, 385)
    assert pl.read_parquet(source)["amount"].sum() == pytest.approx(intake.transfers["amount_minor"].sum() / 100)


def spoilt(*path, value):
    """Return the template with one key changed, as text."""
    document = yaml.safe_load((PROTOCOLS / "generic_time_split.yaml").read_text())
    place = document
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return yaml.safe_dump(document)


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (("nmae",), "x", "nmae: unknown key"),
        (("mapping", "colums"), {}, "mapping.colums: unknown key"),
        (("mapping", "columns", "payee"), None, "mapping.columns.payee: needs a column or a default"),
        (("mapping", "columns", "payer_name"), "x", "mapping.columns.payer_name: is no field of a transfer"),
        (("mapping", "columns", "base_minor"), "x", "mapping.columns.base_minor: is no field of a transfer"),
        (("mapping", "columns", "device_id"), "is_fraud", "mapping.columns.device_id: reads a column that tells"),
        (("never_features",), ["channel"], "mapping.columns.channel: reads a column that tells the label"),
        (("mapping", "defaults", "currency"), "QQQ", "mapping.defaults.currency: unknown currency code"),
        (("mapping", "defaults", "occurred_at"), "now", "mapping.defaults.occurred_at: this field has no default"),
        (("mapping", "amount", "unit"), "cents", "mapping.amount.unit: must be one of units, minor, was 'cents'"),
        (("mapping", "amount", "thousands"), ".", "mapping.amount.thousands: must differ from the decimal mark"),
        (("mapping", "time", "zone"), "Asia/Atlantis", "mapping.time.zone: unknown time zone, was 'Asia/Atlantis'"),
        (("mapping", "time", "format"), "day first", "mapping.time.format: must be iso"),
        (("mapping", "time", "format"), "%H:%M:%S.%f", "mapping.time.format: a fraction of a second is %.f"),
        (("mapping", "time", "zone"), "", "mapping.time.zone: unknown time zone"),
        (("mapping", "time", "zone"), "Asia", "mapping.time.zone: unknown time zone, was 'Asia'"),
        (("mapping", "time", "zone"), "Factory", "mapping.time.zone: unknown time zone, was 'Factory'"),
        (("mapping", "columns", "amount_minor"), "$row", "mapping.columns.amount_minor: the number of a row is no"),
        (("mapping", "columns", "received_at"), "$row", "mapping.columns.received_at: the number of a row is no"),
        (("mapping", "channels"), {"POS": "shop"}, "mapping.channels.POS: must be one of app"),
        (("mapping", "base"), {"currency": "KZT", "rates": {"USD": 0}}, "mapping.base.rates.USD: must be above zero"),
        (("mapping", "keep"), {"status": {"above": 3}}, "mapping.keep.status.above: unknown key"),
        (("labels", "delay_days"), "soon", "labels.delay_days: must be a number, was 'soon'"),
        (("labels", "delay_days"), -1, "labels.delay_days: must be 0 or more, was -1"),
        (("labels", "delay_days"), float("inf"), "labels.delay_days: must be at most 36500, was inf"),
        (("protocols", 0, "delay_days"), 10**9, "protocols[0].delay_days: must be at most 36500, was 1000000000"),
        (("labels",), None, "labels: is missing"),
        (("protocols",), [], "protocols: needs at least one"),
        (("protocols", 0, "kind"), "monthly", "protocols[0].kind: must be one of weekly, time_split, was 'monthly'"),
        (("protocols", 0, "metrics"), ["f1"], "protocols[0].metrics: metric: unknown name, was 'f1'"),
        (("protocols", 0, "test", "from"), date(2026, 3, 2), "protocols[0].test.from: must leave delay_days after"),
        (("protocols", 0, "train", "to"), date(2025, 1, 1), "protocols[0].train.to: must be after from"),
        (("protocols", 0, "train", "from"), "spring", "protocols[0].train.from: must be an ISO date or time"),
        (("protocols", 0, "test", "to"), date(9999, 12, 31), "protocols[0].test.to: must be in the years 1970 to 2099"),
        (("protocols", 0, "train", "from"), "0001-01-01T00:00+05:00", "protocols[0].train.from: must be in the years"),
        (("protocols", 0, "validation_from"), date(2026, 1, 3), "protocols[0].validation_from: must lie in"),
        (("protocols", 0, "drop_known_payers"), "yes please", "protocols[0].drop_known_payers: must be true or false"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_protocol_file_is_named_by_its_key(tmp_path, path, value, complaint):
    with pytest.raises(InvalidValue) as refused:
        load(tmp_path, spoilt(*path, value=value))
    assert str(refused.value).startswith(complaint)


def test_broken_yaml_names_the_file_and_the_line(tmp_path):
    with pytest.raises(InvalidValue, match=r"set\.yaml: must be YAML in UTF-8, was .*line 2"):
        load(tmp_path, "name: x\nmapping: [1\n")
    for broken in ("from: 2026-02-30", "delay_days: 0x_"):  # no day and no number, as YAML reads them
        with pytest.raises(InvalidValue, match=r"set\.yaml: must be YAML in UTF-8, was "):
            load(tmp_path, broken)


def test_a_date_is_its_first_instant_in_utc_and_an_offset_counts():
    section = Section({"day": date(2026, 3, 1), "at": "2026-03-01T05:00:00+05:00"})
    assert section.moment("day") == section.moment("at") == FIRST
    assert Section({"days": [date(2026, 3, 1), "2026-03-01"]}).moments("days") == (FIRST, FIRST)
