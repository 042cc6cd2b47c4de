"""Phones, devices and addresses of people, as functions of the moment."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from antifraud.simulator.config import Config
from antifraud.simulator.drafts import DAY, Bools, Ints
from antifraud.simulator.kinds import PERSONS
from antifraud.simulator.people import CITIES, People
from antifraud.simulator.streams import stream
from antifraud.simulator.ties import Ties

NEVER: Final = 2**60
CARRIER_POOL: Final = 300  # clients behind one address of a mobile operator
PUBLIC: Final = 2000  # addresses of cafes and VPN exits, used by anybody


@dataclass(frozen=True, slots=True)
class Devices:
    """Who holds which device: two generations a person, the second from the moment he changes his phone."""

    owner: Ints  # by person: whose phone he uses
    changed: Ints  # by person: moment of a new device
    number_changed: Ints  # by person: moment of a new phone number
    persons: int

    @property
    def count(self) -> int:
        """Return how many devices there are."""
        return 2 * self.persons

    def at(self, person: Ints, moment: Ints) -> Ints:
        """Return the number of the device that a person uses at a moment."""
        owner = self.owner[person]
        return 2 * owner + (moment >= self.changed[owner])

    def is_new(self, person: Ints, moment: Ints) -> Bools:
        """Tell whether his device was first seen within the last day."""
        since = moment - self.changed[self.owner[person]]
        return np.asarray((since >= 0) & (since < DAY), np.bool_)

    def number_is_new(self, person: Ints, moment: Ints) -> Bools:
        """Tell whether his phone number changed within 48 hours."""
        since = moment - self.number_changed[person]
        return np.asarray((since >= 0) & (since < 2 * DAY), np.bool_)

    def phone(self, person: Ints, moment: Ints) -> Ints:
        """Return which of all phone numbers is his at a moment."""
        return 2 * person + (moment >= self.number_changed[person])


def equip(config: Config, people: People, ties: Ties, days: int, seed: int) -> Devices:
    """Give everybody a device, and some a new one or a new number during the days."""
    rng = stream(seed, "devices")
    count = people.persons
    borrows = rng.random(count) < config.accounts.shared_devices
    owner = np.where(borrows, ties.contacts[:, 0], np.arange(count))
    owner = np.where(borrows[owner], np.arange(count), owner)  # nobody borrows from one who borrows
    return Devices(
        owner=owner,
        changed=_moments(rng, count, config.accounts.devices_changed_per_month, days),
        number_changed=_moments(rng, count, config.accounts.phones_changed_per_month, days),
        persons=count,
    )


def _moments(rng: np.random.Generator, count: int, per_month: float, days: int) -> Ints:
    happens = rng.random(count) < per_month * days / 30
    # In waking hours: people buy and set up phones by day.
    moment = rng.integers(0, max(days, 1), count) * DAY + (9 * DAY) // 24 + rng.integers(0, DAY // 2, count)
    return np.where(happens, moment, NEVER)


def addresses(rng: np.random.Generator, people: People, ties: Ties, person: Ints, vpn: float) -> tuple[Ints, Ints]:
    """Draw the address of each instruction: a number and 0 for a home, 1 for a carrier's range."""
    count = len(person)
    mobile = rng.random(count) < 0.55
    pool = max(2, people.persons // CARRIER_POOL // len(CITIES))
    carrier = people.city[person] * pool + rng.integers(0, pool, count)
    public = rng.random(count) < vpn
    number = np.where(mobile, carrier, PUBLIC + ties.household[person])
    number = np.where(public, rng.integers(0, PUBLIC, count), number)
    return number, np.where(public, 0, mobile.astype(np.int64))


def is_person(people: People, account: Ints) -> Bools:
    """Tell the accounts whose holder is a person."""
    return np.isin(people.kind[account], [int(kind) for kind in PERSONS])
