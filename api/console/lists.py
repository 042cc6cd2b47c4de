"""Grey and black lists: what is on them and why, and what each may do about an entry."""

from collections.abc import Callable, Sequence
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import RedirectResponse

from antifraud.domain.center import listing_acts as acts
from antifraud.domain.center.act import Act
from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.domain.center.idents import ident_of
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.life import Sight
from antifraud.domain.center.listing import Listing, ListingStatus
from antifraud.domain.errors import InvalidValue, NotFound
from antifraud.domain.typology import FraudType
from antifraud.workflow.center import lists as listing
from antifraud.workflow.center.finding import find
from antifraud.workflow.center.moving import move
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.seeing import Signed, sight_of
from api.auth import Scope
from api.console.accounts import address_of
from api.console.asking import NOTHING_TRIED, Tried, attempt, moment_in, one_of, signed
from api.console.list_offers import adding_offer, list_offers
from api.console.pages import CONSOLE
from api.console.visitor import Visitor, VisitorWith
from api.looking import personal
from api.paging import page_of, selection_of

router: Final = APIRouter(include_in_schema=False)
Reader = Annotated[Visitor, Depends(VisitorWith(Scope.READ_LISTS))]
Writer = Annotated[Visitor, Depends(VisitorWith(Scope.WRITE_LISTS))]
LISTS: Final = CONSOLE + "/lists"
_S: Final = ListingStatus
VIEWS: Final = {
    "waiting": (_S.PROPOSED, _S.GREY_APPEALED, _S.BLACK_APPEALED),
    "standing": (_S.GREY, _S.BLACK),
    "ended": (_S.DROPPED, _S.LAPSED, _S.REMOVED),
}
_ON_A_PAGE: Final = 50
_LONGEST: Final = 100
_LONGEST_WORDS: Final = 500
_READABLE: Final = frozenset({IdentifierKind.ACCOUNT, IdentifierKind.DEVICE})


@router.get(LISTS)
async def entries(
    visitor: Reader,
    view: str = "waiting",
    q: Annotated[str, Query(max_length=_LONGEST)] = "",
    cursor: Annotated[str | None, Query(max_length=120)] = None,
) -> Response:
    """Show entries that concern one's organisation; or, searched for, all about one person, account or thing."""
    return await _listed(visitor, view, q.strip(), cursor, NOTHING_TRIED)


@router.post(LISTS + "/add")
async def add(visitor: Writer) -> Response:
    """Begin an entry; one's own standing entry about the same is shown again."""
    done = await attempt(visitor, "add", lambda: _adding(visitor))
    if isinstance(done, Tried):
        return await _listed(visitor, "waiting", "", None, done)
    return RedirectResponse(f"{LISTS}/{done.life_id}?done=add", status_code=303)


@router.get(LISTS + "/{entry_id}")
@personal
async def entry(entry_id: UUID, visitor: Reader, done: str = "") -> Response:
    """Show an entry: that it is listed is for all, why is for those who decide."""
    return await _shown(visitor, str(entry_id), NOTHING_TRIED, done)


@router.post(LISTS + "/{entry_id}/{act}")
async def act(entry_id: UUID, act: str, visitor: Writer) -> Response:
    """Do what a form says, on the version that was seen; the very next transfer meets what changed."""
    name = str(entry_id)
    done = await attempt(visitor, act, lambda: _work(visitor, act, name))
    if isinstance(done, Tried):
        return await _shown(visitor, name, done)
    return RedirectResponse(f"{LISTS}/{name}?done={act}", status_code=303)


async def _work(visitor: Visitor, act: str, name: str) -> Callable[[Page], Listing]:
    by, form, terms = signed(visitor, bare=act in ("agree", "appeal")), visitor.form, visitor.engine.center.policy.lists
    match act:
        case "agree":
            return lambda page: listing.agree(page, name, by.version, by.actor, by.now, terms)
        case "drop":
            return _moved(name, by, acts.Dropped(by=by.actor, at=by.now, reason=by.reason))
        case "confirm":
            document = form.need("document")
            return _moved(name, by, acts.Confirmed(by=by.actor, at=by.now, document=document, reason=by.reason))
        case "keep":
            document = form.need("document")
            return _moved(name, by, acts.Kept(by=by.actor, at=by.now, document=document, reason=by.reason))
        case "remove":
            document = form.need("document")
            return _moved(name, by, acts.Removed(by=by.actor, at=by.now, document=document, reason=by.reason))
        case "appeal":
            said = form.need("words")[:_LONGEST_WORDS]
            return lambda page: listing.appeal(page, name, by.version, by.actor, by.now, said, terms)
        case _:
            raise NotFound(f"there is no act {act}")


def _moved(name: str, by: Signed, act: Act) -> Callable[[Page], Listing]:
    return lambda page: move(page, page.get(Listing, name, by.version), act)


async def _adding(visitor: Visitor) -> Callable[[Page], Listing]:
    by, form, terms = signed(visitor), visitor.form, visitor.engine.center.policy.lists
    kind = one_of(IdentifierKind, "kind", form)
    act = acts.Listed(
        by=by.actor,
        at=by.now,
        subject=kind,
        ident=ident_of(kind, form.need("value"), visitor.engine.hashed),
        ground=form.need("ground"),
        reason=by.reason,
        fraud_type=one_of(FraudType, "fraud_type", form).value,
        incident_id=form.get("incident"),
        until=moment_in(form, "until"),
    )
    return lambda page: listing.list_subject(page, act, terms)[0]


async def _listed(visitor: Visitor, view: str, q: str, cursor: str | None, tried: Tried) -> Response:
    if view not in VIEWS:
        raise InvalidValue("view", f"is one of {', '.join(VIEWS)}", view)
    engine, actor = visitor.engine, visitor.actor
    now, more = engine.center.now(), None
    shown: Sequence[Listing]
    if q:
        hits = await engine.center.read(lambda page: find(page, q, actor, engine.hashed, now))
        shown = [each.life for each in hits if isinstance(each.life, Listing)]
    else:
        shown, more = await page_of(
            engine.center, Listing, selection_of(visitor.session, VIEWS[view], cursor, _ON_A_PAGE)
        )
    await (engine.looks.note if q else engine.looks.note_overview)(visitor.session, shown)
    return visitor.page(
        "lists.html",
        status=tried.status,
        entries=[(each, sight_of(each, actor) is Sight.WHOLE) for each in shown],
        readable=_READABLE,
        view="" if q else view,
        q=q,
        cursor=cursor,
        more=more,
        now=now,
        offers=adding_offer(actor) if Scope.WRITE_LISTS in visitor.session.scopes else [],
        tried=tried,
    )


async def _shown(visitor: Visitor, name: str, tried: Tried, done: str = "") -> Response:
    engine, actor, now = visitor.engine, visitor.actor, visitor.engine.center.now()

    def read(page: Page) -> tuple[Listing, bool, object]:
        life = page.get(Listing, name)
        incident = None if life.birth.incident_id is None else page.find(Incident, life.birth.incident_id)
        known = incident is not None and sight_of(incident, actor) is not Sight.NOTHING
        return life, known, list(reversed(page.acts_of(name)))

    life, known, happened = await engine.center.read(read)
    await engine.looks.note(visitor.session, [life])
    return visitor.page(
        "list_entry.html",
        status=tried.status,
        entry=life,
        whole=sight_of(life, actor) is Sight.WHOLE,
        shade=life.shade(now),
        readable=_READABLE,
        known=known,
        happened=happened,
        offers=list_offers(life, actor, now) if Scope.WRITE_LISTS in visitor.session.scopes else [],
        now=now,
        tried=tried,
        done=done,
        page_of=address_of,
    )
