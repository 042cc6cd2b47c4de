"""The overview of a desk: how much comes, how much of it is stopped, what waits for whom, what became of the money."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response
from markupsafe import Markup

from antifraud.domain.center.overview import Became
from antifraud.domain.center.people import MEASURERS, Role
from antifraud.workflow.center.ports import QueueSelection
from api.console.drawing.hours import Part, Words, hours_svg
from api.console.languages import Language
from api.console.queue import OVERVIEW
from api.console.visitor import Visitor, VisitorWith
from api.console.words import CHANGED, N_
from api.metrics import Metrics
from api.numbers import DAY, DAYS, PART, Overview
from api.numbers import Part as Counted
from models.lineup import Choice, Entry

router: Final = APIRouter(include_in_schema=False)
Reader = Annotated[Visitor, Depends(VisitorWith(None, roles=MEASURERS))]
_MONEY: Final[Mapping[Became, str]] = {
    Became.HELD: N_("Began to wait"),
    Became.RELEASED: N_("Let go by a person"),
    Became.EXPIRED: N_("Let go by the clock"),
    Became.REFUSED: N_("Not carried out: saved"),
    Became.RETURNED: N_("Returned: saved"),
}
_ENGINE: Final[Mapping[str, tuple[str, float]]] = {
    "antifraud_decisions_to_follow": (N_("Decisions that are not in the book yet"), 5_000),
    "antifraud_lists_age_seconds": (N_("Age of the copy of the lists, in seconds"), 30),
    "antifraud_waiting": (N_("Transfers that nobody has begun to decide"), 100),
    "antifraud_snapshot_age_seconds": (N_("Age of the newest snapshot, in seconds"), 7_200),
}
"""What says that the engine is well: a gauge, and above what it is not."""


@router.get(OVERVIEW)
async def overview(visitor: Reader) -> Response:
    """Show the numbers of who looks: of his bank, or of all banks for the operator and auditors."""
    engine, role = visitor.engine, visitor.actor.role
    party = None if role in (Role.OPERATOR, Role.AUDITOR) else visitor.actor.participant
    found = await engine.numbers.of(QueueSelection(party=party, limit=0))
    deciders = await engine.choosing.look()
    language = engine.pages.language(visitor.request)
    decided = dict(deciders.state.decided)
    changes = [
        (each.at, _changed(each, decided[each.number], language))
        for each in deciders.state.entries
        if each.number in decided and found.at - each.at < DAY
    ]
    return visitor.page(
        "overview.html",
        found=found,
        party=party,
        by_person=role is not Role.OPERATOR,  # who works on what is the bank's own
        money=[(text, found.became(which, today=True), found.became(which)) for which, text in _MONEY.items()],
        days=DAYS,
        changes=changes,
        charts=_charts(found, changes, language),
        ready=engine.live.closed_because is None,
        health=_health(engine.metrics),
        drift=engine.metrics.drift(),
        base=engine.reader.base_currency,
    )


def _changed(entry: Entry, choice: Choice, language: Language) -> str:
    said = language.say(CHANGED[entry.what], champion=choice.champion, who=entry.by)
    return f"{language.moment(entry.at)}: {said}"


def _charts(found: Overview, changes: list[tuple[datetime, str]], language: Language) -> list[tuple[str, Markup]]:
    def drawn(title: str, value: Callable[[Counted], float], said: Callable[[float], str]) -> tuple[str, Markup]:
        parts = [
            Part(at=each.at, value=value(each), about=f"{language.moment(each.at)}: {said(value(each))}")
            for each in found.parts
        ]
        words = Words(title=title, value=said, moment=language.clock)
        return title, Markup(hours_svg(parts, changes, words))  # noqa: S704 - words are escaped there

    rate = language.say("Decisions a second, last 24 hours")
    share = language.say("Share held or blocked, last 24 hours")
    return [
        drawn(rate, lambda each: each.count / PART.total_seconds(), lambda value: language.number(round(value, 2))),
        drawn(share, lambda each: each.stopped / each.count if each.count else 0.0, language.percent),
    ]


def _health(metrics: Metrics) -> list[tuple[str, float | None, bool]]:
    """Return each gauge with its value and whether that is too much."""
    known = [(text, metrics.value(name), limit) for name, (text, limit) in _ENGINE.items()]
    return [(text, value, value is not None and value > limit) for text, value, limit in known]
