"""Who takes part, and how they prove it, joined: both doors for people, and both offices."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from antifraud.store.center import SqlBook
from antifraud.store.keys import ApiKeys
from antifraud.store.people import People, open_people
from api.center import Center
from api.people.away import AwayDoor
from api.people.cookies import Cookie
from api.people.door import Door
from api.people.journal import Journal
from api.people.keys_office import KeysOffice
from api.people.passwords import Passwords
from api.people.people_office import PeopleOffice
from api.people.provider import Provider, ProviderSettings

CALLBACK: Final = "/v1/sign-in/callback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Doors and offices, and the cookies that the doors give."""

    door: Door
    away: AwayDoor
    people: PeopleOffice
    keys: KeysOffice
    journal: Journal
    session_cookie: Cookie
    away_cookie: Cookie


class PeopleAtHand:
    """The register of people beside the book, opened when the book is; raises Unavailable while the book is away."""

    def __init__(self, book: Callable[[], SqlBook]) -> None:
        self._book = book
        self._open: tuple[SqlBook, People] | None = None

    def __call__(self) -> People:
        """Return it."""
        book = self._book()
        if self._open is None or self._open[0] is not book:
            self._open = book, open_people(book.engine)
        return self._open[1]


def identify(
    keys: ApiKeys,
    center: Center,
    public_url: str,
    providers: Mapping[str, ProviderSettings],
    now: Callable[[], datetime],
) -> Identity:
    """Join the parts."""
    people, journal, passwords = PeopleAtHand(lambda: center.book), Journal(keys, center.write), Passwords()
    door = Door(people, journal, passwords, now)
    known = {name: Provider(name, settings, now) for name, settings in providers.items()}
    secure = public_url.startswith("https:")
    return Identity(
        door=door,
        away=AwayDoor(known, public_url.rstrip("/") + CALLBACK, people, keys, journal, door, now),
        people=PeopleOffice(people, keys, journal, passwords, now),
        keys=KeysOffice(keys, journal, now),
        journal=journal,
        session_cookie=Cookie("antifraud", secure),
        away_cookie=Cookie("antifraud-away", secure),
    )
