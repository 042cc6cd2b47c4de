"""What is known about an account, a person, a phone or a device, the network around it, and one box that finds all."""

from datetime import timedelta
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query

from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.domain.center.people import Role
from antifraud.domain.errors import NotFound
from antifraud.workflow.center.finding import find
from antifraud.workflow.center.network import MOST_HOPS, Looking, network_around, with_stolen_shares
from antifraud.workflow.center.profiling import dossier_of
from antifraud.workflow.center.sightings import entity_of
from api.auth import Scope
from api.looking import personal
from api.routes.access import DOCUMENTED_KEYS, refusals
from api.routes.acts import Reading, reading_with
from api.schemas import Account, Moment, OpaqueId
from api.views.account import AccountOut, NetworkOut
from api.views.entity import EntityOut, HitOut, HitsOut

router: Final = APIRouter(tags=["accounts"], dependencies=DOCUMENTED_KEYS)
Reader = Annotated[Reading, reading_with(Scope.READ_TRACE)]
_LONGEST: Final = 100  # of what is typed
_USUALLY: Final = timedelta(days=30)  # how far back a network is looked at


@router.get(
    "/v1/search",
    operation_id="search",
    response_description="Lives first, then what is known by its movements",
    responses=refusals(401, 403, 422, 503),
)
@personal
async def search(
    reader: Reader,
    q: Annotated[
        str,
        Query(
            min_length=1,
            max_length=_LONGEST,
            description="An id of a transfer or a life, an account, IIN or BIN, phone, card token, wallet or device.",
        ),
    ],
) -> HitsOut:
    """Find whatever the text can mean, as far as the caller may see it; persons and phones by their keyed hash."""
    center = reader.engine.center
    hits = await center.read(lambda page: find(page, q, reader.actor, reader.engine.hashed, center.now()))
    await reader.engine.looks.note(
        reader.caller,
        [each.life for each in hits if each.life is not None],
        accounts=[each.account for each in hits if each.account is not None],
        entities=[each.entity for each in hits if each.entity is not None],
    )
    return HitsOut(items=[HitOut.of(each) for each in hits])


@router.get(
    "/v1/accounts/{account}",
    operation_id="getAccount",
    response_description="What the caller may know about it",
    responses=refusals(401, 403, 404, 422, 503),
)
@personal
async def get_account(
    account: Annotated[Account, Path()],
    reader: Reader,
    most: Annotated[int, Query(ge=1, le=500, description="Counterparties in the answer.")] = 50,
) -> AccountOut:
    """Say how an account lived: in and out by day, its counterparties, and all in the Center that names it.

    A bank sees what it carried out and what went from or to it. Police and prosecution see movements only of an account
    that stolen money of an incident of theirs reached, since it did. 404: nothing that the caller may see.
    """
    center, now = reader.engine.center, reader.engine.center.now()
    found = await center.read(lambda page: dossier_of(page, account, reader.actor, now))
    if not found.known:
        raise NotFound(f"nothing is known about account {account}")
    await reader.engine.looks.note(reader.caller, found.lives, accounts=[account])
    return AccountOut.of(found, reader.actor, now, most)


@router.get(
    "/v1/entities/{kind}/{ident}",
    operation_id="getEntity",
    response_description="What the caller may know about it",
    responses=refusals(401, 403, 404, 422, 503),
)
@personal
async def get_entity(
    kind: Annotated[
        Literal[IdentifierKind.PERSON, IdentifierKind.PHONE, IdentifierKind.DEVICE], Path(description="What it is.")
    ],
    ident: Annotated[
        OpaqueId, Path(description="A device as transfers say it; a person or phone by its hash, as a search names it.")
    ],
    reader: Reader,
) -> EntityOut:
    """Say with which accounts a person, a phone or a device was named, and what lists and indicators say of it.

    A bank sees what its own transfers say, an auditor all. Police and prosecution see only accounts that stolen money
    of an incident of theirs reached, if they were named with it since. 404: nothing that the caller may see.
    """
    center, now = reader.engine.center, reader.engine.center.now()
    found = await center.read(lambda page: entity_of(page, kind, ident, reader.actor))
    if not found.known:
        raise NotFound(f"nothing is known about {kind.value} {ident}")
    await reader.engine.looks.note(reader.caller, found.lives, entities=[(kind, ident)])
    return EntityOut.of(found, reader.actor, now)


@router.get(
    "/v1/accounts/{account}/network",
    operation_id="getNetwork",
    response_description="Who passed money to whom",
    responses=refusals(401, 403, 422, 503),
)
@personal
async def get_network(
    account: Annotated[Account, Path()],
    reader: Reader,
    hops: Annotated[int, Query(ge=1, le=MOST_HOPS)] = 1,
    since: Annotated[Moment | None, Query(description="Default: 30 days ago.")] = None,
    until: Annotated[Moment | None, Query(description="Default: now.")] = None,
    least_minor: Annotated[int, Query(ge=0, description="Of the base currency: leave out smaller ones.")] = 0,
) -> NetworkOut:
    """Return the network around an account as far as the caller's organisation took part in it; an auditor sees all."""
    center = reader.engine.center
    end = until or center.now() + timedelta(microseconds=1)
    looking = Looking(
        since=since or end - _USUALLY,
        until=end,
        party=None if reader.actor.role is Role.AUDITOR else reader.actor.participant,
        hops=hops,
        least_minor=least_minor,
    )
    network = await center.read(
        lambda page: with_stolen_shares(page, network_around(page, account, looking), reader.actor)
    )
    await reader.engine.looks.note(reader.caller, accounts=[account])
    return NetworkOut.of(network)
