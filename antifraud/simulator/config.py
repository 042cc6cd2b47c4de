"""The knobs of the simulated country, read from YAML and checked."""

from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from antifraud.domain.errors import InvalidValue
from antifraud.yaml_file import read_yaml

Signal = Literal[
    "device", "ip", "new_device", "remote_access", "call_active", "phone_changed", "loan_taken", "payee_age"
]
Share = float


class _Knobs(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AccountKnobs(_Knobs):
    """How many accounts are of which sort, and how they change."""

    firms: Share = Field(ge=0.02, le=0.5)
    second: Share = Field(ge=0, le=0.9)
    opened_per_month: Share = Field(ge=0, le=0.2)
    shared_devices: Share = Field(ge=0, le=1)
    devices_changed_per_month: Share = Field(ge=0, le=1)
    phones_changed_per_month: Share = Field(ge=0, le=1)


class BankKnobs(_Knobs):
    """One participant: its id, the fictional bank code in its IBANs, its share, what it measures."""

    id: str
    code: str = Field(pattern=r"^\d{3}$")
    share: Share = Field(gt=0)
    measures: tuple[Signal, ...]


class SignalKnobs(_Knobs):
    """How often honest instructions carry a signal."""

    remote_access: Share = Field(ge=0, le=1)
    remote_access_pensioner: Share = Field(ge=0, le=1)
    call_active: Share = Field(ge=0, le=1)
    call_active_personal: Share = Field(ge=0, le=1)
    vpn: Share = Field(ge=0, le=1)


class Shift(_Knobs):
    """What changes from a day on."""

    from_day: int = Field(ge=0)
    shares: dict[str, Share] = {}
    evasion: Share | None = Field(default=None, ge=0, le=1)


class FraudKnobs(_Knobs):
    """How much fraud, of which types, how careful, and how that changes."""

    base_rate: Share = Field(ge=0, le=0.05)
    evasion: Share = Field(ge=0, le=1)
    shares: dict[str, Share]
    drift: tuple[Shift, ...] = ()

    def shares_on(self, day: int) -> dict[str, float]:
        """Return the share of incidents of each type on a day; they sum to 1."""
        shares = dict(self.shares)
        for shift in self.drift:
            if shift.from_day <= day:
                shares |= shift.shares
        total = sum(shares.values())
        return {scheme: share / total for scheme, share in shares.items()}

    def evasion_on(self, day: int) -> float:
        """Return how careful the fraudsters are on a day."""
        evasion = self.evasion
        for shift in self.drift:
            if shift.from_day <= day and shift.evasion is not None:
                evasion = shift.evasion
        return evasion


class NetworkKnobs(_Knobs):
    """Dropper networks."""

    incidents_per_mule: float = Field(gt=0)
    mules: tuple[int, int]
    wave_days: int = Field(ge=1)
    fee: tuple[float, float]
    layers: dict[int, Share]
    dwell_minutes: float = Field(gt=0)
    cash_out: dict[str, Share]


class ReportDelay(_Knobs):
    """How late, if ever, victims of one type report."""

    never: Share = Field(ge=0, le=1)
    median_hours: float = Field(gt=0)
    spread: float = Field(ge=0)


class ReportKnobs(_Knobs):
    """What becomes known and when."""

    types: dict[str, ReportDelay]
    sources: dict[str, Share]
    police_follow_up: Share = Field(ge=0, le=1)
    follow_up_days: float = Field(gt=0)
    mistaken: Share = Field(ge=0, lt=1)


class Config(_Knobs):
    """All knobs; `world.yaml` beside this file says what each means."""

    start: date
    activity: float = Field(gt=0)
    accounts: AccountKnobs
    banks: tuple[BankKnobs, ...] = Field(min_length=1)
    signals: SignalKnobs
    fraud: FraudKnobs
    networks: NetworkKnobs
    reports: ReportKnobs


def load_config(path: Path | None = None, overrides: Mapping[str, object] | None = None) -> Config:
    """Return the default knobs, with those of `path` and then `overrides` laid over them.

    Mappings are merged level by level; `shares` and lists are replaced where they are named.

    >>> load_config(overrides={"fraud": {"base_rate": 0.0005}}).fraud.base_rate
    0.0005
    """
    knobs = yaml.safe_load(files("antifraud.simulator").joinpath("world.yaml").read_text("utf-8"))
    for layer in (None if path is None else read_yaml(path), overrides):
        if layer is not None and not isinstance(layer, Mapping):
            raise InvalidValue(str(path), "a file of knobs is a mapping", layer)
        knobs = _merged(knobs, layer or {})
    try:
        config = Config.model_validate(knobs)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidValue(".".join(map(str, first["loc"])), first["msg"], first["input"]) from error
    _check_types(config)
    return config


def _merged(under: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    merged = dict(under)
    for name, knob in over.items():
        below = merged.get(name)
        merged[name] = _merged(below, knob) if isinstance(below, Mapping) and isinstance(knob, Mapping) else knob
    return merged


def _check_types(config: Config) -> None:
    known = set(config.reports.types)
    for shares in (config.fraud.shares, *(shift.shares for shift in config.fraud.drift)):
        for scheme, share in shares.items():
            if scheme not in known:
                raise InvalidValue("fraud.shares", f"a fraud type is one of {', '.join(sorted(known))}", scheme)
            if share < 0:
                raise InvalidValue(f"fraud.shares.{scheme}", "a share is not below zero", share)
