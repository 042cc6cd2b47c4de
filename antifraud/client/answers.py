"""Answers of the engine: what a caller acts on by name, the rest as it came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do with a transfer: `allow`, `hold` or `block`. `repeated`: it was decided before."""

    transfer_id: str
    action: str
    score: float | None
    reasons: Sequence[Json]
    degraded: Sequence[str]
    warning: Json | None
    repeated: bool
    body: Json

    @classmethod
    def of(cls, body: Json, *, repeated: bool) -> Self:
        """Read an answer."""
        return cls(
            transfer_id=body["transfer_id"],
            action=body["action"],
            score=body["score"],
            reasons=body["reasons"],
            degraded=body["degraded"],
            warning=body["warning"],
            repeated=repeated,
            body=body,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the engine knows now of a transfer. `repeated`: the same was said last."""

    transfer_id: str
    repeated: bool
    body: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """Something in the Center: a hold, an incident, an entry of a list, as it was at `version`."""

    life_id: str
    version: int
    status: str
    whole: bool
    body: Json

    @classmethod
    def of(cls, body: Json) -> Self:
        """Read an answer."""
        return cls(
            life_id=body["life_id"],
            version=body["version"],
            status=body["status"],
            whole=body["shown"] == "whole",
            body=body,
        )

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - JSON
        """Return a field of it."""
        return self.body[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One act in the Center, as a CloudEvent. Keep `sequence` with what you did about it."""

    id: str
    sequence: int
    type: str
    subject: str
    time: datetime
    data: Json
    journalhash: str

    @classmethod
    def of(cls, body: Json) -> Self:
        """Read an event of the feed or of a webhook."""
        return cls(
            id=body["id"],
            sequence=int(body["sequence"]),
            type=body["type"],
            subject=body["subject"],
            time=datetime.fromisoformat(body["time"]),
            data=body["data"],
            journalhash=body["journalhash"],
        )
