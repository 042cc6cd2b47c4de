"""An incident: a fraud between banks, from the complaint until the money is back or given up.

People take the lead, review, confirm or deny; what banks hold and pay is summed up by the platform in the
transaction in which it happens (`incident_sums`), so that an incident never says what its holds do not.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Self

from antifraud.domain.center import incident_acts as acts
from antifraud.domain.center.act import Act
from antifraud.domain.center.incident_acts import IncidentSource, Opened, Sums
from antifraud.domain.center.incident_steps import (
    ENDED,
    NEXT,
    SETTLED,
    TRACED,
    IncidentStatus,
)
from antifraud.domain.center.life import Sight, following, permit
from antifraud.domain.center.passage import Passage
from antifraud.domain.center.people import BANK, ENGINE, POLICE, Actor
from antifraud.domain.errors import IllegalTransition, InvalidValue, NotPermitted

TRACE_AGAIN_AFTER: Final = (
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=24),
)  # after the opening: thieves go on moving it
TRACE_APART: Final = timedelta(seconds=2)
"""How far apart traces are at least that movements demand; later a sixtieth of the incident's age. [E]"""
UNLED: Final = "lead:nobody"  # the key of what police are wanted for
CLOSE_AFTER: Final = timedelta(days=30)  # without money held and without an act


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A fraud with its victim's transfers. Sums are minor units of `currency`."""

    life_id: str
    version: int
    status: IncidentStatus
    birth: Opened
    transfers: tuple[Passage, ...]
    complainants: tuple[str, ...]  # participants whose complaints stand, in the order in which they came
    police: str | None = None  # that lead
    banks: tuple[str, ...] = ()  # that are asked about accounts
    prosecutions: tuple[str, ...] = ()  # that are asked for a sanction
    sums: Sums = field(default_factory=Sums)
    confirmed: tuple[acts.ConfirmedPart, ...] = ()
    came_back_minor: int = 0
    traced_at: datetime | None = None
    trace_at: datetime | None = None
    moved_at: datetime  # when somebody or something last changed its state

    @classmethod
    def begin(cls, life_id: str, act: Opened) -> Self:
        """Return the incident that an act begins; raise InvalidValue or NotPermitted."""
        name = f"incident {life_id}"
        permit(name, act, BANK | POLICE)
        if (act.by.role in POLICE) != (act.source is IncidentSource.POLICE):
            raise InvalidValue("source", f"a {act.by.role.value} opens no incident from it", act.source.value)
        _check_transfers(name, act.transfers, act.by)
        return cls(
            life_id=life_id,
            version=1,
            status=IncidentStatus.OPENED,
            birth=act,
            transfers=act.transfers,
            complainants=(act.by.participant,),
            police=act.by.participant if act.by.role in POLICE else None,
            trace_at=act.at + TRACE_AGAIN_AFTER[0],
            moved_at=act.at,
        )

    @property
    def currency(self) -> str:
        """Return the currency of its sums."""
        return self.transfers[0].currency

    @property
    def claimed_minor(self) -> int:
        """Return what the victim's transfers add up to."""
        return sum(each.amount_minor for each in self.transfers)

    @property
    def returnable_minor(self) -> int:
        """Return the most that all returns together may be: what left the victim and did not come back by itself."""
        return max(self.claimed_minor - self.sums.refused_minor - self.came_back_minor, 0)

    @property
    def ended(self) -> bool:
        """Say whether it is over as a claim: a new complaint about the same transfers is a new incident."""
        return self.status in ENDED

    @property
    def settled(self) -> bool:
        """Say whether nothing is held and nobody has to act: it is closed after a while."""
        without_money = self.sums.held_minor == 0
        return without_money and (self.status in SETTLED or self.status is IncidentStatus.CONFIRMED)

    @property
    def due_at(self) -> datetime | None:
        """Return when the money is to be looked for again, or the incident closed."""
        moments = [self.moved_at + CLOSE_AFTER] if self.settled else []
        if self.trace_at is not None and self.status in TRACED:
            moments.append(self.trace_at)
        return min(moments, default=None)

    @property
    def parties(self) -> frozenset[str]:
        """Return who complains, who leads, who is asked and who sanctions."""
        named = (self.birth.by.participant, *self.complainants, *self.banks, *self.prosecutions)
        return frozenset(filter(None, (*named, self.police)))

    @property
    def keys(self) -> frozenset[str]:
        """Return the transfers, and whether police are still wanted."""
        found = {key for each in self.transfers for key in each.keys}
        return frozenset(found | ({UNLED} if self.police is None and not self.ended else set()))

    def seen_by(self, participant: str) -> Sight:
        """Say how much a participant sees: banks that are only asked see the minimum."""
        if participant in (self.police, self.birth.by.participant, *self.complainants, *self.prosecutions):
            return Sight.WHOLE
        return Sight.MINIMUM if participant in self.banks else Sight.NOTHING

    def traced_sooner(self, at: datetime) -> datetime | None:
        """Return when money that moves on at `at` makes it traced again, None when that is planned as soon already."""
        if self.status not in TRACED:
            return None
        apart = max(TRACE_APART, (at - self.birth.at) / 60)
        moment = max(at, (self.traced_at or self.birth.at) + apart)
        return moment if self.trace_at is None or moment < self.trace_at else None

    def confirmed_minor(self, hold_id: str) -> int:
        """Return how much of a hold was confirmed."""
        return sum(part.amount_minor for part in self.confirmed if part.hold_id == hold_id)

    def apply(self, act: Act) -> Self:
        """Return the incident after `act`, or refuse it."""
        name = f"incident {self.life_id}"
        to = following(NEXT, name, self.status, act)
        self._check_whose(name, act)
        after = self._after(name, act)
        moved_at = act.at if to is not self.status else self.moved_at
        return replace(after, status=to, moved_at=moved_at, version=self.version + 1)

    def due(self, now: datetime) -> Act | None:
        """Return what is due at `now`: to close it, or to look where the money went by now."""
        if self.due_at is None or self.due_at > now:
            return None
        if self.settled and self.moved_at + CLOSE_AFTER <= now:
            return acts.Closed(by=ENGINE, at=now, reason="nothing is held and nobody acted")
        return acts.TraceDue(by=ENGINE, at=now)

    def _check_whose(self, name: str, act: Act) -> None:
        role, participant = act.by.role, act.by.participant
        if isinstance(act, acts.OpenedAgain | acts.LeadTaken | acts.ComplaintDropped | acts.Withdrawn):
            return  # whoever complains may speak, and any police may take what nobody leads
        if role in POLICE and participant != self.police:
            raise NotPermitted(f"{name}: {participant} does not lead it")
        if role in BANK and participant not in self.complainants:
            raise NotPermitted(f"{name}: {participant} has no complaint in it")
        if role in BANK and self.police is not None and isinstance(act, acts.Denied | acts.Closed):
            raise NotPermitted(f"{name} is led by {self.police}, who alone can end it so")

    def _after(self, name: str, act: Act) -> Self:
        match act:
            case acts.OpenedAgain():
                return self._opened_again(name, act)
            case acts.ComplaintDropped() | acts.Withdrawn():
                return self._dropped(name, act)
            case acts.Notified():
                return replace(self, banks=_joined(self.banks, act.banks))
            case acts.MoneyMoved():
                return replace(self, trace_at=self.traced_sooner(act.at) or self.trace_at)
            case acts.TraceDue():
                return replace(self, trace_at=self._next_trace(act.at))
            case acts.Traced():
                return replace(self, came_back_minor=act.came_back_minor, traced_at=act.until)
            case acts.LeadTaken():
                if self.police is not None:
                    raise IllegalTransition(f"{name} is led by {self.police}: they may hand it over")
                return replace(self, police=act.by.participant)
            case acts.HandedOver():
                return replace(self, police=act.police)
            case acts.Confirmed():
                return self._confirmed(act)
            case acts.Denied():
                _check_said("reason", act.reason)
                return self
            case acts.SanctionAsked():
                return replace(self, prosecutions=_joined(self.prosecutions, (act.prosecution,)))
            case acts.Counted():
                if act.sums.ordered_minor > self.claimed_minor:
                    raise IllegalTransition(f"{name}: more would be returned than the victim lost")
                return replace(self, sums=act.sums)
            case _:  # ReviewBegun, Closed
                return self._closed(name, act)

    def _opened_again(self, name: str, act: acts.OpenedAgain) -> Self:
        transfers = (*self.transfers, *act.transfers)
        _check_transfers(name, transfers, None)
        for each in act.transfers:
            _check_transfers(name, (each,), act.by)
        known = act.by.participant in self.complainants
        if known and isinstance(act, acts.ComplaintJoined):
            raise IllegalTransition(f"{name}: the complaint of {act.by.participant} stands already")
        if not known and not isinstance(act, acts.ComplaintJoined):
            raise NotPermitted(f"{name}: {act.by.participant} has no complaint in it")
        trace_at = self.trace_at if not act.transfers else min(self.trace_at or act.at, act.at)
        return replace(
            self,
            transfers=transfers,
            complainants=self.complainants if known else (*self.complainants, act.by.participant),
            trace_at=trace_at,
        )

    def _dropped(self, name: str, act: Act) -> Self:
        _check_said("reason", act.reason)
        left = tuple(each for each in self.complainants if each != act.by.participant)
        if len(left) == len(self.complainants):
            raise NotPermitted(f"{name}: {act.by.participant} has no complaint in it")
        if isinstance(act, acts.Withdrawn) and left:
            raise IllegalTransition(f"{name}: the complaint of {', '.join(left)} stands")
        if isinstance(act, acts.ComplaintDropped) and not left:
            raise IllegalTransition(f"{name}: it is the last complaint, without it the incident is withdrawn")
        return replace(self, complainants=left or self.complainants)

    def _confirmed(self, act: acts.Confirmed) -> Self:
        _check_said("ground", act.ground)
        parts = {part.hold_id: part for part in self.confirmed} | {part.hold_id: part for part in act.parts}
        if len({part.hold_id for part in act.parts}) != len(act.parts):
            raise InvalidValue("parts", "each hold is named once", [part.hold_id for part in act.parts])
        if any(part.amount_minor <= 0 for part in act.parts):
            raise InvalidValue("parts", "what is confirmed of a hold is above zero", act.parts)
        total = sum(part.amount_minor for part in parts.values())
        if total > self.claimed_minor:
            raise InvalidValue("parts", f"add up to at most what the victim lost, {self.claimed_minor}", total)
        return replace(self, confirmed=tuple(parts.values()))

    def _closed(self, name: str, act: Act) -> Self:
        if isinstance(act, acts.Closed) and self.sums.held_minor:
            raise IllegalTransition(f"{name}: {self.sums.held_minor} are still held")
        return self

    def _next_trace(self, now: datetime) -> datetime | None:
        planned = (self.birth.at + after for after in TRACE_AGAIN_AFTER)
        return next((moment for moment in planned if moment > now), None)


def _check_transfers(name: str, transfers: tuple[Passage, ...], by: Actor | None) -> None:
    """Refuse transfers that are none, zero, of several currencies, named twice, or none of a bank's business."""
    if not transfers or any(each.amount_minor <= 0 for each in transfers):
        raise InvalidValue("transfers", "name at least one, each of an amount above zero", len(transfers))
    if len({each.currency for each in transfers}) != 1:
        raise InvalidValue(
            "transfers", "one incident is of one currency", sorted({each.currency for each in transfers})
        )
    if len({each.ref for each in transfers}) != len(transfers):
        raise InvalidValue("transfers", "each is named once", [each.transfer_id for each in transfers])
    if by is None or by.role in POLICE:
        return
    for each in transfers:
        if by.participant not in (each.participant, each.payer_bank, each.payee_bank):
            raise NotPermitted(f"{name}: transfer {each.transfer_id} is neither from nor to {by.participant}")


def _check_said(field: str, text: str | None) -> None:
    if not (text or "").strip():
        raise InvalidValue(field, "say it: it is part of the decision", text)


def _joined(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*old, *new)))
