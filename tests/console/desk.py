"""A bank's desk under test: a running server that holds everything, with people who signed in. All are fictional."""

from contextlib import closing, contextmanager
from functools import partial

import httpx

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.people import ParticipantKind, Role
from antifraud.domain.center.person import Person
from antifraud.store.center import open_book
from api.clock import utc_now
from api.settings import read_settings
from tests.api import making
from tests.api.conftest import environment, wait_until_ready
from tests.api.everybody import KEY
from tests.api.making import MADE_AT
from tests.api.signing_in import NUMBER, PASSWORD, known_hash, people_of, registered
from tests.forked import Forked
from tests.servers import free_port

NASTY = "<script>alert(1)</script><img src=x onerror=x()>\"'&"


@contextmanager
def running_desk(folder, *, holds=True, **more):
    """Yield a client with a key of `fictional-bank` on a server of its own that holds every transfer, or none."""
    made = making.bundle(hold_at=0.0, block_at=1.5) if holds else making.bundle(hold_at=1.5, block_at=1.6)
    making.put_on(folder / "shelf", made, **({} if holds else {"rules": None}))
    key = making.register(f"sqlite:///{folder}/engine.db")
    with serving(folder, ANTIFRAUD_TRUSTED_PROXIES="127.0.0.1", **more) as client:
        client.headers["X-Api-Key"] = key
        yield client


@contextmanager
def serving(folder, **more):
    """Yield a client without a key of a server of its own, over the shelf and the store that stand in a folder."""
    port = free_port()
    given = {"ANTIFRAUD_IDENTIFIER_KEY": KEY, "ANTIFRAUD_SIMULATED": "1"}
    with (
        Forked(environment(folder, port, **given, **more)) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        wait_until_ready(process, client)
        client.database = f"sqlite:///{folder}/engine.db"
        try:
            yield client
        finally:
            process.terminate()
            assert process.wait(20) == 0


def held(server, key=None, bank="fictional-bank", **fields):
    """Ask about a transfer, which is held; return the id of its hold once it is there. `key`: another bank's."""
    number = next(NUMBER)
    answer = server.post("/v1/decisions", json=making.body(f"console-{number}", **fields), headers=key)
    assert answer.json().get("action") == "hold", answer.text
    key = f"transfer:{bank}/{answer.json()['transfer_id']}"
    with book_of(server) as book:
        while not (found := book.read_now(partial(_found, key=key))):
            pass
    return found[0].life_id


def _found(page, key):
    return page.found_by(Hold, key)


@contextmanager
def book_of(server):
    with closing(open_book(read_settings(database_url=server.database).book_url)) as book:
        yield book


def hold_of(server, hold_id):
    """Return a hold as it stands in the book."""
    with book_of(server) as book:
        return book.read_now(lambda page: page.get(Hold, hold_id))


def person(server, *roles, participant="fictional-bank", kind=ParticipantKind.BANK):
    """Add somebody whose password is PASSWORD; return the sign-in name."""
    registered(server, participant, kind)
    new = Person(
        name=f"person-{next(NUMBER)}",
        full_name="Fictional",
        participant=participant,
        roles=frozenset(roles or [Role.BANK_ANALYST]),
        created_at=MADE_AT,
    )
    with people_of(server) as people:
        people.register.add(new, known_hash())
    return new.name


def token_of(server, name):
    """Begin a session for somebody; return what its cookie holds."""
    with people_of(server) as people:
        return people.sessions.begin(name, people.register.find(name).role(None), utc_now())


def end_sessions(server, name):
    """End all sessions of somebody, as the clock or an administrator would."""
    with people_of(server) as people:
        people.sessions.end_all(name, utc_now())


@contextmanager
def at_console(server, name, language="en"):
    """Yield a plain client, without any script, of somebody who is signed in."""
    with httpx.Client(base_url=server.base_url, timeout=30) as client:
        client.cookies.set("antifraud", token_of(server, name), domain="127.0.0.1", path="/")
        client.cookies.set("antifraud-language", language, domain="127.0.0.1", path="/console")
        yield client


def sign_in(page, name, password=PASSWORD):
    """Fill in the form in a browser."""
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", password)
    page.click("main button.primary")
