"""Open the tables of people in a database that the Center's book stands in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from antifraud.domain.errors import Unavailable
from antifraud.store.migrating import PEOPLE, upgrade
from antifraud.store.people.attempts import Attempts
from antifraud.store.people.register import Register
from antifraud.store.people.sessions import Sessions


@dataclass(frozen=True, slots=True)
class People:
    """The register with the sessions and attempts of who is in it."""

    register: Register
    sessions: Sessions
    attempts: Attempts


def open_people(engine: Engine) -> People:
    """Open the tables, creating or upgrading them; who opened the engine closes it. Raise Unavailable, saying why."""
    try:
        upgrade(engine, steps=PEOPLE)
    except DBAPIError as error:
        raise Unavailable(f"the register of people in {engine.url!r} cannot be opened: {error.orig}") from error

    @contextmanager
    def transaction() -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise Unavailable("the register of people cannot be used now") from error

    return People(Register(transaction), Sessions(transaction), Attempts(transaction))
