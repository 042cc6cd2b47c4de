"""What the commands about keys and people share: both offices, and who sits at the shell."""

import getpass
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from antifraud.domain.center.people import Actor, Role
from antifraud.store import open_store
from antifraud.store.center import open_book
from api.clock import utc_now
from api.people.identity import PeopleAtHand
from api.people.journal import Journal
from api.people.keys_office import KeysOffice
from api.people.passwords import Passwords
from api.people.people_office import PeopleOffice
from api.settings import read_settings

Database = Annotated[str | None, typer.Option("--database", help="sqlite:///FILE or postgresql://USER@HOST/NAME.")]


@dataclass(frozen=True, slots=True)
class Offices:
    """Both offices, open. `by` stands in the journal: whoever has a shell where the databases are may do anything."""

    keys: KeysOffice
    people: PeopleOffice
    by: Actor


@contextmanager
def offices(database: str | None) -> Iterator[Offices]:
    """Open the databases of the settings, with another durable store in place of theirs if one is given."""
    settings = read_settings(database_url=database)
    with (
        open_store(settings.database_url, recording=False) as store,
        closing(open_book(settings.book_url)) as book,
    ):
        journal = Journal(store.keys, book.write)
        yield Offices(
            KeysOffice(store.keys, journal, utc_now),
            PeopleOffice(PeopleAtHand(lambda: book), store.keys, journal, Passwords(), utc_now),
            Actor("center", Role.OPERATOR, f"shell:{getpass.getuser()}"),
        )
