"""Every kind of life with the acts that move it: names under which the journal and the exchange know them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from antifraud.domain.center import (
    cooling_off_acts,
    hold_acts,
    incident_acts,
    indicator,
    inquiry_acts,
    listing_acts,
    membership_acts,
    return_acts,
    taint,
    webhook_acts,
)
from antifraud.domain.center.act import Act, LeadNoted, Looked
from antifraud.domain.center.cooling_off import CoolingOff
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.incident import Incident
from antifraud.domain.center.indicator import Indicator
from antifraud.domain.center.inquiry import Inquiry
from antifraud.domain.center.life import Life
from antifraud.domain.center.listing import Listing
from antifraud.domain.center.membership import Membership
from antifraud.domain.center.return_order import ReturnOrder
from antifraud.domain.center.webhook import Webhook


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of life: its class, and its acts by name."""

    name: str
    life: type[Life]
    acts: Mapping[str, type[Act]]


def _kind(life: type[Life], *acts: type[Act]) -> Kind:
    name = _snake(life.__name__)
    return Kind(name, life, {f"{name}.{_snake(act.__name__)}": act for act in acts})


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


KINDS: Final = (
    _kind(
        Membership,
        membership_acts.Joined,
        membership_acts.CodesSet,
        membership_acts.KeyMade,
        membership_acts.KeyRotated,
        membership_acts.KeyRevoked,
        membership_acts.PersonAdded,
        membership_acts.RolesChanged,
        membership_acts.PersonDisabled,
        membership_acts.PersonEnabled,
        membership_acts.PasswordReset,
        membership_acts.PasswordChanged,
        membership_acts.SecondFactorSet,
        membership_acts.SecondFactorRemoved,
        membership_acts.SignedIn,
        membership_acts.SessionsEnded,
        membership_acts.LockedOut,
        Looked,
    ),
    _kind(
        Hold,
        hold_acts.Held,
        hold_acts.BasisAdded,
        hold_acts.BasisEnded,
        hold_acts.ClientAnswered,
        hold_acts.Assigned,
        hold_acts.Noted,
        hold_acts.Escalated,
        hold_acts.JoinedIncident,
        hold_acts.Warned,
        hold_acts.Overdue,
        hold_acts.Released,
        hold_acts.ReleaseProposed,
        hold_acts.Countersigned,
        hold_acts.Declined,
        hold_acts.Refused,
        hold_acts.Returned,
        hold_acts.Expired,
    ),
    _kind(
        Listing,
        listing_acts.Listed,
        listing_acts.Agreed,
        listing_acts.Dropped,
        listing_acts.Confirmed,
        listing_acts.Appealed,
        listing_acts.AppealOverdue,
        listing_acts.Kept,
        listing_acts.Removed,
        listing_acts.Lapsed,
    ),
    _kind(
        CoolingOff,
        cooling_off_acts.Announced,
        cooling_off_acts.Prolonged,
        cooling_off_acts.PauseEnded,
        cooling_off_acts.Confirmed,
        cooling_off_acts.PaidOut,
        cooling_off_acts.Withdrawn,
        cooling_off_acts.Lapsed,
    ),
    _kind(Indicator, indicator.Spotted, indicator.SeenAgain, indicator.Withdrawn, indicator.RanOut),
    _kind(
        Incident,
        incident_acts.Opened,
        incident_acts.OpenedAgain,
        incident_acts.ComplaintJoined,
        incident_acts.ComplaintDropped,
        incident_acts.Notified,
        incident_acts.MoneyMoved,
        incident_acts.TraceDue,
        incident_acts.Traced,
        incident_acts.LeadTaken,
        incident_acts.HandedOver,
        incident_acts.ReviewBegun,
        incident_acts.Confirmed,
        incident_acts.Denied,
        incident_acts.Withdrawn,
        incident_acts.Closed,
        incident_acts.Counted,
        incident_acts.HeldInFull,
        incident_acts.HeldInPart,
        incident_acts.NothingHeld,
        incident_acts.RanOut,
        incident_acts.LetGo,
        incident_acts.SanctionAsked,
        incident_acts.ReturnDrafted,
        incident_acts.ReturnSanctioned,
        incident_acts.ReturnRefused,
        incident_acts.ReturnsEnded,
        incident_acts.AllReturned,
    ),
    _kind(
        Inquiry,
        inquiry_acts.Asked,
        inquiry_acts.AskedMore,
        inquiry_acts.Chased,
        inquiry_acts.Overdue,
        inquiry_acts.HeldAll,
        inquiry_acts.HeldPart,
        inquiry_acts.FoundNothing,
        inquiry_acts.SuspensionAsked,
        inquiry_acts.SuspensionAnswered,
        LeadNoted,
        inquiry_acts.Ended,
    ),
    _kind(
        ReturnOrder,
        return_acts.Drafted,
        return_acts.Waited,
        return_acts.Sanctioned,
        return_acts.Refused,
        return_acts.Redrafted,
        return_acts.Executed,
        return_acts.Cancelled,
        return_acts.Lapsed,
        LeadNoted,
    ),
    _kind(taint.Taint, taint.Tainted, taint.Measured, taint.Cleared),
    _kind(
        Webhook,
        webhook_acts.Registered,
        webhook_acts.SecretRotated,
        webhook_acts.Disabled,
        webhook_acts.GaveUp,
        webhook_acts.Enabled,
        webhook_acts.Removed,
    ),
)
KIND_OF: Final[Mapping[type[Life], Kind]] = {kind.life: kind for kind in KINDS}
KIND_NAMED: Final[Mapping[str, Kind]] = {kind.name: kind for kind in KINDS}


def act_name(kind: Kind, act: Act) -> str:
    """Return the name of an act of that kind of life, as `hold.basis_added`."""
    return f"{kind.name}.{_snake(type(act).__name__)}"
