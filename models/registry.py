"""Every training as a run, every bundle as a registered version: the analysts' record, kept by MLflow.

Serving never asks it. What is registered is a bundle as it stands, in a folder that `mlflow.pyfunc` can load too:
nothing is pickled. Aliases `champion` and `challenger` follow the lineup of the shelf, which alone decides.
"""

import os
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import pandas as pd
import requests
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")  # a training does not wait minutes for its record
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns of itself and of its libraries
    import mlflow
    import mlflow.pyfunc
    from mlflow import MlflowClient
    from mlflow.artifacts import download_artifacts
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus, Metric, Param
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.exceptions import MlflowException
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema, TensorSpec

from antifraud.domain.errors import NotFound, Unavailable
from features.catalogue import CATALOGUE
from models.bundle import Bundle, read_bundle
from models.lineup import Entry, Lineup
from models.scorer import LightGbmScorer

NAME: Final = "antifraud"  # of the experiment and of the registered model
_BUNDLE: Final = "bundle"  # the tag that names the version on the shelf
_CHANCE: Final = "chance_of_fraud"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One registered bundle. `number` counts registrations, `bundle` is the version that decisions name."""

    number: int
    bundle: str
    aliases: tuple[str, ...]
    tags: Mapping[str, str]
    metrics: Mapping[str, float]


class Registry:
    """Runs and versions at a tracking URI: a server's, or sqlite:///FILE. All of it raises Unavailable."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        database = make_url(uri).database if uri.startswith("sqlite:") else None
        self._folder = None if database is None else Path(database).absolute().parent  # where artifacts go, too
        with self._asking():
            if self._folder is not None:
                self._folder.mkdir(parents=True, exist_ok=True)
            mlflow.set_tracking_uri(uri)  # parts of it ask no client but this
            mlflow.set_registry_uri(uri)
            self._client = MlflowClient(uri, uri)

    def record(self, bundle: Bundle, plots: Mapping[str, bytes], at: datetime) -> Registered:
        """Keep a training as a run and its bundle as a version; the same bundle is registered once."""
        flat = dict(_flat(bundle.about))
        metrics = {name.removeprefix("test."): value for name, value in _numbers(flat) if name.startswith("test.")}
        params = {name: value for name, value in flat.items() if name.startswith(("params.", "settings."))}
        revision = code_revision()
        tags = {
            _BUNDLE: bundle.version,
            "catalogue": bundle.fingerprint,
            "policy": bundle.policy.version,
            "data": str(flat.get("data", "unknown")),
            "judged_on": str(flat.get("judged_on", "unknown")),
            "code": revision,
        }
        with self._asking(), tempfile.TemporaryDirectory() as drafts:
            run = self._client.create_run(self._experiment(), tags=tags, run_name=bundle.version).info.run_id
            moment = round(at.timestamp() * 1000)
            self._client.log_batch(
                run,
                [Metric(name, value, moment, 0) for name, value in metrics.items()],
                [Param(name, str(value)) for name, value in params.items()],
            )
            for name, image in plots.items():
                (Path(drafts) / name).write_bytes(image)
                self._client.log_artifact(run, str(Path(drafts) / name), "plots")
            if self._find(bundle.version) is None:
                self._register(bundle, run, tags, Path(drafts))
            self._client.set_terminated(run)
        return self.find(bundle.version)

    def versions(self) -> list[Registered]:
        """Return everything registered, the latest first."""
        with self._asking():
            found = self._client.search_model_versions(f"name = '{NAME}'")
            aliases = self._aliases()
            return [self._registered(each, aliases) for each in sorted(found, key=lambda one: -int(one.version))]

    def find(self, bundle: str) -> Registered:
        """Return what is registered for a bundle's version; raise NotFound if nothing is."""
        with self._asking():
            found = self._find(bundle)
            if found is None:
                raise NotFound(f"bundle {bundle} is not registered at {self._uri}")
            return self._registered(found, self._aliases())

    def export(self, bundle: str, shelf: Path) -> Path:
        """Put a registered bundle on a shelf, whole and of this catalogue, or refuse it; return its folder."""
        number = self.find(bundle).number
        with self._asking(), tempfile.TemporaryDirectory() as drafts:
            download_artifacts(artifact_uri=f"models:/{NAME}/{number}", dst_path=drafts, tracking_uri=self._uri)
            (manifest,) = Path(drafts).rglob("manifest.json")
            return read_bundle(manifest.parent, CATALOGUE).write(shelf)

    def follow(self, lineup: Lineup, entries: Sequence[Entry]) -> None:
        """Let aliases say what the lineup says, and tags on the champion who chose it, when and why."""
        with self._asking():
            newest = lineup.challengers[-1] if lineup.challengers else None
            for alias, bundle in (("champion", lineup.choice.champion), ("challenger", newest)):
                version = None if bundle is None else self._find(bundle)
                if version is not None:
                    self._client.set_registered_model_alias(NAME, alias, version.version)
                elif alias in self._aliases():
                    self._client.delete_registered_model_alias(NAME, alias)
            champion = self._find(lineup.choice.champion)
            if champion is not None:
                for key, value in _signatures(lineup, entries).items():
                    self._client.set_model_version_tag(NAME, champion.version, key, value)

    def _experiment(self) -> str:
        found = self._client.get_experiment_by_name(NAME)
        if found is not None:
            return str(found.experiment_id)
        place = None if self._folder is None else (self._folder / "mlflow").as_uri()
        return self._client.create_experiment(NAME, artifact_location=place)

    def _register(self, bundle: Bundle, run: str, tags: Mapping[str, str], drafts: Path) -> None:
        model = self._client.create_logged_model(
            self._experiment(), name=bundle.version, source_run_id=run, tags=dict(tags), model_type="bundle"
        )
        folder = bundle.write(drafts / "shelf")
        mlflow.pyfunc.save_model(
            drafts / "model",
            loader_module=__name__,
            data_path=str(folder),
            signature=_signature(bundle),
            input_example=_example(bundle),
            pip_requirements=["antifraud-engine"],
        )
        self._client.log_model_artifacts(model.model_id, str(drafts / "model"))
        self._client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
        self._client.log_outputs(run, [LoggedModelOutput(model.model_id, step=0)])
        if not self._client.search_registered_models(f"name = '{NAME}'"):
            self._client.create_registered_model(NAME)
        self._client.create_model_version(
            NAME, f"models:/{model.model_id}", run, tags=dict(tags), model_id=model.model_id
        )

    def _find(self, bundle: str) -> ModelVersion | None:
        found = self._client.search_model_versions(f"name = '{NAME}' and tag.{_BUNDLE} = '{bundle}'")
        return found[0] if found else None

    def _aliases(self) -> dict[str, str]:
        """Return the number that each alias names, none if nothing is registered yet."""
        if not self._client.search_registered_models(f"name = '{NAME}'"):
            return {}
        return {alias: str(version) for alias, version in self._client.get_registered_model(NAME).aliases.items()}

    def _registered(self, version: ModelVersion, aliases: Mapping[str, str]) -> Registered:
        return Registered(
            number=int(version.version),
            bundle=version.tags[_BUNDLE],
            aliases=tuple(sorted(alias for alias, of in aliases.items() if of == str(version.version))),
            tags=dict(version.tags),
            metrics=dict(self._client.get_run(version.run_id).data.metrics) if version.run_id else {},
        )

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Silence what the tracker says about itself; say in one line what it cannot do."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                yield
            except (MlflowException, requests.RequestException, SQLAlchemyError, OSError) as problem:
                lines = str(problem).strip().splitlines() or [type(problem).__name__]
                raise Unavailable(f"the registry at {self._uri} does not answer: {lines[0]}") from problem


class _Served:
    """A bundle as `mlflow.pyfunc` wants it: a table of the catalogue's features in, chances out."""

    def __init__(self, bundle: Bundle) -> None:
        self._features = list(bundle.features)
        self._scorer = LightGbmScorer(bundle)

    def predict(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the calibrated chance of fraud of each row."""
        vectors = table[self._features].to_numpy("float64")
        return pd.DataFrame({_CHANCE: self._scorer.score(vectors)})


def _load_pyfunc(folder: str) -> _Served:
    """Load what `save_model` put there; `mlflow.pyfunc` asks for a function of this name."""
    return _Served(read_bundle(Path(folder), CATALOGUE))


def code_revision() -> str:
    """Return the git revision of this code, with a plus if it was changed since, or `unknown`."""
    home = Path(__file__).parent

    def git(*words: str) -> str:
        asked = subprocess.run(["git", *words], cwd=home, capture_output=True, text=True, check=True)  # noqa: S603, S607
        return asked.stdout.strip()

    try:
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _signature(bundle: Bundle) -> ModelSignature:
    asked: list[ColSpec | TensorSpec] = [ColSpec(DataType.double, name, required=False) for name in bundle.features]
    return ModelSignature(inputs=Schema(asked), outputs=Schema([ColSpec(DataType.double, _CHANCE)]))


def _example(bundle: Bundle) -> pd.DataFrame:
    """Return one row: a transfer as usual as can be."""
    usual = {name: bundle.usual.get(name) for name in bundle.features}
    return pd.DataFrame([{name: float("nan") if value is None else value for name, value in usual.items()}])


def _signatures(lineup: Lineup, entries: Sequence[Entry]) -> dict[str, str]:
    """Return who proposed and who approved the lineup in force, when and why."""
    signed = entries[lineup.number - 1]
    tags = {
        "lineup": str(lineup.number),
        f"{signed.what.replace(' ', '_')}_by": signed.by,
        f"{signed.what.replace(' ', '_')}_at": signed.at.isoformat(),
        "why": signed.why,
    }
    if signed.of is not None:
        before = entries[signed.of - 1]
        tags |= {f"{before.what}_by": before.by, f"{before.what}_at": before.at.isoformat()}
    return tags


def _flat(said: Mapping[str, object], under: str = "") -> Iterator[tuple[str, object]]:
    """Yield nested values by dotted names."""
    for name, value in said.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{under}{name}.")
        else:
            yield f"{under}{name}", value


def _numbers(flat: Mapping[str, object]) -> Iterator[tuple[str, float]]:
    for name, value in flat.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield name, float(value)
