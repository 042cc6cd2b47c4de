"""People at a running server: added at its shell, each in a browser of his own. All are fictional."""

import asyncio
import itertools
from contextlib import closing, contextmanager

import httpx

from antifraud.domain.center.people import Role
from antifraud.store import open_store
from antifraud.store.center import open_book
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
    """Yield a client with cookies of its own and no key."""
    with httpx.Client(base_url=server.base_url, timeout=30) as client:
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
def at_work(server, *roles, **more):
    """Yield a browser of somebody new who has signed in and chosen a password."""
    name, lent = add(server, *roles, **more)
    with browser(server) as client:
        assert sign_in(client, name, lent).status_code == 201
        assert change_password(client, lent).status_code == 200
        client.person = name
        yield client


def journal(server):
    """Return all acts of the server's book, oldest first."""
    with closing(open_book(read_settings(database_url=server.database).book_url)) as book:
        return book.read_now(lambda page: page.acts_after(0, 100_000))


def acts_about(server, person):
    """Return the names of the acts about somebody."""
    return [each.name for each in journal(server) if getattr(each.act, "person", None) == person]
