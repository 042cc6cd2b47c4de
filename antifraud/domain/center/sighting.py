"""An account that was named together with a person, a phone or a device by some transfer."""

from dataclasses import dataclass
from datetime import datetime

from antifraud.domain.center.identifiers import IdentifierKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Where an identifier and an account were named together; persons and phones as their keyed hash.

    `participant` sent the transfers that say so. Moments are known to the hour.
    """

    kind: IdentifierKind
    ident: str
    account: str
    participant: str
    first_at: datetime
    last_at: datetime
