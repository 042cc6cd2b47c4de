"""The days of a country, one after another: what begins, what arrives, what banks notice."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from antifraud.domain.transfer import Channel
from antifraud.simulator.country import Country
from antifraud.simulator.drafts import DAY, HOUR, MINUTE, Drafts, Ints
from antifraud.simulator.frauds.underworld import Underworld
from antifraud.simulator.honest import honest_day
from antifraud.simulator.kinds import CHANNEL
from antifraud.simulator.schedule.calendar import Day
from antifraud.simulator.schedule.hours import lag
from antifraud.simulator.session import Notices, Session
from antifraud.simulator.streams import stream

_OFFLINE: Final = [CHANNEL[Channel.POS], CHANNEL[Channel.DEBIT], CHANNEL[Channel.CARD]]
_LATE_SHARE: Final = 0.01  # of what is paid at terminals: they send when they are on line again


@dataclass(frozen=True, slots=True)
class Chapter:
    """What arrives on one day, in order of arrival; all stamps differ."""

    day: Day
    first: int  # how many transfers arrived before
    drafts: Drafts
    received: Ints
    session: Session

    def ids(self, prefix: str) -> pl.Series:
        """Return ids in order of arrival."""
        return prefix + pl.Series(self.first + np.arange(len(self.drafts))).cast(pl.String).str.zfill(12)


class Life:
    """Lets days pass. A script that began earlier goes on; what would arrive after the last day never does."""

    def __init__(self, country: Country) -> None:
        self.country = country
        self.underworld = Underworld(country)

    def days(self, first: int, last: int) -> Iterator[Chapter]:
        """Yield the days from `first` up to `last`, without it; nothing of what began before `first`."""
        notices = Notices(self.country)
        waiting, due = Drafts.none(), np.empty(0, np.int64)
        count, stamp = 0, first * DAY
        for index in range(first, last):
            day = self.country.calendar.day(index)
            begun = self._begin(day)
            waiting = Drafts.together([waiting, begun])
            due = np.concatenate([due, begun.at + self._delay(day, begun)])
            arriving = np.flatnonzero(due < day.start + DAY)
            arriving = arriving[np.argsort(due[arriving], kind="stable")]
            drafts, received = waiting.take(arriving), _distinct(due[arriving], stamp + 1)
            staying = np.ones(len(due), np.bool_)
            staying[arriving] = False
            waiting, due = waiting.take(staying), due[staying]
            session = notices.of(drafts, stream(self.country.seed, "session", index))
            yield Chapter(day, count, drafts, received, session)
            count += len(drafts)
            stamp = int(received[-1]) if len(received) else stamp

    def _begin(self, day: Day) -> Drafts:
        honest = honest_day(self.country, day)
        return Drafts.together([honest, self.underworld.day(day, len(honest))])

    def _delay(self, day: Day, drafts: Drafts) -> Ints:
        rng = stream(self.country.seed, "arrival", day.index)
        usual = lag(rng, 0.4e6, 0.6, len(drafts)) - 700_000  # some 0.3 s at least
        late = np.isin(drafts.channel, _OFFLINE) & (rng.random(len(drafts)) < _LATE_SHARE)
        return np.where(late, np.minimum(lag(rng, 40 * MINUTE, 1.2, len(drafts)), 12 * HOUR), usual)


def _distinct(moments: Ints, earliest: int) -> Ints:
    """Push equal moments apart by a microsecond each, keeping their order.

    >>> _distinct(np.array([5, 5, 5, 9]), 0).tolist()
    [5, 6, 7, 9]
    """
    place = np.arange(len(moments))
    return np.maximum.accumulate(np.maximum(moments, earliest) - place) + place
