"""What the payer's bank notices while an instruction is given: device, address, signals."""

from dataclasses import dataclass
from typing import Final, get_args

import numpy as np

from antifraud.domain.transfer import Channel
from antifraud.simulator.config import Signal
from antifraud.simulator.country import Country
from antifraud.simulator.devices import addresses, is_person
from antifraud.simulator.drafts import DAY, UNSET, Bools, Drafts, Ints
from antifraud.simulator.kinds import CHANNEL, SCHEME, Kind

_BY_HAND: Final = [CHANNEL[one] for one in (Channel.APP, Channel.WEB, Channel.QR, Channel.PHONE_TRANSFER)]
_PERSONAL: Final = [SCHEME[one] for one in ("family", "friends", "support", "repayment", "car_sale", "urgent_need")]
_SPAN: Final = 2**43  # more microseconds than any world lasts from its first loan


@dataclass(frozen=True, slots=True)
class Session:
    """Columns of what was noticed; -1 where the bank does not measure it or nobody gave it by hand."""

    device: Ints
    ip: Ints
    ip_range: Ints  # 0 home, 1 carrier
    new_device: Ints
    remote_access: Ints
    call_active: Ints
    phone_changed: Ints
    loan_taken: Ints
    payee_age: Ints


class Notices:
    """Notices day after day; it remembers the loans of the last two days."""

    def __init__(self, country: Country) -> None:
        self.country = country
        self._loans = Drafts.none()
        banks = country.config.banks
        self._measures = {
            str(signal): np.array([signal in bank.measures for bank in banks] + [False])  # -1 is a bank abroad
            for signal in get_args(Signal)
        }

    def of(self, drafts: Drafts, rng: np.random.Generator) -> Session:
        """Return what was noticed about drafts in order of time."""
        country, people, devices = self.country, self.country.people, self.country.devices
        by_hand = np.isin(drafts.channel, _BY_HAND) & is_person(people, drafts.payer)
        person = np.where(by_hand, people.holder[drafts.payer], 0)
        own = devices.at(person, drafts.at)
        ip, ip_range = addresses(rng, people, country.ties, person, country.config.signals.vpn)
        device = np.where(drafts.device >= 0, drafts.device, own)
        return Session(
            device=self._seen("device", drafts, by_hand, device),
            ip=self._seen("ip", drafts, by_hand, ip),
            ip_range=ip_range,
            new_device=self._said("new_device", drafts, by_hand, drafts.fresh, devices.is_new(person, drafts.at)),
            remote_access=self._said("remote_access", drafts, by_hand, drafts.remote, self._remote(drafts, rng)),
            call_active=self._said("call_active", drafts, by_hand, drafts.call, self._call(drafts, rng)),
            phone_changed=self._said(
                "phone_changed", drafts, by_hand, drafts.phone, devices.number_is_new(person, drafts.at)
            ),
            loan_taken=self._seen(
                "loan_taken", drafts, is_person(people, drafts.payer), self._borrowed(drafts).astype(np.int64)
            ),
            payee_age=self._payee_age(drafts),
        )

    def _seen(self, signal: Signal, drafts: Drafts, where: Bools, column: Ints) -> Ints:
        measured = self._measures[signal][self.country.people.bank[drafts.payer]]
        return np.where(measured & where, column, UNSET)

    def _said(self, signal: Signal, drafts: Drafts, where: Bools, scripted: Ints, usual: Bools) -> Ints:
        return self._seen(signal, drafts, where, np.where(scripted >= 0, scripted, usual.astype(np.int64)))

    def _remote(self, drafts: Drafts, rng: np.random.Generator) -> Bools:
        knobs = self.country.config.signals
        old = self.country.people.kind[drafts.payer] == Kind.PENSIONER
        chance = np.where(old, knobs.remote_access_pensioner, knobs.remote_access)
        return np.asarray(rng.random(len(drafts)) < chance, np.bool_)

    def _call(self, drafts: Drafts, rng: np.random.Generator) -> Bools:
        knobs = self.country.config.signals
        personal = np.isin(drafts.scheme, _PERSONAL)
        return np.asarray(
            rng.random(len(drafts)) < np.where(personal, knobs.call_active_personal, knobs.call_active), np.bool_
        )

    def _borrowed(self, drafts: Drafts) -> Bools:
        """Tell whether a loan was paid out to the payer in the 24 hours before."""
        people = self.country.people
        loans = Drafts.together([self._loans, drafts.take(people.kind[drafts.payer] == Kind.LENDER)])
        if len(drafts):
            self._loans = loans.take(loans.at >= drafts.at[-1] - 2 * DAY)
        # One sorted key of account and moment finds each payer's latest loan by one binary search.
        base = DAY * 1000
        taken = np.sort(loans.payee * _SPAN + loans.at + base)
        asked = drafts.payer * _SPAN + drafts.at + base
        place = np.searchsorted(taken, asked, side="left") - 1
        latest = taken[np.maximum(place, 0)] if len(taken) else np.full(len(asked), -1)
        return np.asarray((place >= 0) & (asked - latest <= DAY), np.bool_)

    def _payee_age(self, drafts: Drafts) -> Ints:
        people = self.country.people
        inside = drafts.payee < people.inside
        age = drafts.at // DAY - people.opened[drafts.payee]
        return self._seen("payee_age", drafts, inside, age)
