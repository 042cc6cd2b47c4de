"""The JSON shapes of the API: what comes in, checked field by field, and what goes out."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from antifraud.domain import identifiers
from antifraud.domain.decision import Action, ReasonKind
from antifraud.domain.errors import InvalidValue
from antifraud.domain.money import MAX_AMOUNT_MINOR, MINOR_DIGITS, currency_code
from antifraud.domain.report import ReportSource
from antifraud.domain.transfer import Channel
from antifraud.domain.typology import FraudType

MAX_BATCH: Final = 1_000
BUDGET_HEADER: Final = "Antifraud-Budget-Ms"
_LONGEST: Final = 64
_OPAQUE: Final = r"^[A-Za-z0-9][A-Za-z0-9:_.\-]{0,63}$"
_RFC3339: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)  # pydantic by itself would also take seconds since 1970
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)


def _checked(check: Callable[[str], str]) -> AfterValidator:
    """Let a check of the domain speak through pydantic, so that all wrong fields are named at once."""

    def validate(text: str) -> str:
        if not text.isascii():  # \d of a pattern means the digits of every script
            raise PydanticCustomError("invalid_value", "must be ASCII")
        try:
            return check(text)
        except InvalidValue as wrong:
            raise PydanticCustomError("invalid_value", "{problem}", {"problem": wrong.problem}) from None

    return AfterValidator(validate)


def moment(value: object) -> datetime:
    """Return an RFC 3339 date-time with an offset as aware UTC.

    >>> moment("2026-03-01T17:00:00+05:00")
    datetime.datetime(2026, 3, 1, 12, 0, tzinfo=datetime.timezone.utc)
    """
    if not isinstance(value, str) or _RFC3339.fullmatch(value) is None:
        raise PydanticCustomError("moment", "must be an RFC 3339 date-time with an offset, as 2026-03-01T12:00:00Z")
    try:
        found = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise PydanticCustomError("moment", "there is no such moment") from None
    if found < _EARLIEST:
        raise PydanticCustomError("moment", "must be in this century")
    return found


def _ip(text: str) -> str:
    """Return an address in its one usual spelling; `ipaddress` would take ten times as long."""
    family = AF_INET6 if ":" in text else AF_INET
    try:
        return inet_ntop(family, inet_pton(family, text))
    except (OSError, ValueError):  # ValueError: a NUL
        raise InvalidValue("ip", "must be an IPv4 or IPv6 address", text) from None


def _opaque(text: str) -> str:
    return identifiers.opaque_id(text, "id")


OpaqueId = Annotated[str, Field(max_length=_LONGEST, json_schema_extra={"pattern": _OPAQUE}), _checked(_opaque)]
Account = Annotated[
    str,
    Field(
        max_length=_LONGEST,
        description="A KZ IBAN, a phone number in E.164, or an opaque id of the participant's own making.",
        json_schema_extra={"pattern": r"^(\+[1-9]\d{6,14}|[A-Za-z0-9][A-Za-z0-9:_.\-]{0,63})$"},
    ),
    _checked(identifiers.account_id),
]
Bic = Annotated[
    str,
    Field(max_length=11, json_schema_extra={"pattern": r"^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$"}),
    _checked(identifiers.bic),
]
BankCode = Annotated[
    str, Field(max_length=3, json_schema_extra={"pattern": r"^[0-9]{3}$"}), _checked(identifiers.bank_code)
]
IinBin = Annotated[
    str,
    Field(max_length=12, description="IIN or BIN, 12 digits.", json_schema_extra={"pattern": r"^[0-9]{12}$"}),
    _checked(identifiers.iin_bin),
]
Phone = Annotated[
    str,
    Field(max_length=16, description="E.164.", json_schema_extra={"pattern": r"^\+[1-9][0-9]{6,14}$"}),
    _checked(identifiers.phone_number),
]
Moment = Annotated[datetime, BeforeValidator(moment, json_schema_input_type=datetime)]
Currency = Annotated[
    str,
    Field(max_length=3, description="ISO 4217.", json_schema_extra={"enum": sorted(MINOR_DIGITS)}),
    _checked(currency_code),
]
_STRICT: Final = ConfigDict(strict=True, extra="forbid", frozen=True)


class TransferIn(BaseModel):
    """A transfer before its execution. What a participant does not measure it leaves out; absent is not false."""

    model_config = _STRICT

    transfer_id: Annotated[OpaqueId, Field(description="Names the transfer among all of this participant's, for ever.")]
    payer: Annotated[Account, Field(examples=["KZ86125KZT5004100100"])]
    payee: Annotated[Account, Field(examples=["wallet:7f3a"])]
    amount_minor: Annotated[
        int, Field(ge=0, le=MAX_AMOUNT_MINOR, description="In minor units of the currency.", examples=[1_500_000])
    ]
    currency: Currency
    channel: Annotated[Channel, Field(description="How the payer gave the instruction.")]
    occurred_at: Annotated[
        Moment, Field(description="When the payer gave it, RFC 3339 with an offset.", examples=["2026-03-01T12:00:00Z"])
    ]
    purpose: (
        Annotated[
            str,
            Field(
                max_length=3,
                description="Payment purpose code (KNP).",
                json_schema_extra={"pattern": "^[0-9]{3}$"},
            ),
            _checked(identifiers.purpose_code),
        ]
        | None
    ) = None
    end_to_end_id: Annotated[OpaqueId | None, Field(description="One id through the whole chain of messages.")] = None
    payer_bank: OpaqueId | None = None
    payee_bank: OpaqueId | None = None
    payer_iin_bin: IinBin | None = None
    payee_iin_bin: IinBin | None = None
    payer_phone: Phone | None = None
    payee_phone: Phone | None = None
    device_id: OpaqueId | None = None
    ip: Annotated[str, Field(max_length=45, description="IPv4 or IPv6."), _checked(_ip)] | None = None
    new_device: Annotated[bool | None, Field(description="First seen for this payer within the last day.")] = None
    remote_access: Annotated[bool | None, Field(description="A remote-control program runs on the device.")] = None
    call_active: Annotated[bool | None, Field(description="The payer is on a call meanwhile.")] = None
    phone_changed: Annotated[bool | None, Field(description="The payer's number changed within 48 hours.")] = None
    loan_taken: Annotated[bool | None, Field(description="A loan was paid out to the payer within 24 hours.")] = None
    payee_account_age_days: Annotated[int, Field(ge=0, le=100_000)] | None = None


class Words(BaseModel):
    """The same sentence in Kazakh, Russian and English."""

    kk: str
    ru: str
    en: str


class ReasonOut(BaseModel):
    """One demand for an action; the harshest one wins."""

    kind: ReasonKind
    code: Annotated[
        str,
        Field(description="`score`, a rule, `register.side:entry`, what could not be read, or `let_through@share`."),
    ]
    action: Action
    text: Words | None


class EvidenceOut(BaseModel):
    """One number behind the answer: a feature that spoke in the score, or that a rule which fired reads."""

    feature: str
    value: Annotated[float | None, Field(description="As measured; null: absent.")]
    usual: Annotated[float | None, Field(description="The median over the training history.")]
    contribution: Annotated[
        float | None,
        Field(description="Share in log-odds; above zero speaks for fraud; null: the model was not asked."),
    ]
    text: Words


class WarningOut(BaseModel):
    """What a held or blocked transfer looks like, and what to tell the client about it."""

    fraud_type: FraudType
    text: Annotated[dict[str, str], Field(description="To show or to read out, by language: kk, ru, en.")]


class DecisionOut(BaseModel):
    """The answer to one transfer."""

    transfer_id: str
    action: Annotated[Action, Field(description="What to do with the transfer.")]
    score: Annotated[float | None, Field(ge=0, le=1, description="Chance of fraud; null: no model could speak.")]
    reasons: list[ReasonOut]
    evidence: Annotated[list[EvidenceOut], Field(description="Of holds and blocks only; strongest first.")]
    warning: Annotated[WarningOut | None, Field(description="Of holds and blocks only.")]
    received_at: datetime
    model_version: str | None
    catalogue_version: str
    policy_version: str
    rules_version: Annotated[str | None, Field(description="The rule book that spoke; null: there was none.")] = None
    request_id: Annotated[
        str | None,
        Field(
            description="The `X-Request-Id` of the request in which it was decided; repetitions have ids of their own."
        ),
    ] = None
    degraded: Annotated[list[str], Field(description="What was missing for this decision; normally nothing.")]


class FieldProblemOut(BaseModel):
    """What is wrong with one field."""

    field: str
    problem: str
    was: str | None


class Problem(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list[FieldProblemOut] | None = None


class BatchDecided(BaseModel):
    """A transfer of a batch that was decided: now (201), or before (200)."""

    status: Literal[200, 201]
    decision: DecisionOut


class BatchRefused(BaseModel):
    """A transfer of a batch that was refused; the others are not affected."""

    status: Literal[409, 422]
    problem: Problem


BatchItem = BatchDecided | BatchRefused


class ReportIn(BaseModel):
    """What became known about a transfer: a fraud, or that an earlier report is withdrawn."""

    model_config = _STRICT

    transfer_id: OpaqueId
    fraud: Annotated[bool, Field(description="false withdraws what was reported before.")]
    source: Annotated[ReportSource, Field(description="Who learnt it.")]
    fraud_type: OpaqueId | None = None
    learnt_at: Annotated[
        Moment | None, Field(description="When the participant learnt it; the engine knows it from its receipt on.")
    ] = None


class ReportOut(BaseModel):
    """A report as it stands."""

    transfer_id: str
    fraud: bool
    source: ReportSource
    fraud_type: str | None
    known_at: Annotated[datetime, Field(description="Features and training see it strictly after this moment.")]


class Readiness(BaseModel):
    """Whether transfers can be decided now."""

    ready: bool
    missing: Annotated[list[str], Field(description="What stands in the way, in words.")]
    model_version: str | None
    catalogue_version: str
