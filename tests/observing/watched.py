"""Two engines to watch: one that decides, holds, refuses and is told, and one whose lists are away and that is shut."""

import asyncio

from prometheus_client.parser import text_string_to_metric_families

from antifraud.store.center.decided import SqlDecidedLog
from antifraud.store.shadows import SqlShadows
from api.observing.figures import CenterFigures, ShadowFigures
from tests.api import making
from tests.api.inside import running
from tests.api.making import body

TRACE = "0af7651916cd43dd8448eb211c80319c"


async def sound(folder, **settings):
    """Return the answers of an engine at work; the last one is its page of metrics."""
    making.put_on(folder / "shelf", making.bundle(hold_at=0.0, block_at=1.0))
    async with running(folder, public_url="https://engine.example", **settings) as client:
        parent = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
        answers = [
            await client.post("/v1/decisions", json=body(1), headers=parent),
            await client.post("/v1/decisions", json=body(1)),
            await client.post("/v1/decisions", json={}, headers={"X-Request-Id": "hub-000042"}),
            await client.post("/v1/reports", json={"transfer_id": "t1", "fraud": True, "source": "police"}),
            await client.get("/v1/decisions/t1"),
            await client.get("/v1/nothing"),
            await client.get("/openapi.json"),
        ]
        center, log = client.engine.center, client.engine.log
        decided = SqlDecidedLog(log._engine)
        await client.post("/v1/decisions", json=body(2, payee="wallet:other"))
        while await center.read(lambda page: page.cursor("decisions")) < 2:
            await asyncio.sleep(0.01)
        await CenterFigures(center, decided, client.engine.metrics).round()
        shadows = SqlShadows(log._engine)
        await ShadowFigures(folder / "shelf", shadows, client.engine.center.now, client.engine.metrics).round()
        return [*answers, await client.get("/metrics")]


async def blind(folder):
    """Return the page of metrics of an engine that decided without its lists and refused while it was shut."""
    folder.mkdir()
    (folder / "blocked").write_text("a file where a folder should be")
    async with running(folder, center_url=f"sqlite:///{folder}/blocked/center.db") as client:
        assert (await client.post("/v1/decisions", json=body(1))).json()["degraded"]
        with client.engine.live:  # while somebody is inside, nothing is restored
            client.engine.live.doubt("a test doubts it")
            assert (await client.post("/v1/decisions", json=body(2))).status_code == 503
        return await client.get("/metrics")


def families_of(*pages):
    """Return the families of pages of metrics by name, with the samples of all."""
    found = {}
    for page in pages:
        for family in text_string_to_metric_families(page.text):
            known = found.setdefault(family.name, family)
            if known is not family:
                known.samples += family.samples
    return found
