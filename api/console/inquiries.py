"""Inquiries: what a bank is asked about its accounts, and the form by which it answers."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import RedirectResponse

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_table import OPEN
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.inquiry import Inquiry, InquiryStatus, Suspension
from antifraud.domain.center.inquiry_acts import FoundNothing, HeldAll, HeldPart, SuspensionAnswered, SuspensionAsked
from antifraud.domain.center.life import Sight
from antifraud.domain.center.people import BANK
from antifraud.domain.errors import InvalidValue, NotFound
from antifraud.workflow.center import answering
from antifraud.workflow.center.ports import Page, Selection
from antifraud.workflow.center.seeing import Signed, seen, sight_of
from api.auth import Scope
from api.console import words
from api.console.accounts import address_of
from api.console.asking import NOTHING_TRIED, SAID, Ask, AskKind, Offer, Tried, attempt, one_of, signed, sum_in, takes
from api.console.languages import Language
from api.console.pages import CONSOLE
from api.console.visitor import Visitor, VisitorWith
from api.console.words import N_
from api.looking import personal
from api.paging import page_of, selection_of

router: Final = APIRouter(include_in_schema=False)
Reader = Annotated[Visitor, Depends(VisitorWith(Scope.READ_INCIDENTS))]
Writer = Annotated[Visitor, Depends(VisitorWith(Scope.WRITE_INCIDENTS))]
INQUIRIES: Final = CONSOLE + "/inquiries"
VIEWS: Final = {
    "waiting": (InquiryStatus.NOTIFIED,),
    "more": (InquiryStatus.ANSWERED_PART, InquiryStatus.ANSWERED_NONE, InquiryStatus.INFORMED),
    "done": (InquiryStatus.ANSWERED_FULL, InquiryStatus.ENDED),
}
_ON_A_PAGE: Final = 50
_MOST_HOLDS: Final = 50  # of one account, that an answer may name


class Found(StrEnum):
    """What a bank says about the money that is asked for."""

    ALL = "all"
    PART = "part"
    NONE = "none"


_KINDS: Final = {Found.ALL: HeldAll, Found.PART: HeldPart, Found.NONE: FoundNothing}


@router.get(INQUIRIES)
async def inquiries(
    visitor: Reader, view: str = "waiting", cursor: Annotated[str | None, Query(max_length=120)] = None
) -> Response:
    """Show one page of inquiries: to one's bank, or of incidents that one's police lead."""
    if view not in VIEWS:
        raise InvalidValue("view", f"is one of {', '.join(VIEWS)}", view)
    selection = selection_of(visitor.session, VIEWS[view], cursor, _ON_A_PAGE)
    shown, more = await page_of(visitor.engine.center, Inquiry, selection)
    await visitor.engine.looks.note_overview(visitor.session, shown)
    return visitor.page(
        "inquiries.html",
        inquiries=shown,
        view=view,
        cursor=cursor,
        more=more,
        now=visitor.engine.center.now(),
    )


@router.get(INQUIRIES + "/{inquiry_id}")
@personal
async def inquiry(inquiry_id: UUID, visitor: Reader, done: str = "") -> Response:
    """Show an inquiry."""
    return await _shown(visitor, str(inquiry_id), NOTHING_TRIED, done)


@router.post(INQUIRIES + "/{inquiry_id}/{act}")
async def act(inquiry_id: UUID, act: str, visitor: Writer) -> Response:
    """Do what a form says, on the version that was seen; what is held newly is a hold from the same moment on."""
    name = str(inquiry_id)
    done = await attempt(visitor, act, lambda: _work(visitor, act, name))
    if isinstance(done, Tried):
        return await _shown(visitor, name, done)
    return RedirectResponse(f"{INQUIRIES}/{name}?done={act}", status_code=303)


async def _work(visitor: Visitor, act: str, name: str) -> Callable[[Page], Inquiry]:
    by = signed(visitor)
    match act:
        case "answer":
            return await _answering(visitor, name, by)
        case "ask-suspension":
            return lambda page: answering.ask_suspension(page, name, by)
        case "suspension":
            suspended = one_of(Suspension, "suspension", visitor.form) is Suspension.SUSPENDED
            return lambda page: answering.answer_suspension(page, name, by, suspended=suspended)
        case _:
            raise NotFound(f"there is no act {act}")


async def _answering(visitor: Visitor, name: str, by: Signed) -> Callable[[Page], Inquiry]:
    form, policy = visitor.form, visitor.engine.center.policy
    found, hold_ids = one_of(Found, "found", form), tuple(form.all("hold_ids"))
    life = await visitor.engine.center.read(lambda page: seen(page, Inquiry, name, visitor.actor))
    part = sum_in(form, "part", life.birth.currency)
    if found is Found.PART and not part and not hold_ids:
        raise InvalidValue("part", "says how much is held", form.get("part"))
    if found is Found.NONE and (part or hold_ids):
        raise InvalidValue("found", "is not nothing: a sum or a hold is named", found.value)
    if found is Found.ALL and part:
        raise InvalidValue("part", "is only of a part", form.get("part"))

    def work(page: Page) -> Inquiry:
        joined = sum(page.get(Hold, each).held_minor for each in hold_ids)
        current = page.get(Inquiry, name)
        held = {Found.ALL: max(current.left_minor - joined, 0), Found.PART: part or 0, Found.NONE: 0}[found]
        return answering.answer_inquiry(
            page,
            name,
            answering.Reply(held_minor=held, hold_ids=hold_ids, reason=by.reason, ground=by.ground),
            by.actor,
            by.now,
            version=by.version,
            second_signature_above=policy.second_signature_above(life.birth.currency),
        )

    return work


def inquiry_offers(life: Inquiry, held: Sequence[Hold], by: Signed, language: Language) -> list[Offer]:
    """Return what the actor may do; `held` is what the bank holds there and did not say yet."""
    found = _answer(life, held, by, language) if by.actor.role in BANK else []
    if takes(life, SuspensionAsked(by=by.actor, at=by.now, reason=SAID)):
        found.append(
            Offer(
                name="ask-suspension",
                title=N_("Ask to suspend remote services"),
                effect=N_("The bank is asked and decides; nothing is suspended by the Center."),
                ground=N_("ARRFR resolution No. 24: banks suspend electronic services of droppers"),
                asks=(Ask(name="ground", required=False),),
                picks=(N_("The account passes stolen money on."),),
            )
        )
    if takes(life, SuspensionAnswered(by=by.actor, at=by.now, reason=SAID, suspended=True)):
        choices = [(str(each), words.SUSPENSION[each]) for each in (Suspension.SUSPENDED, Suspension.DECLINED)]
        found.append(
            Offer(
                name="suspension",
                title=N_("Say whether remote services are suspended"),
                effect=N_("The police see the answer. Social payments stay usable."),
                ground=N_("ARRFR resolution No. 24: banks suspend electronic services of droppers"),
                asks=(Ask(name="suspension", kind=AskKind.CHOICE, choices=choices),),
            )
        )
    return found


def _answer(life: Inquiry, held: Sequence[Hold], by: Signed, language: Language) -> list[Offer]:
    left, currency = life.left_minor, life.birth.currency
    sums = {Found.ALL: left, Found.PART: min(1, left - 1), Found.NONE: 0}
    said = {
        Found.ALL: N_("all that is still asked for is held now"),
        Found.PART: N_("a part is held now"),
        Found.NONE: N_("nothing of it is there"),
    }
    choices = [
        (each.value, said[each])
        for each, kind in _KINDS.items()
        if takes(life, kind(by=by.actor, at=by.now, reason=SAID, held_minor=sums[each]))
    ]
    if not left and takes(life, HeldAll(by=by.actor, at=by.now, reason=SAID, held_minor=1)):
        choices = [(Found.PART.value, N_("money that was found there all the same is held now"))]
    if not choices:
        return []
    holds = [(each.life_id, language.money(each.held_minor, currency)) for each in held]
    return [
        Offer(
            name="answer",
            title=N_("Answer"),
            effect=N_("What is held newly is a hold of five working days from this moment. Less cannot be said later."),
            ground=N_("Law on payments, art. 25-1, and Law No. 205-VIII: the bank holds on suspicion"),
            asks=[
                Ask(name="found", kind=AskKind.CHOICE, choices=choices),
                Ask(name="part", kind=AskKind.SUM, required=False, hint=N_("of a part, held newly")),
                *([Ask(name="hold_ids", kind=AskKind.TICKS, choices=holds, names=True)] if holds else []),
                Ask(name="ground", required=False),
            ],
            picks=(N_("Seen on the account and held."), N_("The money left before we were asked.")),
        )
    ]


async def _shown(visitor: Visitor, name: str, tried: Tried, done: str = "") -> Response:
    engine, actor, now = visitor.engine, visitor.actor, visitor.engine.center.now()
    language = engine.pages.language(visitor.request)

    def read(page: Page) -> tuple[Inquiry, bool, list[Hold], list[Hold], object]:
        life = seen(page, Inquiry, name, actor)

        def of_bank(each: Hold) -> bool:
            return each.birth.bank == life.birth.bank and sight_of(each, actor) is Sight.WHOLE

        incident = page.find(Incident, life.birth.incident_id)
        at_account = Selection(
            party=life.birth.bank,
            statuses=[each.value for each in OPEN],
            keys=[f"account:{life.birth.account}"],
            limit=_MOST_HOLDS,
        )
        free = [
            each
            for each in page.selected(Hold, at_account)
            if of_bank(each)
            and each.held_minor
            and each.birth.currency == life.birth.currency
            and each.incident_id in (None, life.birth.incident_id)
            and each.life_id not in life.hold_ids
        ]
        known = incident is not None and sight_of(incident, actor) is not Sight.NOTHING
        answered = [each for each in (page.get(Hold, name) for name in life.hold_ids) if of_bank(each)]
        return life, known, free, answered, list(reversed(page.acts_of(name)))

    life, known, free, answered, happened = await engine.center.read(read)
    await engine.looks.note(visitor.session, [life])
    writes = Scope.WRITE_INCIDENTS in visitor.session.scopes
    return visitor.page(
        "inquiry.html",
        status=tried.status,
        inquiry=life,
        known=known,
        answered=answered,
        happened=happened,
        offers=inquiry_offers(life, free, Signed(actor=actor, now=now), language) if writes else [],
        now=now,
        tried=tried,
        done=done,
        page_of=address_of,
    )
