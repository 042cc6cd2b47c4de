"""`antifraud backup` and `antifraud restore`: copy everything that a deployment holds, and put it elsewhere."""

import hashlib
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

import typer
from pydantic import BaseModel, ConfigDict, ValidationError

from antifraud.domain.errors import Conflict, DamagedFile, InvalidValue, NotFound
from antifraud.store.address import supported_url
from antifraud.store.contents import Contents
from antifraud.store.copying import SUFFIX, copy_database, put_back, refuse_unless_empty, take_away
from api.clock import utc_now
from api.settings import Settings, read_settings

_MANIFEST: Final = "manifest.json"
_SHELF: Final = "shelf"


class Manifest(BaseModel):
    """What a copy holds; written last, so that a copy without it is none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["antifraud-backup/1"] = "antifraud-backup/1"
    made_at: datetime
    contents: dict[str, Contents]  # by file
    digests: dict[str, str]  # SHA-256 in hex, by path within the copy


def backup(out: Annotated[Path, typer.Option(help="A new folder for the copy.")]) -> None:
    """Copy both databases and the shelf into a new folder, beside a running server or without one.

    Each database is copied as of one moment, the Center's book first: what it lacks of the decisions follows when
    the copy is served. PostgreSQL is copied by its own `pg_dump`. Settings come from the environment, as for
    `antifraud serve`; keys that stand there are not copied.

    Example: antifraud backup --out backups/monday
    """
    made = back_up(read_settings(), out)
    typer.echo(f"{out}: {_told(made)}; whole")


def restore(copy: Annotated[Path, typer.Option("--from", help="A folder that `antifraud backup` made.")]) -> None:
    """Put a copy where the settings say, if nothing is there; then `antifraud serve` goes on from it.

    The copy is checked before and after: digests of files, how much each log holds, and the journal's chain of hashes.

    Example: ANTIFRAUD_DATABASE_URL=sqlite:///elsewhere/engine.db antifraud restore --from backups/monday
    """
    put = put_elsewhere(read_settings(), copy)
    typer.echo(f"{copy}: {_told(put)}; all of it is there again")


def back_up(settings: Settings, out: Path) -> Manifest:
    """Copy; raise Conflict for a folder that holds something, DamagedFile for a copy that is not whole."""
    if out.exists() and any(out.iterdir()):
        raise Conflict(f"{out} holds something already: take a new folder")
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    contents = {name: copy_database(url, out / name) for name, url in _databases(settings).items()}
    if settings.shelf.is_dir():
        shutil.copytree(settings.shelf, out / _SHELF)
    made = Manifest(made_at=utc_now(), contents=contents, digests=_digests(out))
    (out / _MANIFEST).write_text(made.model_dump_json(indent=1))
    return made


def put_elsewhere(settings: Settings, copy: Path) -> Manifest:
    """Restore; raise Conflict where something is already, DamagedFile for a copy that is not as it was made."""
    manifest = _manifest(copy)
    databases = _databases(settings)
    if databases.keys() != manifest.contents.keys():
        raise InvalidValue("database_url", f"must be a place for {', '.join(manifest.contents)}", ", ".join(databases))
    for url in databases.values():
        refuse_unless_empty(url)
    if settings.shelf.exists() and any(settings.shelf.iterdir()):
        raise Conflict(f"{settings.shelf} holds something already: a copy is put only where nothing is")
    with ExitStack() as undoing:
        for name, url in databases.items():
            put_back(copy / name, url, manifest.contents[name])
            undoing.callback(take_away, url)
        undoing.pop_all()
    if (copy / _SHELF).is_dir():
        shutil.copytree(copy / _SHELF, settings.shelf, dirs_exist_ok=True)
    return manifest


def _databases(settings: Settings) -> Mapping[str, str]:
    """Return what is copied, in order, by the name of its file: a database that holds both is copied once."""
    urls = {"engine": settings.database_url}
    if supported_url(settings.book_url) != supported_url(settings.database_url):
        urls = {"center": settings.book_url} | urls
    return {name + SUFFIX[supported_url(url).get_backend_name()]: url for name, url in urls.items()}


def _manifest(copy: Path) -> Manifest:
    try:
        manifest = Manifest.model_validate_json((copy / _MANIFEST).read_bytes())
    except OSError:
        raise NotFound(f"{copy} is no whole copy: it has no {_MANIFEST}") from None
    except ValidationError as wrong:
        raise DamagedFile(f"{copy / _MANIFEST} cannot be read: {wrong.errors()[0]['msg']}") from None
    found = _digests(copy)
    for name in sorted(found.keys() | manifest.digests.keys()):
        if found.get(name) != manifest.digests.get(name):
            raise DamagedFile(f"{copy / name} is not the file that was copied")
    return manifest


def _digests(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != _MANIFEST:
            with path.open("rb") as file:
                found[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _told(manifest: Manifest) -> str:
    total: dict[str, object] = {}
    for contents in manifest.contents.values():
        total |= {name: value for name, value in asdict(contents).items() if value is not None}
    return ", ".join(f"{value} {name}" for name, value in total.items() if name != "head") + (
        f", the journal ends at {total['head']}" if "head" in total else ""
    )
