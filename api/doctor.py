"""Look at a deployment without changing it, and say what is well, what is worth a look, and what is ill."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

import httpx
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from antifraud.domain.errors import AntifraudError, FingerprintMismatch, Unavailable
from antifraud.store.address import reason, shown, supported_url
from antifraud.store.center.journal import verify_end
from antifraud.store.embedded import database_path
from antifraud.store.history import History
from antifraud.store.keys import ApiKeys
from antifraud.store.migrating import CENTER, DECISIONS, Steps, at_head
from antifraud.store.opening import bare_engine
from api.restore import snapshots_of
from api.settings import Settings
from features.catalogue import CATALOGUE
from features.online import OnlineState
from features.snapshot import check
from models.deciding import load_deciding
from models.lineup import lineup_of

_GIB: Final = 1 << 30
_MIB: Final = 1 << 20
_ACTS: Final = 10_000  # of the journal, its last ones: seconds even where it holds millions
_LITTLE_ROOM, _NO_ROOM = 5 * _GIB, _GIB
_AHEAD: Final = timedelta(minutes=1)
_NEEDED_ON: Final = ("fsync", "full_page_writes")  # synchronous_commit is turned on for each session of ours
_OLD_LISTS_S: Final = 60.0
_LOOPBACK: Final = {"127.0.0.1", "::1", "localhost"}


class Health(StrEnum):
    """How a part of a deployment is."""

    WELL = "well"
    LOOK = "look"
    ILL = "ill"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of one part."""

    part: str
    health: Health
    said: str


Said = tuple[Health, str]
Look = Callable[[], Iterator[Said]]


def examine(settings: Settings, now: datetime, url: str | None = None) -> Iterator[Finding]:
    """Yield what each part says; `url` is where the server answers, if it should be asked too."""
    looks: list[tuple[str, Look]] = [
        ("settings", lambda: _settings(settings)),
        ("decisions", lambda: _database(settings.database_url, DECISIONS)),
        ("clock", lambda: _clock(settings, now)),
        ("keys", lambda: _keys(settings, now)),
        ("book", lambda: _database(settings.book_url, CENTER)),
        ("journal", lambda: _journal(settings.book_url)),
        ("shelf", lambda: _shelf(settings)),
        ("snapshots", lambda: _snapshots(settings, now)),
        ("disk", lambda: _disk(settings)),
        ("memory", _memory),
        ("identifiers", lambda: _identifiers(settings)),
        ("address", lambda: _address(settings)),
    ]
    if url is not None:
        looks.append(("server", lambda: _server(url)))
    for part, look in looks:
        try:
            for health, said in look():
                yield Finding(part, health, said)
        except DBAPIError as problem:
            yield Finding(part, Health.ILL, reason(problem))
        except (AntifraudError, OSError) as problem:
            yield Finding(part, Health.ILL, str(problem))


def _settings(settings: Settings) -> Iterator[Said]:
    given = sorted(settings.model_fields_set)
    yield Health.WELL, f"given are {', '.join(given) or 'none'}; all others are as documented"
    known = {f"ANTIFRAUD_{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith("ANTIFRAUD_") and name.upper() not in known)
    if unknown:
        yield Health.LOOK, f"the environment has what is no setting: {', '.join(unknown)}"


def _database(url: str, steps: Steps) -> Iterator[Said]:
    engine = _existing(url)
    try:
        current = at_head(engine, steps)
        unsafe = _unsafe(engine)
    finally:
        engine.dispose()
    at = shown(supported_url(url))
    yield (Health.WELL, at) if current else (Health.LOOK, f"{at} has an older schema: the next start upgrades it")
    for each in unsafe:
        yield Health.ILL, f"the server has {each} = off: what was acknowledged may not survive a power cut"
    if engine.dialect.name == "sqlite":
        path = database_path(engine.url)
        if path.stat().st_mode & 0o077:
            yield Health.LOOK, f"{path} can be read by others: chmod 600 {path}"
        if not os.access(path, os.W_OK):
            yield Health.ILL, f"{path} cannot be written by this user"


def _unsafe(engine: Engine) -> list[str]:
    """Return the settings of a PostgreSQL server without which no commit is durable, and which are off."""
    if engine.dialect.name != "postgresql":
        return []
    with engine.connect() as connection:
        return [name for name in _NEEDED_ON if connection.exec_driver_sql(f"SHOW {name}").scalar_one() == "off"]


def _journal(url: str) -> Iterator[Said]:
    engine = _existing(url)
    try:
        if not at_head(engine, CENTER):
            return  # said of the book; the next start upgrades it
        with engine.connect() as connection:
            found = verify_end(connection, _ACTS)
    finally:
        engine.dispose()
    if found.problem is not None:
        yield Health.ILL, f"{found.problem}: `antifraud audit verify` looks through all of it"
    else:
        yield Health.WELL, f"its last {found.acts:,} acts follow from one another, up to {found.head.seq}"


def _existing(url: str) -> Engine:
    """Return an engine, or raise Unavailable rather than make a file that was not there."""
    at = supported_url(url)
    if at.get_backend_name() == "sqlite" and not database_path(at).exists():
        raise Unavailable(f"{shown(at)} is not there: `antifraud serve` makes it")
    return bare_engine(at)


def _clock(settings: Settings, now: datetime) -> Iterator[Said]:
    engine = _existing(settings.database_url)
    try:
        span = History(engine).span()
    finally:
        engine.dispose()
    if span is None:
        yield Health.WELL, "nothing is recorded yet"
    elif span.last > now + _AHEAD:
        yield Health.ILL, f"the last decision is of {span.last:%Y-%m-%d %H:%M:%S} UTC, which is still to come"
    else:
        yield Health.WELL, f"the last decision is of {span.last:%Y-%m-%d %H:%M:%S} UTC"


def _keys(settings: Settings, now: datetime) -> Iterator[Said]:
    engine = _existing(settings.database_url)
    try:
        register = ApiKeys(engine)
        participants = register.participants()
        keys = [key for key in register.list() if key.refusal(now) is None]
    finally:
        engine.dispose()
    if not keys:
        yield Health.ILL, "no key opens anything: antifraud keys create PARTICIPANT"
        return
    yield Health.WELL, f"{len(keys)} keys of {len(participants)} participants"
    soon = [key.key_id for key in keys if key.expires_at is not None and key.expires_at < now + timedelta(days=14)]
    if soon:
        yield Health.LOOK, f"these run out within 14 days: {', '.join(soon)}"


def _shelf(settings: Settings) -> Iterator[Said]:
    lineup = lineup_of(settings.shelf)
    deciding = load_deciding(settings.shelf, lineup, CATALOGUE)
    yield Health.WELL, f"lineup {lineup.number} decides with {deciding.scorer.version}"


def _snapshots(settings: Settings, now: datetime) -> Iterator[Said]:
    folder = settings.state_dir
    if folder.exists() and not os.access(folder, os.W_OK):
        yield Health.ILL, f"{folder} cannot be written by this user"
    newest = snapshots_of(settings, now).newest
    if newest is None:
        yield Health.LOOK, "there is none yet: the next start reads the whole log"
        return
    found = newest.stat()
    try:
        check(newest, CATALOGUE)
    except FingerprintMismatch as other:  # of another release: that is no damage
        yield Health.LOOK, f"{other}: the next start reads one before, or the whole log"
        return
    age = now.timestamp() - found.st_mtime
    old = settings.snapshot_every_s > 0 and age > 3 * settings.snapshot_every_s
    size = f"{found.st_size / _MIB:,.1f} MiB"
    yield (Health.LOOK if old else Health.WELL), f"the newest, {size}, is whole and {age:,.0f} seconds old"


def _disk(settings: Settings) -> Iterator[Said]:
    folders = {_there(settings.state_dir)}
    for url in (settings.database_url, settings.book_url):
        at = supported_url(url)
        if at.get_backend_name() == "sqlite":
            folders.add(_there(database_path(at).parent))
    for folder in sorted(folders):
        free = shutil.disk_usage(folder).free
        health = Health.ILL if free < _NO_ROOM else Health.LOOK if free < _LITTLE_ROOM else Health.WELL
        yield health, f"{free / _GIB:,.1f} GiB are free at {folder}"


def _memory() -> Iterator[Said]:
    try:
        OnlineState(CATALOGUE)
    except MemoryError as problem:
        yield Health.ILL, str(problem)
    else:
        yield Health.WELL, "there are addresses for all accounts that may come"


def _there(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    return next(each for each in (folder.absolute(), *folder.absolute().parents) if each.is_dir())


def _identifiers(settings: Settings) -> Iterator[Said]:
    if settings.identifier_key is None:
        yield Health.LOOK, "no key: nobody is listed by a number, no webhook is signed (ANTIFRAUD_IDENTIFIER_KEY)"
    else:
        yield Health.WELL, "their key is set"


def _address(settings: Settings) -> Iterator[Said]:
    if settings.public_url is None and settings.host not in _LOOPBACK:
        yield Health.LOOK, f"{settings.host} is reached from elsewhere, and nobody ends TLS: set ANTIFRAUD_PUBLIC_URL"
    elif settings.public_url is not None and settings.trusted_proxies is None:
        yield (
            Health.LOOK,
            f"all who sign in at {settings.public_url} share the address of what ends TLS, and who guesses passwords "
            "locks out everybody: set ANTIFRAUD_TRUSTED_PROXIES",
        )
    else:
        yield Health.WELL, settings.reached_at


def _server(url: str) -> Iterator[Said]:
    try:
        with httpx.Client(base_url=url, timeout=5) as client:
            ready = client.get("/health/ready")
            page = client.get("/metrics").text
        missing = ready.json()["missing"]
        values = {each.name: each.value for family in text_string_to_metric_families(page) for each in family.samples}
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as problem:
        yield Health.ILL, f"{url} does not answer as this engine does: {type(problem).__name__}"
        return
    yield (Health.ILL, "; ".join(missing)) if missing else (Health.WELL, "transfers are decided")
    age = values.get("antifraud_lists_age_seconds")
    if age is None or not age <= _OLD_LISTS_S:
        yield Health.ILL, "its copy of the lists is old"
