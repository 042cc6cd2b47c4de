"""What can happen to an entry of the grey and black lists."""

from dataclasses import dataclass
from datetime import datetime

from antifraud.domain.center.act import Act
from antifraud.domain.center.identifiers import IdentifierKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Act):
    """The birth of an entry: somebody says that this person, account or thing serves fraud.

    `ident` is what transfers are compared with: an account or device as it is written in them, all else as its
    keyed hash. A bank proposes, and a second person of it makes the entry grey; the police list at once.
    """

    subject: IdentifierKind
    ident: str
    fraud_type: str | None = None
    incident_id: str | None = None
    until: datetime | None = None  # of a grey entry; None: as the policy says


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed(Act):
    """The second person of the bank agrees: the entry is grey from now on, until `until`."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped(Act):
    """A proposal is taken back, or not agreed with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed(Act):
    """The police confirm the fraud: the entry is black. `document` is their decision."""

    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Appealed(Act):
    """The person asks, through a bank, to be taken off; the police answer until `answer_by`."""

    words: str
    answer_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealOverdue(Act):
    """Nobody answered an appeal in its term: somebody must account for it, and the entry stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Act):
    """The appeal is refused, by a decision of the police."""

    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed(Act):
    """The entry is lifted, by a decision of the police."""

    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsed(Act):
    """Nobody confirmed a grey entry in its term: it ended at `ended`, whenever that was written down."""

    ended: datetime
