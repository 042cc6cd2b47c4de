"""A hold: money that waits for a person, on a basis, with a clock. No clock is ever forgotten.

Sums balance at every moment: `amount = held + released + refused + returned`. Money is held only while a
basis is in force; when the last one ends it is free at exactly that moment, whenever the engine looks.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

from antifraud.domain.center.act import Act
from antifraud.domain.center.basis import SUSPICION_WORKING_DAYS, Basis, BasisKind
from antifraud.domain.center.calendar import end_of_working_day
from antifraud.domain.center.hold_acts import (
    Assigned,
    BasisAdded,
    BasisEnded,
    ClientAnswered,
    ClientSays,
    Countersigned,
    Declined,
    Escalated,
    EscalatedTo,
    Expired,
    Held,
    HeldWhat,
    JoinedIncident,
    Noted,
    Overdue,
    Refused,
    Released,
    ReleaseGround,
    ReleaseProposed,
    Returned,
    Warned,
)
from antifraud.domain.center.hold_table import NEXT, OPEN, HoldStatus
from antifraud.domain.center.life import Sight, following, permit, second_signature
from antifraud.domain.center.people import BANK, ENGINE, PLATFORM, POLICE, Role
from antifraud.domain.errors import IllegalTransition, InvalidValue, NotPermitted
from antifraud.domain.money import currency_code

__all__ = ["WARN_BEFORE_HOURS", "Hold", "HoldStatus"]

WARN_BEFORE_HOURS: Final = (24, 4)
_OWN: Final = frozenset({BasisKind.BANK_SUSPICION, BasisKind.COERCION})  # what a bank holds on by itself
_ORDERS: Final = frozenset({BasisKind.POLICE_ORDER, BasisKind.SEIZURE, BasisKind.SANCTIONED_RETURN})


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
    proposal: ReleaseProposed | None = None
    incident_id: str | None = None
    police: str | None = None
    client: ClientSays | None = None  # what the client answered last
    assignee: str | None = None  # who works on it, by sign-in name
    escalated: EscalatedTo | None = None  # whom somebody asked last to go on with it
    warned: tuple[tuple[datetime, int], ...] = ()  # of which end, how many hours before
    overdue: bool = False

    @classmethod
    def begin(cls, life_id: str, act: Held) -> Self:
        """Return the hold that an act begins; raise InvalidValue or NotPermitted."""
        permit(f"hold {life_id}", act, BANK | PLATFORM)
        if act.amount_minor <= 0:
            raise InvalidValue("amount_minor", "must be above zero", act.amount_minor)
        currency_code(act.currency)
        if act.by.role is not Role.PLATFORM and act.by.participant != act.bank:
            raise NotPermitted(f"hold {life_id}: {act.by.participant} cannot hold money at {act.bank}")
        if act.what is HeldWhat.INSTRUCTION and act.participant != act.bank:
            raise InvalidValue("participant", "an instruction is held by who was to carry it out", act.participant)
        if act.basis is BasisKind.SANCTIONED_RETURN:
            raise InvalidValue("basis", "a return is sanctioned of money that is held already", act.basis.value)
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
        if self.status not in OPEN:
            return None
        late = None if self.overdue else self._late_at
        if (free := self.free_at) is None:
            return late
        return min([free, *(free - timedelta(hours=hours) for hours in self._warnings_left)])

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

    def needs_second_signature(self, amount_minor: int) -> bool:
        """Say whether letting go so much more takes two people: all that was let go counts, not each part of it."""
        limit = self.birth.second_signature_above
        return limit is not None and self.released_minor + amount_minor > limit

    def apply(self, act: Act) -> Self:
        """Return the hold after `act`, or refuse it."""
        name = f"hold {self.life_id}"
        to = following(NEXT, name, self.status, act)
        self._check_whose(name, act)
        free = self.free_at
        if free is not None and act.at >= free and not isinstance(act, Expired):
            raise IllegalTransition(f"{name}: its last basis ended at {free.isoformat()}, the money is free")
        return replace(self._after(name, act, to), version=self.version + 1)

    def due(self, now: datetime) -> Act | None:
        """Return the warning, alarm or end that is due at `now`."""
        if self.due_at is None or self.due_at > now:
            return None
        free, late = self.free_at, None if self.overdue else self._late_at
        if free is not None and free <= now:
            return Expired(by=ENGINE, at=now, ended=free)
        if free is None:
            assert late is not None  # noqa: S101 - nothing else is due where nothing ends by itself
            return Overdue(by=ENGINE, at=now)
        reached = [hours for hours in self._warnings_left if free - timedelta(hours=hours) <= now]
        return Warned(
            by=ENGINE, at=now, hours=min(reached), ends=free
        )  # after a long stop only the most urgent one is said

    @property
    def _late_at(self) -> datetime | None:
        running = [b.until for b in self.bases if not b.frees_at_its_end and b.ended_at is None and b.until is not None]
        return min(running, default=None)

    @property
    def _warnings_left(self) -> list[int]:
        """Return the warnings of the present end that were not given; one that fell before the hold is none."""
        free = self.free_at
        if free is None:
            return []
        last = min((hours for end, hours in self.warned if end == free), default=None)
        left = [hours for hours in WARN_BEFORE_HOURS if last is None or hours < last]
        return [hours for hours in left if free - timedelta(hours=hours) > self.birth.at]

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
            case ClientAnswered():
                return replace(self, client=act.says)
            case Assigned():
                self._check_assignment(name, act)
                return replace(self, assignee=act.to)
            case Noted():
                return self
            case Escalated():
                return self._escalated(name, act)
            case Warned():
                return replace(self, warned=(*self.warned, (act.ends, act.hours)))
            case Overdue():
                return replace(self, overdue=True)
            case Released():
                self._check_release(name, act)
                if act.by.role is not Role.PLATFORM and self.needs_second_signature(act.amount_minor):
                    raise NotPermitted(f"{name}: so much is let go by two people: propose the release")
                return self._let_go(act.amount_minor, to)
            case ReleaseProposed():
                self._check_release(name, act)
                return replace(self, status=to, proposal=act)
            case Countersigned():
                assert self.proposal is not None  # noqa: S101 - the table leads here from a proposal only
                second_signature(name, self.proposal, act)
                self._check_no_order(name, act)  # one may have come since the proposal
                return self._let_go(self.proposal.amount_minor, to)
            case Declined():
                return replace(self, status=to, proposal=None)
            case Returned():
                return self._returned(name, act, to)
            case Refused():
                if self.birth.what is not HeldWhat.INSTRUCTION:
                    raise IllegalTransition(f"{name}: the money has arrived; it can be returned, not refused")
                self._check_no_order(name, act)
                moved = self.refused_minor + self.held_minor
                return replace(self, status=to, refused_minor=moved, held_minor=0, proposal=None)
            case _:  # Expired: the table has nothing else
                assert isinstance(act, Expired)  # noqa: S101
                if self.free_at is None or act.at < self.free_at:
                    raise IllegalTransition(f"{name}: a basis is still in force")
                if act.ended != self.free_at:
                    raise InvalidValue("ended", f"the last basis ended at {self.free_at.isoformat()}", act.ended)
                return self._let_go(self.held_minor, to)

    def _with_basis(self, name: str, act: BasisAdded) -> Self:
        if act.basis is BasisKind.SANCTIONED_RETURN and act.by.role is not Role.PLATFORM:
            raise NotPermitted(f"{name}: only a sanctioned order makes a return, nobody adds it by hand")
        if act.basis is BasisKind.SANCTIONED_RETURN and self.birth.what is HeldWhat.INSTRUCTION:
            raise IllegalTransition(f"{name}: the money never left the payer: it is refused, not returned")
        if act.basis in (BasisKind.POLICE_ORDER, BasisKind.SEIZURE) and act.by.role not in POLICE and not act.ground:
            raise InvalidValue("ground", f"a bank adds a {act.basis.value} on the document it was served with", None)
        basis = Basis.begin(act.basis, act.at, document=act.document, until=act.until)
        if act.basis in _OWN:
            basis = self._own(name, basis)
        overdue = self.overdue and act.basis is not BasisKind.SANCTIONED_RETURN  # a new order has a term of its own
        return replace(self, bases=(*self.bases, basis), overdue=overdue)

    def _own(self, name: str, basis: Basis) -> Basis:
        """Return a bank's own basis cut at its own term, which runs from the beginning of the hold: no chains."""
        if any(each.kind is basis.kind for each in self.bases):
            raise IllegalTransition(f"{name}: a {basis.kind.value} holds once; a longer hold needs another basis")
        term = end_of_working_day(self.birth.at, SUSPICION_WORKING_DAYS)
        if basis.since >= term:
            raise IllegalTransition(f"{name}: what a bank may hold by itself ended at {term.isoformat()}")
        assert basis.until is not None  # noqa: S101 - both kinds have an end
        return replace(basis, until=min(basis.until, term))

    def _without_basis(self, name: str, act: BasisEnded) -> Self:
        if act.basis in _OWN and act.by.role in POLICE:
            raise NotPermitted(f"{name}: a {act.basis.value} is the bank's own; the bank takes it back")
        if act.basis is BasisKind.SANCTIONED_RETURN and act.by.role is not Role.PLATFORM:
            raise NotPermitted(f"{name}: a sanctioned return ends with its order, nobody ends it by hand")
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

    def _check_assignment(self, name: str, act: Assigned) -> None:
        """Refuse to take what another has, or to give it to somebody: that is for an officer."""
        free = self.assignee is None or self.assignee == act.by.person
        if act.by.role is not Role.BANK_OFFICER and not (free and act.to in (None, act.by.person)):
            whose = f"{self.assignee} works on it" if not free else "one takes a case for oneself"
            raise NotPermitted(f"{name}: {whose}; an officer gives it to another")
        if act.to == self.assignee:
            raise IllegalTransition(f"{name}: {'nobody' if act.to is None else act.to} works on it already")

    def _escalated(self, name: str, act: Escalated) -> Self:
        """Return it as waiting for somebody else: an officer finds it in the bank's queue."""
        if act.whom is EscalatedTo.OFFICER and act.by.role is Role.BANK_OFFICER:
            raise IllegalTransition(f"{name}: {act.by.person} is an officer already")
        if act.whom is EscalatedTo.POLICE and self.incident_id is not None:
            raise IllegalTransition(f"{name} belongs to incident {self.incident_id} already")
        assignee = None if act.whom is EscalatedTo.OFFICER else self.assignee
        return replace(self, escalated=act.whom, assignee=assignee)

    def _check_release(self, name: str, act: Released | ReleaseProposed) -> None:
        """Refuse a release of too much, against an order, or on a ground that is not there."""
        self._check_amount(act.amount_minor)
        self._check_no_order(name, act)
        if act.because is ReleaseGround.CLIENT_INSISTS and self.birth.safe_account:
            raise IllegalTransition(
                f"{name} looks like a call from a false bank or police: that the client insists does not clear it"
            )
        if act.because is ReleaseGround.CLIENT_INSISTS and self.client is not ClientSays.CONFIRMS:
            raise IllegalTransition(f"{name}: the client has not confirmed; write down the answer first")
        if act.because is ReleaseGround.POLICE_DECISION and not (act.ground or "").strip():
            raise InvalidValue("ground", "a release by decision of the police names that decision", act.ground)
        if act.because is ReleaseGround.INCIDENT_ENDED and self.incident_id is None:
            raise IllegalTransition(f"{name} belongs to no incident")

    def _check_no_order(self, name: str, act: Act) -> None:
        """Refuse to move money that somebody else ordered to be held."""
        orders = [basis.kind.value for basis in self.bases if basis.kind in _ORDERS and basis.in_force(act.at)]
        if orders:
            raise IllegalTransition(f"{name} stands on a {orders[0]}: who gave it must lift it first")

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
            proposal=None,
        )

    def _check_amount(self, amount_minor: int) -> None:
        if not 0 < amount_minor <= self.held_minor:
            raise InvalidValue(
                "amount_minor", f"must be above zero and at most what is held, {self.held_minor}", amount_minor
            )
