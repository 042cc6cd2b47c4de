"""Frauds as the police name them: each a script of several actors, steps, timing and report delay."""

from collections.abc import Callable, Mapping
from typing import Final

from antifraud.simulator.frauds import deceit, identity
from antifraud.simulator.frauds.stage import Stage

SCRIPTS: Final[Mapping[str, Callable[[Stage], None]]] = {
    script.__name__: script
    for script in (
        deceit.fake_shop,
        deceit.scam_call,
        deceit.investment,
        deceit.hacked_friend,
        identity.stolen_identity,
        deceit.car_prepayment,
        identity.ad_agency,
        deceit.mistaken_transfer,
    )
}
