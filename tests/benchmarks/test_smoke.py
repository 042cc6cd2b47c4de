"""The benches run, say what they should, and compare like with like; nothing here depends on how fast a machine is."""

import json

import numpy as np
import pytest

from api.loading import told
from features.offline import offline_features
from tests.benchmarks.__main__ import apart, main, sentences
from tests.benchmarks.capacity import DOCS
from tests.benchmarks.engine_alone import hot_account
from tests.benchmarks.figures import Figure, quantile
from tests.benchmarks.handbook_pandas import WINDOWS, handbook_features
from tests.benchmarks.offline import payments_of, the_same_twelve
from tests.benchmarks.page import made_of, page
from tests.benchmarks.reasons import REASONS
from tests.benchmarks.servers import bare, engine, loaded
from tests.benchmarks.sizes import QUICK, Bench
from tests.benchmarks.soak import Slice, worse
from tests.benchmarks.soak import page as soak_page
from tests.benchmarks.streams import frauds, reports_of, stream
from tests.benchmarks.trained import put_model

KEYS = {"name", "value", "unit", "target", "better", "against", "holds"}


def test_the_cheapest_benches_write_rows_and_a_page_with_each_of_them(tmp_path):
    kept = {"name": "handbook, protocol B, auc_roc", "value": 0.9, "unit": "", "target": 0.8, "better": "higher"}
    (tmp_path / "benchmarks.json").write_text(json.dumps([kept | {"against": "a run before", "holds": True}]))
    assert (
        main(["--quick", "--only", "alone", "explaining", "backtest", "restart", "tracing", "--out", str(tmp_path)])
        == 0
    )
    rows = json.loads((tmp_path / "benchmarks.json").read_text())
    assert all(set(row) == KEYS for row in rows)
    assert all((row["value"] <= row["target"]) == row["holds"] for row in rows if row["better"] == "lower")
    written = (tmp_path / "benchmarks.md").read_text()
    assert main(["--page", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "benchmarks.md").read_text() == written
    assert all(f"| {row['name']}" in written for row in rows)
    assert rows[-1]["name"] == kept["name"], "what only a long run measures is kept"


def test_a_hot_account_costs_no_more_than_a_few_quiet_ones(tmp_path):
    (figure,) = apart(hot_account, Bench(QUICK, tmp_path, None))
    assert figure.value < 4


def test_a_decision_costs_the_server_no_more_than_a_few_answers_of_the_bare_route(tmp_path):
    """By processor time: what is added to every transfer shows here, on a busy machine too."""
    bench = Bench(QUICK, tmp_path, None)
    apart(put_model, bench)
    with engine(bench, "gate") as ours, bare(bench) as plain:
        for each in (ours, plain):
            loaded(each, seconds=0.5)  # warm
        cost, least = (loaded(each, seconds=1.5)["cpu_us"] for each in (ours, plain))
    assert cost < 4 * least, "measured: twice"


def test_the_pandas_code_and_ours_compute_the_same_twelve_features():
    transfers = stream(3_000, 150, over=60 * 86_400_000_000, habitual=1.0)
    fraud = frauds(transfers) | (np.arange(3_000) % 7 == 0)
    ours = offline_features(transfers, reports_of(transfers, fraud), the_same_twelve())
    theirs = handbook_features(payments_of(transfers, fraud))
    for days in WINDOWS:
        count = theirs[f"customer_count_{days}d"] - 1  # the book counts the payment itself
        total = theirs[f"customer_mean_{days}d"] * (count + 1) - transfers["base_minor"].to_numpy() / 100
        assert ours[f"customer_count_{days}d"].to_list() == count.to_list()
        mean = np.divide(total, count, out=np.zeros(len(count)), where=count.to_numpy() > 0)
        assert ours[f"customer_mean_{days}d"].fill_null(0).to_numpy() / 100 == pytest.approx(mean, rel=1e-6, abs=1e-6)
        assert ours[f"terminal_count_{days}d"].to_list() == theirs[f"terminal_count_{days}d"].to_list()
        share = ours[f"terminal_share_{days}d"].fill_null(0).to_numpy()
        assert share == pytest.approx(theirs[f"terminal_share_{days}d"].to_numpy())
        assert share.max() > 0


def test_the_page_names_what_misses_and_by_how_much():
    rows = [
        Figure("slow", 30.0, "ms", 10, "lower", "-").as_row(),
        Figure("few", 0.5, "x", 1, "higher", "-").as_row(),
        Figure("fine", 10.0, "ms", 10, "lower", "-").as_row(),
    ]
    text = page(rows, {"cores": 2}, [])
    assert "**slow**: 30 ms, 20 ms from its target, 3.00 times worse. Why is not known." in text
    assert "**few**: 0.5 x, 0.5 x from its target, 2.00 times worse." in text
    assert "**fine**" not in text
    assert "1 of 3 targets hold" in text


def test_every_row_that_misses_says_why():
    missed = [row["name"] for row in json.loads((DOCS / "benchmarks.json").read_text()) if not row["holds"]]
    assert [name for name in missed if name not in REASONS] == []


def test_the_page_is_what_is_made_of_the_last_measurement():
    assert made_of(DOCS, sentences()) == (DOCS / "benchmarks.md").read_text(), "python -m tests.benchmarks --page"


def test_a_value_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="was nan"):
        Figure("slow", float("nan"), "ms", 10, "lower", "-")


def test_a_quantile_is_a_value_that_was_measured():
    assert quantile(range(100), 0.99) == 99
    assert quantile([3, 1, 2], 0.5) == 2
    assert told([])["p99_ms"] is None


def _steady():
    return [
        Slice(1_000 * each, 0, 1.0, 3.0, 10**9 + 100_000 * each, 10**8 + 99_000 * each, 0, 0) for each in range(1, 31)
    ]


def test_a_soak_names_what_grew_or_slowed_down_and_nothing_else():
    steady = _steady()
    assert worse(steady) == []
    slower = [each._replace(p99_ms=3.0 if each.decided < 20_000 else 5.0) for each in steady]
    assert [problem.partition(":")[0] for problem in worse(slower)] == ["slower"]
    one_good_minute = [*slower[:-1], slower[-1]._replace(p99_ms=3.0)]
    assert [problem.partition(":")[0] for problem in worse(one_good_minute)] == ["slower"]
    leaking = [each._replace(resident=each.resident + 10_000 * each.decided) for each in steady]
    assert [problem.partition(" grew")[0] for problem in worse(leaking)] == ["memory beside the state"]


def test_a_soak_in_which_anything_was_degraded_or_refused_says_so_on_its_page():
    steady = _steady()
    for name, words in (("degraded", "degraded: something"), ("refused", "refused: 7 requests")):
        found = [*steady[:-1], steady[-1]._replace(**{name: 7})]
        (problem,) = worse(found)
        assert problem.startswith(words)
        written = soak_page("30 minutes", 600.0, found, [problem], {"cores": 2})
        assert f"- {problem}" in written
        assert "| end | 30,000 | 0 | 1.00 ms | 3.00 ms |" in written
    assert "Nothing became worse" in soak_page("30 minutes", 600.0, steady, [], {"cores": 2})
