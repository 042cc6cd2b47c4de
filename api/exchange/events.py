"""An act of the Center as a CloudEvent (CloudEvents 1.0, JSON): as much of it as its reader may see."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from antifraud.domain.center.act import Act
from antifraud.domain.center.audience import MINIMUM
from antifraud.domain.center.lives import KINDS
from antifraud.domain.center.people import Role
from antifraud.store.center.form import act_to_json
from antifraud.workflow.center.ports import Told, Written
from api.views.life import Shown

BATCH: Final = "application/cloudevents-batch+json"
EVENT: Final = "application/cloudevents+json"
SOURCE: Final = "urn:antifraud:center"
PREFIX: Final = "antifraud."
_EVERY_ACT: Final = tuple(field.name for field in fields(Act))
_SIGNATURE: Final = frozenset({"by", "at"})  # said once, beside


class ByOut(BaseModel):
    """Who acted; who exactly only where the whole is shown."""

    model_config = ConfigDict(frozen=True)

    participant: str
    role: Role
    person: str | None


class EventData(BaseModel):
    """What happened to which life."""

    model_config = ConfigDict(frozen=True)

    life: Annotated[str, Field(description="The kind of life.", examples=["hold"])]
    life_id: str
    version: Annotated[int, Field(description="Of the life after it: at most once each, in order.")]
    shown: Annotated[Shown, Field(description="minimum: only what a counterpart needs to act.")]
    by: ByOut
    said: Annotated[dict[str, Any], Field(description="The fields of the act, as docs/events.md lists them.")]


class EventOut(BaseModel):
    """One act, as a CloudEvent."""

    model_config = ConfigDict(frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: Annotated[str, Field(description="With `source` it names the event: what came twice is told by it.")]
    source: str = SOURCE
    type: Annotated[str, Field(examples=["antifraud.hold.released"])]
    subject: Annotated[str, Field(examples=["hold/019d05c1-7a00-7000-8000-000000000001"])]
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    sequence: Annotated[str, Field(description="Its place in the journal: send the last one as `after`.")]
    journalhash: Annotated[
        str, Field(description="The hash of the journal up to it: keep one, and no past can be changed unseen.")
    ]
    data: EventData


def event_of(told: Told) -> EventOut:
    """Return an act as its reader may see it."""
    written, act = told.written, told.written.act
    return EventOut(
        id=str(written.seq),
        type=PREFIX + written.name,
        subject=f"{written.kind}/{written.life_id}",
        time=act.at,
        sequence=str(written.seq),
        journalhash=told.hash,
        data=EventData(
            life=written.kind,
            life_id=written.life_id,
            version=written.version,
            shown=Shown.WHOLE if told.whole else Shown.MINIMUM,
            by=by_whom(act, whole=told.whole),
            said=what_was_said(written, whole=told.whole),
        ),
    )


def by_whom(act: Act, *, whole: bool) -> ByOut:
    """Return who acted, as somebody may see it."""
    return ByOut(participant=act.by.participant, role=act.by.role, person=act.by.person if whole else None)


def what_was_said(written: Written, *, whole: bool) -> dict[str, Any]:
    """Return the fields of an act that somebody may see."""
    said: Mapping[str, object] = orjson.loads(act_to_json(written.name, written.act))
    return {name: value for name, value in said.items() if _may_see(name, whole=whole)}


def event_types() -> frozenset[str]:
    """Return the type of every event there can be."""
    return frozenset(PREFIX + name for kind in KINDS for name in kind.acts)


def table_of_types() -> Iterator[str]:
    """Yield the lines of the documentation: every type, what it means and what it says."""
    for kind in KINDS:
        yield ""
        yield f"## {kind.life.__name__}"
        yield ""
        yield "| Type | When | Says; in **bold** what a counterpart sees too |"
        yield "|---|---|---|"
        for name, act in kind.acts.items():
            said = [field.name for field in fields(act) if field.name not in _EVERY_ACT]
            shown = ", ".join(f"**`{each}`**" if _may_see(each, whole=False) else f"`{each}`" for each in said)
            yield f"| `{PREFIX}{name}` | {first_line(act)} | {shown or '-'} |"


def _may_see(name: str, *, whole: bool) -> bool:
    return name not in _SIGNATURE and (whole or name in MINIMUM)


def first_line(act: type[Act]) -> str:
    """Return what an act is in one sentence."""
    return (act.__doc__ or "").split("\n")[0]
