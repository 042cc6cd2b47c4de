"""Simulate a country and write its files: the one main path of the simulator."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from antifraud.domain.errors import DamagedFile
from antifraud.simulator.config import Config
from antifraud.simulator.country import Country, found
from antifraud.simulator.drafts import Ints, Role
from antifraud.simulator.kinds import SCHEMES
from antifraud.simulator.life import Chapter, Life
from antifraud.simulator.naming import Names, name
from antifraud.simulator.parts import Parts
from antifraud.simulator.reports import become_known
from antifraud.simulator.tables import people_table, report_table, transfer_table, truth_table

Progress = Callable[[int, int], None]
"""Called after each day with the days done and the transfers written so far."""

FORMAT: Final = 1
SUMMARY: Final = "world.json"


@dataclass(slots=True)
class Tally:
    """Counts for `world.json`, and who did what in the frauds."""

    transfers: int = 0
    fraud_transfers: int = 0
    stolen_from_victims_minor: int = 0
    reports: int = 0
    by_scheme: Counter[str] = field(default_factory=Counter)
    mules: set[int] = field(default_factory=set)
    victims: set[int] = field(default_factory=set)

    def add(self, chapter: Chapter, reports: int) -> None:
        """Count one more day."""
        drafts = chapter.drafts
        counts = np.bincount(drafts.scheme, minlength=len(SCHEMES)).tolist()
        self.transfers += len(drafts)
        self.fraud_transfers += int(np.count_nonzero(drafts.stolen > 0))
        self.stolen_from_victims_minor += int(drafts.stolen[drafts.hop == 1].sum())
        self.reports += reports
        self.by_scheme.update({scheme: count for scheme, count in zip(SCHEMES, counts, strict=True) if count > 0})
        mule = np.isin(drafts.payee_role, [Role.COLLECTOR, Role.TRANSIT])
        self.mules.update(drafts.payee[mule].tolist())
        self.victims.update(drafts.payer[drafts.payer_role == Role.VICTIM].tolist())


def simulate(config: Config, accounts: int, days: int, seed: int, out: Path, progress: Progress | None = None) -> Tally:
    """Simulate `days` of a country with `accounts` accounts into `out`, day by day in bounded memory.

    Writes transfers, reports, truth and people as parquet, and world.json. The same arguments give the same
    bytes. Reports may become known after the last day: whoever stands at a date takes those known by then.
    """
    country = found(config, accounts, days, seed)
    names = name(country)
    tally = Tally()
    reports: list[pl.DataFrame] = []
    out.mkdir(parents=True, exist_ok=True)
    with Parts(out, ("transfers", "truth")) as parts:
        for chapter in Life(country).days(0, days):
            parts.add("transfers", transfer_table(country, names, chapter))
            parts.add("truth", truth_table(country, names, chapter))
            reports.append(report_table(country, names, chapter, become_known(country, chapter)))
            tally.add(chapter, len(reports[-1]))
            if progress is not None:
                progress(chapter.day.index + 1, tally.transfers)
    pl.concat(reports).sort("known_at", "transfer_id").write_parquet(out / "reports.parquet")
    _write_people(country, names, tally, out)
    _write_summary(country, tally, out)
    return tally


def load_country(folder: Path) -> Country:
    """Found the country again whose files are in a folder: the same people, from its knobs and seed."""
    try:
        summary = json.loads((folder / SUMMARY).read_text("utf-8"))
        config = Config.model_validate(summary["config"])
        return found(config, summary["accounts"], summary["days"], summary["seed"])
    except (OSError, ValueError, KeyError) as error:
        raise DamagedFile(f"{folder / SUMMARY}: not the summary of a simulated world: {error}") from error


def _write_people(country: Country, names: Names, tally: Tally, out: Path) -> None:
    table = people_table(country, names, _sorted(tally.mules), _sorted(tally.victims))
    table.write_parquet(out / "people.parquet")


def _sorted(accounts: set[int]) -> Ints:
    return np.array(sorted(accounts), np.int64)


def _write_summary(country: Country, tally: Tally, out: Path) -> None:
    summary = {
        "simulated": True,
        "format": FORMAT,
        "accounts": country.accounts,
        "days": country.days,
        "seed": country.seed,
        "transfers": tally.transfers,
        "fraud_transfers": tally.fraud_transfers,
        "stolen_from_victims_minor": tally.stolen_from_victims_minor,
        "reports": tally.reports,
        "mule_accounts": len(tally.mules),
        "victim_accounts": len(tally.victims),
        "by_scheme": dict(tally.by_scheme.most_common()),
        "config": country.config.model_dump(mode="json"),
    }
    (out / SUMMARY).write_text(json.dumps(summary, indent=1) + "\n", "utf-8")
