"""How mules pass stolen money on: pauses, splits, hops over banks, mixing, cash-out.

No tenge appears on the way: what a mule sends of a chain is what he got of it, less what he keeps.
"""

from typing import Final

from antifraud.domain.transfer import Channel
from antifraud.simulator.drafts import DAY, MINUTE, SECOND, UNSET, Role
from antifraud.simulator.frauds.stage import Parcel, Stage
from antifraud.simulator.honest.common import given_to
from antifraud.simulator.honest.savings import DEALERS
from antifraud.simulator.kinds import CHANNEL, Kind, Purpose
from antifraud.simulator.schedule.hours import one_of

STAYS: Final = 0.05  # the mule keeps it all, or his bank stops him
ATM_LIMIT: Final = 200_000_00
SPLIT_FROM: Final = 150_000_00
_NOTE: Final = 5_000_00


def launder(stage: Stage) -> None:
    """Move every parcel of the stage on until it is cashed out."""
    knobs = stage.country.config.networks
    depths = list(knobs.layers)
    depth = depths[one_of(stage.rng, list(knobs.layers.values()))]
    for sweep in _sweeps(stage):
        _move_on(stage, sweep, sweep.hop + depth - 1, {sweep.account})


def _dwell(stage: Stage) -> int:
    median = stage.country.config.networks.dwell_minutes * (1 + 4 * stage.evasion)
    return stage.pause(median * MINUTE, 1.1)


def _sweeps(stage: Stage) -> list[Parcel]:
    """Join what reaches one account before its mule looks, so that victims do not map to onward transfers."""
    sweeps: list[Parcel] = []
    for account in dict.fromkeys(parcel.account for parcel in stage.parcels):
        waiting = sorted((parcel for parcel in stage.parcels if parcel.account == account), key=lambda one: one.at)
        while waiting:
            looks_at = waiting[0].at + _dwell(stage)
            taken = [parcel for parcel in waiting if parcel.at < looks_at]
            waiting = waiting[len(taken) :]
            sweeps.append(Parcel(looks_at, account, sum(one.stolen for one in taken), max(one.hop for one in taken)))
    return sweeps


def _move_on(stage: Stage, parcel: Parcel, last_hop: int, seen: set[int]) -> None:
    if stage.chance(STAYS):
        return
    at = stage.by_day(parcel.at, 7, 24) if stage.chance(stage.evasion) else parcel.at
    low, high = stage.country.config.networks.fee
    kept = int(parcel.stolen * (low + (high - low) * stage.rng.random()))
    rest = _rounded(stage, parcel.stolen - kept)
    if parcel.hop >= last_hop:
        _cash_out(stage, at, parcel.account, rest, parcel.hop + 1)
        return
    ring = stage.ring(at)
    wanted = 1 if rest < SPLIT_FROM else 1 + one_of(stage.rng, (0.62, 0.30, 0.08))
    mules = ring.next_mules(stage.rng, wanted, (*seen, parcel.account))
    if not mules:
        _cash_out(stage, at, parcel.account, rest, parcel.hop + 1)
        return
    seen = {*seen, *mules}
    for mule, part in zip(mules, _split(stage, rest, len(mules)), strict=True):
        _pass_on(stage, at, parcel.account, mule, part, parcel.hop + 1)
        _move_on(stage, Parcel(at + _dwell(stage), mule, part, parcel.hop + 1), last_hop, seen)
        at += stage.pause(4 * MINUTE)


def _rounded(stage: Stage, minor: int) -> int:
    """Round down as people do, so that onward sums do not equal what came in less one rate."""
    step = (100_00, 500_00, 1_000_00, 5_000_00, 1)[one_of(stage.rng, (0.3, 0.15, 0.3, 0.1, 0.15))]
    return minor // step * step if minor > 20 * step else minor


def _split(stage: Stage, minor: int, parts: int) -> list[int]:
    """Split a sum into unequal parts that add up to it."""
    shares = stage.rng.dirichlet([4.0] * parts)
    sizes = [int(minor * share) // 1_000_00 * 1_000_00 for share in shares[:-1]]
    return [*sizes, minor - sum(sizes)]


def _pass_on(stage: Stage, at: int, payer: int, payee: int, stolen: int, hop: int, **columns: int) -> None:
    mixes = stage.chance(0.35 * stage.evasion)  # honest money of the mule's own goes with it
    own = int(stolen * 0.25 * stage.rng.random()) // 500_00 * 500_00 if mixes else 0
    role = int(Role.COLLECTOR if hop == 2 else Role.TRANSIT)
    roles = {"payer_role": role, "payee_role": int(Role.TRANSIT)}
    stage.pay(
        at, payer, payee, stolen + own, **({"hop": hop, "stolen": stolen} | roles | _hand(stage, at, payer) | columns)
    )


def _hand(stage: Stage, at: int, mule: int) -> dict[str, int]:
    """Say from which device a mule's account is worked: the operator's, or nothing special."""
    ring = stage.ring(at)
    if not ring.is_handed_over(mule) or stage.chance(0.7 * stage.evasion):
        return {"device": UNSET}
    owner = int(stage.country.devices.owner[ring.operator])
    device = 2 * owner + int(at >= stage.country.devices.changed[owner])
    return {"device": device, "fresh": int(stage.chance(0.2))}


def _cash_out(stage: Stage, at: int, mule: int, stolen: int, hop: int) -> None:
    ways = stage.country.config.networks.cash_out
    way = list(ways)[one_of(stage.rng, list(ways.values()))]
    role = {"payee_role": int(Role.CASH_OUT)}
    if way == "atm" and stolen >= 2 * _NOTE:
        _draw_cash(stage, at, mule, stolen, hop)
    elif way == "foreign_card":
        _pass_on(stage, at, mule, stage.any_of(Kind.FOREIGN), stolen, hop, **role)
    elif way == "crypto_trader":
        dealers = given_to(stage.country, DEALERS, 0.003)
        open_ones = dealers[stage.country.people.opened[dealers] * DAY <= at]
        dealer = int(stage.rng.choice(open_ones)) if len(open_ones) else stage.any_of(Kind.EXCHANGE)
        if dealer == mule:
            dealer = stage.any_of(Kind.EXCHANGE)
        _pass_on(stage, at, mule, dealer, stolen, hop, **role)
    else:
        exchange = stage.any_of(Kind.EXCHANGE)
        parts = 1 if stolen < 150_000_00 else int(stage.rng.integers(1, 4))
        for part in _split(stage, stolen, parts):
            bought = {"purpose": int(Purpose.SERVICES), "channel": CHANNEL[Channel.APP]}
            if part > 0:
                _pass_on(stage, at, mule, exchange, part, hop, **role, **bought)
            at += stage.pause(9 * MINUTE)


def _draw_cash(stage: Stage, at: int, mule: int, stolen: int, hop: int) -> None:
    """Draw notes until the sum or the machine's patience ends; what is left stays on the account."""
    machine = stage.any_of(Kind.ATM)
    left = stolen
    for _ in range(6):
        part = min(left, ATM_LIMIT) // _NOTE * _NOTE
        if part <= 0:
            return
        stage.pay(
            at, mule, machine, part, hop=hop, stolen=part, channel=CHANNEL[Channel.CASH_OUT],
            purpose=int(Purpose.OWN_FUNDS), payee_role=int(Role.CASH_OUT),
            payer_role=int(Role.COLLECTOR if hop == 2 else Role.TRANSIT),
        )  # fmt: skip
        left -= part
        at += stage.pause(70 * SECOND, 0.3)
    if left > 0:
        _pass_on(stage, at + stage.pause(20 * MINUTE), mule, stage.any_of(Kind.EXCHANGE), left, hop,
                 payee_role=int(Role.CASH_OUT))  # fmt: skip
