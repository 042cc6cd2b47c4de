"""Returns: what waits for a sanction, what a bank has to pay, and what each may do about one."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import RedirectResponse

from antifraud.domain.center import return_acts as acts
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.life import Sight
from antifraud.domain.center.people import Actor
from antifraud.domain.center.return_order import ReturnOrder, ReturnStatus
from antifraud.domain.errors import InvalidValue, NotFound
from antifraud.workflow.center import returning
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.seeing import seen, sight_of
from api.auth import Scope
from api.console.accounts import address_of
from api.console.asking import NOTHING_TRIED, SAID, Ask, AskKind, Offer, Tried, attempt, signed, sum_in, takes
from api.console.languages import Language
from api.console.pages import CONSOLE
from api.console.visitor import Visitor, VisitorWith
from api.console.words import N_
from api.looking import personal
from api.paging import page_of, selection_of

router: Final = APIRouter(include_in_schema=False)
Reader = Annotated[Visitor, Depends(VisitorWith(Scope.READ_INCIDENTS))]
Writer = Annotated[Visitor, Depends(VisitorWith(Scope.WRITE_INCIDENTS))]
RETURNS: Final = CONSOLE + "/returns"
VIEWS: Final = {
    "open": (ReturnStatus.DRAFTED, ReturnStatus.SANCTIONED, ReturnStatus.REFUSED),
    "ended": (ReturnStatus.EXECUTED, ReturnStatus.CANCELLED, ReturnStatus.LAPSED),
}
_ON_A_PAGE: Final = 50
_LAW: Final = N_("Law No. 205-VIII: held money goes back on an investigator's decision with a prosecutor's sanction")


@router.get(RETURNS)
async def returns(
    visitor: Reader, view: str = "open", cursor: Annotated[str | None, Query(max_length=120)] = None
) -> Response:
    """Show one page of return orders that one's organisation drafts, sanctions or pays."""
    if view not in VIEWS:
        raise InvalidValue("view", f"is one of {', '.join(VIEWS)}", view)
    shown, more = await page_of(
        visitor.engine.center, ReturnOrder, selection_of(visitor.session, VIEWS[view], cursor, _ON_A_PAGE)
    )
    await visitor.engine.looks.note_overview(visitor.session, shown)
    now = visitor.engine.center.now()
    return visitor.page("returns.html", orders=shown, view=view, cursor=cursor, more=more, now=now)


@router.get(RETURNS + "/{return_id}")
@personal
async def one(return_id: UUID, visitor: Reader, done: str = "") -> Response:
    """Show a return order."""
    return await _shown(visitor, str(return_id), NOTHING_TRIED, done)


@router.post(RETURNS + "/{return_id}/{act}")
async def act(return_id: UUID, act: str, visitor: Writer) -> Response:
    """Do what a form says, on the version that was seen."""
    name = str(return_id)
    done = await attempt(visitor, act, lambda: _work(visitor, act, name))
    if isinstance(done, Tried):
        return await _shown(visitor, name, done)
    return RedirectResponse(f"{RETURNS}/{name}?done={act}", status_code=303)


async def _work(visitor: Visitor, act: str, name: str) -> Callable[[Page], ReturnOrder]:
    by, form = signed(visitor), visitor.form
    match act:
        case "sanction":
            document = form.need("document")
            return lambda page: returning.sanction(page, name, document, by)
        case "refuse":
            return lambda page: returning.refuse_sanction(page, name, by)
        case "redraft":
            amount = await _amount(visitor, name)
            return lambda page: returning.redraft(page, name, amount, by)
        case "execute":
            payment = form.need("payment")
            return lambda page: returning.execute(page, name, payment, by)
        case "cancel":
            return lambda page: returning.cancel(page, name, by)
        case _:
            raise NotFound(f"there is no act {act}")


async def _amount(visitor: Visitor, name: str) -> int:
    order = await visitor.engine.center.read(lambda page: seen(page, ReturnOrder, name, visitor.actor))
    amount = sum_in(visitor.form, "amount", order.birth.currency)
    if amount is None:
        raise InvalidValue("amount", "must be filled in", None)
    return amount


def return_offers(order: ReturnOrder, actor: Actor, now: datetime, language: Language) -> list[Offer]:
    """Return what the actor may do about a return order: only what the order itself would take."""
    sign: dict[str, Any] = {"by": actor, "at": now, "reason": SAID, "ground": SAID}
    decision = Ask(name="ground", label=N_("Number of the decision"))
    tried = (
        (
            acts.Sanctioned(**sign, document=SAID),
            Offer(
                name="sanction",
                title=N_("Sanction the return"),
                effect=N_("The money is held on the sanction; the bank has a day to pay. What is beyond is released."),
                ground=_LAW,
                asks=(Ask(name="document", label=N_("Number of the sanction")),),
                picks=(N_("The decision is well founded."),),
            ),
        ),
        (
            acts.Refused(**sign),
            Offer(
                name="refuse",
                title=N_("Refuse the sanction"),
                effect=N_("The investigator may draft it anew. The hold's own clocks go on."),
                ground=_LAW,
                picks=(N_("It is not shown that this money is the victim's."),),
            ),
        ),
        (
            acts.Executed(**sign, payment=SAID),
            Offer(
                name="execute",
                title=N_("Say that it was paid"),
                effect=N_("The hold has so much less. The transfer must have been made before."),
                ground=_LAW,
                asks=(Ask(name="payment"),),
                picks=(N_("Paid to the victim's account."),),
            ),
        ),
        (
            acts.Redrafted(**sign, amount_minor=order.amount_minor),
            Offer(
                name="redraft",
                title=N_("Draft it anew"),
                effect=N_("The prosecution is asked again."),
                ground=_LAW,
                asks=(
                    Ask(
                        name="amount",
                        kind=AskKind.SUM,
                        value=language.typed(order.amount_minor, order.birth.currency),
                    ),
                    decision,
                ),
            ),
        ),
        (
            acts.Cancelled(**sign),
            Offer(
                name="cancel",
                title=N_("Take it back"),
                effect=N_("If only its sanction held the money, that is free. A sanctioned one needs a decision."),
                ground=_LAW,
                asks=(
                    Ask(
                        name="ground",
                        label=N_("Number of the decision"),
                        required=order.status is ReturnStatus.SANCTIONED,
                    ),
                ),
            ),
        ),
    )
    return [offer for each, offer in tried if takes(order, each)]


async def _shown(visitor: Visitor, name: str, tried: Tried, done: str = "") -> Response:
    engine, actor, now = visitor.engine, visitor.actor, visitor.engine.center.now()

    def read(page: Page) -> tuple[ReturnOrder, bool, Hold, bool, object]:
        order = seen(page, ReturnOrder, name, actor)
        incident, hold = page.get(Incident, order.birth.incident_id), page.get(Hold, order.birth.hold_id)
        known, holds = (sight_of(each, actor) is not Sight.NOTHING for each in (incident, hold))
        return order, known, hold, holds, list(reversed(page.acts_of(name)))

    order, known, hold, holds, happened = await engine.center.read(read)
    await engine.looks.note(visitor.session, [order])
    language = engine.pages.language(visitor.request)
    return visitor.page(
        "return.html",
        status=tried.status,
        order=order,
        known=known,
        hold=hold if holds else None,
        happened=happened,
        offers=return_offers(order, actor, now, language) if Scope.WRITE_INCIDENTS in visitor.session.scopes else [],
        now=now,
        tried=tried,
        done=done,
        page_of=address_of,
    )
