"""Grey and black lists, appeals, and what monitoring of social networks found."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from antifraud.domain.center import listing_acts as acts
from antifraud.domain.center.act import Act
from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.domain.center.idents import found_ident, ident_of
from antifraud.domain.center.indicator import Indicator, IndicatorKind, Spotted, Withdrawn
from antifraud.domain.center.listing import Listing
from antifraud.domain.center.people import Actor
from antifraud.domain.center.rights import Scope
from antifraud.workflow.center import lists
from antifraud.workflow.center.moving import move
from antifraud.workflow.center.ports import Page
from api.acting import ACTED, Asked, act, asked
from api.auth import Caller
from api.engine import Engine
from api.looking import personal
from api.routes.access import DOCUMENTED_KEYS, TheEngine, caller_with, refusals
from api.routes.acts import met_at_once
from api.schemas import Moment
from api.views.listing import IndicatorOut, ListingOut, ListingsOut

router: Final = APIRouter(tags=["lists"], dependencies=DOCUMENTED_KEYS)

_Reads = Annotated[Caller, Depends(caller_with(Scope.READ_LISTS))]
_Writes = Annotated[Caller, Depends(caller_with(Scope.WRITE_LISTS))]
_Asked = Annotated[Asked, Depends(asked)]
_STRICT: Final = ConfigDict(extra="forbid")
_REFUSED: Final[dict[int | str, dict[str, Any]]] = refusals(400, 401, 403, 404, 409, 422, 503)
_Text = Annotated[str, Field(min_length=1, max_length=500)]
_Value = Annotated[str, Field(min_length=1, max_length=64, description="As people write it; a card by its token.")]


class ListIn(BaseModel):
    """Whom or what to list. A bank proposes, and a second person of it agrees; the police list at once."""

    model_config = _STRICT

    kind: IdentifierKind
    value: _Value
    ground: Annotated[_Text, Field(description="The legal basis.", examples=["Law on payments, art. 25-1"])]
    reason: _Text | None = None
    fraud_type: Annotated[str | None, Field(pattern=r"^[a-z_]{1,40}$")] = None
    incident_id: str | None = None
    until: Annotated[Moment | None, Field(description="When a grey entry lapses; left out: as the policy says.")] = None


class ReasonIn(BaseModel):
    """Why, in the actor's own words."""

    model_config = _STRICT

    reason: _Text | None = None


class DecisionIn(BaseModel):
    """A decision of the police."""

    model_config = _STRICT

    document: Annotated[_Text, Field(description="Its number.", examples=["750000-12/2026"])]
    reason: _Text | None = None


class AppealIn(BaseModel):
    """What the person says."""

    model_config = _STRICT

    words: _Text


class IndicatorIn(BaseModel):
    """What was found."""

    model_config = _STRICT

    kind: IndicatorKind
    value: Annotated[str, Field(min_length=1, max_length=500)]
    source: _Text
    confidence: Annotated[float, Field(gt=0, le=1)]
    fraud_type: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    seen_at: Moment
    link: Annotated[str | None, Field(max_length=500, pattern=r"^https?://")] = None


@router.post(
    "/v1/lists", operation_id="list", status_code=201, response_model=ListingOut, responses=_REFUSED | {201: ACTED}
)
async def add(entry: ListIn, caller: _Writes, asked: _Asked, engine: TheEngine) -> Response:
    """Propose an entry as a bank, or make one grey as the police; one's own standing entry is answered again."""
    ident = ident_of(entry.kind, entry.value, engine.hashed)

    def work(page: Page, now: datetime) -> ListingOut:
        listed = acts.Listed(
            by=caller.actor,
            at=now,
            subject=entry.kind,
            ident=ident,
            ground=entry.ground,
            reason=entry.reason,
            fraud_type=entry.fraud_type,
            incident_id=entry.incident_id,
            until=entry.until,
        )
        listing, _ = lists.list_subject(page, listed, engine.center.policy.lists)
        return ListingOut.of(listing, caller.actor, now)

    return await _listed(engine, caller.actor, asked, work, status=201)


@router.get("/v1/lists", operation_id="findListed", responses=refusals(400, 401, 403, 422, 503))
@personal
async def about(
    kind: Annotated[IdentifierKind, Query()], value: Annotated[_Value, Query()], caller: _Reads, engine: TheEngine
) -> ListingsOut:
    """Return all entries about one person, account or thing."""
    key = f"{kind}:{ident_of(kind, value, engine.hashed)}"
    now = engine.center.now()
    found = await engine.center.read(lambda page: page.found_by(Listing, key))
    await engine.looks.note(caller, found)
    return ListingsOut(entries=[ListingOut.of(listing, caller.actor, now) for listing in found])


@router.get("/v1/lists/{entry_id}", operation_id="getListed", responses=refusals(400, 401, 403, 404, 503))
@personal
async def one(entry_id: str, caller: _Reads, engine: TheEngine) -> ListingOut:
    """Return one entry."""
    listing = await engine.center.read(lambda page: page.get(Listing, entry_id))
    await engine.looks.note(caller, [listing])
    return ListingOut.of(listing, caller.actor, engine.center.now())


@router.post("/v1/lists/{entry_id}/agree", operation_id="agreeToList", response_model=ListingOut, responses=_REFUSED)
async def agree(entry_id: str, caller: _Writes, asked: _Asked, engine: TheEngine) -> Response:
    """Make a proposal grey, as the second person of the bank that proposed."""

    def work(page: Page, now: datetime) -> ListingOut:
        agreed = lists.agree(page, entry_id, asked.version, caller.actor, now, engine.center.policy.lists)
        return ListingOut.of(agreed, caller.actor, now)

    return await _listed(engine, caller.actor, asked, work)


@router.post("/v1/lists/{entry_id}/drop", operation_id="dropFromList", response_model=ListingOut, responses=_REFUSED)
async def drop(entry_id: str, said: ReasonIn, caller: _Writes, asked: _Asked, engine: TheEngine) -> Response:
    """Take a proposal back, or do not agree with it."""
    return await _moved(
        engine, caller.actor, asked, entry_id, lambda by, at: acts.Dropped(by=by, at=at, reason=said.reason)
    )


@router.post(
    "/v1/lists/{entry_id}/confirm", operation_id="confirmListed", response_model=ListingOut, responses=_REFUSED
)
async def confirm(entry_id: str, said: DecisionIn, caller: _Writes, asked: _Asked, engine: TheEngine) -> Response:
    """Make a grey entry black: the police confirmed the fraud."""

    def confirmed(by: Actor, at: datetime) -> Act:
        return acts.Confirmed(by=by, at=at, document=said.document, reason=said.reason)

    return await _moved(engine, caller.actor, asked, entry_id, confirmed)


@router.post("/v1/lists/{entry_id}/appeal", operation_id="appealListed", response_model=ListingOut, responses=_REFUSED)
async def appeal(entry_id: str, said: AppealIn, caller: _Writes, asked: _Asked, engine: TheEngine) -> Response:
    """Carry the person's appeal to the police; any bank of the person may."""

    def work(page: Page, now: datetime) -> ListingOut:
        terms = engine.center.policy.lists
        carried = lists.appeal(page, entry_id, asked.version, caller.actor, now, said.words, terms)
        return ListingOut.of(carried, caller.actor, now)

    return await _listed(engine, caller.actor, asked, work)


@router.post("/v1/lists/{entry_id}/keep", operation_id="keepListed", response_model=ListingOut, responses=_REFUSED)
async def keep(entry_id: str, said: DecisionIn, caller: _Writes, asked: _Asked, engine: TheEngine) -> Response:
    """Refuse an appeal: a decision of the police."""

    def kept(by: Actor, at: datetime) -> Act:
        return acts.Kept(by=by, at=at, document=said.document, reason=said.reason)

    return await _moved(engine, caller.actor, asked, entry_id, kept)


@router.post("/v1/lists/{entry_id}/remove", operation_id="removeListed", response_model=ListingOut, responses=_REFUSED)
async def remove(entry_id: str, said: DecisionIn, caller: _Writes, asked: _Asked, engine: TheEngine) -> Response:
    """Lift an entry: a decision of the police."""

    def removed(by: Actor, at: datetime) -> Act:
        return acts.Removed(by=by, at=at, document=said.document, reason=said.reason)

    return await _moved(engine, caller.actor, asked, entry_id, removed)


@router.post("/v1/indicators", operation_id="spot", status_code=201, response_model=IndicatorOut, responses=_REFUSED)
async def spot(found: IndicatorIn, caller: _Writes, asked: _Asked, engine: TheEngine) -> Response:
    """Say what monitoring found; the same found again is surer and lives longer."""
    ident = found_ident(found.kind, found.value, engine.hashed)

    def work(page: Page, now: datetime) -> IndicatorOut:
        spotted = Spotted(
            by=caller.actor,
            at=now,
            kind=found.kind,
            ident=ident,
            source=found.source,
            confidence=found.confidence,
            fraud_type=found.fraud_type,
            seen_at=found.seen_at,
            until=now + timedelta(days=engine.center.policy.lists.indicator_days),
            link=found.link,
        )
        indicator, _ = lists.spot(page, spotted)
        return IndicatorOut.of(indicator, caller.actor)

    answer = await act(engine.center, caller.actor, asked, work, status=201)
    await met_at_once(engine)
    return answer


@router.post(
    "/v1/indicators/{indicator_id}/withdraw",
    operation_id="withdrawIndicator",
    response_model=IndicatorOut,
    responses=_REFUSED,
)
async def withdraw(indicator_id: str, said: ReasonIn, caller: _Writes, asked: _Asked, engine: TheEngine) -> Response:
    """Say that a finding was a mistake."""

    def work(page: Page, now: datetime) -> IndicatorOut:
        found = page.get(Indicator, indicator_id, asked.version)
        gone = move(page, found, Withdrawn(by=caller.actor, at=now, reason=said.reason))
        return IndicatorOut.of(gone, caller.actor)

    answer = await act(engine.center, caller.actor, asked, work)
    await met_at_once(engine)
    return answer


async def _moved(
    engine: Engine, actor: Actor, asked: Asked, entry_id: str, made: Callable[[Actor, datetime], Act]
) -> Response:
    """Move an entry by one act."""

    def work(page: Page, now: datetime) -> ListingOut:
        listing = page.get(Listing, entry_id, asked.version)
        return ListingOut.of(move(page, listing, made(actor, now)), actor, now)

    return await _listed(engine, actor, asked, work)


async def _listed(
    engine: Engine, actor: Actor, asked: Asked, work: Callable[[Page, datetime], ListingOut], *, status: int = 200
) -> Response:
    """Do `work`, and let the very next transfer meet what changed."""
    answer = await act(engine.center, actor, asked, work, status=status)
    await met_at_once(engine)
    return answer
