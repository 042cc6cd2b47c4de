"""Who used which device, whose account is whose, and under which phone: as transfers name them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, NamedTuple

from antifraud.domain.center.identifiers import IdentifierKind
from antifraud.domain.center.idents import Hashed, ident_of
from antifraud.domain.center.indicator import Indicator
from antifraud.domain.center.life import Life, Sight
from antifraud.domain.center.listing import Listing
from antifraud.domain.center.people import POLICE, PROSECUTION, Actor, Role
from antifraud.domain.center.sighting import Sighting
from antifraud.domain.errors import InvalidValue
from antifraud.workflow.center.ports import Page
from antifraud.workflow.center.profiling import open_since
from antifraud.workflow.center.seeing import sight_of

MOST: Final = 200  # accounts of one identifier, and identifiers of one account, that are shown
PRECISION: Final = timedelta(hours=1)
"""How well it is known when two were named together last."""

_REMEMBERED: Final = 500_000  # ends of transfers, some 100 bytes each
SIGHTED: Final = (IdentifierKind.PERSON, IdentifierKind.PHONE, IdentifierKind.DEVICE)


class Naming(NamedTuple):
    """What one transfer names besides its accounts; as a checked transfer spells it, None for what it does not say."""

    participant: str
    at: datetime
    payer: str
    payee: str
    payer_iin_bin: str | None = None
    payee_iin_bin: str | None = None
    payer_phone: str | None = None
    payee_phone: str | None = None
    device_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A person, phone or device as somebody may see it."""

    kind: IdentifierKind
    ident: str
    seen: Sequence[Sighting]  # latest first
    more: bool  # than are shown
    lives: Sequence[Life]  # entries of lists, and findings about it

    @property
    def known(self) -> bool:
        """Say whether there is anything at all."""
        return bool(self.seen or self.lives)


class Familiar:
    """What one process remembers to have kept within the hour, so that it is not looked up and written again.

    What it does not remember is no loss: the book knows better. Two ends of one hash would cost a sighting; among
    as many as are remembered that is less likely than one in a hundred million.
    """

    def __init__(self, most: int = _REMEMBERED) -> None:
        self._most = most
        self._kept: dict[int, datetime] = {}  # by the hash of an end of a transfer: when it was kept

    def news(self, named: Iterable[Naming]) -> list[Naming]:
        """Return those of which an end is not known to the hour."""
        return [each for each in named if any(self._is_news(end, each.at) for end in _ends(each))]

    def learn(self, named: Iterable[Naming]) -> None:
        """Remember what was kept, oldest first, and forget what was learnt first when it is too much."""
        for each in named:
            for end in _ends(each):
                self._kept.pop(end, None)
                self._kept[end] = each.at
        if len(self._kept) > self._most:
            for end in list(islice(self._kept, len(self._kept) - self._most // 2)):
                del self._kept[end]

    def _is_news(self, end: int, at: datetime) -> bool:
        kept = self._kept.get(end)
        return kept is None or at >= kept + PRECISION


def sightings_in(named: Sequence[Naming], hashed: Hashed | None) -> Sequence[Sighting]:
    """Return what transfers, oldest first, name together, each once; without `hashed` only devices."""
    found: dict[tuple[IdentifierKind, str, str, str], Sighting] = {}
    for each in named:
        for kind, ident, account in _named(each, hashed):
            key = (kind, ident, account, each.participant)
            first = found[key].first_at if key in found else each.at
            found[key] = Sighting(
                kind=kind, ident=ident, account=account, participant=each.participant, first_at=first, last_at=each.at
            )
    return list(found.values())


def entity_of(page: Page, kind: IdentifierKind, value: str, actor: Actor) -> Entity:
    """Return what the actor may see about an identifier, persons and phones by their hash; raise InvalidValue.

    A bank sees what its own transfers said; an auditor everything. Police and prosecution see only accounts that
    stolen money of their own incident reached, if they were named with it since.
    """
    if kind not in SIGHTED:
        raise InvalidValue("kind", f"is one of {', '.join(SIGHTED)}", kind.value)
    ident = value if kind is not IdentifierKind.DEVICE else ident_of(kind, value, _kept)
    rows = page.sightings(kind=kind, ident=ident, party=_party(actor), limit=MOST + 1)
    key = f"{kind.value}:{ident}"
    lives: list[Life] = [*page.found_by(Listing, key), *page.found_by(Indicator, key)]
    return Entity(
        kind=kind,
        ident=ident,
        seen=_shown(page, rows[:MOST], actor),
        more=len(rows) > MOST,
        lives=[each for each in lives if sight_of(each, actor) is not Sight.NOTHING],
    )


def seen_with(page: Page, account: str, actor: Actor) -> Sequence[Sighting]:
    """Return the persons, phones and devices that were named with an account, as far as the actor may see."""
    return _shown(page, page.sightings(account=account, party=_party(actor), limit=MOST), actor)


def _named(each: Naming, hashed: Hashed | None) -> Iterator[tuple[IdentifierKind, str, str]]:
    if each.device_id is not None:
        yield IdentifierKind.DEVICE, each.device_id, each.payer
    if hashed is None:
        return
    for account, person, phone in (
        (each.payer, each.payer_iin_bin, each.payer_phone),
        (each.payee, each.payee_iin_bin, each.payee_phone),
    ):
        if person is not None:
            yield IdentifierKind.PERSON, hashed(IdentifierKind.PERSON, person), account
        if phone is not None:
            yield IdentifierKind.PHONE, hashed(IdentifierKind.PHONE, phone), account


def _ends(each: Naming) -> tuple[int, int]:
    """Return a number for all that each end of a transfer is named with; the same number for nothing."""
    payer, payee = each.payer, each.payee
    return (
        hash((each.participant, payer, each.payer_iin_bin, each.payer_phone, each.device_id)),
        hash((each.participant, payee, each.payee_iin_bin, each.payee_phone, None)),
    )


def _party(actor: Actor) -> str | None:
    """Return whose transfers the actor sees; None: everybody's, of which little may be left."""
    return None if actor.role is Role.AUDITOR or actor.role in POLICE | PROSECUTION else actor.participant


def _shown(page: Page, rows: Sequence[Sighting], actor: Actor) -> list[Sighting]:
    if actor.role not in POLICE | PROSECUTION:
        return list(rows)
    opened = {account: open_since(page, account, actor) for account in {each.account for each in rows}}
    return [each for each in rows if (since := opened[each.account]) is not None and each.last_at >= since]


def _kept(kind: IdentifierKind, value: str) -> str:
    return value
