"""Send the same again until an answer comes: everything the engine is asked may be, because it is done once."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import httpx

from antifraud.client.refusals import Unanswered

_NOT_NOW: Final = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often and when: the wait doubles, is spread by chance, and is never shorter than the engine asks for."""

    attempts: int = 5
    first_s: float = 0.2
    longest_s: float = 10.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random

    def wait(self, failures: int, asked_for_s: float = 0.0) -> float:
        """Return how long to wait after so many failures.

        >>> patient = Patience(chance=lambda: 1.0)
        >>> [patient.wait(failures) for failures in (1, 2, 3, 9)], patient.wait(1, asked_for_s=30)
        ([0.2, 0.4, 0.8, 10.0], 30)
        """
        longest: float = min(self.first_s * 2.0 ** (failures - 1), self.longest_s)
        return max(asked_for_s, longest * (0.5 + self.chance() / 2))


async def answered(send: Callable[[], Awaitable[httpx.Response]], patience: Patience) -> httpx.Response:
    """Return the first answer that says more than "not now"; raise Unanswered when patience ends."""
    for failures in range(1, patience.attempts + 1):
        asked_for = 0.0
        try:
            response = await send()
        except httpx.TransportError as error:
            why = f"{type(error).__name__}: {error}"
        else:
            if response.status_code not in _NOT_NOW:
                return response
            why = f"{response.status_code} {response.text[:300]}"
            after = response.headers.get("retry-after", "")
            asked_for = float(after) if after.isdecimal() else 0.0
        if failures < patience.attempts:
            await patience.sleep(patience.wait(failures, asked_for))
    raise Unanswered(why)
