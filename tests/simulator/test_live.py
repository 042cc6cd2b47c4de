"""The same world going on live."""

import asyncio
import io
import json
from datetime import UTC, datetime, timedelta
from itertools import chain, islice

import httpx
import polars as pl
import pytest
from rich.console import Console

from antifraud.domain.errors import DamagedFile, InvalidValue
from antifraud.simulator.figures import CHARTS
from antifraud.simulator.live import live_on
from antifraud.simulator.world import load_country
from api.commands.player import Keys, Player
from api.commands.simulate import simulate
from api.schemas import ReportIn, TransferIn


def going_on(world, count):
    batches = live_on(load_country(world.folder), "run1", timedelta(hours=12))
    return list(islice(chain.from_iterable(batches), count))


def test_the_same_people_go_on_after_the_files_end(world):
    transfers = going_on(world, 1_200)
    known = set(world.people["account"])
    payers = {transfer.fields["payer"] for transfer in transfers}
    assert len(payers & known) > 0.9 * len(payers)
    assert len({transfer.fields["transfer_id"] for transfer in transfers}) == len(transfers)
    assert not {transfer.fields["transfer_id"] for transfer in transfers} & set(world.transfers["transfer_id"])


def test_what_is_sent_has_the_shape_that_the_api_reads(world):
    transfers = going_on(world, 1_200)
    for transfer in transfers:
        body = {**transfer.fields, "occurred_at": "2026-03-01T12:00:00Z"}
        TransferIn.model_validate_json(json.dumps(body))
    reported = [report for transfer in transfers for report in transfer.reports]
    assert reported
    assert all(report.after > timedelta(0) for report in reported)


def test_a_folder_without_a_world_is_refused_in_one_line(tmp_path):
    with pytest.raises(DamagedFile, match="not the summary of a simulated world"):
        load_country(tmp_path)


def test_a_participant_without_a_key_is_named():
    with pytest.raises(InvalidValue, match="bank952"):
        Keys(default=None, by_participant={"bank951": "k"}).of("bank952")


class Desk(httpx.AsyncBaseTransport):
    """An API that holds everything, keeps what it got, and forgets every tenth request."""

    def __init__(self):
        self.decided, self.reported, self.asked = [], [], 0

    async def handle_async_request(self, request):
        self.asked += 1
        if self.asked % 10 == 0:
            raise httpx.ReadTimeout("no answer")
        body = json.loads(request.content)
        if request.url.path == "/v1/reports":
            ReportIn.model_validate_json(request.content)
            self.reported.append(body["transfer_id"])
            return httpx.Response(201, json={})
        self.decided.append(body["transfer_id"])
        nothing = {"score": None, "reasons": [], "degraded": [], "warning": None}
        return httpx.Response(201, json={"transfer_id": body["transfer_id"], "action": "hold", **nothing})


def test_every_answer_is_counted_and_reports_follow_their_transfers(world):
    transfers = sorted(going_on(world, 1_200), key=lambda transfer: not transfer.reports)[:300]
    desk = Desk()
    player = Player(
        url="http://desk", keys=Keys("k", {}), rate=1_000, speed=1e12, concurrency=8,
        utc_now=lambda: datetime(2026, 3, 1, tzinfo=UTC), transport=desk,
    )  # fmt: skip
    asyncio.run(player.play(iter([transfers[:100], transfers[100:]]), Console(file=io.StringIO())))
    assert player.counts["answered"] == len(desk.decided) == player.counts["hold"] == len(player.latencies)
    assert player.counts["answered"] + player.counts["unanswered"] >= 300
    assert player.counts["unanswered"] >= 27
    assert desk.reported
    assert set(desk.reported) <= set(desk.decided)
    assert "ReadTimeout" in player.summary()


def test_the_command_writes_a_world_and_draws_charts_that_say_they_are_simulated(tmp_path):
    start = datetime(2026, 5, 4, tzinfo=UTC)
    simulate(out=tmp_path / "w", accounts=600, days=8, seed=3, start=start, figures=tmp_path / "f")
    first = pl.read_parquet(tmp_path / "w/transfers.parquet")["received_at"][0]
    assert (first + timedelta(hours=5)).date().isoformat() == "2026-05-04"
    charts = list((tmp_path / "f").glob("*.svg"))
    assert len(charts) == len(CHARTS)
    assert all("simulated" in chart.read_text() for chart in charts)
