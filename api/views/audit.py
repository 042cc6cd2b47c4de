"""Acts as an audit shows them: who did what when, and where it stands in the chain."""

import hashlib
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from antifraud.store.center.audited import FORMAT
from antifraud.workflow.center.ports import Sealed
from api.exchange.events import ByOut, by_whom, what_was_said
from api.views.life import Shown


class AuditEntry(BaseModel):
    """One act. `hash` is SHA-256 of `hash_before` followed by `digest`; `digest` is SHA-256 of `row`: all in hex."""

    model_config = ConfigDict(frozen=True)

    seq: Annotated[int, Field(description="Its place in the journal, the `sequence` of its event.")]
    act: Annotated[str, Field(examples=["hold.released"])]
    life: Annotated[str, Field(description="The kind of what it moved.", examples=["hold"])]
    life_id: str
    version: Annotated[int, Field(description="Of the life after it.")]
    at: datetime
    by: ByOut
    shown: Annotated[Shown, Field(description="minimum: what others said and did in person is not shown.")]
    said: Annotated[dict[str, Any], Field(description="The fields of the act, as docs/events.md lists them.")]
    row: Annotated[str | None, Field(description="The text that `digest` is of; null where the minimum is shown.")]
    digest: str
    hash_before: Annotated[str, Field(description="Of the act before it in the journal, whoever's.")]
    hash: Annotated[str, Field(description="The `journalhash` of its event.")]

    @classmethod
    def of(cls, sealed: Sealed, *, whole: bool) -> Self:
        """Return an act as somebody may see it."""
        written = sealed.written
        return cls(
            seq=written.seq,
            act=written.name,
            life=written.kind,
            life_id=written.life_id,
            version=written.version,
            at=written.act.at,
            by=by_whom(written.act, whole=whole),
            shown=Shown.WHOLE if whole else Shown.MINIMUM,
            said=what_was_said(written, whole=whole),
            row=sealed.said if whole else None,
            digest=hashlib.sha256(sealed.said.encode()).hexdigest(),
            hash_before=sealed.before,
            hash=sealed.hash,
        )


class AuditPage(BaseModel):
    """Acts in the order of the journal; `antifraud audit check` takes the answer as it is."""

    model_config = ConfigDict(frozen=True)

    format: Literal["antifraud-audit-1"] = FORMAT
    items: list[AuditEntry]
    next: Annotated[int | None, Field(description="`after` of the next page; null: there is nothing more yet.")]
