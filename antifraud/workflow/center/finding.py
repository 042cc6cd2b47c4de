"""One box for everything: what somebody types is tried as everything it can be."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.domain.center.idents import Hashed, ident_of
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.indicator import Indicator, IndicatorKind
from antifraud.domain.center.inquiry import Inquiry
from antifraud.domain.center.life import Life, Sight
from antifraud.domain.center.listing import Listing
from antifraud.domain.center.people import Actor
from antifraud.domain.center.return_order import ReturnOrder
from antifraud.domain.errors import InvalidValue, Unavailable
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.profiling import dossier_of
from antifraud.workflow.center.seeing import sight_of
from antifraud.workflow.center.sightings import SIGHTED, entity_of

L = TypeVar("L", bound=Life)

_BY_ID: Final[tuple[type[Life], ...]] = (Hold, Incident, Inquiry, ReturnOrder, Listing, Indicator)
_BY_TRANSFER: Final[tuple[type[Life], ...]] = (Hold, Incident)
_BY_IDENT: Final[tuple[type[Life], ...]] = (Listing, Indicator)


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that a search found: a life, an account known by its movements or lives, or who or what was named."""

    why: str  # what the text was taken for: id, transfer, account, link, or a kind of identifier
    life: Life | None = None
    account: str | None = None
    entity: tuple[IdentifierKind, str] | None = None  # persons and phones by their hash


def find(page: Page, text: str, actor: Actor, hashed: Hashed, now: datetime) -> list[Hit]:
    """Return what the actor may see of all that `text` can mean.

    While `hashed` is Unavailable (no key is set) nobody is kept by a hash, and none is found.
    """
    plain = text.strip()
    hits = {
        (None if hit.life is None else hit.life.life_id, hit.account or hit.entity): hit
        for hit in _hits(page, plain, actor, now)
    }
    for hit in _by_ident(page, plain, actor, hashed):
        hits.setdefault((None if hit.life is None else hit.life.life_id, hit.entity), hit)
    return list(hits.values())


def _hits(page: Page, plain: str, actor: Actor, now: datetime) -> Iterator[Hit]:
    if (life_id := _life_id(plain)) is not None:
        for kind in _BY_ID:
            life = page.find(kind, life_id)
            if life is not None and sight_of(life, actor) is not Sight.NOTHING:
                yield Hit("id", life)
    own = plain if "/" in plain else f"{actor.participant}/{plain}"
    for kind in _BY_TRANSFER:
        for life in page.found_by(kind, f"transfer:{own}"):
            if sight_of(life, actor) is not Sight.NOTHING:
                yield Hit("transfer", life)
    try:
        account = ident_of(IdentifierKind.ACCOUNT, plain, _never)
    except InvalidValue:
        return
    if dossier_of(page, account, actor, now).known:
        yield Hit("account", account=account)


def _by_ident(page: Page, plain: str, actor: Actor, hashed: Hashed) -> Iterator[Hit]:
    """Yield the entries and findings about whatever identifier the text can be."""
    for each in IdentifierKind:
        try:
            ident = ident_of(each, plain, hashed)
        except (InvalidValue, Unavailable):
            continue
        if each in SIGHTED and entity_of(page, each, ident, actor).seen:
            yield Hit(each.value, entity=(each, ident))
        for kind in _BY_IDENT:
            for life in page.found_by(kind, f"{each.value}:{ident}"):
                if sight_of(life, actor) is not Sight.NOTHING:
                    yield Hit(each.value, life)
    for life in page.found_by(Indicator, f"{IndicatorKind.LINK.value}:{plain}"):
        if sight_of(life, actor) is not Sight.NOTHING:
            yield Hit(IndicatorKind.LINK.value, life)


def _life_id(plain: str) -> str | None:
    try:
        return str(UUID(plain))
    except ValueError:
        return None


def _never(kind: IdentifierKind, value: str) -> str:
    raise InvalidValue(kind.value, "has no hash here", value)
