"""The transfers that somebody complains of, as the decision log knows them."""

import asyncio
from collections.abc import Sequence

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.incident_acts import IncidentSource
from antifraud.domain.center.passage import Passage
from antifraud.domain.center.people import POLICE, Actor
from antifraud.domain.errors import InvalidValue
from antifraud.domain.typology import FraudType
from antifraud.workflow.center.opening import Complaint
from antifraud.workflow.center.seeing import seen
from api.engine import Engine
from api.views.incident import TransferRefIn


async def complaint_about(
    engine: Engine, hold_id: str, fraud_type: FraudType | None, reason: str, actor: Actor
) -> Complaint:
    """Return what a bank says to the police about the transfer of a hold; raise InvalidValue without a type."""
    if fraud_type is None:
        raise InvalidValue("fraud_type", "the police are told what kind of fraud it looks like", None)
    hold = await engine.center.read(lambda page: seen(page, Hold, hold_id, actor))
    named = TransferRefIn(participant=hold.birth.participant, transfer_id=hold.birth.transfer_id)
    transfers = await passages_of(engine, [named], actor)
    return Complaint(source=IncidentSource.DETECTION, fraud_type=fraud_type, transfers=transfers, reason=reason)


async def passages_of(engine: Engine, named: Sequence[TransferRefIn], actor: Actor) -> tuple[Passage, ...]:
    """Return the transfers that are named; raise InvalidValue for one that is not known, or none of the actor's.

    Whether a transfer of others exists is nobody's business: both are refused alike. The police may name any.
    """
    keys = [(each.participant or actor.participant, each.transfer_id) for each in named]
    known = await engine.log.find_all(keys)
    banks = await asyncio.to_thread(engine.center.banks)
    found = []
    for place, key in enumerate(keys):
        recorded = known.get(key)
        passage = None
        if recorded is not None:
            passage = banks.known(Passage.of_transfer(recorded.transfer, recorded.decision.action))
        own = passage is not None and actor.participant in (key[0], passage.payer_bank, passage.payee_bank)
        if passage is None or not (own or actor.role in POLICE):
            raise InvalidValue(f"transfers.{place}.transfer_id", "names no transfer from or to you", key[1])
        found.append(passage)
    return tuple(found)
