"""camt.056 in, camt.029 and pacs.004 out: an executed payment is recalled as fraud, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from antifraud.domain.center.incident import Incident
from antifraud.domain.center.incident_acts import IncidentSource
from antifraud.domain.center.incident_steps import IncidentStatus
from antifraud.domain.center.passage import Passage
from antifraud.domain.center.return_order import ReturnOrder
from antifraud.domain.errors import InvalidValue
from api.iso.reading import Node, read_message
from api.iso.writing import Amount, Part, document, iso_moment

FRAUD_REASONS: Final = ("FRAD", "AC03")
"""Codes of a recall that open an incident: fraud, said by the bank or by its client. Others are not for this Center."""

_RETURNED: Final = "FOCR"  # following a cancellation request
_NO_MONEY: Final = "AM04"
_LEGAL: Final = "LEGL"

_OVER: Final[Mapping[IncidentStatus, str]] = {
    IncidentStatus.NO_FUNDS: _NO_MONEY,
    IncidentStatus.EXPIRED: _LEGAL,
    IncidentStatus.DENIED: _LEGAL,
    IncidentStatus.WITHDRAWN: _LEGAL,
    IncidentStatus.RELEASED: _LEGAL,
    IncidentStatus.CLOSED: _NO_MONEY,
}
"""Why nothing comes back, where nothing does [E]."""


@dataclass(frozen=True, slots=True)
class Recall:
    """What a camt.056 asks for."""

    transfer_id: str
    source: IncidentSource
    reason: str
    amount_minor: int
    currency: str


def read_camt056(body: bytes) -> Recall:
    """Return a recall of one payment; raise MalformedBody, or InvalidValue naming an XML path."""
    root, _ = read_message(body, "camt.056.001.", "FIToFIPmtCxlReq")
    case = root.needed("Assgnmt/Id", 35)
    found = [each for underlying in root.all("Undrlyg") for each in underlying.all("TxInf")]
    if len(found) != 1:
        raise InvalidValue("Undrlyg/TxInf", "a message recalls one payment", len(found))
    (payment,) = found
    code = payment.needed("CxlRsnInf/Rsn/Cd", 4)
    if code not in FRAUD_REASONS:
        raise InvalidValue(f"{payment.path}/CxlRsnInf/Rsn/Cd", f"only {' and '.join(FRAUD_REASONS)} are fraud", code)
    amount_minor, currency = payment.money("OrgnlIntrBkSttlmAmt")
    return Recall(
        transfer_id=payment.needed("OrgnlTxId", 64),
        source=IncidentSource.COMPLAINT if code == "AC03" else IncidentSource.DETECTION,
        reason=_said(payment) or f"Recall {case} ({code})",
        amount_minor=amount_minor,
        currency=currency,
    )


def check_amount(recall: Recall, passage: Passage) -> None:
    """Raise InvalidValue when a recall is about another sum than its payment had."""
    if (recall.amount_minor, recall.currency) != (passage.amount_minor, passage.currency):
        was = f"{recall.amount_minor} {recall.currency} in minor units"
        raise InvalidValue("Undrlyg/TxInf/OrgnlIntrBkSttlmAmt", "is not what the payment had", was)


def camt029(incident: Incident, at: datetime) -> bytes:
    """Return what has come of a recall by now: `PDCR` while it is open, `CNCL` when money came back, or `RJCR`."""
    returned = incident.sums.returned_minor > 0
    if returned and incident.status in (IncidentStatus.RETURNED, IncidentStatus.CLOSED):
        status, why = "CNCL", None
    elif incident.status in _OVER:
        status, why = "RJCR", _OVER[incident.status]
    else:
        status, why = "PDCR", None
    individual = {"CNCL": "ACCR"}.get(status, status)
    return document(
        "camt.029.001.09",
        "RsltnOfInvstgtn",
        [
            ("Assgnmt", (("Id", _short(incident.life_id, incident.version)), ("CreDtTm", iso_moment(at)))),
            ("Sts", (("Conf", status),)),
            *(("CxlDtls", (("TxInfAndSts", _status(incident, each, individual, why)),)) for each in incident.transfers),
        ],
    )


def pacs004(order: ReturnOrder, passage: Passage, paid_at: datetime) -> bytes:
    """Return an executed return order as the return of its payment."""
    reason: Sequence[Part] = (
        ("Rsn", (("Cd", _RETURNED),)),
        ("AddtlInf", f"Sanction {order.sanction}"[:105]),
    )
    return document(
        "pacs.004.001.09",
        "PmtRtr",
        [
            (
                "GrpHdr",
                (
                    ("MsgId", _short(order.life_id, order.version)),
                    ("CreDtTm", iso_moment(paid_at)),
                    ("NbOfTxs", "1"),
                    ("SttlmInf", (("SttlmMtd", "CLRG"),)),
                ),
            ),
            (
                "TxInf",
                (
                    ("RtrId", order.payment),
                    ("OrgnlEndToEndId", passage.end_to_end_id),
                    ("OrgnlTxId", passage.transfer_id),
                    ("OrgnlIntrBkSttlmAmt", Amount(passage.amount_minor, passage.currency)),
                    ("RtrdIntrBkSttlmAmt", Amount(order.amount_minor, order.birth.currency)),
                    ("RtrRsnInf", reason),
                ),
            ),
        ],
    )


def _status(incident: Incident, passage: Passage, status: str, why: str | None) -> Sequence[Part]:
    reason: Sequence[Part] | None = None if why is None else (("Rsn", (("Cd", why),)),)
    return (
        ("CxlStsId", _short(incident.life_id, incident.version)),
        ("OrgnlEndToEndId", passage.end_to_end_id),
        ("OrgnlTxId", passage.transfer_id),
        ("TxCxlSts", status),
        ("CxlStsRsnInf", reason),
    )


def _said(payment: Node) -> str | None:
    words = [each.own_text(105) for each in payment.one("CxlRsnInf").all("AddtlInf")]
    return " ".join(words) or None


def _short(life_id: str, version: int) -> str:
    """Return an id of at most 35 characters."""
    return f"{life_id.replace('-', '')}v{version}"[:35]
