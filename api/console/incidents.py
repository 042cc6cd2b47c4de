"""Incidents: those that concern who looks, one on one screen, and the acts that are allowed now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Final, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.incident import UNLED, Incident
from antifraud.domain.center.incident_acts import ConfirmedPart, IncidentSource
from antifraud.domain.center.incident_steps import TRACED, IncidentStatus
from antifraud.domain.center.inquiry import Inquiry
from antifraud.domain.center.life import Life, Sight
from antifraud.domain.center.network import Network, between, network_of_trace
from antifraud.domain.center.people import POLICE, ParticipantKind
from antifraud.domain.center.return_order import ReturnOrder
from antifraud.domain.center.trace import Trace
from antifraud.domain.errors import InvalidValue, NotFound
from antifraud.domain.typology import FraudType
from antifraud.workflow.center import opening, returning, reviewing
from antifraud.workflow.center.opening import Complaint
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.returning import Draft
from antifraud.workflow.center.seeing import seen, sight_of
from antifraud.workflow.center.stopping import Stoppable, stoppable
from antifraud.workflow.center.trace import traced
from api.auth import Scope
from api.claims import passages_of
from api.console.accounts import address_of, network_words
from api.console.asking import NOTHING_TRIED, Tried, attempt, one_of, signed, sum_in
from api.console.drawing.network import network_svg
from api.console.incident_offers import PART, incident_offers, opening_offer
from api.console.offices import offices_of
from api.console.pages import CONSOLE
from api.console.visitor import Visitor, VisitorWith
from api.looking import personal
from api.paging import page_of, selection_of
from api.views.incident import TransferRefIn

L = TypeVar("L", bound=Life)

router: Final = APIRouter(include_in_schema=False)
Reader = Annotated[Visitor, Depends(VisitorWith(Scope.READ_INCIDENTS))]
Writer = Annotated[Visitor, Depends(VisitorWith(Scope.WRITE_INCIDENTS))]
INCIDENTS: Final = CONSOLE + "/incidents"
VIEWS: Final = ("open", "wanted", "ended")
_ON_A_PAGE: Final = 50
_DRAFT: Final = "draft-"
_MOST_NAMED: Final = 100  # transfers of one incident
_DRAWN: Final = 12  # accounts of a trace with their ways: more of them no eye can follow
_ENDED: Final = tuple(each for each in IncidentStatus if each not in TRACED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Something that will happen by itself, or that somebody owes by then."""

    what: str
    about: str
    to: str  # the address of its page
    until: datetime
    many: int = 1  # one bank owes as many answers; this is when the first is due


@router.get(INCIDENTS)
async def incidents(
    visitor: Reader, view: str = "open", cursor: Annotated[str | None, Query(max_length=120)] = None
) -> Response:
    """Show one page of incidents."""
    return await _listed(visitor, view, cursor, NOTHING_TRIED)


@router.post(INCIDENTS + "/open")
async def open_one(visitor: Writer) -> Response:
    """Open an incident, or join the one that there is about these transfers."""
    done = await attempt(visitor, "open", lambda: _opening(visitor))
    if isinstance(done, Tried):
        return await _listed(visitor, "open", None, done)
    return RedirectResponse(f"{INCIDENTS}/{done.life_id}?done=open", status_code=303)


@router.get(INCIDENTS + "/{incident_id}")
@personal
async def incident(incident_id: UUID, visitor: Reader, done: str = "") -> Response:
    """Show an incident."""
    return await _shown(visitor, str(incident_id), NOTHING_TRIED, done)


@router.post(INCIDENTS + "/{incident_id}/{act}")
async def act(incident_id: UUID, act: str, visitor: Writer) -> Response:
    """Do what a form says, on the version that was seen."""
    name = str(incident_id)
    if act.startswith(_DRAFT):
        drafted = await attempt(visitor, act, lambda: _drafting(visitor, name, act.removeprefix(_DRAFT)))
        if isinstance(drafted, Tried):
            return await _shown(visitor, name, drafted)
        return RedirectResponse(f"{CONSOLE}/returns/{drafted.life_id}?done=draft", status_code=303)
    done = await attempt(visitor, act, lambda: _work(visitor, act, name))
    if isinstance(done, Tried):
        return await _shown(visitor, name, done)
    gone = sight_of(done, visitor.actor) is Sight.NOTHING  # handed over, or the only complaint was dropped
    return RedirectResponse(INCIDENTS if gone else f"{INCIDENTS}/{name}?done={act}", status_code=303)


async def _work(visitor: Visitor, act: str, name: str) -> Callable[[Page], Incident]:
    by = signed(visitor)
    match act:
        case "lead":
            return lambda page: reviewing.take_lead(page, name, by)
        case "hand-over":
            office = visitor.engine.identity.keys
            police = await office.check_kind("police", visitor.form.need("police"), ParticipantKind.POLICE)
            return lambda page: reviewing.hand_over(page, name, police, by)
        case "review":
            return lambda page: reviewing.review(page, name, by)
        case "confirm":
            parts = await _parts(visitor, name)
            return lambda page: reviewing.confirm(page, name, parts, by)
        case "deny":
            return lambda page: reviewing.deny(page, name, by)
        case "withdraw":
            return lambda page: reviewing.withdraw(page, name, by)
        case "close":
            return lambda page: reviewing.close(page, name, by)
        case _:
            raise NotFound(f"there is no act {act}")


async def _parts(visitor: Visitor, name: str) -> list[ConfirmedPart]:
    """Return the confirmed parts of holds that a form names; an empty field or a zero confirms nothing."""
    life = await visitor.engine.center.read(lambda page: seen(page, Incident, name, visitor.actor))
    fields = [field for field, _ in visitor.form.fields if field.startswith(PART)]
    sums = {field.removeprefix(PART): sum_in(visitor.form, field, life.currency) for field in fields}
    return [ConfirmedPart(hold_id=hold_id, amount_minor=minor) for hold_id, minor in sums.items() if minor]


async def _drafting(visitor: Visitor, name: str, hold_id: str) -> Callable[[Page], ReturnOrder]:
    by, form, engine = signed(visitor), visitor.form, visitor.engine
    life = await engine.center.read(lambda page: seen(page, Incident, name, visitor.actor))
    amount = sum_in(form, "amount", life.currency)
    if amount is None:
        raise InvalidValue("amount", "must be filled in", None)
    prosecution = await engine.identity.keys.check_kind(
        "prosecution", form.need("prosecution"), ParticipantKind.PROSECUTION
    )
    draft = Draft(hold_id=hold_id, amount_minor=amount, prosecution=prosecution, to_account=form.get("to_account"))
    return lambda page: returning.draft_return(page, name, draft, by)


async def _opening(visitor: Visitor) -> Callable[[Page], Incident]:
    form, engine, by = visitor.form, visitor.engine, signed(visitor)
    named = [line.strip() for line in form.need("transfers").splitlines() if line.strip()]
    if len(named) > _MOST_NAMED:
        raise InvalidValue("transfers", f"are at most {_MOST_NAMED}", len(named))
    transfers = await passages_of(engine, [_named(each) for each in named], visitor.actor)
    police = visitor.actor.role in POLICE
    complaint = Complaint(
        source=IncidentSource.POLICE if police else one_of(IncidentSource, "source", form),
        fraud_type=one_of(FraudType, "fraud_type", form),
        transfers=transfers,
        reason=by.reason,
        ground=by.ground,
    )
    policy = engine.center.policy.trace
    return lambda page: opening.open_incident(page, complaint, visitor.actor, by.now, policy)[0]


def _named(text: str) -> TransferRefIn:
    participant, slash, transfer_id = text.rpartition("/")
    return TransferRefIn.model_construct(participant=participant if slash else None, transfer_id=transfer_id)


async def _listed(visitor: Visitor, view: str, cursor: str | None, tried: Tried) -> Response:
    if view not in VIEWS or (view == "wanted" and visitor.actor.role not in POLICE):
        raise InvalidValue("view", f"is one of {', '.join(VIEWS)}", view)
    selection = selection_of(visitor.session, _ENDED if view == "ended" else tuple(TRACED), cursor, _ON_A_PAGE)
    if view == "wanted":
        selection = replace(selection, party=None, keys=[UNLED])
    shown, more = await page_of(visitor.engine.center, Incident, selection)
    await visitor.engine.looks.note_overview(visitor.session, shown)
    free = await visitor.engine.center.read(lambda page: _free_at(page, shown, visitor))
    writes = Scope.WRITE_INCIDENTS in visitor.session.scopes
    return visitor.page(
        "incidents.html",
        status=tried.status,
        incidents=[(each, sight_of(each, visitor.actor) is Sight.WHOLE, free.get(each.life_id)) for each in shown],
        police=visitor.actor.role in POLICE,
        view=view,
        cursor=cursor,
        more=more,
        now=visitor.engine.center.now(),
        offers=opening_offer(visitor.actor) if writes else [],
        tried=tried,
    )


async def _shown(visitor: Visitor, name: str, tried: Tried, done: str = "") -> Response:
    engine, actor, now = visitor.engine, visitor.actor, visitor.engine.center.now()
    policy, language = engine.center.policy.trace, engine.pages.language(visitor.request)

    def read(
        page: Page,
    ) -> tuple[Incident, list[Hold], list[Inquiry], list[ReturnOrder], object, Trace | None, Sequence[Stoppable]]:
        life, key = seen(page, Incident, name, actor), f"incident:{name}"
        whole = sight_of(life, actor) is Sight.WHOLE
        found = traced(page, life, policy, now) if whole and Scope.READ_TRACE in visitor.session.scopes else None
        return (
            life,
            _visible(page.found_by(Hold, key), visitor),
            _visible(page.found_by(Inquiry, key), visitor),
            _visible(page.found_by(ReturnOrder, key), visitor),
            list(reversed(page.acts_of(name))) if whole else [],
            found,
            () if found is None else stoppable(page, life, found),
        )

    life, holds, inquiries, orders, happened, found, accounts = await engine.center.read(read)
    await engine.looks.note(visitor.session, [life, *holds, *inquiries, *orders])
    running = clocks(life, holds, inquiries, orders)
    offers = []
    if Scope.WRITE_INCIDENTS in visitor.session.scopes:
        offices = await offices_of(engine)
        offers = incident_offers(life, holds, orders, offices, actor, now, language)
    return visitor.page(
        "incident.html",
        status=tried.status,
        incident=life,
        whole=sight_of(life, actor) is Sight.WHOLE,
        holds=holds,
        inquiries=inquiries,
        orders=orders,
        happened=happened,
        found=found,
        accounts=accounts,
        drawn=_DRAWN,
        picture=None if found is None else _picture(found, accounts[:_DRAWN], life, visitor),
        clocks=running,
        nearest=next((each for each in running if each.to), None),
        offers=offers,
        now=now,
        tried=tried,
        done=done,
        page_of=address_of,
    )


def _free_at(page: Page, incidents: Sequence[Incident], visitor: Visitor) -> dict[str, datetime]:
    """Return when the first of an incident's held money is free by itself, as far as the visitor may know."""
    found: dict[str, datetime] = {}
    for each in incidents:
        holds = _visible(page.found_by(Hold, f"incident:{each.life_id}"), visitor)
        ends = [hold.free_at for hold in holds if hold.held_minor and hold.free_at is not None]
        if ends:
            found[each.life_id] = min(ends)
    return found


def clocks(
    incident: Incident, holds: Sequence[Hold], inquiries: Sequence[Inquiry], orders: Sequence[ReturnOrder]
) -> list[Clock]:
    """Return what runs out by itself or is owed, the nearest in front."""
    found = [
        Clock(what="hold", about=each.birth.account, to=f"{CONSOLE}/holds/{each.life_id}", until=each.free_at)
        for each in holds
        if each.held_minor and each.free_at is not None
    ]
    owed: dict[str, list[Inquiry]] = {}
    for each in sorted(inquiries, key=lambda each: each.answer_by):
        if each.waits:
            owed.setdefault(each.birth.bank, []).append(each)
    found += [
        Clock(
            what="inquiry",
            about=bank,
            to=f"{CONSOLE}/inquiries/{waiting[0].life_id}" if len(waiting) == 1 else "#asked",
            until=waiting[0].answer_by,
            many=len(waiting),
        )
        for bank, waiting in owed.items()
    ]
    found += [
        Clock(what="return", about=each.birth.prosecution, to=f"{CONSOLE}/returns/{each.life_id}", until=each.due_at)
        for each in orders
        if each.due_at is not None
    ]
    if incident.trace_at is not None and incident.status in TRACED:
        found.append(Clock(what="trace", about="", to="", until=incident.trace_at))
    return sorted(found, key=lambda each: each.until)


def _visible(lives: Sequence[L], visitor: Visitor) -> list[L]:
    return [each for each in lives if sight_of(each, visitor.actor) is not Sight.NOTHING]


def _picture(found: Trace, shown: Sequence[Stoppable], incident: Incident, visitor: Visitor) -> Markup:
    """Return the ways to some accounts; on the lines stands what of the stolen money went there."""
    language, whole = visitor.engine.pages.language(visitor.request), network_of_trace(found)
    hops = [hop.passage for each in shown for hop in found.path_to(each.reached.account)]
    names = {end for each in hops for end in (each.payer, each.payee)}
    accounts = {name: each for name, each in whole.accounts.items() if name in names}
    words = replace(network_words(language), link=lambda each: language.money(each.tainted_minor or 0, each.currency))
    drawn = Network(accounts=accounts, links=between(whole.links, names))
    svg = network_svg(drawn, words, middle=incident.transfers[0].payer)
    return Markup(svg)  # noqa: S704 - all words in it are escaped where it is drawn
