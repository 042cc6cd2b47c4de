"""A server is replaced under load, and nobody who asks notices more than a pause."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.client import HTTPResponse

import httpx
import pytest

from antifraud.domain.errors import Unavailable
from antifraud.store.migrating import CENTER, DECISIONS, at_head, downgrade
from antifraud.store.opening import bare_engine
from api.handover import inherited
from tests.api import making
from tests.api.conftest import SERVE, environment
from tests.api.making import body

HANDED_OVER = """\
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""
CALLERS = 4
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Callers:
    """Some who ask without a pause until they are told to stop; half of them connect anew for each question."""

    def __init__(self, url, key):
        self.url, self.headers = url, {"X-Api-Key": key}
        self.answers, self.broken = {}, []
        self.sent_away = False  # an answer said that it is the last one of its connection
        self.enough = threading.Event()
        self.more = threading.Condition()
        self.threads = [threading.Thread(target=self._ask, args=(caller,)) for caller in range(CALLERS)]

    @contextmanager
    def asking(self, listening):
        """Let them ask until the block ends; `listening` is closed then, so that nobody waits for ever."""
        for thread in self.threads:
            thread.start()
        try:
            yield self
        finally:
            self.enough.set()
            listening.close()
            for thread in self.threads:
                thread.join()

    def hear(self, count):
        """Return once so many more answers came, or one of the callers was refused or lost."""
        with self.more:
            wanted = len(self.answers) + count
            self.more.wait_for(lambda: self.broken or len(self.answers) >= wanted)

    def hear_that_it_leaves(self):
        """Return once the server ends connections by an answer, or one of the callers was refused or lost."""
        with self.more:
            self.more.wait_for(lambda: self.broken or self.sent_away)

    def _ask(self, caller):
        number = caller
        with self._client() as kept:
            while not self.enough.is_set():
                number += CALLERS
                if caller % 2:
                    self._once(kept, number)
                else:
                    with self._client() as anew:
                        self._once(anew, number)

    def _client(self):
        return httpx.Client(base_url=self.url, headers=self.headers, timeout=None)

    def _once(self, client, number):
        sent = body(number)
        try:
            answer = client.post("/v1/decisions", json=sent)
            found = answer.content if answer.status_code == 201 else None
            problem, last = f"{answer.status_code} {answer.text}", answer.headers.get("connection") == "close"
        except httpx.TransportError as error:
            found, problem, last = None, repr(error), False
        with self.more:
            self.sent_away = self.sent_away or last
            if found is None:
                self.broken.append(f"{sent['transfer_id']}: {problem}")
            else:
                self.answers[sent["transfer_id"]] = found
            self.more.notify_all()


class Unfinished:
    """A request whose body is still to come, and a server that has begun to read it."""

    def __init__(self, at, key, sent):
        self.body = json.dumps(sent).encode()
        self.connection = socket.create_connection(at)
        head = f"POST /v1/decisions HTTP/1.1\r\nHost: engine\r\nX-Api-Key: {key}\r\nContent-Type: application/json\r\n"
        self.connection.sendall(f"{head}Content-Length: {len(self.body)}\r\nExpect: 100-continue\r\n\r\n".encode())
        assert self.connection.recv(len(CONTINUE), socket.MSG_WAITALL) == CONTINUE

    def finish(self):
        """Send the body; return status and body of the answer."""
        self.connection.sendall(self.body)
        with self.connection, HTTPResponse(self.connection, method="POST") as answer:
            answer.begin()
            return answer.status, answer.read()


@contextmanager
def served(folder, listening):
    """Serve on a socket that is listened on already, until the block ends; it ends cleanly."""
    command = (sys.executable, "-c", HANDED_OVER, str(listening.fileno()), *SERVE)
    given = environment(folder, 9)  # a port that nobody listens on: it is not asked for
    with subprocess.Popen(command, env=given, pass_fds=[listening.fileno()], stderr=subprocess.DEVNULL) as process:
        yield process
        process.terminate()
        assert process.wait(60) == 0


def as_it_is(folder):
    """Leave everything as the old server left it."""


def as_an_older_release_leaves_it(folder):
    """Take both schemas some steps back."""
    for name, steps in (("engine", DECISIONS), ("center", CENTER)):
        engine = bare_engine(f"sqlite:///{folder}/{name}.db")
        downgrade(engine, "0003", steps)
        assert not at_head(engine, steps)
        engine.dispose()


@pytest.mark.parametrize("left", [as_it_is, as_an_older_release_leaves_it])
def test_nothing_is_refused_lost_or_doubled_while_one_server_takes_the_place_of_another(tmp_path, left):
    making.put_on(tmp_path / "shelf", making.bundle())
    key = making.register(f"sqlite:///{tmp_path}/engine.db")
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        at = listening.getsockname()
        callers = Callers(f"http://127.0.0.1:{at[1]}", key)
        with callers.asking(listening):
            with served(tmp_path, listening) as old:
                callers.hear(100)
                begun = Unfinished(at, key, body("-begun"))
                old.terminate()
                callers.hear_that_it_leaves()
                status, answer = begun.finish()
                assert status == 201, "what was taken in is decided by who took it in"
            left(tmp_path)
            with served(tmp_path, listening):
                callers.hear(100)
                callers.enough.set()
                for thread in callers.threads:
                    thread.join()
                with callers._client() as client:
                    again = client.post("/v1/decisions", json=body("-begun"))
                    assert (again.status_code, again.content) == (200, answer)
    assert callers.broken == []
    assert len(callers.answers) >= 200
    with sqlite3.connect(tmp_path / "engine.db") as log:
        decided = log.execute("SELECT transfer_id, answer FROM decisions").fetchall()
    assert len(decided) == len(dict(decided))
    assert dict(decided) == {**callers.answers, "t-begun": answer}, "decided is what was answered, as it was answered"


def test_a_socket_for_somebody_else_is_left_alone():
    environ = {"LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "antifraud.socket", "OTHER": "1"}
    assert inherited(environ) is None
    assert environ == {"OTHER": "1"}, "and nobody who is started from here takes it for his own"


def test_two_sockets_are_too_many():
    with pytest.raises(Unavailable, match="one socket to listen on is expected, 2 were handed over"):
        inherited({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "2"})
