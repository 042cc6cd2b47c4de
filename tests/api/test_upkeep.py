"""What goes on beside the requests goes on, whatever fails once."""

import asyncio
import logging
import os
import shutil

import pytest

from antifraud.domain.errors import Unavailable
from antifraud.workflow.live import LiveState
from api.background import background, begin
from api.settings import read_settings
from api.upkeep import keep_open
from models.lineup import Choice
from tests.api import making
from tests.api.inside import running
from tests.waiting import until


@pytest.mark.parametrize("error", [RuntimeError("nobody expected this"), Unavailable("the database is away")])
def test_work_that_ends_by_an_error_is_reported_and_begun_anew(caplog, error):
    begun, done = [], asyncio.Event()

    async def work():
        begun.append(len(begun))
        if len(begun) < 3:
            raise error
        done.set()

    async def scenario():
        async with background({"counting": work}, retry_s=0.001):
            await done.wait()

    asyncio.run(scenario())
    assert begun == [0, 1, 2]
    reported = [line for line in caplog.records if line.levelno == logging.ERROR]
    assert [line.getMessage().startswith(f"counting: {error}") for line in reported] == [True, True]
    assert [line.exc_info is None for line in reported] == [isinstance(error, Unavailable)] * 2


@pytest.mark.parametrize(("piped", "behind"), [(False, True), (True, False)])
def test_what_nobody_waits_for_leaves_the_cores_to_the_requests(piped, behind):
    async def scenario():
        process = await begin(read_settings(), "--help", piped=piped)
        try:
            return os.getpriority(os.PRIO_PROCESS, process.pid)
        finally:
            process.kill()
            await process.wait()

    assert (asyncio.run(scenario()) > os.getpriority(os.PRIO_PROCESS, 0)) is behind


def test_readiness_says_that_restoring_failed_until_it_succeeds():
    said, opened = [], asyncio.Event()

    async def rebuild():
        said.append(live.closed_because)
        if len(said) < 3:
            raise Unavailable("postgresql://secret@host does not answer")
        opened.set()
        return object()

    live = LiveState(rebuild)

    async def scenario():
        async with background({"keeping the state open": lambda: keep_open(live, retry_s=0.001)}):
            await opened.wait()
            while live.closed_because is not None:
                await asyncio.sleep(0)

    asyncio.run(scenario())
    assert said[0] != said[1] == said[2] == "the state cannot be restored (Unavailable)"


def test_a_champion_whose_files_were_still_on_their_way_takes_over_once_they_are_there(tmp_path, caplog):
    made = making.bundle(seed=1)
    made.write(tmp_path / "elsewhere")

    async def scenario():
        async with running(tmp_path, shelf_poll_s=0.001) as client:
            folder = tmp_path / "shelf" / made.version
            folder.mkdir()
            making.decide_with(tmp_path / "shelf", Choice(champion=made.version), fits=lambda choice, now: None)
            await until(lambda: "cannot serve" in caplog.text)
            for path in (tmp_path / "elsewhere" / made.version).iterdir():
                shutil.copy(path, folder)
            await until(lambda: client.engine.desk.scorer.version == made.version)

    asyncio.run(asyncio.wait_for(scenario(), 60))
    refusals = [line.getMessage() for line in caplog.records if "cannot serve" in line.getMessage()]
    assert len(refusals) == len(set(refusals)), "the same is said once"
