"""Dropper networks: accounts recruited for a while to take stolen money and pass it on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from antifraud.simulator.country import Country
from antifraud.simulator.drafts import DAY, Bools, Ints
from antifraud.simulator.kinds import Kind
from antifraud.simulator.streams import stream

HANDED_OVER: Final = 0.4  # accounts sold outright; the other mules act on orders, by their own hand


@dataclass(frozen=True, slots=True)
class Network:
    """One ring for one wave. Its mules are persons with honest lives of their own."""

    mules: Ints  # accounts; the first half collects from victims, the others pass money on
    handed_over: Bools  # by mule: the ring works the account itself, from its operator's phone
    operator: int  # person
    agency: int  # account of a small firm on another's identity
    begins: int  # moment
    lasts: int

    def collector(self, rng: np.random.Generator, at: int) -> int:
        """Return an account for victims to pay at a moment: the ring changes them as they burn."""
        collectors = max(2, len(self.mules) // 2)
        passed = min(max((at - self.begins) / self.lasts, 0.0), 0.999)
        return int(self.mules[(int(passed * collectors) + int(rng.random() < 0.35)) % collectors])

    def next_mules(self, rng: np.random.Generator, count: int, besides: Sequence[int]) -> list[int]:
        """Return accounts to pass money on to, none of `besides`."""
        others = [int(mule) for mule in rng.permutation(self.mules) if mule not in besides]
        later_ones_first = sorted(others, key=lambda mule: mule in self.mules[: len(self.mules) // 2])
        return later_ones_first[:count]

    def is_handed_over(self, account: int) -> bool:
        """Tell whether the ring works an account from its operator's phone."""
        return bool(np.any(self.handed_over[self.mules == account]))


def recruit(country: Country, wave: int, rings: int) -> list[Network]:
    """Draw the rings of a wave; the young, those without work and fresh accounts are likelier."""
    rng = stream(country.seed, "networks", wave)
    knobs = country.config.networks
    first_day = wave * knobs.wave_days
    sizes = rng.integers(knobs.mules[0], knobs.mules[1] + 1, rings)
    candidates, weights = _candidates(country, first_day)
    wanted = min(int(sizes.sum()), len(candidates) // 2)
    drawn = rng.choice(candidates, wanted, replace=False, p=weights / weights.sum())
    people = country.people
    firms = people.of_kind(Kind.SMALL_FIRM)
    firms = firms[people.opened[firms] <= first_day]
    young_firms = firms[np.argsort(-people.opened[firms], kind="stable")[: max(3, len(firms) // 3)]]
    networks, taken = [], 0
    for size in sizes.tolist():
        mules = drawn[taken : taken + size]
        taken += size
        if len(mules) < 4:
            break
        networks.append(
            Network(
                mules=mules,
                handed_over=rng.random(len(mules)) < HANDED_OVER,
                operator=int(people.holder[mules[-1]]),
                agency=int(rng.choice(young_firms)),
                begins=first_day * DAY,
                lasts=knobs.wave_days * DAY,
            )
        )
    return networks


def _candidates(country: Country, day: int) -> tuple[Ints, "np.ndarray[tuple[int], np.dtype[np.float64]]"]:
    people = country.people
    person_accounts = np.arange(len(people.kind))[people.age > 0]
    accounts = person_accounts[people.opened[person_accounts] <= day]
    age, kind = people.age[accounts], people.kind[accounts]
    weights = np.where((age >= 18) & (age <= 24), 6.0, np.where(age < 35, 2.0, 0.6))  # Kursiv: half are
    weights *= np.where(np.isin(kind, [Kind.UNEMPLOYED, Kind.STUDENT, Kind.MIGRANT]), 2.0, 1.0)
    weights *= np.where(day - people.opened[accounts] < 60, 2.5, 1.0)
    return accounts, weights
