"""Real servers for tests: started on loopback with a folder and a port of their own, stopped after.

A test that needs one is skipped with a clear line where it is not installed; with ANTIFRAUD_REQUIRE_SERVERS=1
it fails instead, so that a full run cannot pass without them.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

_UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root


def missing(what: str) -> None:
    """Skip the test, or fail it where servers are required."""
    line = f"{what} is not installed"
    if os.environ.get("ANTIFRAUD_REQUIRE_SERVERS") == "1":
        pytest.fail(f"{line}, and ANTIFRAUD_REQUIRE_SERVERS=1", pytrace=False)
    pytest.skip(line)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def postgres_programs() -> Path | None:
    """Return the folder of PostgreSQL's newest programs, or None."""
    if (found := shutil.which("initdb")) is not None:
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name.split(".")[0]))
    return installed[-1] if installed else None


class Postgres:
    """A running PostgreSQL server with one superuser, reachable on loopback only."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self.port = free_port()
        self._run("initdb", "-D", str(folder / "data"), "-U", "antifraud", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()

    def url(self, database: str) -> str:
        return f"postgresql://antifraud@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """Create a database and return its URL."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "antifraud", name)
        return self.url(name)

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=40"
        self._control("start", "-o", options, "-l", str(self._folder / "log"))

    def stop(self, mode: str = "fast") -> None:
        self._control("stop", "-m", mode)

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-w", "-t", "60", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        command: Sequence[str] = [str(self._programs / program), *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", f"--reuid={_UNPRIVILEGED}", "--clear-groups", "--", *command]
        # Not a pipe: the server would keep it open after pg_ctl has gone.
        with (self._folder / "commands.log").open("ab") as log:
            ended = subprocess.run(command, stdout=log, stderr=log, cwd=self._folder, check=False, timeout=120)
        if ended.returncode != 0:
            raise RuntimeError(f"{program} failed:\n{(self._folder / 'commands.log').read_text()}")


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run a PostgreSQL server in a temporary folder for as long as the block lasts."""
    programs = postgres_programs()
    if programs is None or (os.geteuid() == 0 and shutil.which("setpriv") is None):
        missing("PostgreSQL")
    with tempfile.TemporaryDirectory(prefix="antifraud-postgres-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, _UNPRIVILEGED)
        server = Postgres(programs, folder)
        try:
            yield server
        finally:
            server.stop("immediate")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server for all tests of a run; each test makes a database of its own."""
    with running_postgres() as server:
        yield server


@contextmanager
def running_chromium():
    """Run the system's chromium, steered from here, for as long as the block lasts; yield Playwright's browser."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        missing("chromium")
    from playwright.sync_api import sync_playwright  # it starts slowly, and few tests need it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def chromium():
    """One browser for all tests of a module; each test opens a context of its own."""
    with running_chromium() as browser:
        yield browser
