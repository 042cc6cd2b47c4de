"""People of the caller's own participant, changed by whoever administers."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path

from api.auth import Caller, Scope
from api.routes.access import DOCUMENTED_KEYS, TheEngine, caller_with, no_store, refusals
from api.views.access import LentPassword, PersonIn, PersonOut, ResetIn, RightsIn

PEOPLE: Final = "/v1/people"

router: Final = APIRouter(tags=["access"], dependencies=[*DOCUMENTED_KEYS, Depends(no_store)])

Administrator = Annotated[Caller, Depends(caller_with(Scope.WRITE_PEOPLE))]
PersonName = Annotated[str, Path(min_length=1, max_length=64, examples=["aliya"])]
_REFUSED: Final = refusals(401, 403, 404, 422, 503)


@router.get(PEOPLE, operation_id="listPeople", response_description="Own people", responses=refusals(401, 403, 503))
async def list_people(engine: TheEngine, caller: Administrator) -> list[PersonOut]:
    """Return the people of the caller's own participant, by sign-in name."""
    return [PersonOut.of(person) for person in await engine.identity.people.list(caller.participant)]


@router.post(
    PEOPLE,
    operation_id="addPerson",
    status_code=201,
    response_description="May sign in; the password is shown this once",
    responses=refusals(401, 403, 409, 422, 503),
)
async def add_person(person: PersonIn, engine: TheEngine, caller: Administrator) -> LentPassword:
    """Let somebody sign in, with a password to hand over that he has to change."""
    password = await engine.identity.people.add(
        caller.actor,
        caller.participant,
        person.person,
        person.full_name,
        person.roles,
        administers=person.administers,
    )
    return LentPassword(person=person.person.strip().casefold(), password=password)


@router.put(
    PEOPLE + "/{person}/rights",
    operation_id="setRights",
    response_description="Holds from now on, also in open sessions",
    responses=_REFUSED,
)
async def set_rights(person: PersonName, rights: RightsIn, engine: TheEngine, caller: Administrator) -> PersonOut:
    """Let somebody act in other roles."""
    changed = await engine.identity.people.set_rights(
        caller.actor, caller.participant, person, rights.roles, administers=rights.administers
    )
    return PersonOut.of(changed)


@router.post(
    PEOPLE + "/{person}/disable",
    operation_id="disablePerson",
    response_description="May not sign in; sessions ended",
    responses=_REFUSED,
)
async def disable(person: PersonName, engine: TheEngine, caller: Administrator) -> PersonOut:
    """Shut somebody out at once. Again changes nothing."""
    return PersonOut.of(await engine.identity.people.disable(caller.actor, caller.participant, person))


@router.post(
    PEOPLE + "/{person}/enable",
    operation_id="enablePerson",
    response_description="May sign in again",
    responses=_REFUSED,
)
async def enable(person: PersonName, engine: TheEngine, caller: Administrator) -> PersonOut:
    """Let somebody in again who was shut out."""
    return PersonOut.of(await engine.identity.people.enable(caller.actor, caller.participant, person))


@router.post(
    PEOPLE + "/{person}/reset",
    operation_id="resetPerson",
    response_description="A new password, shown this once",
    responses=refusals(401, 403, 404, 409, 422, 503),
)
async def reset(person: PersonName, what: ResetIn, engine: TheEngine, caller: Administrator) -> LentPassword:
    """Give somebody another password to change; his sessions end. 409 for whom a provider answers."""
    password = await engine.identity.people.reset(
        caller.actor, caller.participant, person, second_factor=what.second_factor
    )
    return LentPassword(person=person.strip().casefold(), password=password)
