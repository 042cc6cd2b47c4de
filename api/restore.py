"""Live state from what is stored: the latest snapshot, and everything recorded after it."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import polars as pl
from sqlalchemy import func, select

from antifraud.domain.errors import DamagedFile, FingerprintMismatch
from antifraud.store import Store
from antifraud.store.history import History
from antifraud.store.schema import decisions, reports
from antifraud.tables import TRANSFERS
from api.clock import utc_now
from api.commands.history import read_history
from features import snapshot
from features.online import OnlineState
from features.replay import replay
from features.spec import Feature

_log: Final = logging.getLogger(__name__)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_KEPT: Final = 2


class Snapshots:
    """A folder of snapshots, each named by the last stamp it has seen, in microseconds since 1970.

    `before` is a folder of transfers and reports from before the log began: the state begins with them.
    """

    def __init__(self, folder: Path, before: Path | None = None) -> None:
        self._folder = folder
        self._before = before

    def save(self, state: OnlineState, upto: datetime) -> Path:
        """Keep a state that has seen exactly what was recorded up to `upto`; older snapshots go."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"state-{(upto - _EPOCH) // _MICROSECOND:020d}.npz"
        snapshot.save(state, path)
        for old in self._newest_first()[_KEPT:]:
            old.unlink(missing_ok=True)
        return path

    def latest(self, catalogue: Sequence[Feature], not_after: datetime | None) -> tuple[OnlineState, datetime | None]:
        """Return the newest usable state and what it has seen, or one that has seen nothing of the log.

        A snapshot that has seen more than the log holds (`not_after` is the log's last stamp) is of another log.
        """
        for path in self._newest_first():
            upto = _EPOCH + int(path.stem.removeprefix("state-")) * _MICROSECOND
            if not_after is None or upto > not_after:
                continue
            try:
                return snapshot.load(path, catalogue), upto
            except (DamagedFile, FingerprintMismatch) as problem:
                _log.warning("%s: passed over", problem)
        state = OnlineState(catalogue)
        if self._before is not None:
            replay(state, *self._history(self._before))
        return state, None

    def begins_after(self, store: Store) -> datetime | None:
        """Return the moment after which new stamps must lie."""
        stamps = [last_stamp(store)]
        if self._before is not None:
            transfers, known = self._history(self._before)
            stamps += [transfers["received_at"].max(), known["known_at"].max()]  # type: ignore[list-item]  # or None
        return max((stamp for stamp in stamps if stamp is not None), default=None)

    def _history(self, folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return what was known by now."""
        transfers, known = read_history(folder)
        now = utc_now()
        return transfers.filter(pl.col("received_at") <= now), known.filter(pl.col("known_at") <= now)

    def _newest_first(self) -> list[Path]:
        return sorted(self._folder.glob("state-*.npz"), reverse=True)


def restored(store: Store, snapshots: Snapshots, catalogue: Sequence[Feature]) -> OnlineState:
    """Return the state that has seen everything in the log."""
    state, upto = snapshots.latest(catalogue, last_stamp(store))
    catch_up(state, store.history, upto)
    return state


def catch_up(state: OnlineState, history: History, after: datetime | None, until: datetime | None = None) -> None:
    """Let a state see what was recorded in `(after, until]`, in the order in which it arrived."""
    heard = after
    for transfers in history.transfers(after, until):
        upto = transfers["received_at"][-1]
        replay(state, transfers, history.reports(heard, upto), history.reported(heard, upto))
        heard = upto
    replay(state, TRANSFERS.to_frame(), history.reports(heard, until), history.reported(heard, until))


def last_stamp(store: Store) -> datetime | None:
    """Return the last stamp that was given to anything in the log, or None if it is empty."""
    with store.engine.connect() as connection:
        stamps = [
            connection.execute(select(func.max(column))).scalar_one()
            for column in (decisions.c.received_at, reports.c.known_at)
        ]
    known = [stamp for stamp in stamps if stamp is not None]
    return _EPOCH + max(known) * _MICROSECOND if known else None
