"""Waiting for what another task or thread does: by looking again and again, never by a guess of how long it takes."""

import asyncio


async def until(condition):
    """Return once a condition holds. Whoever waits for ever is ended by pytest's own watch (`faulthandler_timeout`)."""
    while not condition():
        await asyncio.sleep(0.005)
