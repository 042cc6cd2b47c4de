"""One case on one screen: what is at stake, what happened and why, whether it is usual, what may be done."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import RedirectResponse

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.calendar import ALMATY, is_working_day
from antifraud.domain.center.effects import Register
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import ClientSays, EscalatedTo, RefusalGround, ReleaseGround
from antifraud.domain.center.life import Sight
from antifraud.domain.center.movement import Movement
from antifraud.domain.center.people import Role
from antifraud.domain.decision import Action
from antifraud.domain.errors import NotFound
from antifraud.domain.transfer import Transfer
from antifraud.domain.typology import FraudType
from antifraud.workflow.center import holding
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.seeing import seen, sight_of
from api.auth import Scope
from api.claims import complaint_about
from api.console.accounts import address_of as account_page
from api.console.asking import NOTHING_TRIED, Tried, attempt, moment_in, one_of, signed, sum_in
from api.console.indicators import INDICATORS
from api.console.lists import LISTS
from api.console.offers import offers
from api.console.pages import CONSOLE
from api.console.queue import LONGEST_QUERY, Asked, address_of, selection
from api.console.visitor import Visitor, VisitorWith
from api.looking import personal

router: Final = APIRouter(include_in_schema=False)
Reader = Annotated[Visitor, Depends(VisitorWith(Scope.READ_HOLDS))]
Writer = Annotated[Visitor, Depends(VisitorWith(Scope.WRITE_HOLDS))]
_ONE: Final = CONSOLE + "/holds/{hold_id}"
_DAYS: Final = 90
_MOST: Final = 5_000  # movements of one account that a page reads
_HEIGHT: Final = 80
_OTHERS: Final = 20  # cases of the same account that a page shows
_EVIDENCE: Final[Mapping[str, str]] = {Register.BLACK: LISTS, Register.GREY: LISTS, Register.INDICATOR: INDICATORS}
"""Where the entries are that reasons name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What one day's transfers of the payer come to, in base currency, and how high it is drawn."""

    day: date
    minor: int
    height: float
    off: bool
    this: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """What passed through the payee's account in the days before."""

    got_minor: int
    sent_minor: int
    payers: int
    from_this_payer: int


@router.get(_ONE)
@personal
async def case(
    hold_id: UUID,
    visitor: Reader,
    done: str = "",
    before: str = "",
    queue: Annotated[str, Query(max_length=LONGEST_QUERY)] = "",
) -> Response:
    """Show a case; `queue` is the query of the queue that one came from."""
    return await _shown(visitor, str(hold_id), done=done, before=before, came_from=queue)


@router.post(_ONE + "/{act}")
async def act(hold_id: UUID, act: str, visitor: Writer) -> Response:
    """Do what a form says, on the version that was seen; then open the next case of the queue that one came from."""
    name = str(hold_id)
    done = await attempt(visitor, act, lambda: _work(visitor, act, name))
    if isinstance(done, Tried):
        return await _shown(visitor, name, tried=done)
    came_from = visitor.form.get("queue") or ""
    following = {"done": act} | ({"queue": came_from} if came_from else {})
    if act in ("release", "refuse", "countersign", "escalate"):
        asked = replace(selection(visitor, Asked.of(came_from)), after=None, limit=2)
        left = [each for each in await visitor.engine.center.read(lambda page: page.queue(asked)) if each != done]
        if left:
            said = urlencode(following | {"before": name})
            return RedirectResponse(f"{CONSOLE}/holds/{left[0].life_id}?{said}", status_code=303)
    return RedirectResponse(f"{CONSOLE}/holds/{name}?{urlencode(following)}", status_code=303)


async def _work(visitor: Visitor, act: str, name: str) -> Callable[[Page], Hold]:
    form, policy, by = visitor.form, visitor.engine.center.policy, signed(visitor, bare=act in ("take", "give-back"))
    match act:
        case "take":
            return lambda page: holding.assign(page, name, by, visitor.actor.person)
        case "give-back":
            return lambda page: holding.assign(page, name, by, None)
        case "note":
            return lambda page: holding.note(page, name, by)
        case "release":
            ground = one_of(ReleaseGround, "because", form)
            part = await _part(visitor, name)
            return lambda page: holding.release(page, name, by, part, ground)
        case "refuse":
            refusal = one_of(RefusalGround, "because", form)
            return lambda page: holding.refuse(page, name, by, refusal)
        case "countersign":
            return lambda page: holding.countersign(page, name, by)
        case "decline":
            return lambda page: holding.decline(page, name, by)
        case "answer":
            says = one_of(ClientSays, "says", form)
            return lambda page: holding.note_answer(page, name, by, says)
        case "extend":
            basis, until = one_of(BasisKind, "basis", form), moment_in(form, "until")
            return lambda page: holding.add_basis(page, name, by, basis, form.get("document"), until)
        case "end-basis":
            ended = one_of(BasisKind, "basis", form)
            return lambda page: holding.end_basis(page, name, by, ended, form.get("document"))
        case "escalate" if one_of(EscalatedTo, "whom", form) is EscalatedTo.OFFICER:
            return lambda page: holding.ask_officer(page, name, by)
        case "escalate":
            kind = one_of(FraudType, "fraud_type", form)
            complaint = await complaint_about(visitor.engine, name, kind, by.reason or "", visitor.actor)
            return lambda page: holding.call_police(page, name, by, complaint, policy.trace)
        case _:
            raise NotFound(f"there is no act {act}")


async def _part(visitor: Visitor, name: str) -> int | None:
    """Return how much is let go, in the hold's currency; None: all of it."""
    hold = await visitor.engine.center.read(lambda page: seen(page, Hold, name, visitor.actor))
    return sum_in(visitor.form, "part", hold.birth.currency)


async def _shown(
    visitor: Visitor,
    name: str,
    *,
    done: str = "",
    before: str = "",
    came_from: str = "",
    tried: Tried = NOTHING_TRIED,
) -> Response:
    engine, actor, now = visitor.engine, visitor.actor, visitor.engine.center.now()
    hold = await engine.center.read(lambda page: seen(page, Hold, name, actor))
    whole = sight_of(hold, actor) is Sight.WHOLE
    birth = hold.birth
    recorded = await engine.desk.find(birth.participant, birth.transfer_id) if whole else None
    transfer = None if recorded is None else recorded.transfer
    lived = [birth.account] if whole else []  # whose last days are drawn
    await engine.looks.note(visitor.session, [hold], accounts=lived if transfer is None else [*lived, transfer.payee])
    language = engine.pages.language(visitor.request).code
    answer: dict[str, Any] = {} if recorded is None else orjson.loads(recorded.answer)
    since = now - timedelta(days=_DAYS)

    def read(page: Page) -> dict[str, object]:
        moved = page.movements(since, now + timedelta(days=1), payer=birth.account, limit=_MOST) if whole else []
        party = None if actor.role is Role.AUDITOR else actor.participant
        same = page.latest(Hold, f"account:{birth.account}", party, _OTHERS + 1) if whole else []
        others = [each for each in same if each.life_id != name][:_OTHERS]
        return {
            "happened": list(reversed(page.acts_of(name))) if whole else [],
            "bars": bars(moved, transfer, now) if transfer is not None else [],
            "payee": None if transfer is None else payee_of(page, transfer, since),
            "others": others,
            "others_left": page.count_found(Hold, f"account:{birth.account}", party) - 1 - len(others) if whole else 0,
        }

    found = await engine.center.read(read)
    return visitor.page(
        "case.html",
        status=tried.status,
        hold=hold,
        whole=whole,
        transfer=transfer,
        answer=answer,
        offers=offers(hold, actor, now) if Scope.WRITE_HOLDS in visitor.session.scopes else [],
        now=now,
        tried=tried,
        done=done,
        before=before,
        came_from=tried.form.get("queue") or came_from,
        to_queue=address_of(Asked.of(tried.form.get("queue") or came_from)),
        currency=engine.center.policy.currency,
        codes={each["code"]: each["text"][language] for each in answer.get("reasons", ()) if each["text"]},
        page_of=account_page,
        evidence_at=evidence_at,
        **found,
    )


def evidence_at(code: str) -> str:
    """Return where the entry is that a reason names, empty for reasons that name none.

    >>> evidence_at("indicator.payee:0195"), evidence_at("score")
    ('/console/indicators/0195', '')
    """
    register, _, entry = code.partition(":")
    place = _EVIDENCE.get(register.partition(".")[0])
    return f"{place}/{entry}" if place and entry else ""


def bars(moved: Sequence[Movement], transfer: Transfer, now: datetime) -> list[Bar]:
    """Return the payer's last days, one bar each; the day of this transfer is marked."""
    sums: dict[date, int] = defaultdict(int)
    for each in moved:
        if each.action is not Action.BLOCK:
            sums[each.at.astimezone(ALMATY).date()] += each.base_minor
    own, today = transfer.received_at.astimezone(ALMATY).date(), now.astimezone(ALMATY).date()
    days = [today - timedelta(days=back) for back in range(_DAYS - 1, -1, -1)]
    top = max([*(sums[day] for day in days), 1])
    return [
        Bar(day=day, minor=sums[day], height=_HEIGHT * sums[day] / top, off=not is_working_day(day), this=day == own)
        for day in days
    ]


def payee_of(page: Page, transfer: Transfer, since: datetime) -> Payee:
    """Return what passed through the payee's account until this transfer, which is not counted."""
    until = transfer.received_at
    got = page.movements(since, until, payee=transfer.payee, limit=_MOST)
    sent = page.movements(since, until, payer=transfer.payee, limit=_MOST)
    went = [each for each in got if each.action is Action.ALLOW]
    return Payee(
        got_minor=sum(each.base_minor for each in went),
        sent_minor=sum(each.base_minor for each in sent if each.action is Action.ALLOW),
        payers=len({each.payer for each in went}),
        from_this_payer=sum(each.payer == transfer.payer for each in went),
    )
