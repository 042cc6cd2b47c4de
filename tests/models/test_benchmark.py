"""A benchmark from a file of data and a protocol to figures, on data made up here."""

from datetime import datetime, timedelta

import numpy as np
import orjson
import polars as pl
import pytest
import yaml
from typer.testing import CliRunner

from api.cli import app
from models.benchmark import Result, _intervals, benchmark
from models.benchmark_page import Outcome, page
from models.metrics import Ranking, metric
from models.protocol import DataSet

START = datetime(2026, 1, 1)  # noqa: DTZ001  # the file says no zone, its mapping does
DAYS = 30
COLUMNS = ("transfer_id", "payer", "payee", "amount_minor", "currency", "channel", "occurred_at")
SOURCE = ("tx_id", "payer", "payee", "amount", "currency", "channel", "event_time")


def data(seed, world):
    """Return made-up transfers in which large sums to a few payees are frauds; all worlds use the same names."""
    draw = np.random.default_rng(seed)
    size = 2_400
    payee = draw.integers(0, 60, size)
    amount = draw.lognormal(3, 1, size)
    fraud = (payee < 4) & (draw.random(size) < 0.5)
    amount[fraud] *= draw.lognormal(1, 1, int(fraud.sum()))
    seconds = np.sort(draw.integers(0, DAYS * 86_400, size))
    return pl.DataFrame(
        {
            "tx_id": np.arange(size),
            "event_time": [START + timedelta(seconds=int(each)) for each in seconds],
            "payer": [f"C{each}" for each in draw.integers(0, 200, size)],
            "payee": [f"T{each}" for each in payee],
            "amount": amount.round(2),
            "currency": pl.Series([None] * size, dtype=pl.String),
            "channel": "card",
            "is_fraud": fraud.astype(np.int8),
            "world": world,
        }
    )


def protocol(**more):
    """Return a protocol file; between two long delays nothing is left to choose settings on."""
    return {
        "name": "made_up",
        "mapping": {
            "columns": dict(zip(COLUMNS, SOURCE, strict=True)),
            "defaults": {"participant": "made-up", "currency": "XXX"},
            "amount": {"unit": "units", "excess": "half_even"},
            "time": {"zone": "UTC"},
        },
        "labels": {"column": "is_fraud", "delay_days": 3},
        "protocols": [
            {
                "name": "split",
                "kind": "time_split",
                "train": {"from": "2026-01-02", "to": "2026-01-05"},
                "delay_days": 3,
                "test": {"from": "2026-01-12", "to": "2026-01-31"},
                "metrics": ["auc_roc", "average_precision", "share_caught@5%"],
                "to_reach": {"auc_roc": 0.8},
                "published": [
                    {"model": "A guess", "source": "Nobody, 2026", "figures": {"auc_roc": 0.5}},
                    {"model": "A better guess", "source": "Nobody, 2026", "figures": {"auc_roc": 0.6}},
                ],
            }
        ],
    } | more


def put(folder, table, **more):
    folder.mkdir(exist_ok=True)
    table.write_parquet(folder / "data.parquet")
    (folder / "protocol.yaml").write_text(yaml.safe_dump(protocol(**more)))
    return folder / "protocol.yaml", folder / "data.parquet"


def test_from_a_file_to_figures_on_the_command_line(tmp_path):
    described, table = put(tmp_path, data(1, "a"))
    out = tmp_path / "out.json"
    ran = CliRunner().invoke(app, ["benchmark", str(described), "--data", str(table), "--json", str(out)])
    assert ran.exit_code == 0, ran.output
    found = orjson.loads(out.read_bytes())
    assert set(found) == {"results"}
    keys = {"protocol", "metric", "value", "std", "published_best", "published_source"}
    for result in found["results"]:
        assert keys <= set(result)
        assert result["protocol"] == "split"
        assert 0 <= result["value"] <= 1
        assert result["std"] == 0, "one fold does not vary"
        assert result["metric"] in ran.output
    auc, precision, caught = found["results"]
    assert [auc["metric"], precision["metric"], caught["metric"]] == protocol()["protocols"][0]["metrics"]
    assert (auc["published_best"], auc["published_source"]) == (0.6, "A better guess; Nobody, 2026")
    assert (precision["published_best"], precision["published_source"]) == (None, None)
    assert auc["value"] > 0.8, "who was reported tells where the next frauds go"
    assert caught["value"] > 0.2
    again = [{name: getattr(each, name) for name in keys} for each in benchmark(described, table)]
    assert again == [{name: each[name] for name in keys} for each in found["results"]]


def test_figures_are_shown_before_they_are_written_and_rows_left_out_are_counted(tmp_path):
    table = data(1, "a").with_columns(amount=pl.when(pl.int_range(pl.len()) % 1000 == 7).then(-5.0).otherwise("amount"))
    described, table = put(tmp_path, table)
    ran = CliRunner().invoke(app, ["benchmark", str(described), "--data", str(table), "--json", str(tmp_path)])
    assert isinstance(ran.exception, IsADirectoryError)
    assert "share_caught@5%" in ran.stdout
    assert "data.parquet: 3 of 2,400 rows are left out of all figures; the first: row 8, amount" in ran.stderr
    asked = next(line for line in ran.stderr.splitlines() if "antifraud import" in line)
    words = asked.removeprefix("see them all: antifraud ").removesuffix(" writes FOLDER.rejects.csv").split()
    words[-1] = str(tmp_path / "seen")
    assert CliRunner().invoke(app, words).exit_code == 0
    assert (tmp_path / "seen.rejects.csv").read_text().count("\n") == 1 + 3


def test_settings_are_chosen_where_the_protocol_leaves_room_for_it(tmp_path):
    split = protocol()["protocols"][0] | {"train": {"from": "2026-01-02", "to": "2026-01-12"}, "delay_days": 0}
    described, table = put(tmp_path, data(1, "a"), protocols=[split])
    heard = set()
    results = benchmark(described, table, lambda what, done, of: heard.add(what))
    assert "settings tried" in heard
    assert all(0 <= each.value <= 1 for each in results)


@pytest.mark.parametrize("seed", [2, 3])
def test_a_world_does_not_hear_of_another(tmp_path, seed):
    one, other = data(1, "a"), data(seed, "b")
    figures = {}
    for name, table in {"one": one, "other": other, "both": pl.concat([one, other])}.items():
        figures[name] = benchmark(*put(tmp_path / name, table.sort("event_time"), world="world"))
    for of_one, of_other, of_both in zip(*figures.values(), strict=True):
        values = of_one.value, of_other.value
        assert of_both.value == pytest.approx(np.mean(values), abs=1e-12)
        assert of_both.std == pytest.approx(np.std(values), abs=1e-12)
    mixed = benchmark(*put(tmp_path / "mixed", pl.concat([one, other]).with_columns(tx_id=pl.int_range(pl.len()))))
    assert [each.value for each in mixed] != [each.value for each in figures["both"]]


def test_an_interval_holds_its_figure_and_narrows_with_more_days():
    draw = np.random.default_rng(5)

    def width(days):
        size = 200 * days
        fraud = draw.random(size) < 0.2
        score = fraud + draw.normal(0, 1, size)
        ranking = Ranking(score, fraud, np.arange(size) // 200, draw.integers(0, 50, size))
        mean = metric("average_precision")(ranking)
        low, high = _intervals([ranking], ["average_precision"], np.array([mean]))[:, 0]
        assert low < mean < high
        return high - low

    assert width(100) < width(4)


def test_all_protocols_with_data_become_one_page(tmp_path, monkeypatch):
    folder, protocols = tmp_path / "data", tmp_path / "protocols"
    folder.mkdir()
    protocols.mkdir()
    monkeypatch.setattr("api.commands.benchmark._PROTOCOLS", protocols)
    for name in ("here", "away"):
        (protocols / f"{name}.yaml").write_text(
            yaml.safe_dump(protocol() | {"name": name, "about": f"It is {name}.", "not_reproduced": ["Their sums."]})
        )
    data(1, "one").write_parquet(folder / "here.parquet")
    written = tmp_path / "page.md"
    out = tmp_path / "out.json"
    ran = CliRunner().invoke(
        app, ["benchmark", "--all", "--data", str(folder), "--out", str(written), "--json", str(out)]
    )
    assert ran.exit_code == 0, ran.output
    assert {row["data_set"] for row in orjson.loads(out.read_bytes())["results"]} == {"here"}
    text = written.read_text()
    assert "## away\n\nIt is away.\n\nNot run" in text
    assert "| this engine | **" in text
    assert text.count("Not reproduced:\n\n- Their sums.") == 1, "of what was run alone"
    for wrong in (
        ["--data", str(folder)],
        ["x.yaml", "--all", "--data", str(folder)],
        ["--all", "--data", str(tmp_path)],
    ):
        assert CliRunner().invoke(app, ["benchmark", *wrong, "--out", str(written)]).exit_code != 0
    assert written.read_text() == text


def test_the_page_says_what_was_missed_and_by_how_much(tmp_path):
    """Everything that is said to be missed is under its goal; nothing else is under it."""
    document = protocol()
    figures = {"auc_roc": 0.9, "average_precision": 0.5}
    document["protocols"][0] |= {
        "metrics": list(figures),
        "published": [
            {"model": "theirs", "source": "a paper", "figures": {"auc_roc": 0.89, "average_precision": 0.52}}
        ],
        "to_reach": {"auc_roc": 0.95, "average_precision": 0.5},
    }
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(document))
    unsaid = dict.fromkeys(("published_best", "published_source", "to_reach"))
    results = [
        Result(protocol="split", metric=name, value=value, std=0.0, low=value, high=value, **unsaid)
        for name, value in figures.items()
    ]
    text = page([Outcome(DataSet.load(tmp_path / "p.yaml"), results)])
    assert [line for line in text.splitlines() if line.startswith("Missed")] == [
        "Missed: auc_roc is 0.0500 under our own mark.",
        "Missed: average_precision is 0.0200 under the best published figure.",
    ]


def test_the_interval_of_a_mean_over_days_holds_it_although_who_was_called_leaves_the_following_days():
    draw = np.random.default_rng(5)
    size = 6_000
    fraud = draw.random(size) < 0.05
    score = draw.normal(size=size) + 2.5 * fraud
    ranking = Ranking(score, fraud, draw.integers(0, 7, size), draw.integers(0, 400, size))
    value = metric("card_precision@20")(ranking)
    low, high = _intervals([ranking], ["card_precision@20"], np.array([value]))[:, 0]
    assert low < value < high
