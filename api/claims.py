"""The transfers that somebody complains of, as the decision log knows them."""

from collections.abc import Sequence

from antifraud.domain.center.passage import Passage
from antifraud.domain.center.people import POLICE, Actor
from antifraud.domain.errors import InvalidValue
from antifraud.workflow.ports import DecisionLog
from api.views.incident import TransferRefIn


async def passages_of(log: DecisionLog, named: Sequence[TransferRefIn], actor: Actor) -> tuple[Passage, ...]:
    """Return the transfers that are named; raise InvalidValue for one that is not known, or none of the actor's.

    Whether a transfer of others exists is nobody's business: both are refused alike. The police may name any.
    """
    keys = [(each.participant or actor.participant, each.transfer_id) for each in named]
    known = await log.find_all(keys)
    found = []
    for place, key in enumerate(keys):
        recorded = known.get(key)
        passage = None if recorded is None else Passage.of_transfer(recorded.transfer, recorded.decision.action)
        own = passage is not None and actor.participant in (key[0], passage.payer_bank, passage.payee_bank)
        if passage is None or not (own or actor.role in POLICE):
            raise InvalidValue(f"transfers.{place}.transfer_id", "names no transfer from or to you", key[1])
        found.append(passage)
    return tuple(found)
