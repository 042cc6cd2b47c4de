"""People at a running server: added at its shell, each in a browser of his own. All are fictional."""

import asyncio
import itertools
from contextlib import closing, contextmanager
from functools import cache

import httpx
from argon2 import PasswordHasher

from antifraud.domain.center.people import Role
from antifraud.domain.center.person import Person
from antifraud.store import open_store
from antifraud.store.center import open_book
from antifraud.store.people import open_people
from api.clock import utc_now
from api.commands.offices import offices
from api.settings import read_settings
from tests.api.making import MADE_AT

NUMBER = itertools.count(1)
PASSWORD = "a fictional long sentence"


def add(server, *roles, participant="fictional-bank", administers=False):
    """Add somebody with a name of his own; return it with the password that was lent to him."""
    name = f"person-{next(NUMBER)}"
    with offices(server.database) as at:
        adding = at.people.add(
            at.by, participant, name, "Fictional", roles or [Role.BANK_ANALYST], administers=administers
        )
        return name, asyncio.run(adding)


def registered(server, participant, kind):
    """Register a participant once, as from before the journal."""
    with open_store(server.database, recording=False) as store:
        if participant not in {each.participant for each in store.keys.participants()}:
            store.keys.register(participant, participant, MADE_AT, kind=kind)
    return participant


@contextmanager
def browser(server):
    """Yield a client with cookies and an address of its own, and no key."""
    address = {"X-Forwarded-For": f"10.0.{next(NUMBER) // 250}.{next(NUMBER) % 250}"}
    with httpx.Client(base_url=server.base_url, headers=address, timeout=30) as client:
        yield client


def sign_in(client, name, password, **more):
    """Sign in; from then on the client sends the CSRF token of its session."""
    return keep_token(client, client.post("/v1/session", json={"person": name, "password": password, **more}))


def keep_token(client, answer):
    if "csrf_token" in (said := answer.json()):
        client.headers["X-CSRF-Token"] = said["csrf_token"]
    return answer


def change_password(client, old, new=PASSWORD):
    return keep_token(client, client.post("/v1/session/password", json={"old": old, "new": new}))


@contextmanager
def people_of(server):
    """Yield the register of people that the server reads."""
    with closing(open_book(read_settings(database_url=server.database).book_url)) as book:
        yield open_people(book.engine)


@cache
def known_hash():
    """Return the hash of PASSWORD: made once, as each costs what it is meant to cost."""
    return PasswordHasher().hash(PASSWORD)


@contextmanager
def at_work(server, *roles, participant="fictional-bank", administers=False):
    """Yield a browser of somebody new who signed in with PASSWORD."""
    person = Person(
        name=f"person-{next(NUMBER)}",
        full_name="Fictional",
        participant=participant,
        roles=frozenset(roles or [Role.BANK_ANALYST]),
        administers=administers,
        created_at=MADE_AT,
    )
    with people_of(server) as people:
        people.register.add(person, known_hash())
        token = people.sessions.begin(person.name, person.role(None), utc_now())
    with browser(server) as client:
        client.person = person.name
        client.cookies.set("antifraud", token, domain="127.0.0.1", path="/")
        assert keep_token(client, client.get("/v1/session")).status_code == 200
        yield client


def journal(server):
    """Return all acts of the server's book, oldest first."""
    with closing(open_book(read_settings(database_url=server.database).book_url)) as book:
        return book.read_now(lambda page: page.acts_after(0, 100_000))


def acts_about(server, person):
    """Return the names of the acts about somebody."""
    return [each.name for each in journal(server) if getattr(each.act, "person", None) == person]
