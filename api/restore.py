"""Live state from what is stored: the latest snapshot, and everything recorded after it."""

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from antifraud.domain.errors import DamagedFile, FingerprintMismatch
from antifraud.domain.moment import micros, moment_of
from antifraud.store import Store
from antifraud.store.history import History, Span
from antifraud.tables import TRANSFER_KEY, TRANSFERS
from api.commands.history import read_history
from api.settings import Settings
from features import snapshot
from features.layout import NEVER
from features.online import OnlineState
from features.replay import replay
from features.spec import Feature

_log: Final = logging.getLogger(__name__)
_KEPT: Final = 2
_OF_LOG: Final = "state-"
_OF_HISTORY: Final = "history-"


class Before(NamedTuple):
    """Transfers and reports from before the log: a folder, and when it was offered."""

    folder: Path
    now: datetime


class Snapshots:
    """A folder of snapshots, each named by the last stamp it has seen, in microseconds since 1970.

    The log may stand behind a history of what came before it. That is taken in once: what of it lies before a
    moment, the name of that snapshot. So each state that is ever made begins with exactly the same.
    """

    def __init__(self, folder: Path, before: Before | None = None) -> None:
        self._folder = folder
        self._before = before
        self._useless: set[Path] = set()
        self.passed_over = 0  # looks at a snapshot that could not be read

    def save(self, state: OnlineState, upto: datetime) -> Path:
        """Keep a state that has seen exactly what was recorded up to `upto`; older and useless snapshots go."""
        path = self._path(_OF_LOG, upto)
        self._write(state, path)
        for useless in self._useless - {path}:
            useless.unlink(missing_ok=True)
        self._useless.clear()
        for old in self._newest_first()[_KEPT:]:
            old.unlink(missing_ok=True)
        for draft in self._folder.glob(f"{_OF_LOG}*.draft"):
            if draft.stem <= path.stem:  # left by a process that was killed
                draft.unlink(missing_ok=True)
        return path

    def latest(self, catalogue: Sequence[Feature], log: Span | None) -> tuple[OnlineState, datetime | None]:
        """Return the newest usable state and what of the log it has seen, None if nothing.

        A snapshot that has seen more than the log holds is of another log; one from before the history was
        there is of another history.
        """
        paths = self._newest_first()
        if self._before is not None and self._taken() is None:
            self._useless.update(paths)
            paths = []
        for path in paths:
            upto = _moment(path)
            if log is None or upto > log.last:
                continue
            if (state := self._loaded(path, catalogue)) is not None:
                return state, upto
            self._useless.add(path)
        return self._first(catalogue, log), None

    def forget_other_logs(self, log: Span | None) -> None:
        """Remove snapshots that have seen more than the log holds, before it grows past them.

        Only for the process that records: to any other the log may have grown meanwhile.
        """
        for path in self._newest_first():
            if log is None or _moment(path) > log.last:
                _log.warning("%s has seen what the log does not hold: removed", path)
                path.unlink(missing_ok=True)

    @property
    def newest(self) -> Path | None:
        """Return the latest snapshot of the log, None while there is none."""
        return next(iter(self._newest_first()), None)

    def _first(self, catalogue: Sequence[Feature], log: Span | None) -> OnlineState:
        """Return the state that has seen nothing of the log; what came before the log is taken in once."""
        if self._before is None:
            return OnlineState(catalogue)
        taken = self._taken()
        if taken is not None and (state := self._loaded(taken, catalogue)) is not None:
            return state
        cut = _moment(taken) if taken is not None else log.first if log is not None else self._before.now
        state = OnlineState(catalogue)
        replay(state, *_history_until(self._before.folder, cut))
        self._write(state, self._path(_OF_HISTORY, cut))
        return state

    def _taken(self) -> Path | None:
        return min(self._folder.glob(f"{_OF_HISTORY}*.npz"), default=None)

    def _loaded(self, path: Path, catalogue: Sequence[Feature]) -> OnlineState | None:
        try:
            return snapshot.load(path, catalogue)
        except (DamagedFile, FingerprintMismatch, FileNotFoundError) as problem:
            self.passed_over += 1
            _log.warning("%s: passed over", problem)
            return None

    def _write(self, state: OnlineState, path: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        snapshot.save(state, path)

    def _path(self, kind: str, moment: datetime) -> Path:
        return self._folder / f"{kind}{micros(moment):020d}.npz"

    def _newest_first(self) -> list[Path]:
        return sorted(self._folder.glob(f"{_OF_LOG}*.npz"), reverse=True)


class Restored(NamedTuple):
    """A state that has seen everything in the log, and the latest moment in either, None if there is nothing."""

    state: OnlineState
    upto: datetime | None


def snapshots_of(settings: Settings, now: datetime) -> Snapshots:
    """Return the snapshots that the settings name; a history that was never offered before is offered `now`."""
    return Snapshots(settings.state_dir, None if settings.history is None else Before(settings.history, now))


def restored(store: Store, snapshots: Snapshots, catalogue: Sequence[Feature]) -> Restored:
    """Return the state that has seen everything in the log; only the process that records may ask."""
    log = store.history.span()
    snapshots.forget_other_logs(log)
    state, seen = snapshots.latest(catalogue, log)
    catch_up(state, store.history, seen)
    moments = [] if log is None else [log.last]
    if int(state.clock[0]) != NEVER:
        moments.append(moment_of(int(state.clock[0])))
    return Restored(state, max(moments, default=None))


def catch_up(state: OnlineState, history: History, after: datetime | None, until: datetime | None = None) -> None:
    """Let a state see what was recorded in `(after, until]`, in the order in which it arrived."""
    heard = after
    for transfers in history.transfers(after, until):
        upto = transfers["received_at"][-1]
        replay(state, transfers, history.reports(heard, upto), history.reported(heard, upto))
        heard = upto
    replay(state, TRANSFERS.to_frame(), history.reports(heard, until), history.reported(heard, until))


def _history_until(folder: Path, cut: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what of a history arrived and was known before `cut`."""
    transfers, known = read_history(folder)
    clock = pl.col("received_at").cum_max()  # of arrival: it never steps back
    before = transfers.filter(clock < cut).unique(TRANSFER_KEY, keep="first", maintain_order=True)
    return before, known.filter(pl.col("known_at") < cut)


def _moment(path: Path) -> datetime:
    return moment_of(int(path.stem.rpartition("-")[2]))
