"""What decides: model, thresholds and rules, how they do on live transfers, and what waits for a second signature."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from antifraud.domain.center.people import CHOOSERS, MEASURERS
from antifraud.domain.errors import Conflict, NotFound
from antifraud.domain.rule import Rule, RuleState
from api.choosing import Chosen, Deciders
from api.console.pages import CONSOLE
from api.console.visitor import Visitor, VisitorWith
from api.console.words import N_
from models.backtest.figures import OfRule

router: Final = APIRouter(include_in_schema=False)
DECIDING: Final = CONSOLE + "/deciding"
Reader = Annotated[Visitor, Depends(VisitorWith(None, roles=MEASURERS))]
Chooser = Annotated[Visitor, Depends(VisitorWith(None, roles=CHOOSERS))]
_LATEST: Final = 10
FIGURES: Final[Mapping[str, tuple[str, str]]] = {
    "transfers": (N_("Transfers it was judged on"), "number"),
    "frauds": (N_("Frauds among them"), "number"),
    "average_precision": (N_("Average precision"), "figure"),
    "share_of_frauds_caught": (N_("Frauds caught"), "share"),
    "honest_disturbed_per_fraud_caught": (N_("Honest transfers stopped for each fraud caught"), "number"),
    "alerts_per_day": (N_("Alerts a day"), "number"),
    "stolen_minor": (N_("Stolen"), "money"),
    "stopped_minor": (N_("Of it kept from leaving"), "money"),
    "calibration_error": (N_("Error of the stated chances"), "share"),
}
"""The figures of a bundle's own papers that people choose by, in this order, and how each is written."""


@router.get(DECIDING)
async def deciding(visitor: Reader, done: str = "") -> Response:
    """Show what decides and what waits."""
    return await _shown(visitor, done=done)


@router.post(DECIDING + "/{number}/approve")
async def approve(visitor: Chooser, number: int) -> Response:
    """Sign second."""
    session = visitor.session
    person = await visitor.engine.identity.people.get(session.participant, session.person)
    try:
        await visitor.engine.choosing.approve(number, session, person)
    except (Conflict, NotFound) as overtaken:
        return await _shown(visitor, status=409, problem=str(overtaken))
    return RedirectResponse(f"{DECIDING}?done=approved", status_code=303)


@router.post(DECIDING + "/{number}/reject")
async def reject(visitor: Chooser, number: int) -> Response:
    """Take a proposal from the table, with a reason that stands in the lineup for good."""
    why = " ".join(visitor.form.need("reason").split())
    try:
        await visitor.engine.choosing.reject(number, visitor.session, why)
    except NotFound as overtaken:
        return await _shown(visitor, status=409, problem=str(overtaken), typed=why)
    return RedirectResponse(f"{DECIDING}?done=rejected", status_code=303)


async def _shown(
    visitor: Visitor, *, status: int = 200, done: str = "", problem: str | None = None, typed: str = ""
) -> Response:
    found = await visitor.engine.choosing.look()
    standings = found.standings
    papers = [each for each in _named(found) if each.papers is not None and each.papers.figures]
    return visitor.page(
        "deciding.html",
        status=status,
        found=found,
        compared=[] if standings is None else standings.challengers,
        rules=list(_rules(found)),
        papers=papers,
        unread=[each for each in _named(found) if each.problem is not None],
        figures={name: shown for name, shown in FIGURES.items() if any(_has(each, name) for each in papers)},
        latest=list(reversed(found.state.entries[-_LATEST:])),
        chooses=visitor.engine.choosing.may_choose(visitor.session),
        currency=visitor.engine.reader.base_currency,
        done=done,
        problem=problem,
        typed=typed,
    )


def _named(found: Deciders) -> list[Chosen]:
    """Return what decides, then what watches, then what waits and is neither."""
    known = [*([] if found.now is None else [found.now]), *found.challengers]
    versions = {each.choice.champion for each in known}
    return known + [each.chosen for each in found.proposals if each.chosen.choice.champion not in versions]


def _rules(found: Deciders) -> Iterator[tuple[Rule, OfRule | None]]:
    """Yield each rule of the book in force, those that decide first, with what it was worth live if that is known."""
    if found.now is None or found.now.book is None:
        return
    measured = {} if found.standings is None else {each.code: each for each in found.standings.rules}
    order = [RuleState.ACTIVE, RuleState.SHADOW, RuleState.DRAFT, RuleState.RETIRED]
    for rule in sorted(found.now.book.rules, key=lambda rule: order.index(rule.state)):
        yield rule, measured.get(rule.code)


def _has(chosen: Chosen, name: str) -> bool:
    return chosen.papers is not None and name in chosen.papers.figures
