"""`antifraud import`: what lands on disk, what is said, and that half an import never exists."""

import fcntl
import os
import re
from pathlib import Path

import polars as pl
import pytest
import typer
import yaml
from typer.testing import CliRunner

from antifraud.domain.errors import Conflict
from antifraud.intake import Mapping, Section, read, write
from antifraud.tables import REPORTS, TRANSFERS
from api.commands.imports import import_transfers

MAPPING = {
    "mapping": {
        "columns": {
            "transfer_id": "id",
            "payer": "payer",
            "payee": "payee",
            "amount_minor": "sum",
            "occurred_at": "at",
        },
        "defaults": {"participant": "tiny", "currency": "KZT"},
    },
    "labels": {"column": "fraud", "delay_days": 7},
}
GOOD = "1,a,b,10.00,2026-03-01T10:00:00,1\n"
BAD = "2,a,b,10.001,2026-03-01T10:00:00,0\n3,a,b,-1,2026-03-01T10:00:00,0\n4,a,b,-2,2026-03-01T10:00:00,0\n"


def run(folder, *arguments):
    app = typer.Typer()
    app.command()(import_transfers)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "m.yaml").write_text(yaml.safe_dump(MAPPING))
    return tmp_path


def run_on(folder, lines, *more):
    (folder / "s.csv").write_text("id,payer,payee,sum,at,fraud\n" + lines)
    return run(folder, folder / "s.csv", "--mapping", folder / "m.yaml", "--out", folder / "out", *more)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_good_rows_are_imported_and_bad_ones_counted_by_reason(folder):
    done = run_on(folder, GOOD + BAD)
    assert done.exit_code == 0
    assert pl.read_parquet(folder / "out" / "transfers.parquet").schema == TRANSFERS
    reports = pl.read_parquet(folder / "out" / "reports.parquet")
    assert reports.schema == REPORTS
    assert reports["transfer_id"].to_list() == ["1"]
    said = " ".join(done.output.split())
    for line in (
        "4 rows read",
        "1 accepted",
        "3 rejected",
        "2 x amount_minor: an amount is 0 to",
        "1 x amount_minor: KZT has",
    ):
        assert line in said
    rejects = pl.read_csv(folder / "out.rejects.csv", infer_schema=False)
    assert rejects.columns == ["rejected_row", "rejected_reason", "id", "payer", "payee", "sum", "at", "fraud"]
    assert rejects["rejected_row"].to_list() == ["2", "3", "4"]
    assert names(folder) == ["m.yaml", "out", "out.rejects.csv", "s.csv"]


def test_what_a_spreadsheet_would_run_is_text_in_the_rejects(folder):
    lines = (
        "=cmd|' /C calc'!A0,@SUM(1),+77010000000,-5.00,2026-03-01T10:00:00,0\n-1+1,a\tb,\t=1,x,2026-03-01T10:00:00,0\n"
    )
    run_on(folder, GOOD + lines)
    rejects = pl.read_csv(folder / "out.rejects.csv", infer_schema=False)
    cells = rejects.select("id", "payer", "payee", "sum").rows()
    assert cells == [("'=cmd|' /C calc'!A0", "'@SUM(1)", "+77010000000", "-5.00"), ("'-1+1", "a\tb", "'\t=1", "x")]


def test_every_table_that_people_open_goes_through_one_place():
    writes = re.compile(r"(\S+)\.write_csv\b(?!\(include_header=False)")  # a digest of bytes is no file
    for package in ("antifraud", "features", "models", "api"):
        for path in Path(package).rglob("*.py"):
            for found in writes.findall(path.read_text(encoding="utf-8")):
                assert found.startswith("for_people("), path


def test_an_import_in_which_nothing_was_right_fails_and_leaves_only_rejects(folder):
    done = run_on(folder, BAD, "--rejects", folder / "bad.parquet")
    assert done.exit_code == 1
    assert names(folder) == ["bad.parquet", "m.yaml", "s.csv"]


def test_an_import_replaces_an_earlier_one_whole(folder):
    run_on(folder, GOOD)
    run_on(folder, GOOD.replace("1,a", "9,a"))
    assert pl.read_parquet(folder / "out" / "transfers.parquet")["transfer_id"].to_list() == ["9"]
    assert names(folder) == ["m.yaml", "out", "s.csv"]


def test_a_folder_that_holds_something_else_is_left_alone(folder):
    (folder / "out").mkdir()
    (folder / "out" / "thesis.txt").write_text("the only copy")
    done = run_on(folder, GOOD)
    assert isinstance(done.exception, Conflict)
    assert names(folder / "out") == ["thesis.txt"]


def test_rejects_cannot_be_put_where_the_import_would_replace_them(folder):
    assert isinstance(run_on(folder, GOOD, "--rejects", folder / "out" / "bad.csv").exception, Conflict)


def test_a_disk_that_fails_half_way_leaves_the_earlier_import(folder, monkeypatch):
    run_on(folder, GOOD)
    (folder / "s.csv").write_text("id,payer,payee,sum,at,fraud\n" + GOOD.replace("1,a", "9,a"))
    intake = read(folder / "s.csv", Mapping.parse(Section(MAPPING)))
    whole = pl.DataFrame.write_parquet

    def fail_on_reports(frame, path):
        if Path(path).name == "reports.parquet":
            raise OSError("no space left on device")
        return whole(frame, path)

    monkeypatch.setattr(pl.DataFrame, "write_parquet", fail_on_reports)
    with pytest.raises(OSError, match="no space left"):
        write(intake, folder / "out")
    assert pl.read_parquet(folder / "out" / "transfers.parquet")["transfer_id"].to_list() == ["1"]
    assert names(folder) == ["m.yaml", "out", "s.csv"]


def test_what_a_killed_import_left_is_cleared_and_what_it_took_away_comes_back(folder):
    run_on(folder, GOOD)
    imported = names(folder / "out")
    killed = folder / ".out.killed"
    killed.mkdir()
    (folder / "out").rename(killed / "old")
    assert run_on(folder, BAD).exit_code == 1, "nothing in it was right"
    run_on(folder, GOOD)
    assert names(folder / "out") == imported
    assert not list(folder.glob(".out.*"))


def test_an_import_that_still_writes_is_left_alone(folder):
    writing = folder / ".out.writing"
    writing.mkdir()
    handle = os.open(writing, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    run_on(folder, GOOD)
    assert writing.is_dir()
    os.close(handle)
    run_on(folder, GOOD)
    assert not writing.exists()
