"""A deployment to break: a store, a shelf, a bank with its key, and servers that live and die on them."""

import contextlib
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from antifraud.store import open_store
from antifraud.store.center import open_book
from antifraud.store.center.decided import SqlDecidedLog
from antifraud.workflow.center.follow import DECISIONS
from api.settings import read_settings
from tests.api import making
from tests.api.conftest import environment, wait_until_ready
from tests.drills.ledger import send_again
from tests.forked import Forked, as_always
from tests.servers import free_port

BANK = "fictional-bank"
_READ = 100  # answers: what the log holds of the others is compared without the server
_LOOKS = 1_200  # for what must come to pass, a twentieth of a second apart


class World:
    """What survives every server; `key` is that of the bank."""

    def __init__(self, folder, url=None, hold_at=0.6, block_at=0.9, rules=None, **settings):
        folder.mkdir(exist_ok=True, parents=True)
        self.folder, self.settings = folder, settings
        self.url = f"sqlite:///{folder}/engine.db" if url is None else url
        making.put_on(self.shelf, making.bundle(hold_at=hold_at, block_at=block_at), rules=rules)
        self.key = making.register(self.url)
        self.lives = 0

    @property
    def shelf(self):
        return self.folder / "shelf"

    @contextmanager
    def book(self):
        """Open the Center's book beside the server that keeps it."""
        with contextlib.closing(open_book(read_settings(database_url=self.url).book_url)) as book:
            yield book

    def to_follow(self):
        """Count the decisions that have no effect in the book yet."""
        with open_store(self.url, recording=False) as store, self.book() as book:
            return SqlDecidedLog(store.engine).last() - book.read_now(lambda page: page.cursor(DECISIONS))

    @contextmanager
    def living(self, serve=as_always, ready=True, **settings):
        """Run a server until it is killed or the block ends; it decides already, unless nobody waits for that."""
        self.lives += 1
        port, log = free_port(), self.folder / f"server-{self.lives}.log"
        given = {"ANTIFRAUD_DATABASE_URL": self.url, **self.settings, **settings}
        began = time.perf_counter()
        with (
            log.open("wb") as out,
            Forked(environment(self.folder, port, **given), out, serve) as process,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"X-Api-Key": self.key}, timeout=30) as http,
        ):
            try:
                if ready:
                    wait_until_ready(process, http)
                yield Life(self, process, http, log, time.perf_counter() - began)
            finally:
                process.kill()


class Life:
    """One server: its process, a client of the bank, its log, and the seconds until it decided."""

    def __init__(self, world, process, http, log, seconds):
        self.world, self.process, self.http, self.log, self.seconds = world, process, http, log, seconds

    def kill(self):
        self.process.send_signal(signal.SIGKILL)

    def says(self, phrase):
        """Return the phrase once it stands in the log."""
        self.until(lambda: phrase in self.log.read_text(), f"the log does not say {phrase!r}")
        return phrase

    def shows(self, name, wanted, **labels):
        """Return the name of a metric once `wanted` is true of its value."""
        self.until(lambda: wanted(self.metric(name, **labels)), f"{name} is not as it should be")
        return name

    def metric(self, name, **labels):
        """Return the value of a metric now, 0 for a counter of nothing."""
        for family in text_string_to_metric_families(self.http.get("/metrics").text):
            for sample in family.samples:
                if sample.name == name and sample.labels == labels:
                    return sample.value
        return 0.0

    def until(self, reached, otherwise):
        """Wait until something is so; the server must live as long."""
        for _ in range(_LOOKS):
            if reached():
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                pytest.fail(f"{otherwise}, and the server ended with code {self.process.wait(0.05)}")
        pytest.fail(f"{otherwise}: {self.log.read_text()[-2_000:]}")

    def passes(self, seconds):
        """Let true time pass; the server must live as long."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            pytest.fail(f"the server ended with code {self.process.wait(seconds)}")

    def settle(self, ledger, draw):
        """Get every answer that is due, read some again, and let the server stop once the book knows of all."""
        send_again(self.http, ledger, draw)
        for transfer_id in draw.sample(sorted(ledger.answered), min(_READ, len(ledger.answered))):
            if self.http.get(f"/v1/decisions/{transfer_id}").content != ledger.answered[transfer_id]:
                ledger.altered.add(transfer_id)
        self.until(lambda: self.world.to_follow() == 0, "the book does not know of every decision")
        self.stop()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(60) == 0, self.log.read_text()[-2_000:]


def refused(world):
    """Start another server that must not serve; return what it said and how it ended."""
    with world.living(ready=False) as second:
        code = second.process.wait(60)
        return code, second.log.read_text()


PYTHON = (sys.executable, "-W", "ignore")
