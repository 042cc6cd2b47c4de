"""What the Center's acts say about transfers: labels for features and training, heard from the journal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from antifraud.domain.center.act import Act
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import (
    Countersigned,
    RefusalGround,
    Refused,
    Released,
    ReleaseGround,
    ReleaseProposed,
)
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.incident_acts import Confirmed, Denied
from antifraud.domain.report import ReportSource
from antifraud.workflow.center.ports import Page, Written
from antifraud.workflow.report import ReportRequest

VERDICTS: Final = "verdicts"

Speaks = Callable[[Page, Written], Sequence[ReportRequest]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the acts in `(after, upto]` of the journal say, in order."""

    upto: int
    said: Sequence[ReportRequest]


def heard(page: Page, limit: int) -> Heard | None:
    """Return what was said since the cursor, reading up to `limit` acts; None when nothing happened."""
    written = page.acts_after(page.cursor(VERDICTS), limit)
    if not written:
        return None
    said: list[ReportRequest] = []
    for each in written:
        speaks = _SPEAKS.get(type(each.act))
        said += () if speaks is None else speaks(page, each)
    return Heard(upto=written[-1].seq, said=said)


def verdict(
    participant: str, transfer_id: str, *, fraud: bool, fraud_type: str | None, reporter: str, at: datetime
) -> ReportRequest:
    """Return a verdict about a transfer as the report desk takes it; `reporter` is left out when it is the own one."""
    return ReportRequest(
        participant=participant,
        transfer_id=transfer_id,
        fraud=fraud,
        source=ReportSource.VERDICT,
        fraud_type=fraud_type if fraud else None,
        reporter=None if reporter == participant else reporter,
        learnt_at=at,
    )


def _refused(page: Page, written: Written) -> Sequence[ReportRequest]:
    """Take a refusal as fraud for a verdict; that the client withdrew or did not answer is none."""
    act = written.act
    if not isinstance(act, Refused) or act.because is not RefusalGround.FRAUD:
        return ()
    return [_about_hold(page, written, fraud=True)]


def _released(page: Page, written: Written) -> Sequence[ReportRequest]:
    """Take a release as proven honest for a verdict; that the client insists, or police decide, is none."""
    act = written.act
    if isinstance(act, Countersigned):
        proposals = [each.act for each in page.acts_of(written.life_id) if each.version < written.version]
        act = next(each for each in reversed(proposals) if isinstance(each, ReleaseProposed))
    if not isinstance(act, Released | ReleaseProposed) or act.because is not ReleaseGround.PROVEN_HONEST:
        return ()
    return [_about_hold(page, written, fraud=False)]


def _about_hold(page: Page, written: Written, *, fraud: bool) -> ReportRequest:
    birth = page.get(Hold, written.life_id).birth
    return verdict(
        birth.participant,
        birth.transfer_id,
        fraud=fraud,
        fraud_type=birth.fraud_type,
        reporter=birth.bank,
        at=written.act.at,
    )


def _judged(page: Page, written: Written) -> Sequence[ReportRequest]:
    """Take the end of an investigation for a verdict about each of the victim's transfers."""
    incident = page.get(Incident, written.life_id)
    return [
        verdict(
            each.participant,
            each.transfer_id,
            fraud=isinstance(written.act, Confirmed),
            fraud_type=incident.birth.fraud_type.value,
            reporter=written.act.by.participant,
            at=written.act.at,
        )
        for each in incident.transfers
    ]


_SPEAKS: Final[Mapping[type[Act], Speaks]] = {
    Refused: _refused,
    Released: _released,
    Countersigned: _released,
    Confirmed: _judged,
    Denied: _judged,
}
