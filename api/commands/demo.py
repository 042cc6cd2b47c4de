"""`antifraud demo`: the whole loop on one machine, with a simulated country."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Annotated, Final

import httpx
import polars as pl
import typer
from rich.console import Console

from antifraud.domain.errors import FingerprintMismatch, Unavailable
from antifraud.store import open_store
from api.clock import utc_now
from api.commands.demo_people import add_people, say_who
from features.catalogue import CATALOGUE
from models.lineup import JOURNAL, lineup_of
from models.shelf import bundle_of

_READY_WITHIN_S: Final = 120


def demo(
    folder: Annotated[Path, typer.Option(help="Where everything is kept; a second start reuses it.")] = Path(
        "var/demo"
    ),
    accounts: Annotated[int, typer.Option(min=2_000, help="Simulated bank accounts.")] = 10_000,
    days: Annotated[int, typer.Option(min=40, help="Days of history.")] = 60,
    port: Annotated[int, typer.Option(help="Where the API listens, on loopback.")] = 8000,
    rate: Annotated[float, typer.Option(help="Transfers a second that are played.")] = 20.0,
    seconds: Annotated[float | None, typer.Option(help="Stop after this long; default: at Ctrl-C.")] = None,
) -> None:
    """Simulate a history, train on it, serve the model and play live transfers, until Ctrl-C.

    All people and accounts are fictional; a good result on them proves nothing about real transfers. After a change of
    the catalogue of features the next start trains another model on the same history.

    Example: antifraud demo --accounts 2000 --port 8080
    """
    console = Console()
    _check_free(port)
    folder.mkdir(parents=True, exist_ok=True)
    history, shelf = folder / "history", folder / "bundles"
    if not (history / "transfers.parquet").is_file():
        console.rule("[1/4] a simulated history")
        start = (utc_now() - timedelta(days=days)).date()  # the history ends where live play begins
        _run("simulate", "--out", history, "--accounts", accounts, "--days", days, "--start", start)
    aside = _put_aside(shelf)
    if aside is not None:
        console.print(
            f"the catalogue of features has changed: a model is trained anew, the former is in {aside}", soft_wrap=True
        )
    if not (shelf / JOURNAL).is_file():
        console.rule("[2/4] a model")
        _run("train", "--history", history, "--shelf", shelf, "--serve", "--no-track")
    keys_file = folder / "keys.json"
    database = f"sqlite:///{folder / 'antifraud.db'}"
    if not keys_file.is_file():
        _make_keys(history, database, keys_file)
    people_file = folder / "people.json"
    if not people_file.is_file():
        _write_secret(people_file, json.dumps(add_people(database, _busiest_bank(history)), indent=2))
    console.rule("[3/4] the API")
    server = start_server(folder, database, shelf, history, port)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(server, url)
        say_who(url, json.loads(people_file.read_text()), people_file)
        _say_where(console, url, next(iter(json.loads(keys_file.read_text()).values())))
        console.rule("[4/4] live transfers; Ctrl-C stops")
        extra = [] if seconds is None else ["--seconds", seconds]
        _run("play", "--url", url, "--keys-file", keys_file, "--world", history, "--rate", rate, *extra, may_stop=True)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


def _command(*words: object) -> list[str]:
    return [sys.executable, "-m", "api", *map(str, words)]


def _run(*words: object, may_stop: bool = False) -> None:
    """Run one of our own commands in a process of its own, so that its memory goes with it."""
    process = subprocess.Popen(_command(*words))  # noqa: S603  our own command, no shell
    interrupted = False

    def pass_on(_number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted  # the terminal tells the child itself
        interrupted = True

    before = signal.signal(signal.SIGINT, pass_on)
    try:
        code = process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
    if interrupted and not may_stop:
        raise typer.Exit(130)
    if code != 0 and not (may_stop and interrupted):
        raise typer.Exit(code)


def _put_aside(shelf: Path) -> Path | None:
    """Move a shelf away whose champion was trained on another catalogue, and return where it is; None: it serves."""
    if not (shelf / JOURNAL).is_file():
        return None
    try:
        bundle_of(shelf, lineup_of(shelf).choice.champion, CATALOGUE)
    except FingerprintMismatch:
        return shelf.rename(shelf.with_name(f"{shelf.name}-until-{utc_now():%Y%m%d-%H%M%S}"))
    return None


def _make_keys(history: Path, database: str, keys_file: Path) -> None:
    """Register every simulated bank and write its key where only the owner can read it."""
    banks = sorted(pl.read_parquet(history / "transfers.parquet", columns=["participant"])["participant"].unique())
    made = {}
    with open_store(database) as store:
        known = {each.participant for each in store.keys.participants()}
        for bank in banks:
            if bank not in known:
                store.keys.register(bank, f"Fictional bank {bank}", utc_now())
            made[bank] = store.keys.create(bank, None, "demo", utc_now()).token
    _write_secret(keys_file, json.dumps(made, indent=2))


def _check_free(port: int) -> None:
    """Raise Unavailable for a port that somebody listens at: his answers would pass for ours."""
    with socket.socket() as trying:
        trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trying.bind(("127.0.0.1", port))
        except OSError as taken:
            raise Unavailable(
                f"port {port} cannot be listened at ({taken.strerror}): choose another: --port N, or make run PORT=N"
            ) from None


def _busiest_bank(history: Path) -> str:
    """Return the bank with most transfers: most is to be seen at its desk."""
    banks = pl.read_parquet(history / "transfers.parquet", columns=["participant"])["participant"]
    return str(banks.value_counts(sort=True)["participant"][0])


def _identifier_key(file: Path) -> str:
    """Return the key that this demo hashes identifiers with, made once: under another one nobody is found again."""
    if not file.is_file():
        _write_secret(file, secrets.token_hex(32))
    return file.read_text()


def _write_secret(file: Path, text: str) -> None:
    draft = file.with_name(f".{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(file)


def start_server(folder: Path, database: str, shelf: Path, history: Path | None, port: int) -> subprocess.Popen[bytes]:
    """Serve from a folder in a process of its own, over a history if there is one."""
    environment = os.environ | {
        "ANTIFRAUD_IDENTIFIER_KEY": _identifier_key(folder / "identifier.key"),
        "ANTIFRAUD_SIMULATED": "true",
    }
    if history is not None:
        environment["ANTIFRAUD_HISTORY"] = str(history)
        environment["ANTIFRAUD_CHOOSERS"] = _busiest_bank(history)
    words = ("serve", "--port", port, "--database", database, "--shelf", shelf, "--state-dir", folder / "state")
    with (folder / "server.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603  our own command, no shell
            _command(*words), env=environment, stdout=log, stderr=log, start_new_session=True
        )


def wait_until_ready(server: subprocess.Popen[bytes], url: str) -> None:
    """Wait until transfers are decided; raise Unavailable if that never comes."""
    with httpx.Client(transport=httpx.HTTPTransport(retries=0), timeout=2) as client, Console().status("starting"):
        deadline = utc_now().timestamp() + _READY_WITHIN_S
        while utc_now().timestamp() < deadline:
            if server.poll() is not None:
                raise Unavailable("the server stopped while starting: see server.log in the demo's folder")
            try:
                if client.get(f"{url}/health/ready").status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            try:
                server.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
    raise Unavailable(f"the server was not ready after {_READY_WITHIN_S} seconds: see server.log in the demo's folder")


def _say_where(console: Console, url: str, key: str) -> None:
    now = utc_now()
    body = {
        "transfer_id": f"demo-{now:%Y%m%d-%H%M%S}",  # of this start: one decided earlier would be a conflict
        "payer": "fictional-payer",
        "payee": "fictional-payee",
        "amount_minor": 25_000_000,
        "currency": "KZT",
        "channel": "app",
        "occurred_at": now.isoformat(timespec="seconds"),
        "call_active": True,
    }
    console.print(f"documentation  {url}/openapi.json\nmetrics        {url}/metrics\nOne transfer by hand:\n")
    typer.echo(
        f"curl -s {url}/v1/decisions -H 'Authorization: Bearer {key}' "
        f"-H 'Content-Type: application/json' -d '{json.dumps(body)}'\n"
    )
