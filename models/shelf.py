"""What stands on a shelf: bundles, policies and rule books, each named by its version.

    <version>/              a bundle (`models.bundle`)
    policies/<version>.yaml thresholds chosen after training: version, hold_at, block_at, blind
    rules/<version>.yaml    a rule book, named by the digest of its bytes
    lineup.jsonl            which of them decide (`models.lineup`)

Nothing on a shelf is ever changed; what decides is changed by naming another version.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import yaml

from antifraud.domain.decision import Action
from antifraud.domain.errors import Conflict, DamagedFile, InvalidValue, NotFound
from antifraud.domain.policy import Policy
from antifraud.domain.rule import Rule
from features.spec import Feature
from models.bundle import Bundle, read_bundle

_POLICIES: Final = "policies"
_RULES: Final = "rules"


def bundles_on(shelf: Path) -> list[str]:
    """Return the versions of all bundles on a shelf, the latest last."""
    found = [manifest.parent for manifest in shelf.glob("*/manifest.json") if not manifest.parent.name.startswith(".")]
    return [folder.name for folder in sorted(found, key=lambda each: (each.stat().st_mtime_ns, each.name))]


def bundle_of(shelf: Path, version: str, catalogue: Sequence[Feature]) -> Bundle:
    """Return the bundle of this version, whole and of this catalogue.

    Raises NotFound, FingerprintMismatch, or DamagedFile: also for a folder that holds another version than its
    name says.
    """
    if not _is_name(version):
        raise InvalidValue("bundle", "must be a version, as `antifraud models list` shows it", version)
    bundle = read_bundle(shelf / version, catalogue)
    if bundle.version != version:
        raise DamagedFile(f"bundle {version} on {shelf} is in truth {bundle.version}")
    return bundle


def put_rules(shelf: Path, book: Path) -> str:
    """Copy a rule book to the shelf, all or nothing; return its version. Raises InvalidValue for a bad one."""
    load_rules(book)
    content = book.read_bytes()
    return _put(shelf / _RULES, _digest(content), content)


def put_policy(shelf: Path, policy: Path) -> str:
    """Copy a policy to the shelf, all or nothing; return its version.

    Raises InvalidValue for a bad one, or Conflict if another one there has its version.
    """
    version = _read_policy(policy).version
    if not _is_name(version):
        raise InvalidValue("version", "must be a name", version)
    content = policy.read_bytes()
    place = shelf / _POLICIES / f"{version}.yaml"
    if place.is_file() and place.read_bytes() != content:
        raise Conflict(f"another policy {version} is on {shelf} already: give this one a version of its own")
    return _put(shelf / _POLICIES, version, content)


def rules_of(shelf: Path, version: str | None) -> tuple[Rule, ...]:
    """Return the rules of a book, none for None; raise NotFound, DamagedFile or InvalidValue."""
    if version is None:
        return ()
    path = _file(shelf, _RULES, version)
    if _digest(path.read_bytes()) != version:
        raise DamagedFile(f"rule book {version} is not what was put on {shelf}")
    return load_rules(path)


def policy_of(shelf: Path, version: str) -> Policy:
    """Return the thresholds of this version; raise NotFound, DamagedFile or InvalidValue."""
    policy = _read_policy(_file(shelf, _POLICIES, version))
    if policy.version != version:
        raise DamagedFile(f"policy {version} says that it is {policy.version}")
    return policy


def _read_policy(path: Path) -> Policy:
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Policy(
            version=str(said["version"]),
            hold_at=float(said["hold_at"]),
            block_at=float(said["block_at"]),
            blind=Action(said["blind"]),
        )
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise InvalidValue("policy", f"{path.name} cannot be read ({type(error).__name__})", str(error)) from error


def _put(folder: Path, version: str, content: bytes) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{version}.{os.getpid()}"
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / f"{version}.yaml")
    return version


def _file(shelf: Path, kind: str, version: str) -> Path:
    if not _is_name(version):
        raise InvalidValue(kind, "must be a version", version)
    path = shelf / kind / f"{version}.yaml"
    if not path.is_file():
        raise NotFound(f"no {kind}/{version}.yaml on {shelf}")
    return path


def _is_name(version: str) -> bool:
    """Say whether a version is one name inside the shelf, and never a way out of it."""
    return bool(version) and not version.startswith(".") and Path(version).name == version


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
