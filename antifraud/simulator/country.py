"""The country as it stands: its people, their ties, its banks and calendar."""

from dataclasses import dataclass

from antifraud.simulator.config import Config
from antifraud.simulator.devices import Devices, equip
from antifraud.simulator.drafts import DAY, Bools, Ints
from antifraud.simulator.people import People, populate
from antifraud.simulator.schedule.calendar import Calendar
from antifraud.simulator.ties import Ties, tie


@dataclass(frozen=True, slots=True)
class Country:
    """Everything that does not change from day to day."""

    config: Config
    accounts: int
    days: int
    seed: int
    people: People
    ties: Ties
    devices: Devices
    calendar: Calendar

    def exists(self, account: Ints, at: Ints) -> Bools:
        """Tell whether accounts are open at these moments."""
        return self.people.opened[account] * DAY <= at


def found(config: Config, accounts: int, days: int, seed: int) -> Country:
    """Found a country; the same arguments give the same one."""
    people = populate(config, accounts, days, seed)
    ties = tie(people, seed)
    return Country(
        config=config,
        accounts=accounts,
        days=days,
        seed=seed,
        people=people,
        ties=ties,
        devices=equip(config, people, ties, days, seed),
        calendar=Calendar(config.start),
    )
