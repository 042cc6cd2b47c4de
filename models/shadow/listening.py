"""Let challengers and shadow rules speak about what was decided, from the vectors that were served.

Nothing is computed again and nothing here is on the way of a transfer. Who speaks about a decision is who stood in the
lineup when it was received: whoever catches up after a long absence says what it would have said then, and nobody is
judged on transfers from before it was named.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from antifraud.domain.errors import AntifraudError
from antifraud.domain.rule import Rule
from antifraud.store.shadows import Block, Said
from features.rules import fired
from features.schema import fingerprint, names
from features.spec import Feature
from models.backtest.hearing import matrix_of
from models.lineup import State, What, state_of
from models.scorer import LightGbmScorer
from models.shelf import bundle_of, rules_of

_log: Final = logging.getLogger(__name__)

BLOCK: Final = 2_000  # decisions in one transaction: the server's own commits wait for it, so it stays short
SETTLED: Final = timedelta(minutes=1)
"""What was received longer ago than this is in the log, or never will be."""


class Shadows(Protocol):
    """The log of decisions with what shadows said beside it, as `antifraud.store.shadows` keeps it."""

    def next(self, limit: int, catalogue_version: str, begin: datetime, settled: datetime) -> Block | None:
        """Return the next decisions that nobody has listened to; None when there are none."""
        ...

    def keep(self, block: Block, said: Said) -> bool:
        """Keep what was said about a block, exactly once; return False if another one was faster."""
        ...


@dataclass(frozen=True, slots=True)
class Speakers:
    """Who listens from a moment on: versions of challengers, and a book's shadow rules."""

    since: datetime
    models: tuple[str, ...]
    rules: tuple[Rule, ...]


@dataclass(slots=True)
class Listener:
    """Listens to a log for the challengers and shadow rules of a shelf, block by block."""

    shelf: Path
    log: Shadows
    catalogue: Sequence[Feature]
    _scorers: dict[str, LightGbmScorer | None] = field(default_factory=dict)
    _rules: dict[str, tuple[Rule, ...]] = field(default_factory=dict)

    def round(self, now: datetime) -> int:
        """Listen to the next block; return how many decisions it had, 0 when there is none."""
        speakers = self._speakers()
        if not speakers:
            return 0
        begin = next((each.since for each in speakers if each.models or each.rules), now)
        block = self.log.next(BLOCK, fingerprint(self.catalogue), begin, now - SETTLED)
        if block is None:
            return 0
        done = 0
        for part, each in _parts(block, speakers):
            if not self.log.keep(part, self._said(part, each)):
                break  # another one listens too, and was faster
            done += part.rows.height
        return done

    def _speakers(self) -> list[Speakers]:
        """Return who listens from when on, in order: each act on the shelf's lineup may have changed it."""
        state = State()
        found: list[Speakers] = []
        for entry in state_of(self.shelf).entries:
            state = state.after(entry)
            if entry.what in (What.PROPOSED, What.REJECTED) or state.lineup is None:
                continue
            since = max([entry.at, *(each.since for each in found[-1:])])  # clocks of people's machines differ
            found.append(Speakers(since, state.challengers, self._shadow(state.lineup.choice.rules)))
        return found

    def _shadow(self, version: str | None) -> tuple[Rule, ...]:
        if version is None:
            return ()
        if version not in self._rules:
            try:
                self._rules[version] = rules_of(self.shelf, version, self.catalogue).shadow
            except AntifraudError as problem:  # an old book may speak of features that are gone
                _log.warning("shadow rules of book %s do not listen: %s", version, problem)
                self._rules[version] = ()
        return self._rules[version]

    def _scorer(self, version: str) -> LightGbmScorer | None:
        if version not in self._scorers:
            try:
                self._scorers[version] = LightGbmScorer(bundle_of(self.shelf, version, self.catalogue))
            except AntifraudError as problem:
                _log.warning("challenger %s does not listen: %s", version, problem)
                self._scorers[version] = None
        return self._scorers[version]

    def _said(self, block: Block, speakers: Speakers) -> Said:
        codes = tuple(rule.code for rule in speakers.rules)
        rows = block.rows.filter(pl.col("vector").bin.size() > 0)
        if rows.is_empty() or not (speakers.models or speakers.rules):
            return Said(rules=codes)
        features = matrix_of(rows["vector"], names(self.catalogue))
        seqs = rows["seq"].to_list()
        vectors = features.to_numpy(order="c")
        scorers = [each for each in map(self._scorer, speakers.models) if each is not None]
        fires = fired(features, speakers.rules, features.columns) if codes else pl.DataFrame()
        return Said(
            rules=codes,
            scores={each.version: dict(_chances(seqs, each.score(vectors))) for each in scorers},
            hits={code: rows["seq"].filter(fires[code]).to_list() for code in codes},
        )


def _parts(block: Block, speakers: Sequence[Speakers]) -> Iterator[tuple[Block, Speakers]]:
    """Yield a block in parts that the same speakers listen to; a stamp that steps back stays with those before it."""
    since = pl.Series([each.since for each in speakers], dtype=pl.Datetime("us", "UTC"))
    clock = block.rows["received_at"].cum_max()
    place = np.maximum(since.search_sorted(clock, side="right").to_numpy().astype(np.int64) - 1, -1)
    edges = [0, *(np.flatnonzero(np.diff(place)) + 1).tolist(), len(place)]
    after = block.after
    nobody = Speakers(since[0], (), ())
    for first, end in pairwise(edges):
        rows = block.rows.slice(first, end - first)
        at = int(place[first])
        yield Block(after, rows["seq"][-1], rows), nobody if at < 0 else speakers[at]
        after = rows["seq"][-1]


def _chances(seqs: Sequence[int], scores: NDArray[np.float64]) -> Iterator[tuple[int, float]]:
    """Yield what is a chance; what is none was not said."""
    for seq, score in zip(seqs, scores.tolist(), strict=True):
        if 0 <= score <= 1:
            yield seq, score
