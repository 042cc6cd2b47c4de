"""The audit: who did what when, each act with its place in the chain of the journal."""

from typing import Annotated, Final

from fastapi import APIRouter, Query

from antifraud.domain.center.lives import KIND_OF, KINDS
from antifraud.domain.center.membership import Membership
from antifraud.domain.center.people import Role
from antifraud.domain.errors import InvalidValue, NotPermitted
from antifraud.workflow.center.ports import Auditing, Sealed
from api.auth import Caller, Scope
from api.looking import personal
from api.routes.access import DOCUMENTED_KEYS, refusals
from api.routes.acts import Reading, reading_with
from api.schemas import Moment, OpaqueId
from api.views.audit import AuditEntry, AuditPage

AUDIT: Final = "/v1/audit"
MOST: Final = 1_000
_NO_FURTHER: Final = (1 << 63) - 1
_ALL_ACTS: Final = frozenset({Role.AUDITOR, Role.OPERATOR})
_ACCESS: Final = KIND_OF[Membership].name
_ACTS: Final = frozenset(name for kind in KINDS for name in kind.acts)

router: Final = APIRouter(tags=["exchange"], dependencies=DOCUMENTED_KEYS)
Reader = Annotated[Reading, reading_with(Scope.READ_AUDIT)]


@router.get(
    AUDIT,
    operation_id="readAudit",
    response_description="Acts in the order of the journal",
    responses=refusals(401, 403, 422, 503),
)
@personal
async def read_audit(
    reader: Reader,
    after: Annotated[int, Query(ge=0, le=_NO_FURTHER, description="`next` of the page before; 0: the beginning.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    participant: Annotated[
        OpaqueId | None, Query(description="Only acts by this one; others than auditor and operator: your own.")
    ] = None,
    person: Annotated[OpaqueId | None, Query(description="Only acts of this person or key, `key:<key_id>`.")] = None,
    life_id: Annotated[OpaqueId | None, Query(description="Only acts on this hold, incident or other life.")] = None,
    act: Annotated[list[str] | None, Query(description="Only these acts, as `hold.released`; default: all.")] = None,
    since: Annotated[Moment | None, Query(description="Only acts from this moment on.")] = None,
    until: Annotated[Moment | None, Query(description="Only acts before this moment.")] = None,
) -> AuditPage:
    """Go through who did what: an auditor and the operator through all acts, others through their organisation's own.

    An auditor sees all that was said. The operator, who decides about nobody, sees of others that it was done and the
    minimum of it. Of one's own organisation's sign-ins, keys and looks at data, who did them is shown to those who
    administer its people. `antifraud audit check` takes the answer as it is.
    """
    caller = reader.caller
    if caller.role not in _ALL_ACTS and participant not in (None, caller.participant):
        raise NotPermitted(f"{caller.participant} goes through its own acts, not through those of {participant}")
    for name in act or ():
        if name not in _ACTS:
            raise InvalidValue("act", "is none of docs/events.md", name)
    asked = Auditing(
        after=after,
        participant=participant if caller.role in _ALL_ACTS else caller.participant,
        person=person,
        life_id=life_id,
        names=act or (),
        since=since,
        until=until,
        limit=limit,
    )
    found = await reader.engine.center.read(lambda page: page.audited(asked))
    await reader.engine.looks.note(caller, journal=f"audit of {life_id}" if life_id else "audit")
    items = [AuditEntry.of(each, whole=_whole(each, caller)) for each in found]
    return AuditPage(items=items, next=items[-1].seq if len(items) == limit else None)


def _whole(each: Sealed, caller: Caller) -> bool:
    """Say whether all of an act is shown: an auditor sees all, others what is theirs."""
    if caller.role is Role.AUDITOR:
        return True
    mine = each.written.act.by.participant == caller.participant
    return mine and (each.written.kind != _ACCESS or Scope.WRITE_PEOPLE in caller.scopes)
