"""Indicators: what monitoring found, what it met, and how it is said or withdrawn."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from antifraud.domain.center.idents import found_ident
from antifraud.domain.center.indicator import Indicator, IndicatorKind, IndicatorStatus, Spotted, Withdrawn
from antifraud.domain.center.life import Sight
from antifraud.domain.errors import InvalidValue, NotFound
from antifraud.domain.typology import FraudType
from antifraud.workflow.center import lists as listing
from antifraud.workflow.center.finding import find
from antifraud.workflow.center.matching import Met, met_by
from antifraud.workflow.center.moving import move
from antifraud.workflow.center.ports import Page, Written
from antifraud.workflow.center.seeing import sight_of
from api.auth import Scope
from api.console.accounts import address_of
from api.console.asking import NOTHING_TRIED, Tried, attempt, moment_in, one_of, signed
from api.console.indicator_offers import indicator_offers, spotting_offer
from api.console.lists import Reader, Writer
from api.console.pages import CONSOLE
from api.console.visitor import Form, Visitor
from api.looking import personal
from api.paging import page_of, selection_of

router: Final = APIRouter(include_in_schema=False)
INDICATORS: Final = CONSOLE + "/indicators"
VIEWS: Final = {
    "standing": (IndicatorStatus.ACTIVE,),
    "ended": (IndicatorStatus.WITHDRAWN, IndicatorStatus.EXPIRED),
}
_ON_A_PAGE: Final = 50
_LONGEST: Final = 100
_LONGEST_WORDS: Final = 500
_WHOLE: Final = 100  # percent


@router.get(INDICATORS)
async def indicators(
    visitor: Reader,
    view: str = "standing",
    q: Annotated[str, Query(max_length=_LONGEST)] = "",
    cursor: Annotated[str | None, Query(max_length=120)] = None,
) -> Response:
    """Show what one's organisation found; or, searched for, what anybody found about one thing."""
    return await _listed(visitor, view, q.strip(), cursor, NOTHING_TRIED)


@router.post(INDICATORS + "/spot")
async def spot(visitor: Writer) -> Response:
    """Say what monitoring found; what is known already is shown, and surer."""
    done = await attempt(visitor, "spot", lambda: _spotting(visitor))
    if isinstance(done, Tried):
        return await _listed(visitor, "standing", "", None, done)
    return RedirectResponse(f"{INDICATORS}/{done.life_id}?done=spot", status_code=303)


@router.get(INDICATORS + "/{indicator_id}")
@personal
async def indicator(indicator_id: UUID, visitor: Reader, done: str = "") -> Response:
    """Show an indicator: what was found is for all, where is for who found it."""
    return await _shown(visitor, str(indicator_id), NOTHING_TRIED, done)


@router.post(INDICATORS + "/{indicator_id}/{act}")
async def act(indicator_id: UUID, act: str, visitor: Writer) -> Response:
    """Do what a form says, on the version that was seen; the very next transfer meets what changed."""
    name = str(indicator_id)
    done = await attempt(visitor, act, lambda: _work(visitor, act, name))
    if isinstance(done, Tried):
        return await _shown(visitor, name, done)
    return RedirectResponse(f"{INDICATORS}/{name}?done={act}", status_code=303)


async def _work(visitor: Visitor, act: str, name: str) -> Callable[[Page], Indicator]:
    if act != "withdraw":
        raise NotFound(f"there is no act {act}")
    by = signed(visitor)
    gone = Withdrawn(by=by.actor, at=by.now, reason=by.reason)
    return lambda page: move(page, page.get(Indicator, name, by.version), gone)


async def _spotting(visitor: Visitor) -> Callable[[Page], Indicator]:
    by, form, terms = signed(visitor, bare=True), visitor.form, visitor.engine.center.policy.lists
    kind, seen_at = one_of(IndicatorKind, "kind", form), moment_in(form, "seen_at")
    if seen_at is None or seen_at > by.now:
        raise InvalidValue("seen_at", "is a moment that has passed", form.get("seen_at"))
    found = Spotted(
        by=by.actor,
        at=by.now,
        kind=kind,
        ident=found_ident(kind, _short(form, "value"), visitor.engine.hashed),
        source=_short(form, "source"),
        confidence=_share(form),
        fraud_type=one_of(FraudType, "fraud_type", form).value,
        seen_at=seen_at,
        until=by.now + timedelta(days=terms.indicator_days),
        link=form.get("link") and _short(form, "link"),
    )
    return lambda page: listing.spot(page, found)[0]


def _short(form: Form, name: str) -> str:
    """Return a field that must be filled in; raise InvalidValue for more than a few lines."""
    text = form.need(name)
    if len(text) > _LONGEST_WORDS:
        raise InvalidValue(name, f"has at most {_LONGEST_WORDS} characters", text[:_LONGEST])
    return text


def _share(form: Form) -> float:
    """Return how sure a source is, as a share of one; raise InvalidValue for what is no whole percent."""
    text = form.need("confidence").removesuffix("%").strip()
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= _WHOLE):
        raise InvalidValue("confidence", "is whole percent, 1 to 100", text)
    return int(text) / _WHOLE


async def _listed(visitor: Visitor, view: str, q: str, cursor: str | None, tried: Tried) -> Response:
    if view not in VIEWS:
        raise InvalidValue("view", f"is one of {', '.join(VIEWS)}", view)
    engine, actor = visitor.engine, visitor.actor
    now, more = engine.center.now(), None
    shown: Sequence[Indicator]
    if q:
        hits = await engine.center.read(lambda page: find(page, q, actor, engine.hashed, now))
        shown = [each.life for each in hits if isinstance(each.life, Indicator)]
    else:
        shown, more = await page_of(
            engine.center, Indicator, selection_of(visitor.session, VIEWS[view], cursor, _ON_A_PAGE)
        )
    await (engine.looks.note if q else engine.looks.note_overview)(visitor.session, shown)
    return visitor.page(
        "indicators.html",
        status=tried.status,
        indicators=shown,
        view="" if q else view,
        q=q,
        cursor=cursor,
        more=more,
        now=now,
        least=engine.center.policy.effects.indicator_from,
        offers=spotting_offer(actor) if Scope.WRITE_LISTS in visitor.session.scopes else [],
        tried=tried,
    )


async def _shown(visitor: Visitor, name: str, tried: Tried, done: str = "") -> Response:
    engine, actor, now = visitor.engine, visitor.actor, visitor.engine.center.now()

    def read(page: Page) -> tuple[Indicator, Met | None, Sequence[Written]]:
        life = page.get(Indicator, name)
        return life, met_by(page, life, actor, now), list(reversed(page.acts_of(name)))

    life, met, happened = await engine.center.read(read)
    moved = [life.birth.ident] if met is not None and met.count else []
    await engine.looks.note(visitor.session, [life], accounts=moved)
    return visitor.page(
        "indicator.html",
        status=tried.status,
        indicator=life,
        whole=sight_of(life, actor) is Sight.WHOLE,
        met=met,
        happened=happened,
        least=engine.center.policy.effects.indicator_from,
        offers=indicator_offers(life, actor, now) if Scope.WRITE_LISTS in visitor.session.scopes else [],
        now=now,
        tried=tried,
        done=done,
        page_of=address_of,
    )
