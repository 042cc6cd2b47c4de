"""pacs.008 in, pacs.002 out: customer transfers are decided before they are executed."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from antifraud.domain.decision import Action
from antifraud.domain.errors import InvalidValue
from antifraud.domain.transfer import Channel
from api.errors import FieldProblem, InvalidFields
from api.iso.reading import Node, read_message
from api.iso.writing import Part, document, iso_moment
from api.reading import read_object
from api.schemas import MAX_BATCH, TransferIn

STATUS: Final[Mapping[Action, str]] = {Action.ALLOW: "ACCP", Action.HOLD: "PDNG", Action.BLOCK: "RJCT"}
"""What an answer is in pacs.002: profile checked, pending, rejected [E]."""

REJECTED_AS_FRAUD: Final = "FR01"
_NOT_PROVIDED: Final = "NOTPROVIDED"
_LONGEST_REASON: Final = 105
_MOST_REASONS: Final = 5

PATHS: Final[Mapping[str, tuple[str, ...]]] = {
    "transfer_id": ("PmtId/TxId", "PmtId/UETR", "PmtId/InstrId"),
    "end_to_end_id": ("PmtId/EndToEndId",),
    "payer": ("DbtrAcct/Id/IBAN", "DbtrAcct/Id/Othr/Id"),
    "payee": ("CdtrAcct/Id/IBAN", "CdtrAcct/Id/Othr/Id"),
    "payer_bank": ("DbtrAgt/FinInstnId/BICFI", "DbtrAgt/FinInstnId/ClrSysMmbId/MmbId"),
    "payee_bank": ("CdtrAgt/FinInstnId/BICFI", "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId"),
    "payer_iin_bin": ("Dbtr/Id/PrvtId/Othr/Id", "Dbtr/Id/OrgId/Othr/Id"),
    "payee_iin_bin": ("Cdtr/Id/PrvtId/Othr/Id", "Cdtr/Id/OrgId/Othr/Id"),
    "payer_phone": ("Dbtr/CtctDtls/MobNb",),
    "payee_phone": ("Cdtr/CtctDtls/MobNb",),
    "purpose": ("Purp/Prtry", "Purp/Cd"),
    "channel": ("PmtTpInf/LclInstrm/Prtry",),
}
"""Where each text of a transfer stands below `CdtTrfTxInf`; the first place that is there counts."""

_AMOUNT: Final = "IntrBkSttlmAmt"
_GIVEN_AT: Final = "AccptncDtTm"


@dataclass(frozen=True, slots=True)
class Order:
    """One transfer of a message: the body that `/v1/decisions` takes, and what the answer refers to."""

    body: bytes
    instruction_id: str | None
    end_to_end_id: str | None
    transaction_id: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """A pacs.008."""

    name: str  # as pacs.008.001.08
    message_id: str
    orders: Sequence[Order]


def read_pacs008(body: bytes) -> Message:
    """Return the transfers of a message; raise MalformedBody, or InvalidFields or InvalidValue naming XML paths."""
    root, name = read_message(body, "pacs.008.001.", "FIToFICstmrCdtTrf")
    message_id = root.needed("GrpHdr/MsgId", 35)
    transactions = root.all("CdtTrfTxInf")
    announced = root.needed("GrpHdr/NbOfTxs", 15)
    if not 1 <= len(transactions) <= MAX_BATCH:
        raise InvalidValue("CdtTrfTxInf", f"a message has 1 to {MAX_BATCH} transfers", len(transactions))
    if announced.lstrip("0") != str(len(transactions)):
        raise InvalidValue("GrpHdr/NbOfTxs", f"the message has {len(transactions)} transfers", announced)
    orders: list[Order] = []
    wrong: list[FieldProblem] = []
    for each in transactions:
        try:
            orders.append(_order(each, root))
        except InvalidFields as errors:
            wrong += errors.errors
    if wrong:
        raise InvalidFields(wrong)
    return Message(name, message_id, orders)


def pacs002(message: Message, answers: Sequence[bytes], participant: str) -> bytes:
    """Return the status report of a message; `answers` are the bodies of its decisions, in order.

    The same message gets the same bytes: its id and moment come from what was answered.
    """
    decisions = [json.loads(answer) for answer in answers]
    reports = [_report(order, decision) for order, decision in zip(message.orders, decisions, strict=True)]
    named = hashlib.sha256(f"{participant}\n{message.message_id}".encode()).hexdigest()[:32]
    latest = max(datetime.fromisoformat(each["received_at"]) for each in decisions)
    original: Sequence[Part] = (("OrgnlMsgId", message.message_id), ("OrgnlMsgNmId", message.name))
    return document(
        "pacs.002.001.10",
        "FIToFIPmtStsRpt",
        [
            ("GrpHdr", (("MsgId", named), ("CreDtTm", iso_moment(latest)))),
            ("OrgnlGrpInfAndSts", original),
            *(("TxInfAndSts", each) for each in reports),
        ],
    )


def _order(node: Node, root: Node) -> Order:
    given: dict[str, object] = {}
    where: dict[str, str] = {}
    for field, paths in PATHS.items():
        path = next((path for path in paths if node.maybe(path) is not None), paths[0])
        where[field] = f"{node.path}/{path}"
        text = node.text(path)
        given[field] = None if text is None else _spelt(field, text)
    given["channel"] = given["channel"] or Channel.OTHER.value
    given["amount_minor"], given["currency"] = node.money(_AMOUNT)
    given_at = node.moment(_GIVEN_AT) if node.maybe(_GIVEN_AT) is not None else root.moment("GrpHdr/CreDtTm")
    given["occurred_at"] = given_at.isoformat()
    where |= {"amount_minor": f"{node.path}/{_AMOUNT}", "currency": f"{node.path}/{_AMOUNT}/@Ccy"}
    body = orjson.dumps({field: value for field, value in given.items() if value is not None})
    try:
        read_object(TransferIn, body)
    except InvalidFields as wrong:
        raise InvalidFields(
            [FieldProblem(where.get(each.field, node.path), each.problem, each.was) for each in wrong.errors]
        ) from None
    return Order(
        body=body,
        instruction_id=node.text("PmtId/InstrId"),
        end_to_end_id=node.text("PmtId/EndToEndId"),
        transaction_id=node.text("PmtId/TxId"),
    )


def _spelt(field: str, text: str) -> str | None:
    """Return a text as our own API spells it."""
    if field.endswith("_phone"):
        return text.translate(dict.fromkeys(map(ord, "-() ")))
    if field == "channel":
        return text.lower()
    return None if text == _NOT_PROVIDED else text


def _report(order: Order, decision: Mapping[str, Any]) -> Sequence[Part]:
    action = Action(decision["action"])
    why: Sequence[Part] | None = None
    if action is not Action.ALLOW:
        words = [each["text"]["en"] for each in decision["reasons"] if each["text"] is not None]
        code: Sequence[Part] = (("Rsn", (("Cd", REJECTED_AS_FRAUD),)),) if action is Action.BLOCK else ()
        why = (*code, *(("AddtlInf", text[:_LONGEST_REASON]) for text in words[:_MOST_REASONS]))
    return (
        ("OrgnlInstrId", order.instruction_id),
        ("OrgnlEndToEndId", order.end_to_end_id),
        ("OrgnlTxId", order.transaction_id),
        ("TxSts", STATUS[action]),
        ("StsRsnInf", why),
        ("AccptncDtTm", iso_moment(datetime.fromisoformat(decision["received_at"]))),
    )
