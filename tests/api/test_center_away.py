"""Decisions do not need the Center's book."""

import asyncio

import pytest

from antifraud.domain.errors import Unavailable
from tests.api.inside import running
from tests.api.making import body


def test_decisions_go_on_while_the_book_is_away(tmp_path):
    (tmp_path / "blocked").write_text("a file where a folder should be")

    async def asked():
        async with running(tmp_path, center_url=f"sqlite:///{tmp_path}/blocked/center.db") as client:
            with pytest.raises(Unavailable):
                await client.engine.center.read(lambda page: page.next_due())
            decided = await client.post("/v1/decisions", json=body())
            ready = await client.get("/health/ready")
            metrics = await client.get("/metrics")
            return decided.status_code, ready.status_code, "antifraud_center_open 0.0" in metrics.text

    assert asyncio.run(asked()) == (201, 200, True)


def test_the_book_stands_beside_the_decisions(tmp_path):
    async def asked():
        async with running(tmp_path) as client:
            return await client.engine.center.read(lambda page: page.next_due())

    assert asyncio.run(asked()) is None
    assert (tmp_path / "center.db").exists()
