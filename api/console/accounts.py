"""One box that finds everything, and the page of an account: how it lived, what names it, and the network around it."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from antifraud.domain.center.calendar import ALMATY
from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.domain.center.life import Life
from antifraud.domain.center.lives import KIND_OF
from antifraud.domain.center.network import Account, Link
from antifraud.domain.center.people import Role
from antifraud.domain.center.profile import Day
from antifraud.domain.errors import InvalidValue, NotFound
from antifraud.domain.money import to_minor
from antifraud.workflow.center.finding import Hit, find
from antifraud.workflow.center.network import MOST_HOPS, Looking, network_around, with_stolen_shares
from antifraud.workflow.center.profiling import Dossier, dossier_of
from antifraud.workflow.center.sightings import MOST, entity_of, seen_with
from api.auth import Scope
from api.console.asking import NOTHING_TRIED, Tried, attempt
from api.console.drawing.days import Words as DayWords
from api.console.drawing.days import days_svg
from api.console.drawing.network import Words, network_svg
from api.console.hold_by_hand import hold_offer, holding
from api.console.languages import Language
from api.console.pages import CONSOLE
from api.console.visitor import Visitor, VisitorWith
from api.console.words import N_
from api.looking import personal
from api.views.entity import PLACES

router: Final = APIRouter(include_in_schema=False)
Reader = Annotated[Visitor, Depends(VisitorWith(Scope.READ_TRACE))]
Holder = Annotated[Visitor, Depends(VisitorWith(Scope.WRITE_HOLDS))]
ACCOUNTS: Final = CONSOLE + "/accounts/"
ENTITIES: Final = CONSOLE + "/entities/"
KINDS: Final = {
    "account": N_("account"),
    "hold": N_("case"),
    "incident": N_("incident"),
    "inquiry": N_("inquiry"),
    "return_order": N_("return order"),
    "listing": N_("entry of a list"),
    "indicator": N_("indicator"),
    IdentifierKind.PERSON: N_("person"),
    IdentifierKind.PHONE: N_("phone"),
    IdentifierKind.DEVICE: N_("device"),
}
_PLACES: Final = PLACES | {"indicator": "indicators"}  # which the API shows only in lists
_LONGEST: Final = 100
_HASH_SHOWN: Final = 12
_TICK: Final = timedelta(microseconds=1)
_USUAL_DAYS, _MOST_DAYS = 30, 90


@router.get(CONSOLE + "/search")
@personal
async def search(visitor: Reader, q: Annotated[str, Query(max_length=_LONGEST)] = "") -> Response:
    """Show all that a text can mean."""
    center, text = visitor.engine.center, q.strip()
    hits: list[Hit] = []
    if text:
        hashed = visitor.engine.hashed
        hits = await center.read(lambda page: find(page, text, visitor.actor, hashed, center.now()))
    lives = [each.life for each in hits if each.life is not None]
    accounts = [each.account for each in hits if each.account is not None]
    entities = [each.entity for each in hits if each.entity is not None]
    await visitor.engine.looks.note(visitor.session, lives, accounts=accounts, entities=entities)
    return visitor.page("search.html", q=text, hits=[_shown(each) for each in hits], kinds=KINDS)


@router.get(ACCOUNTS + "{account}")
@personal
async def account(
    visitor: Reader,
    account: str,
    hops: Annotated[int, Query(ge=1, le=MOST_HOPS)] = 1,
    days: Annotated[int, Query(ge=1, le=_MOST_DAYS)] = _USUAL_DAYS,
    least: Annotated[int, Query(ge=0, le=10**12)] = 0,
    upto: str = "",
) -> Response:
    """Show an account; `least` are whole units of the base currency, `upto` is the last day that is looked at."""
    return await _account(visitor, account, hops=hops, days=days, least=least, upto=upto)


@router.post(ACCOUNTS + "{account}/hold")
async def hold(visitor: Holder, account: str) -> Response:
    """Hold money of an account by hand; what cannot be is told beside what was typed."""
    done = await attempt(visitor, "hold", lambda: holding(visitor, account))
    if isinstance(done, Tried):
        return await _account(visitor, account, tried=done)
    return RedirectResponse(f"{CONSOLE}/holds/{done.life_id}?done=hold", status_code=303)


async def _account(
    visitor: Visitor,
    account: str,
    *,
    hops: int = 1,
    days: int = _USUAL_DAYS,
    least: int = 0,
    upto: str = "",
    tried: Tried = NOTHING_TRIED,
) -> Response:
    center, now, actor = visitor.engine.center, visitor.engine.center.now(), visitor.actor
    base = visitor.engine.reader.base_currency
    until = _end_of(upto, now)
    looking = Looking(
        since=until - timedelta(days=days),
        until=until,
        party=None if actor.role is Role.AUDITOR else actor.participant,
        hops=hops,
        least_minor=to_minor(Decimal(least), base),
    )
    found, network, seen = await center.read(
        lambda page: (
            dossier_of(page, account, actor, now),
            with_stolen_shares(page, network_around(page, account, looking), actor),
            seen_with(page, account, actor),
        )
    )
    if not found.known:
        raise NotFound(f"nothing is known about account {account}")
    await visitor.engine.looks.note(visitor.session, found.lives, accounts=[account])
    language = visitor.engine.pages.language(visitor.request)
    asked = {"hops": hops, "days": days, "least": least, "upto": upto}
    words = network_words(language, query=_query(asked))
    return visitor.page(
        "account.html",
        status=tried.status,
        tried=tried,
        offers=hold_offer(actor, base) if Scope.WRITE_HOLDS in visitor.session.scopes else [],
        found=found,
        kinds=KINDS,
        lives=[(KIND_OF[type(each)].name, each, page_of_life(each)) for each in found.lives],
        network=network,
        picture=Markup(network_svg(network, words, middle=account)),  # noqa: S704 - words are escaped there
        seen=seen,
        entity_at=entity_at,
        chart=_chart(found, now, language, base),
        asked=asked,
        further=lambda step: f"{address_of(account)}?{_query(asked | {'hops': hops + step})}",
        most_hops=MOST_HOPS,
        base=base,
        page_of=address_of,
    )


@router.get(ENTITIES + "{kind}/{ident}")
@personal
async def entity(visitor: Reader, kind: IdentifierKind, ident: Annotated[str, Path(max_length=_LONGEST)]) -> Response:
    """Show with which accounts a person, a phone or a device was named; persons and phones by their hash."""
    found = await visitor.engine.center.read(lambda page: entity_of(page, kind, ident, visitor.actor))
    if not found.known:
        raise NotFound(f"nothing is known about {kind.value} {ident}")
    await visitor.engine.looks.note(visitor.session, found.lives, entities=[(kind, ident)])
    return visitor.page(
        "entity.html",
        found=found,
        kinds=KINDS,
        lives=[(KIND_OF[type(each)].name, each, page_of_life(each)) for each in found.lives],
        page_of=address_of,
        most=MOST,
    )


def address_of(account: str) -> str:
    """Return where the page of an account is."""
    return ACCOUNTS + quote(account, safe="")


def entity_at(kind: IdentifierKind, ident: str) -> str:
    """Return where the page of a person, phone or device is."""
    return f"{ENTITIES}{kind.value}/{quote(ident, safe='')}"


def _query(asked: Mapping[str, object]) -> str:
    """Return what is asked of a network as a query, without what was left empty."""
    return urlencode({name: value for name, value in asked.items() if value})


def _end_of(day: str, now: datetime) -> datetime:
    """Return the end of a day in Almaty, of none the present moment; raise InvalidValue for what is no day."""
    if not day:
        return now + _TICK
    try:
        after = date.fromisoformat(day) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise InvalidValue("upto", "is a day", day) from None
    return datetime.combine(after, time(), ALMATY).astimezone(UTC)


def _shown(hit: Hit) -> dict[str, str]:
    """Return a hit with the address of its page, if it has one."""
    if hit.entity is not None:
        what, ident = hit.entity
        name = ident if what is IdentifierKind.DEVICE else f"{ident[:_HASH_SHOWN]}…"
        return {"kind": what.value, "name": name, "to": entity_at(what, ident)}
    if hit.life is None:
        name = hit.account or ""
        return {"kind": "account", "name": name, "to": address_of(name)}
    return {"kind": KIND_OF[type(hit.life)].name, "name": hit.life.life_id, "to": page_of_life(hit.life)}


def page_of_life(life: Life) -> str:
    """Return where the page of a life is, empty for a kind that has none."""
    place = _PLACES.get(KIND_OF[type(life)].name)
    return "" if place is None else f"{CONSOLE}/{place}/{life.life_id}"


def _chart(found: Dossier, now: datetime, language: Language, base: str) -> Markup | None:
    if found.profile is None or not found.profile.days:
        return None

    def about(day: Day) -> str:
        came, went = language.money(day.in_minor, base), language.money(day.out_minor, base)
        return language.say("%(day)s: in %(came)s, out %(went)s", day=language.day(day.day), came=came, went=went)

    def most(what: str) -> Callable[[int], str]:
        return lambda minor: language.say("%(what)s, at most %(sum)s a day", what=what, sum=language.money(minor, base))

    words = DayWords(
        title=language.say("In (above) and out (below) by day"),
        day=language.day,
        about=about,
        came=most(language.say("Came in")),
        went=most(language.say("Went out")),
    )
    first, last = found.since.astimezone(ALMATY).date(), now.astimezone(ALMATY).date()
    return Markup(days_svg(found.profile.days, first, last, words))  # noqa: S704 - words are escaped there


def network_words(language: Language, *, query: str = "") -> Words:
    """Return how a network is called in the reader's language; pages of its accounts are looked at with `query`."""
    stolen = language.say("stolen")

    def link(each: Link) -> str:
        return language.money(each.amount_minor, each.currency) if each.count else language.say("stopped")

    def about_link(each: Link) -> str:
        text = f"{each.payer} → {each.payee}: {link(each)}, {language.moment(each.last)}"
        if each.tainted_minor is None:
            return text
        return f"{text}, {stolen}: {language.money(each.tainted_minor, each.currency)}"

    def bank(each: Account) -> str:
        return each.bank or language.say("bank unknown")

    def below(each: Account) -> str:
        return f"{bank(each)} · {language.share(each.share_ppm)}" if each.share_ppm else bank(each)

    def about(each: Account) -> str:
        part = "" if each.share_ppm is None else f", {stolen}: {language.share(each.share_ppm)}"
        return f"{each.account}, {bank(each)}{part}"

    return Words(
        title=language.say("Who passed money to whom"),
        account=lambda each: each.account,
        below=below,
        about=about,
        link=link,
        about_link=about_link,
        address=lambda each: address_of(each.account) + (f"?{query}" if query else ""),
    )
