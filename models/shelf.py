"""What stands on a shelf: bundles, policies and rule books, each named by a digest of its content.

    <version>/              a bundle (`models.bundle`)
    policies/<digest>.yaml  a policy chosen after training (`models.policies`)
    rules/<version>.yaml    a rule book (`features.rules`)
    lineup.jsonl            which of them decide (`models.lineup`)

Nothing on a shelf is ever changed; what decides is changed by naming another version.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import orjson

from antifraud.domain.errors import Conflict, DamagedFile, InvalidValue, NotFound
from antifraud.domain.policy import Policy
from antifraud.domain.rule import RuleBook
from features.rules import read_rules
from features.schema import names
from features.spec import Feature
from models.bundle import Bundle, read_bundle
from models.policies import document_of, read_policy

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
    bundle = read_bundle(_inside(shelf, version), catalogue)
    if bundle.version != version:
        raise DamagedFile(f"bundle {version} on {shelf} is in truth {bundle.version}")
    return bundle


def put_rules(shelf: Path, book: Path, catalogue: Sequence[Feature]) -> str:
    """Copy a rule book to the shelf, all or nothing; return its version. Raises InvalidValue for a bad one."""
    return _put(shelf / _RULES, read_rules(book, names(catalogue)).version, book.read_bytes())


def rules_of(shelf: Path, version: str | None, catalogue: Sequence[Feature]) -> RuleBook:
    """Return a rule book, an empty one for None; raise NotFound, DamagedFile or InvalidValue."""
    if version is None:
        return RuleBook(())
    book = read_rules(_file(shelf / _RULES, version), names(catalogue))
    if book.version != version:
        raise DamagedFile(f"rule book {version} on {shelf} is in truth {book.version}")
    return book


def put_policy(shelf: Path, file: Path) -> str:
    """Copy a policy to the shelf, all or nothing; return its digest.

    Raises NotFound, InvalidValue for a bad one, or Conflict if another one there calls itself the same: decisions
    name a policy by what it calls itself.
    """
    policy = read_policy(file).policy
    digest = _digest(policy)
    for other in (shelf / _POLICIES).glob("[!.]*.yaml"):
        if other.stem != digest and read_policy(other).policy.version == policy.version:
            raise Conflict(f"another policy {policy.version} is on {shelf} already: give this one its own version")
    return _put(shelf / _POLICIES, digest, file.read_bytes())


def policy_at(shelf: Path, digest: str) -> Policy:
    """Return the policy with this digest; raise NotFound, DamagedFile or InvalidValue."""
    policy = read_policy(_file(shelf / _POLICIES, digest)).policy
    if _digest(policy) != digest:
        raise DamagedFile(f"policy {digest} on {shelf} is not what was put there")
    return policy


def _inside(folder: Path, name: str) -> Path:
    """Return a place in a folder, and never one outside of it."""
    if not name or name.startswith(".") or Path(name).name != name:
        raise InvalidValue("version", "must be one, as `antifraud models list` shows them", name)
    return folder / name


def _file(folder: Path, version: str) -> Path:
    path = _inside(folder, f"{version}.yaml")
    if not path.is_file():
        raise NotFound(f"{path} is missing")
    return path


def _put(folder: Path, version: str, content: bytes) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{version}.{os.getpid()}"
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / f"{version}.yaml")
    return version


def _digest(policy: Policy) -> str:
    return hashlib.sha256(orjson.dumps(document_of(policy))).hexdigest()[:12]
