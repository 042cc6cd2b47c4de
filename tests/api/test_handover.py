"""A server is replaced under load, and nobody who asks notices more than a pause."""

import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import httpx
import pytest

from antifraud.domain.errors import Unavailable
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


class Callers:
    """Some who ask without a pause until they are told to stop; half of them connect anew for each question."""

    def __init__(self, url, key):
        self.url, self.headers = url, {"X-Api-Key": key}
        self.answers, self.broken = {}, []
        self.enough = threading.Event()
        self.more = threading.Condition()
        self.threads = [threading.Thread(target=self._ask, args=(caller,)) for caller in range(CALLERS)]

    @contextmanager
    def asking(self):
        for thread in self.threads:
            thread.start()
        try:
            yield self
        finally:
            self.enough.set()
            for thread in self.threads:
                thread.join()

    def hear(self, count):
        """Return once so many more answers came, or one of the callers was refused or lost."""
        with self.more:
            wanted = len(self.answers) + count
            self.more.wait_for(lambda: self.broken or len(self.answers) >= wanted)

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
            problem = f"{answer.status_code} {answer.text}"
        except httpx.TransportError as error:
            found, problem = None, repr(error)
        with self.more:
            if found is None:
                self.broken.append(f"{sent['transfer_id']}: {problem}")
            else:
                self.answers[sent["transfer_id"]] = found
            self.more.notify_all()


@contextmanager
def served(folder, listening):
    """Serve on a socket that is listened on already, until the block ends; it ends cleanly."""
    command = (sys.executable, "-c", HANDED_OVER, str(listening.fileno()), *SERVE)
    given = environment(folder, 9)  # a port that nobody listens on: it is not asked for
    with subprocess.Popen(command, env=given, pass_fds=[listening.fileno()], stderr=subprocess.DEVNULL) as process:
        yield
        process.terminate()
        assert process.wait(60) == 0


def test_no_request_is_refused_or_lost_while_one_server_takes_the_place_of_another(tmp_path):
    making.put_on(tmp_path / "shelf", making.bundle())
    key = making.register(f"sqlite:///{tmp_path}/engine.db")
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        callers = Callers(f"http://127.0.0.1:{listening.getsockname()[1]}", key)
        with callers.asking():
            with served(tmp_path, listening):
                callers.hear(100)
            with served(tmp_path, listening):
                callers.hear(100)
                callers.enough.set()
                for thread in callers.threads:
                    thread.join()
                assert callers.broken == []
                assert len(callers.answers) >= 200
                with callers._client() as client:
                    for transfer_id in sorted(callers.answers)[:: len(callers.answers) // 50]:
                        assert client.get(f"/v1/decisions/{transfer_id}").content == callers.answers[transfer_id]


def test_a_socket_for_somebody_else_is_left_alone():
    environ = {"LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "antifraud.socket", "OTHER": "1"}
    assert inherited(environ) is None
    assert environ == {"OTHER": "1"}, "and nobody who is started from here takes it for his own"


def test_two_sockets_are_too_many():
    with pytest.raises(Unavailable, match="one socket to listen on is expected, 2 were handed over"):
        inherited({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "2"})
