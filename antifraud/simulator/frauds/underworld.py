"""How much fraud begins on a day, of which type, and by which rings."""

from functools import lru_cache
from typing import Final

import numpy as np

from antifraud.simulator.country import Country
from antifraud.simulator.drafts import DAY, Drafts, Role
from antifraud.simulator.frauds import SCRIPTS
from antifraud.simulator.frauds.laundering import launder
from antifraud.simulator.frauds.networks import Network, recruit
from antifraud.simulator.frauds.stage import Rings, Stage
from antifraud.simulator.honest import honest_day
from antifraud.simulator.schedule.calendar import Day
from antifraud.simulator.schedule.hours import WAKING, moments
from antifraud.simulator.streams import stream

CHAINS_A_DAY: Final = 100_000  # chain numbers of a day, so that each day numbers its own
_REHEARSALS: Final = 40
_QUIET_DAY: Final = 8  # an ordinary day after the first paydays, to learn how many transfers a day has


class Underworld:
    """Launches fraud so that stolen money moves in `base_rate` of all transfers."""

    def __init__(self, country: Country) -> None:
        self.country = country
        self._rings = lru_cache(maxsize=64)(self._recruit)
        self._ring_count = 3
        self._size = self._rehearse()
        daily = len(honest_day(country, country.calendar.day(_QUIET_DAY)))
        wave = country.config.networks.wave_days
        incidents = self._incidents(_QUIET_DAY, daily) * wave / country.config.networks.incidents_per_mule
        self._ring_count = max(2, round(incidents / float(np.mean(country.config.networks.mules))))
        self._rings.cache_clear()

    def day(self, day: Day, honest_count: int) -> Drafts:
        """Return all transfers, of this day and later ones, of the frauds that begin on a day."""
        rng = stream(self.country.seed, "frauds", day.index)
        shares = self.country.config.fraud.shares_on(day.index)
        incidents = self._incidents(day.index, honest_count)
        parts, begun = [], 0
        for scheme, share in shares.items():
            victims, _ = self._size[scheme]
            for begins in moments(rng, day.start, WAKING, rng.poisson(incidents * share / victims)).tolist():
                parts.append(self._perform(rng, scheme, day.index * CHAINS_A_DAY + begun, begins).drafts())
                begun += 1
        return Drafts.together(parts)

    def rings(self, at: int) -> list[Network]:
        """Return the rings at work at a moment."""
        return self._rings(at // (self.country.config.networks.wave_days * DAY))

    def _recruit(self, wave: int) -> list[Network]:
        return recruit(self.country, wave, self._ring_count)

    def _perform(self, rng: np.random.Generator, scheme: str, chain: int, begins: int) -> Stage:
        evasion = self.country.config.fraud.evasion_on(begins // DAY)
        rings: Rings = self.rings
        stage = Stage(self.country, rng, scheme, chain, begins, rings, evasion)
        SCRIPTS[scheme](stage)
        launder(stage)
        stage.make_known()
        return stage

    def _incidents(self, day: int, honest_count: int) -> float:
        """Return how many victims a day needs for the base rate."""
        shares = self.country.config.fraud.shares_on(day)
        per_victim = sum(share * self._size[scheme][1] / self._size[scheme][0] for scheme, share in shares.items())
        return self.country.config.fraud.base_rate * honest_count / per_victim

    def _rehearse(self) -> dict[str, tuple[float, float]]:
        """Play each script some times to learn its victims and its transfers of stolen money."""
        rng = stream(self.country.seed, "rehearsal")
        sizes = {}
        for scheme in SCRIPTS:
            stages = [self._perform(rng, scheme, number, 10 * 3600 * 10**6) for number in range(_REHEARSALS)]
            victims = sum(len({row["payer"] for row in one.rows if row["payer_role"] == Role.VICTIM}) for one in stages)
            moved = sum(row["stolen"] > 0 for one in stages for row in one.rows)
            sizes[scheme] = (victims / _REHEARSALS, moved / _REHEARSALS)
        return sizes
