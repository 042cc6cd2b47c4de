"""Frauds on a stolen identity: an account taken over, an agency registered on another's name."""

import numpy as np

from antifraud.domain.transfer import Channel
from antifraud.simulator.drafts import DAY, HOUR, MINUTE, UNSET
from antifraud.simulator.frauds.stage import Stage
from antifraud.simulator.kinds import CHANNEL, Kind, Purpose


def stolen_identity(stage: Stage) -> None:
    """Enter a victim's bank from another phone or by remote control, take a loan, send it off."""
    people, devices = stage.country.people, stage.country.devices
    victim = stage.victims(1, people.income**0.3)[0]
    account = stage.account_of(victim)
    at = stage.begins
    ring = stage.ring(at)
    from_afar = stage.chance(0.25 + 0.4 * stage.evasion)
    thief = int(devices.owner[ring.operator])
    device = UNSET if from_afar else 2 * thief + int(at >= devices.changed[thief])
    signals = {"device": device, "fresh": UNSET if from_afar else 1, "remote": 1 if from_afar else UNSET}
    if not from_afar and stage.chance(0.3):
        signals["phone"] = 1
    loss = stage.sum_about(420_000 * (stage.income(victim) / 250_000) ** 0.4, 0.9)
    if stage.chance(0.75):
        at += stage.pause(15 * MINUTE, 0.8)
        stage.lend(at, account, loss)
    payments = int(stage.rng.integers(1, 4))
    for part in np.maximum(stage.rng.dirichlet([3.0] * payments), 0.05).tolist():
        at += stage.pause((8 + 40 * stage.evasion) * MINUTE, 0.9)
        collector = stage.ring(at).collector(stage.rng, at)
        stage.rob(at, account, collector, stage.sum_about(part * loss / 100, 0.05), **signals)


def ad_agency(stage: Stage) -> None:
    """Bill for advertising from a firm on a stolen identity, then carry the proceeds into crypto."""
    people = stage.country.people
    agency = stage.ring(stage.begins).agency
    firms = people.of_kind(Kind.SMALL_FIRM, Kind.SHOP)
    open_firms = firms[(people.opened[firms] * DAY <= stage.begins) & (firms != agency)]
    for _ in range(2 + int(stage.rng.poisson(3))):
        at = stage.by_day(stage.begins + int(9 * DAY * stage.rng.random()), 9, 19)
        firm_pays = stage.chance(0.5)
        victim = int(stage.rng.choice(open_firms)) if firm_pays else stage.account_of(stage.victims(1)[0])
        way = Channel.WEB if firm_pays else Channel.APP
        billed = {"purpose": int(Purpose.SERVICES), "channel": CHANNEL[way]}
        stage.rob(at, victim, agency, stage.sum_about(230_000, 0.9), **billed)
        if stage.chance(0.2):
            again = stage.by_day(at + stage.pause(60 * HOUR, 0.7), 9, 19)
            stage.rob(again, victim, agency, stage.sum_about(200_000, 0.8), **billed)
