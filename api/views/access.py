"""The JSON shapes of who takes part and how they prove it."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from antifraud.domain.center.banks import BankCodes
from antifraud.domain.center.people import ParticipantKind, Role
from antifraud.domain.center.person import LONGEST_PASSWORD, Person, Session
from antifraud.domain.center.rights import Scope
from antifraud.domain.decision import Action
from antifraud.store.keys import ApiKey, NewKey, Participant
from api.schemas import BankCode, Bic, Moment, OpaqueId

_STRICT = ConfigDict(extra="forbid", frozen=True)
Name = Annotated[str, Field(min_length=1, max_length=64, examples=["aliya"], description="The sign-in name.")]
Password = Annotated[str, Field(max_length=LONGEST_PASSWORD, json_schema_extra={"format": "password"})]
Code = Annotated[str, Field(max_length=10, description="Six digits of the second factor.", examples=["492039"])]


class CodesIn(BaseModel):
    """By what transfers name a participant that keeps accounts; what is left out it does not have."""

    model_config = _STRICT

    bics: Annotated[
        list[Bic], Field(max_length=100, description="Of 8 characters: of all branches.", examples=[["FICTKZKA"]])
    ] = []
    bank_codes: Annotated[
        list[BankCode], Field(max_length=100, description="The three digits of its KZ IBANs.", examples=[["125"]])
    ] = []

    @property
    def codes(self) -> BankCodes:
        """Return both."""
        return BankCodes(bics=frozenset(self.bics), bank_codes=frozenset(self.bank_codes))


class ParticipantIn(CodesIn):
    """An organisation that shall take part."""

    participant: Annotated[OpaqueId, Field(examples=["bank-1"])]
    name: Annotated[str, Field(min_length=1, max_length=200, examples=["First Fictional Bank"])]
    kind: Annotated[ParticipantKind, Field(description="Decides which roles its people and keys may have.")]
    blind: Annotated[
        Action | None, Field(description="What blind means for it, hold or block; null: as the policy says.")
    ] = None


class ParticipantOut(BaseModel):
    """An organisation that takes part."""

    participant: str
    name: str
    kind: ParticipantKind
    blind: Action | None
    created_at: datetime
    bics: list[str]
    bank_codes: list[str]

    @classmethod
    def of(cls, known: Participant) -> Self:
        """Return what is shown of a participant."""
        return cls(
            participant=known.participant,
            name=known.name,
            kind=known.kind,
            blind=known.blind,
            created_at=known.created_at,
            bics=sorted(known.codes.bics),
            bank_codes=sorted(known.codes.bank_codes),
        )


class KeyIn(BaseModel):
    """A key that shall be made."""

    model_config = _STRICT

    label: Annotated[str, Field(max_length=200, description="Where it will be used.")] = ""
    role: Annotated[Role | None, Field(description="In which it acts; null: the usual one of the participant.")] = None
    scopes: Annotated[
        list[Scope] | None, Field(max_length=50, description="null: all of the role but administration.")
    ] = None
    expires_at: Annotated[Moment | None, Field(description="null: good until revoked.")] = None


class KeyOut(BaseModel):
    """What is known of a key; the key itself is known to its owner only."""

    key_id: str
    participant: str
    role: Role
    scopes: list[Scope]
    label: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        """Return what is shown of a key."""
        return cls(**_shown(key))


class NewKeyOut(KeyOut):
    """A fresh key."""

    token: Annotated[str, Field(description="The key itself, shown this once.")]

    @classmethod
    def made(cls, new: NewKey) -> Self:
        """Return a key with its token."""
        return cls(token=new.token, **_shown(new.key))


def _shown(key: ApiKey) -> dict[str, object]:
    names = ("key_id", "participant", "role", "label", "created_at", "expires_at", "revoked_at")
    return {"scopes": sorted(key.scopes)} | {name: getattr(key, name) for name in names}


class RotationIn(BaseModel):
    """How long the old key goes on opening."""

    model_config = _STRICT

    overlap_s: Annotated[int, Field(ge=0, le=30 * 86_400)] = 86_400


class PersonIn(BaseModel):
    """Somebody who shall be able to sign in for the caller's participant."""

    model_config = _STRICT

    person: Name
    full_name: Annotated[str, Field(min_length=1, max_length=200)]
    roles: Annotated[list[Role], Field(min_length=1, max_length=10)]
    administers: Annotated[bool, Field(description="May change people and keys of the participant.")] = False


class RightsIn(BaseModel):
    """What somebody may do from now on."""

    model_config = _STRICT

    roles: Annotated[list[Role], Field(min_length=1, max_length=10)]
    administers: bool = False


class ResetIn(BaseModel):
    """What is to be forgotten of somebody."""

    model_config = _STRICT

    second_factor: Annotated[bool, Field(description="Ask for no codes either, until he sets them again.")] = False


class PersonOut(BaseModel):
    """Somebody who may sign in."""

    person: str
    full_name: str
    participant: str
    roles: list[Role]
    administers: bool
    second_factor: bool
    provider: Annotated[str | None, Field(description="The issuer that answers for him; null: his password here.")]
    created_at: datetime
    disabled_at: datetime | None

    @classmethod
    def of(cls, person: Person) -> Self:
        """Return what is shown of somebody."""
        return cls(
            person=person.name,
            full_name=person.full_name,
            participant=person.participant,
            roles=sorted(person.roles),
            administers=person.administers,
            second_factor=person.second_factor,
            provider=person.issuer,
            created_at=person.created_at,
            disabled_at=person.disabled_at,
        )


class LentPassword(BaseModel):
    """A password to hand over; it has to be changed at the first sign-in."""

    person: str
    password: Annotated[str, Field(description="Shown this once.")]


class SignInIn(BaseModel):
    """Who wants in, and what proves it."""

    model_config = _STRICT

    person: Name
    password: Password
    code: Code | None = None
    role: Annotated[Role | None, Field(description="One of his; null: the one that opens least.")] = None


class RoleIn(BaseModel):
    """Another role to go on in."""

    model_config = _STRICT

    role: Role


class PasswordIn(BaseModel):
    """A change of one's own password."""

    model_config = _STRICT

    old: Password
    new: Password


class CodeIn(BaseModel):
    """A code of the second factor that was offered."""

    model_config = _STRICT

    code: Code


class OfferOut(BaseModel):
    """What a telephone makes codes of."""

    secret: str
    uri: Annotated[str, Field(description="For a QR code.")]


class SessionOut(BaseModel):
    """The session as its person sees it."""

    person: str
    participant: str
    role: Role
    roles: list[Role]
    scopes: list[Scope]
    administers: bool
    must_change: Annotated[bool, Field(description="Nothing opens before he has chosen a password of his own.")]
    csrf_token: Annotated[str, Field(description="Send it as `X-CSRF-Token` with all that changes anything.")]
    ends_at: Annotated[datetime, Field(description="At the latest; earlier when it is idle for half an hour.")]

    @classmethod
    def of(cls, session: Session) -> Self:
        """Return what is shown of a session."""
        return cls(
            person=session.person,
            participant=session.participant,
            role=session.role,
            roles=sorted(session.roles),
            scopes=_sorted(session.scopes),
            administers=session.administers,
            must_change=session.must_change,
            csrf_token=session.csrf,
            ends_at=session.ends_at,
        )


def _sorted(scopes: Collection[Scope]) -> list[Scope]:
    return sorted(scopes)
