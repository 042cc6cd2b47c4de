"""A hold: money that waits for a person, on a basis, with a clock. No clock is ever forgotten.

Sums balance at every moment: `amount = held + released + refused + returned`. Money is held only while a
basis is in force; when the last one ends it is free at exactly that moment, whenever the engine looks.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from antifraud.domain.center.act import Act
from antifraud.domain.center.basis import Basis, BasisKind
from antifraud.domain.center.hold_acts import (
    BasisAdded,
    BasisEnded,
    Countersigned,
    Declined,
    Expired,
    Held,
    HeldWhat,
    JoinedIncident,
    Overdue,
    Refused,
    Released,
    ReleaseGround,
    Returned,
    Warned,
)
from antifraud.domain.center.life import Sight, Step, Table, following, permit, second_signature
from antifraud.domain.center.people import BANK, ENGINE, PLATFORM, POLICE, Role
from antifraud.domain.errors import IllegalTransition, InvalidValue, NotPermitted

WARN_BEFORE_HOURS: Final = (24, 4)
_OFFICER: Final = frozenset({Role.BANK_OFFICER})


class HoldStatus(StrEnum):
    """Where a hold stands."""

    HELD = "held"
    RELEASE_PROPOSED = "release_proposed"  # waits for the second signature
    RELEASED = "released"
    REFUSED = "refused"  # the instruction was not carried out: the money stays with the payer
    RETURNED = "returned"  # to whom it was taken from, by a sanctioned order
    EXPIRED = "expired"  # the last basis ended: released by the clock


def _steps(status: HoldStatus) -> dict[tuple[HoldStatus, type[Act]], Step[HoldStatus]]:
    """Return what never changes the status of open holds."""
    return {
        (status, BasisAdded): Step(status, BANK | POLICE | PLATFORM),
        (status, BasisEnded): Step(status, BANK | POLICE | PLATFORM),
        (status, JoinedIncident): Step(status, BANK | POLICE | PLATFORM),
        (status, Warned): Step(status, PLATFORM),
        (status, Overdue): Step(status, PLATFORM),
        (status, Expired): Step(HoldStatus.EXPIRED, PLATFORM),
        (status, Returned): Step(HoldStatus.RETURNED, BANK),
        (status, Refused): Step(HoldStatus.REFUSED, BANK),
    }


_OPEN: Final = frozenset({HoldStatus.HELD, HoldStatus.RELEASE_PROPOSED})
_ORDERS: Final = frozenset({BasisKind.POLICE_ORDER, BasisKind.SEIZURE, BasisKind.SANCTIONED_RETURN})

_NEXT: Final[Table[HoldStatus]] = {
    **_steps(HoldStatus.HELD),
    (HoldStatus.HELD, Released): Step(HoldStatus.RELEASED, BANK | PLATFORM),
    **_steps(HoldStatus.RELEASE_PROPOSED),
    (HoldStatus.RELEASE_PROPOSED, Countersigned): Step(HoldStatus.RELEASED, _OFFICER),
    (HoldStatus.RELEASE_PROPOSED, Declined): Step(HoldStatus.HELD, _OFFICER),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Money waiting for a person. Sums are minor units of `currency`."""

    life_id: str
    version: int
    status: HoldStatus
    birth: Held
    held_minor: int
    released_minor: int = 0
    refused_minor: int = 0
    returned_minor: int = 0
    bases: tuple[Basis, ...]
    proposal: Released | None = None
    incident_id: str | None = None
    police: str | None = None
    warned_hours: int | None = None  # the last warning given for the present end
    overdue: bool = False

    @classmethod
    def begin(cls, life_id: str, act: Held) -> Self:
        """Return the hold that an act begins; raise InvalidValue or NotPermitted."""
        permit(f"hold {life_id}", act, BANK | PLATFORM)
        if act.amount_minor <= 0:
            raise InvalidValue("amount_minor", "must be above zero", act.amount_minor)
        if act.by.role is not Role.PLATFORM and act.by.participant != act.bank:
            raise NotPermitted(f"hold {life_id}: {act.by.participant} cannot hold money at {act.bank}")
        basis = Basis.begin(act.basis, act.at, document=act.document, until=act.until)
        return cls(
            life_id=life_id,
            version=1,
            status=HoldStatus.HELD,
            birth=act,
            held_minor=act.amount_minor,
            bases=(basis,),
            incident_id=act.incident_id,
            police=act.police,
        )

    @property
    def free_at(self) -> datetime | None:
        """Return when the last basis ends or ended; None while one of them never ends by itself."""
        ends: list[datetime] = []
        for basis in self.bases:
            if basis.ended_at is not None:
                ends.append(basis.ended_at if basis.until is None else min(basis.ended_at, basis.until))
            elif basis.until is None or not basis.frees_at_its_end:
                return None
            else:
                ends.append(basis.until)
        return max(ends)

    @property
    def due_at(self) -> datetime | None:
        """Return when the clock speaks next: a warning, a return that is late, or the end."""
        if self.status not in _OPEN:
            return None
        late = None if self.overdue else self._late_at
        if (free := self.free_at) is None:
            return late
        moments = [free, *(free - timedelta(hours=hours) for hours in self._warnings_left), *([late] if late else [])]
        return min(moments)

    @property
    def parties(self) -> frozenset[str]:
        """Return the bank that holds, whose transfer it is, and the police that lead."""
        return frozenset(filter(None, (self.birth.bank, self.birth.participant, self.police)))

    @property
    def keys(self) -> frozenset[str]:
        """Return the transfer, the account and the incident."""
        keys = {f"transfer:{self.birth.participant}/{self.birth.transfer_id}", f"account:{self.birth.account}"}
        return frozenset(keys | ({f"incident:{self.incident_id}"} if self.incident_id else set()))

    def seen_by(self, participant: str) -> Sight:
        """Say how much a participant sees: who holds and who leads see all."""
        if participant in (self.birth.bank, self.police):
            return Sight.WHOLE
        return Sight.MINIMUM if participant == self.birth.participant else Sight.NOTHING

    def apply(self, act: Act) -> Self:
        """Return the hold after `act`, or refuse it."""
        name = f"hold {self.life_id}"
        to = following(_NEXT, name, self.status, act)
        self._check_whose(name, act)
        free = self.free_at
        if free is not None and act.at >= free and not isinstance(act, Expired):
            raise IllegalTransition(f"{name}: its last basis ended at {free.isoformat()}, the money is free")
        return replace(self._after(name, act, to), version=self.version + 1)

    def due(self, now: datetime) -> Act | None:
        """Return the warning, alarm or end that is due at `now`."""
        if self.due_at is None or self.due_at > now:
            return None
        free, late = self.free_at, self._late_at
        if free is not None and free <= now:
            return Expired(by=ENGINE, at=now, ended=free)
        if late is not None and late <= now and not self.overdue:
            return Overdue(by=ENGINE, at=now)
        assert free is not None  # noqa: S101 - a warning is due, and only an end is warned of
        reached = [hours for hours in self._warnings_left if free - timedelta(hours=hours) <= now]
        return Warned(by=ENGINE, at=now, hours=min(reached))  # after a long stop only the most urgent one is said

    @property
    def _late_at(self) -> datetime | None:
        running = [b.until for b in self.bases if not b.frees_at_its_end and b.ended_at is None and b.until is not None]
        return min(running, default=None)

    @property
    def _warnings_left(self) -> list[int]:
        given = self.warned_hours
        return [hours for hours in WARN_BEFORE_HOURS if given is None or hours < given]

    def _check_whose(self, name: str, act: Act) -> None:
        """Refuse an act of a bank that does not hold the money, or of police that do not lead."""
        role = act.by.role
        if role in BANK and act.by.participant != self.birth.bank:
            raise NotPermitted(f"{name} is of {self.birth.bank}: {act.by.participant} can change nothing about it")
        if role in POLICE and act.by.participant != self.police:
            raise NotPermitted(f"{name}: {act.by.participant} leads no incident that it belongs to")

    def _after(self, name: str, act: Act, to: HoldStatus) -> Self:
        match act:
            case BasisAdded():
                return self._with_basis(name, act)
            case BasisEnded():
                return self._without_basis(name, act)
            case JoinedIncident():
                if self.incident_id not in (None, act.incident_id):
                    raise IllegalTransition(f"{name} belongs to incident {self.incident_id} already")
                return replace(self, incident_id=act.incident_id, police=act.police or self.police)
            case Warned():
                return replace(self, warned_hours=act.hours)
            case Overdue():
                return replace(self, overdue=True)
            case Released():
                return self._released(name, act, to)
            case Countersigned():
                assert self.proposal is not None  # noqa: S101 - the table leads here from a proposal only
                second_signature(name, self.proposal, act)
                return replace(self._let_go(self.proposal.amount_minor, to), proposal=None)
            case Declined():
                return replace(self, status=to, proposal=None)
            case Returned():
                return self._returned(name, act, to)
            case Refused():
                if self.birth.what is not HeldWhat.INSTRUCTION:
                    raise IllegalTransition(f"{name}: the money has arrived; it can be returned, not refused")
                moved = self.refused_minor + self.held_minor
                return replace(self, status=to, refused_minor=moved, held_minor=0, proposal=None)
            case _:  # Expired: the table has nothing else
                if self.free_at is None or act.at < self.free_at:
                    raise IllegalTransition(f"{name}: a basis is still in force")
                return replace(self._let_go(self.held_minor, to), proposal=None)

    def _with_basis(self, name: str, act: BasisAdded) -> Self:
        if act.basis is BasisKind.SANCTIONED_RETURN and act.by.role is not Role.PLATFORM:
            raise NotPermitted(f"{name}: only a sanctioned order makes a return, nobody adds it by hand")
        if act.basis in (BasisKind.POLICE_ORDER, BasisKind.SEIZURE) and act.by.role not in POLICE and not act.ground:
            raise InvalidValue("ground", f"a bank adds a {act.basis.value} on the document it was served with", None)
        if act.basis in (BasisKind.BANK_SUSPICION, BasisKind.COERCION) and any(b.kind is act.basis for b in self.bases):
            raise IllegalTransition(f"{name}: a {act.basis.value} holds once; a longer hold needs another basis")
        basis = Basis.begin(act.basis, act.at, document=act.document, until=act.until)
        return replace(self, bases=(*self.bases, basis), warned_hours=None)

    def _without_basis(self, name: str, act: BasisEnded) -> Self:
        wanted = [
            place
            for place, basis in enumerate(self.bases)
            if basis.kind is act.basis and basis.ended_at is None and act.document in (None, basis.document)
        ]
        if not wanted:
            raise InvalidValue("basis", f"{name} is not held on it", act.basis.value)
        if act.basis in _ORDERS and act.by.role in BANK and not act.ground:
            raise InvalidValue("ground", f"a {act.basis.value} is lifted on the decision of who gave it", None)
        bases = list(self.bases)
        for place in wanted:
            bases[place] = bases[place].taken_back(act.at)
        return replace(self, bases=tuple(bases))

    def _released(self, name: str, act: Released, to: HoldStatus) -> Self:
        self._check_amount(act.amount_minor)
        orders = [basis.kind.value for basis in self.bases if basis.kind in _ORDERS and basis.in_force(act.at)]
        if orders:
            raise IllegalTransition(f"{name} stands on a {orders[0]}: who gave it must lift it first")
        if act.because is ReleaseGround.CLIENT_INSISTS and self.birth.safe_account:
            raise IllegalTransition(
                f"{name} looks like a call from a false bank or police: that the client insists does not clear it"
            )
        limit = self.birth.second_signature_above
        if limit is not None and act.amount_minor > limit and act.by.role is not Role.PLATFORM:
            return replace(self, status=HoldStatus.RELEASE_PROPOSED, proposal=act)
        return self._let_go(act.amount_minor, to)

    def _returned(self, name: str, act: Returned, to: HoldStatus) -> Self:
        self._check_amount(act.amount_minor)
        if not any(b.kind is BasisKind.SANCTIONED_RETURN and b.in_force(act.at) for b in self.bases):
            raise IllegalTransition(f"{name}: no return of it is sanctioned")
        left = self.held_minor - act.amount_minor
        return replace(
            self,
            status=HoldStatus.HELD if left else to,
            held_minor=left,
            returned_minor=self.returned_minor + act.amount_minor,
            proposal=None,
        )

    def _let_go(self, amount_minor: int, to: HoldStatus) -> Self:
        left = self.held_minor - amount_minor
        return replace(
            self,
            status=HoldStatus.HELD if left else to,
            held_minor=left,
            released_minor=self.released_minor + amount_minor,
        )

    def _check_amount(self, amount_minor: int) -> None:
        if not 0 < amount_minor <= self.held_minor:
            raise InvalidValue(
                "amount_minor", f"must be above zero and at most what is held, {self.held_minor}", amount_minor
            )
