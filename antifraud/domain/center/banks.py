"""Which participant keeps an account: by the bank that a transfer names, else by the account's own number."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from antifraud.domain.center.movement import Movement
from antifraud.domain.center.passage import Passage
from antifraud.domain.center.people import BANK, ROLES_OF, ParticipantKind
from antifraud.domain.errors import InvalidValue
from antifraud.domain.identifiers import bank_code, bank_code_of, bic

T = TypeVar("T", Movement, Passage)

_WHOLE_BANK: Final = 8  # characters of a BIC; three more name a branch
_HEAD_OFFICE: Final = "XXX"


def keeps_accounts(kind: ParticipantKind) -> bool:
    """Say whether organisations of that kind keep accounts of people."""
    return bool(ROLES_OF[kind] & BANK)


@dataclass(frozen=True, slots=True, kw_only=True)
class BankCodes:
    """By what others name a participant that keeps accounts."""

    bics: frozenset[str] = frozenset()  # of 8 characters: all branches; of 11: that branch
    bank_codes: frozenset[str] = frozenset()  # the three digits of KZ IBANs

    def __post_init__(self) -> None:
        """Refuse what is no BIC and no bank code."""
        for each in sorted(self.bics):
            bic(each, "bics")
        for each in sorted(self.bank_codes):
            bank_code(each, "bank_codes")

    @property
    def spelt(self) -> frozenset[str]:
        """Return all of them in one spelling: no BIC is a bank code, and a head office is its whole bank."""
        return frozenset({_plain(each) for each in self.bics} | self.bank_codes)

    def fitting(self, kind: ParticipantKind) -> "BankCodes":
        """Return them if organisations of that kind keep accounts; raise InvalidValue otherwise."""
        if self.spelt and not keeps_accounts(kind):
            raise InvalidValue("kind", "only who keeps accounts has BICs or bank codes", kind.value)
        return self


class Banks:
    """The participants that keep accounts. A bank that none of them is named by stays unknown."""

    def __init__(self, registered: Mapping[str, BankCodes]) -> None:
        self._ids = frozenset(registered)
        self._by_bic = {_plain(code): name for name, codes in registered.items() for code in codes.bics}
        self._by_code = {code: name for name, codes in registered.items() for code in codes.bank_codes}

    def bank_of(self, account: str, named: str | None) -> str | None:
        """Return the participant that keeps an account, None if nobody knows.

        First by what a transfer names as its bank: a participant's id, or a BIC, of a branch or of the whole bank.
        Else by the bank code of a KZ IBAN, which its check digits protect.

        >>> banks = Banks({"bank-1": BankCodes(bics=frozenset({"FICTKZKA"}), bank_codes=frozenset({"125"}))})
        >>> banks.bank_of("wallet:1", "bank-1"), banks.bank_of("wallet:1", "FICTKZKAALM")
        ('bank-1', 'bank-1')
        >>> banks.bank_of("KZ86125KZT5004100100", None), banks.bank_of("wallet:1", "OTHRKZKA")
        ('bank-1', None)
        """
        if named is not None:
            if named in self._ids:
                return named
            known = self._by_bic.get(_plain(named)) or self._by_bic.get(named[:_WHOLE_BANK])
            if known is not None:
                return known
        code = bank_code_of(account)
        return None if code is None else self._by_code.get(code)

    def known(self, transfer: T) -> T:
        """Return a transfer with the participants that keep its accounts in place of what it names."""
        payer_bank = self.bank_of(transfer.payer, transfer.payer_bank)
        payee_bank = self.bank_of(transfer.payee, transfer.payee_bank)
        if (payer_bank, payee_bank) == (transfer.payer_bank, transfer.payee_bank):
            return transfer
        return replace(transfer, payer_bank=payer_bank, payee_bank=payee_bank)


class AsNamed(Banks):
    """Takes what a transfer names for the participant's id: where nobody is registered."""

    def __init__(self) -> None:
        super().__init__({})

    def bank_of(self, account: str, named: str | None) -> str | None:
        """Return what is named."""
        return named


def _plain(code: str) -> str:
    return code.removesuffix(_HEAD_OFFICE) if len(code) > _WHOLE_BANK else code
