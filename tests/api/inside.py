"""The application in this process: for what a test must reach behind the HTTP."""

import asyncio
from contextlib import asynccontextmanager

import httpx

from api.app import create_app
from api.settings import read_settings
from api.wiring import open_engine
from tests.api import making


@asynccontextmanager
async def running(folder, participants=("fictional-bank",), **settings):
    """Yield a client for each participant, on an application whose state is restored."""
    url = settings.get("database_url", f"sqlite:///{folder}/engine.db")
    if not (folder / "shelf").exists():
        making.put_on(folder / "shelf", making.bundle())
    keys = [making.register(url, participant) for participant in participants]
    given = {"database_url": url, "shelf": folder / "shelf", "state_dir": folder / "state"}
    given |= {"keeper": "inside", "shadow_every_s": 0}
    app = create_app(lambda: open_engine(read_settings(**given | settings)))
    async with app.router.lifespan_context(app):
        clients = [
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://engine", headers={"X-Api-Key": key})
            for key in keys
        ]
        await ready(clients[0])
        for client in clients:
            client.app, client.engine = app, app.state.engine
        yield clients[0] if len(clients) == 1 else clients
        for client in clients:
            await client.aclose()


async def ready(client):
    """Wait until transfers are decided."""
    while (await client.get("/health/ready")).status_code != 200:
        await asyncio.sleep(0.01)
