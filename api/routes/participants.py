"""Participants and their keys: the operator registers who takes part, each makes its own keys."""

from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Path, Response

from api.auth import Caller, Scope
from api.routes.access import DOCUMENTED_KEYS, TheEngine, caller_with, no_store, refusals
from api.schemas import OpaqueId
from api.views.access import CodesIn, KeyIn, KeyOut, NewKeyOut, ParticipantIn, ParticipantOut, RotationIn

PARTICIPANTS: Final = "/v1/participants"
KEYS: Final = "/v1/keys"

router: Final = APIRouter(tags=["access"], dependencies=[*DOCUMENTED_KEYS, Depends(no_store)])
_AGAIN: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": ParticipantOut, "description": "The same was registered before; nothing changes"}
}

Operator = Annotated[Caller, Depends(caller_with(Scope.WRITE_PARTICIPANTS))]
KeyKeeper = Annotated[Caller, Depends(caller_with(Scope.WRITE_KEYS))]
ParticipantId = Annotated[OpaqueId, Path(examples=["bank-1"])]
KeyId = Annotated[str, Path(pattern="^[0-9a-f]{12}$", examples=["0123456789ab"])]
RequestKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="The same again makes no second key: 409, which names the first.",
    ),
]


@router.post(
    PARTICIPANTS,
    operation_id="registerParticipant",
    status_code=201,
    response_description="Takes part from now on",
    responses=_AGAIN | refusals(401, 403, 409, 422, 503),
)
async def register(
    participant: ParticipantIn, engine: TheEngine, caller: Operator, response: Response
) -> ParticipantOut:
    """Register an organisation. Its first key is made where the server runs, with `antifraud keys create`."""
    known, repeated = await engine.identity.keys.register(
        caller.actor, participant.participant, participant.name, participant.kind, participant.blind, participant.codes
    )
    response.status_code = 200 if repeated else 201
    return ParticipantOut.of(known)


@router.get(
    PARTICIPANTS,
    operation_id="listParticipants",
    response_description="All who take part",
    responses=refusals(401, 403, 503),
)
async def participants(engine: TheEngine, caller: Operator) -> list[ParticipantOut]:
    """Return all participants by id."""
    return [ParticipantOut.of(known) for known in await engine.identity.keys.participants()]


@router.put(
    PARTICIPANTS + "/{participant}/codes",
    operation_id="setBankCodes",
    response_description="Is named by these from now on",
    responses=refusals(401, 403, 404, 409, 422, 503),
)
async def set_codes(participant: ParticipantId, codes: CodesIn, engine: TheEngine, caller: Operator) -> ParticipantOut:
    """Say by which BICs transfers name a participant and which bank codes its accounts have; no others count any more.

    Incidents that are opened, and traces that are made, from now on find it by them.
    """
    return ParticipantOut.of(await engine.identity.keys.set_codes(caller.actor, participant, codes.codes))


@router.get(KEYS, operation_id="listKeys", response_description="Own keys", responses=refusals(401, 403, 503))
async def list_keys(engine: TheEngine, caller: KeyKeeper) -> list[KeyOut]:
    """Return what is known of the caller's own participant's keys, oldest first."""
    return [KeyOut.of(key) for key in await engine.identity.keys.list(caller.participant)]


@router.post(
    KEYS,
    operation_id="makeKey",
    status_code=201,
    response_description="Opens from now on; its token is shown this once",
    responses=refusals(401, 403, 409, 422, 503),
)
async def make_key(key: KeyIn, engine: TheEngine, caller: KeyKeeper, idempotency_key: RequestKey = None) -> NewKeyOut:
    """Make a key of the caller's own participant, in any role of its kind; the journal tells who made it."""
    new = await engine.identity.keys.make(
        caller.actor,
        caller.participant,
        role=key.role,
        scopes=key.scopes,
        label=key.label,
        expires_at=key.expires_at,
        request_key=idempotency_key,
    )
    return NewKeyOut.made(new)


@router.post(
    KEYS + "/{key_id}/rotate",
    operation_id="rotateKey",
    status_code=201,
    response_description="A key with the same rights",
    responses=refusals(401, 403, 404, 422, 503),
)
async def rotate_key(key_id: KeyId, rotation: RotationIn, engine: TheEngine, caller: KeyKeeper) -> NewKeyOut:
    """Make a successor; the old key opens for `overlap_s` seconds more, and never longer than before."""
    overlap = timedelta(seconds=rotation.overlap_s)
    return NewKeyOut.made(await engine.identity.keys.rotate(caller.actor, caller.participant, key_id, overlap))


@router.post(
    KEYS + "/{key_id}/revoke",
    operation_id="revokeKey",
    response_description="Opens nothing any more",
    responses=refusals(401, 403, 404, 422, 503),
)
async def revoke_key(key_id: KeyId, engine: TheEngine, caller: KeyKeeper) -> KeyOut:
    """Take a key out of use; other processes refuse it within seconds. Again changes nothing."""
    return KeyOut.of(await engine.identity.keys.revoke(caller.actor, caller.participant, key_id))
