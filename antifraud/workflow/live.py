"""The live state of all accounts, kept only as long as it equals the log."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Final

from antifraud.domain.errors import Unavailable
from antifraud.workflow.ports import FeatureState

NOT_RESTORED: Final = "the state has not been restored from the log yet"


class LiveState:
    """A feature state that closes when it may have seen what the log does not hold.

    It starts closed: starting and recovering are the same act, `reopen`. Work on the state happens inside
    `with live as features`; leaving with an error closes it, because then nobody knows what was observed
    and not recorded. `rebuild` makes a fresh state from the log.
    """

    def __init__(self, rebuild: Callable[[], Awaitable[FeatureState]]) -> None:
        self._rebuild = rebuild
        # Held from a stamp until the state has answered, so that a state which is somewhere else still hears of
        # everything in the order of its stamps. Nobody waits here for a state of this process: it answers at once.
        self.order: Final = asyncio.Lock()
        self._features: FeatureState | None = None
        self._inside = 0
        self._left = asyncio.Event()
        self._closed = asyncio.Event()
        self._open = asyncio.Event()
        self._closed_because: str | None = None
        self.doubt(NOT_RESTORED)

    @property
    def closed_because(self) -> str | None:
        """Say why nothing is let in, or None when it is open."""
        return self._closed_because

    @property
    def seen(self) -> FeatureState | None:
        """Return the state for who only wants to know how large it is; None while there is none."""
        return self._features

    @property
    def quiet(self) -> bool:
        """Say whether nobody is inside, so that log and state hold exactly the same."""
        return self._inside == 0

    def __enter__(self) -> FeatureState:
        """Let work in, or raise Unavailable while the state cannot be trusted."""
        if self._closed_because is not None or self._features is None:
            raise Unavailable(f"nothing can be decided or reported now: {self._closed_because}")
        self._inside += 1
        return self._features

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Let work out; work that failed closes the door behind it."""
        self._inside -= 1
        if error is not None:
            self.doubt(f"the state may hold what the log does not ({type(error).__name__})")
        self._left.set()

    def doubt(self, cause: str) -> None:
        """Close: `cause` is what readiness and refusals will say."""
        self._closed_because = cause
        self._closed.set()
        self._open.clear()

    async def closed(self) -> None:
        """Return as soon as the state is closed."""
        await self._closed.wait()

    async def opened(self) -> None:
        """Return as soon as the state is open."""
        await self._open.wait()

    async def reopen(self) -> None:
        """Wait until nobody is inside, let go of the old state, rebuild it from the log, and open."""
        while not self.quiet:
            self._left.clear()
            await self._left.wait()
        self._features = None  # first: two states of a country would not fit into the memory of one
        self._features = await self._rebuild()
        self._closed_because = None
        self._closed.clear()
        self._open.set()
