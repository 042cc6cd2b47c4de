"""The queue: what waits for whom, the most urgent first; many cases given to somebody at once."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Annotated, Final, Self
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse, RedirectResponse

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.people import BANK, MEASURERS, POLICE, Role
from antifraud.domain.errors import AntifraudError, InvalidValue, NotPermitted
from antifraud.store.center.ranks import place
from antifraud.workflow.center import holding
from antifraud.workflow.center.ports import Page, QueueOrder, QueueSelection
from antifraud.workflow.center.seeing import Signed
from api.auth import Scope
from api.console.pages import CONSOLE
from api.console.visitor import Visitor, VisitorWith

router: Final = APIRouter(include_in_schema=False)
Reader = Annotated[Visitor, Depends(VisitorWith(Scope.READ_HOLDS))]
Arrived = Annotated[Visitor, Depends(VisitorWith(None))]
Writer = Annotated[Visitor, Depends(VisitorWith(Scope.WRITE_HOLDS))]
OVERVIEW: Final = CONSOLE + "/overview"
VIEWS: Final = ("all", "mine", "unassigned", "escalated", "closed")
_ON_A_PAGE: Final = 50
_LONGEST_SEARCH: Final = 140
LONGEST_QUERY: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody asked of a queue: with a case it goes along, so that the next one is of the same queue."""

    view: str = "all"
    order: str = "deadline"
    kind: str = ""
    q: str = ""

    @classmethod
    def of(cls, query: str) -> Self:
        """Return what a query of ours says; what it does not say, or says unlike ours, is as usual.

        >>> Asked.of("view=mine&order=amount&after=3").query()
        'view=mine&order=amount'
        """
        said = dict(parse_qsl(query))
        asked = cls(**{name: said[name][:_LONGEST_SEARCH] for name in ("view", "order", "kind", "q") if name in said})
        known = asked.view in VIEWS and asked.order in QueueOrder.__members__.values()
        return asked if known else cls()

    def query(self, **changed: str) -> str:
        """Return it as a query; what is as usual is left out."""
        usual, here = asdict(type(self)()), asdict(self) | changed
        return urlencode({name: value for name, value in here.items() if value and value != usual.get(name)})


@router.get(CONSOLE)
async def queue(
    visitor: Arrived,
    view: str = "all",
    order: str = "deadline",
    kind: str = "",
    q: Annotated[str, Query(max_length=_LONGEST_SEARCH)] = "",
    after: Annotated[str, Query(max_length=80)] = "",
    given: int | None = None,
    refused: int = 0,
) -> Response:
    """Show one page of a queue; who has none sees the numbers instead."""
    if Scope.READ_HOLDS not in visitor.session.scopes:
        if visitor.session.role not in MEASURERS:
            raise NotPermitted(f"{visitor.session.person} has no queue as {visitor.session.role.value}")
        return RedirectResponse(OVERVIEW, status_code=303)
    asked_for = Asked(view=view, order=order, kind=kind, q=q.strip())
    asked = replace(selection(visitor, asked_for), after=_behind(after) if after else None)
    person = visitor.session.person

    found, counts = await visitor.engine.center.read(
        lambda page: (page.queue(replace(asked, limit=_ON_A_PAGE + 1)), page.queue_counts(asked, person))
    )
    shown = found[:_ON_A_PAGE]
    await visitor.engine.looks.note_overview(visitor.session, shown)
    more = _place(shown[-1], asked.order) if len(found) > len(shown) else None
    return visitor.page(
        "queue.html",
        holds=shown,
        counts=counts,
        asked=asked_for,
        link=lambda **changed: address_of(asked_for, **changed),
        query=asked_for.query(),
        more=more,
        after=after,
        now=visitor.engine.center.now(),
        assigns=visitor.actor.role in BANK,
        gives=visitor.actor.role is Role.BANK_OFFICER,
        given=given,
        refused=refused,
    )


@router.get(CONSOLE + "/counts")
async def counts(visitor: Reader) -> Response:
    """Return how many wait, for a page that is open: it does not load again."""
    asked = mine(visitor)
    found = await visitor.engine.center.read(lambda page: page.queue_counts(asked, visitor.session.person))
    texts = {name: getattr(found, name) for name in ("all", "mine", "unassigned", "escalated")}
    return JSONResponse(texts | {"change": found.last_change}, headers={"Cache-Control": "no-store"})


@router.post(CONSOLE + "/assign")
async def assign_many(visitor: Writer) -> Response:
    """Give the chosen cases to somebody; each that cannot be given is left as it is, and counted."""
    form, now = visitor.form, visitor.engine.center.now()
    chosen = [each.partition("@") for each in form.all("hold")]
    to = form.get("to") or visitor.session.person
    if not chosen:
        raise InvalidValue("hold", "choose at least one case", None)
    done = 0
    for hold_id, _, version in chosen:
        signed = Signed(actor=visitor.actor, now=now, version=int(version) if version.isdecimal() else None)
        done += await _tried(visitor, partial(holding.assign, hold_id=hold_id, signed=signed, to=to.casefold()))
    said = urlencode({"given": done, "refused": len(chosen) - done, "view": form.get("view") or "all"})
    return RedirectResponse(f"{CONSOLE}?{said}", status_code=303)


def mine(visitor: Visitor) -> QueueSelection:
    """Return the open holds that concern who looks: held by his bank, led by his police, or all for an auditor."""
    role = visitor.actor.role
    party = None if role is Role.AUDITOR else visitor.actor.participant
    return QueueSelection(party=party, leads=role in POLICE, limit=_ON_A_PAGE)


async def _tried(visitor: Visitor, work: Callable[[Page], Hold]) -> bool:
    try:
        await visitor.engine.center.write(work)
    except AntifraudError:
        return False
    return True


def selection(visitor: Visitor, asked: Asked) -> QueueSelection:
    """Return what a queue shows to who looks; raise InvalidValue for a view or an order that is none."""
    if asked.view not in VIEWS:
        raise InvalidValue("view", f"is one of {', '.join(VIEWS)}", asked.view)
    if asked.order not in QueueOrder.__members__.values():
        raise InvalidValue("order", f"is one of {', '.join(QueueOrder)}", asked.order)
    return replace(
        mine(visitor),
        order=QueueOrder(asked.order),
        is_open=asked.view != "closed",
        assignee=visitor.session.person if asked.view == "mine" else None,
        unassigned=asked.view == "unassigned",
        escalated=asked.view == "escalated",
        fraud_type=asked.kind or None,
        keys=_keys(visitor, asked.q) if asked.q else None,
    )


def address_of(asked: Asked, **changed: str) -> str:
    """Return the address of a queue, with what is changed of its query."""
    query = asked.query(**changed)
    return f"{CONSOLE}?{query}" if query else CONSOLE


def _keys(visitor: Visitor, q: str) -> list[str]:
    """Return what a search may mean: an account, or a transfer of one's own or, by `participant/id`, of another."""
    transfer = q if "/" in q else f"{visitor.actor.participant}/{q}"
    return [f"account:{q}", f"transfer:{transfer}", f"incident:{q}"]


def _place(hold: Hold, order: QueueOrder) -> str:
    return f"{place(hold, order)}.{hold.life_id}"


def _behind(after: str) -> tuple[int, str]:
    at, _, life_id = after.partition(".")
    try:
        return int(at), life_id
    except ValueError:
        raise InvalidValue("after", "is not a place in this queue", after) from None
