"""How what decides does on live transfers, as one file: measured beside a server, read by whoever looks.

Measuring reads months of the log, so it is done now and then by a process of its own and never for a page.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import orjson
import polars as pl
from pydantic import TypeAdapter, ValidationError

from antifraud.domain.errors import DamagedFile, NotFound
from antifraud.store.shadows import SqlShadows
from features.spec import Feature
from models.backtest.figures import OfRule
from models.lineup import lineup_of
from models.shadow.comparison import Comparison, Terms, compare
from models.shadow.rules import of_active_rules, of_shadow_rules
from models.shelf import rules_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A challenger beside the champion; `found` is None where `why_not` says what is missing."""

    challenger: str
    found: Comparison | None = None
    why_not: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """What was measured at one moment, of the lineup that decided then."""

    at: datetime
    lineup: int
    challengers: tuple[Standing, ...]
    rules: tuple[OfRule, ...]


_FILE: Final = TypeAdapter(Standings)


def measure(
    shelf: Path, shadows: SqlShadows, reports: pl.DataFrame, catalogue: Sequence[Feature], terms: Terms
) -> Standings:
    """Compare every challenger of the lineup with its champion, and say what each rule was worth."""
    lineup = lineup_of(shelf)
    book = rules_of(shelf, lineup.choice.rules, catalogue)
    decided = shadows.judged()
    standings = []
    for challenger in lineup.challengers:
        try:
            found = compare(decided, shadows.scores(challenger), reports, terms, lineup.choice.champion, challenger)
        except NotFound as missing:
            standings.append(Standing(challenger=challenger, why_not=str(missing)))
        else:
            standings.append(Standing(challenger=challenger, found=found))
    hits = {rule.code: shadows.hits(rule.code) for rule in book.shadow}
    rules = of_active_rules(decided, reports, book.active, terms)
    rules += of_shadow_rules(decided, reports, shadows.watches(), hits, book.shadow, terms)
    return Standings(at=terms.by, lineup=lineup.number, challengers=tuple(standings), rules=tuple(rules))


def write_standings(standings: Standings, path: Path) -> None:
    """Write the file, all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(orjson.dumps(standings, option=orjson.OPT_SERIALIZE_NUMPY))
    draft.replace(path)


def read_standings(path: Path) -> Standings | None:
    """Return what was measured last, None before anything was; raise DamagedFile for what is no such file."""
    try:
        return _FILE.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as problem:
        raise DamagedFile(f"{path} is not what was measured live ({type(problem).__name__})") from problem
