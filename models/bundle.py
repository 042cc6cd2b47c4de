"""A model as plain files: everything that serves, checksummed, nothing that can run code.

A bundle is a folder: `model.txt` (LightGBM's own text), `calibration.json`, `policy.json`, `usual.json`
(the median of each feature over the training history), perhaps `reference.json` (what drift is measured against) and
`manifest.json`, which names the catalogue's fingerprint and the checksum of every other file, and of itself. Its
version is a digest of its content, so the same training gives the same version. A shelf is
a folder of bundles (`models.shelf`).
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from antifraud.domain.errors import DamagedFile, FingerprintMismatch, NotFound
from antifraud.domain.policy import Policy
from features.schema import fingerprint, names
from features.spec import Feature
from models.calibration import Calibrator
from models.drift.reference import Reference, reference_of
from models.policies import document_of, policy_of

_FORMAT: Final = 3
_PARTS: Final = ("model.txt", "calibration.json", "policy.json", "usual.json")
_REFERENCE: Final = "reference.json"
_SEAL: Final = "sha256"  # of the rest of the manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """All that a model needs to decide."""

    fingerprint: str  # of the catalogue it was trained on
    features: tuple[str, ...]
    trees: str  # LightGBM's text format
    calibrator: Calibrator
    policy: Policy
    usual: Mapping[str, float | None]  # median over the training history; None: mostly absent
    about: Mapping[str, object]  # how it was trained and how well it did, for people
    reference: Reference | None = None  # None: drift cannot be measured against this model

    @property
    def version(self) -> str:
        """Return 12 hex digits of the content."""
        digest = hashlib.sha256(self.fingerprint.encode())
        for content in self._parts().values():
            digest.update(content)
        return digest.hexdigest()[:12]

    def _parts(self) -> dict[str, bytes]:
        """Return the content of each file but the manifest."""
        parts = {name: self._part(name) for name in _PARTS}
        if self.reference is not None:
            parts[_REFERENCE] = _json(self.reference.document())
        return parts

    def _part(self, name: str) -> bytes:
        match name:
            case "model.txt":
                return self.trees.encode()
            case "calibration.json":
                return _json({"slope": self.calibrator.slope, "intercept": self.calibrator.intercept})
            case "policy.json":
                return _json(document_of(self.policy))
            case _:
                return _json(dict(self.usual))

    def write(self, shelf: Path) -> Path:
        """Put the bundle on a shelf, all or nothing; return its folder."""
        folder = shelf / self.version
        draft = shelf / f".{self.version}.{os.getpid()}"
        draft.mkdir(parents=True, exist_ok=True)
        parts = self._parts()
        manifest = {
            "format": _FORMAT,
            "version": self.version,
            "fingerprint": self.fingerprint,
            "features": self.features,
            "files": {name: hashlib.sha256(content).hexdigest() for name, content in parts.items()},
            "about": dict(self.about),
        }
        for name, content in {**parts, "manifest.json": _sealed(manifest)}.items():
            _write_durably(draft / name, content)
        if folder.exists():  # the same content is there already
            for file in draft.iterdir():
                file.unlink()
            draft.rmdir()
        else:
            draft.rename(folder)
        return folder


def read_bundle(folder: Path, catalogue: Sequence[Feature]) -> Bundle:
    """Read a bundle, whole and of this catalogue, or refuse it.

    Raises NotFound, DamagedFile naming the file, or FingerprintMismatch.
    """
    if not (folder / "manifest.json").is_file():
        raise NotFound(f"no bundle at {folder}: manifest.json is missing")
    try:
        manifest = _opened((folder / "manifest.json").read_bytes(), folder.name)
        if manifest["format"] != _FORMAT:
            raise DamagedFile(
                f"bundle {folder.name} has the form {manifest['format']}, this engine reads {_FORMAT}: train again"
            )
        parts = {}
        for name in (*_PARTS, *({_REFERENCE} & set(manifest["files"]))):
            parts[name] = (folder / name).read_bytes()
            if hashlib.sha256(parts[name]).hexdigest() != manifest["files"][name]:
                raise DamagedFile(f"bundle {folder.name}: {name} is not what the manifest says")
        here = fingerprint(catalogue)
        if manifest["fingerprint"] != here:
            raise FingerprintMismatch(
                f"bundle {folder.name} was trained on catalogue {manifest['fingerprint']}, this is {here}: train again"
            )
        bundle = Bundle(
            fingerprint=manifest["fingerprint"],
            features=tuple(manifest["features"]),
            trees=parts["model.txt"].decode(),
            calibrator=Calibrator(**orjson.loads(parts["calibration.json"])),
            policy=policy_of(orjson.loads(parts["policy.json"])),
            usual=orjson.loads(parts["usual.json"]),
            about=manifest["about"],
            reference=reference_of(orjson.loads(parts[_REFERENCE])) if _REFERENCE in parts else None,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedFile(f"bundle {folder.name} cannot be read: {error}") from error
    if bundle.features != names(catalogue) or bundle.version != manifest["version"]:
        raise DamagedFile(f"bundle {folder.name}: the manifest contradicts its files")
    return bundle


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sealed(manifest: Mapping[str, object]) -> bytes:
    """Return a manifest that holds its own checksum besides."""
    return _json({**manifest, _SEAL: hashlib.sha256(_json(manifest)).hexdigest()})


def _opened(content: bytes, bundle: str) -> dict[str, Any]:
    """Return a sealed manifest; raise DamagedFile if a byte of it has changed."""
    manifest: dict[str, Any] = orjson.loads(content)
    if _sealed({name: value for name, value in manifest.items() if name != _SEAL}) != content:
        raise DamagedFile(f"bundle {bundle}: manifest.json is not what was written")
    return manifest


def _json(content: object) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
