"""Whose account it is: by what a transfer names, else by the account's number, and else unknown."""

import pytest

from antifraud.domain.center.banks import BankCodes, Banks
from antifraud.domain.center.people import ParticipantKind
from antifraud.domain.errors import InvalidValue
from antifraud.store.center.book import SqlBook
from tests.center.incidents import inquiries, opened, seed
from tests.center.passages import passage

IBAN = "KZ86125KZT5004100100"  # the registry's own example
BANKS = Banks(
    {
        "bank-1": BankCodes(),
        "bank-2": BankCodes(bics=frozenset({"FICTKZKA"}), bank_codes=frozenset({"125"})),
        "bank-3": BankCodes(bics=frozenset({"FICTKZKAALM", "OTHRKZKAXXX"}), bank_codes=frozenset({"126"})),
    }
)


@pytest.mark.parametrize(
    ("account", "named", "bank"),
    [
        ("wallet:1", "bank-1", "bank-1"),
        ("wallet:1", "FICTKZKA", "bank-2"),
        ("wallet:1", "FICTKZKAXXX", "bank-2"),
        ("wallet:1", "FICTKZKAAST", "bank-2"),  # a branch that nobody has as its own
        ("wallet:1", "FICTKZKAALM", "bank-3"),
        ("wallet:1", "OTHRKZKA", "bank-3"),
        ("wallet:1", "NOBOKZKA", None),
        ("wallet:1", "125", None),  # a bank code names no bank: it stands in accounts
        ("wallet:1", None, None),
        ("+77010000000", None, None),
        (IBAN, None, "bank-2"),
        (IBAN, "NOBOKZKA", "bank-2"),
        (IBAN, "bank-1", "bank-1"),  # what is named counts before what the number says
        (IBAN.replace("125", "127"), None, None),
    ],
)
def test_a_bank_is_found_by_id_then_bic_then_the_accounts_number_and_never_guessed(account, named, bank):
    assert BANKS.bank_of(account, named) == bank


def test_only_who_keeps_accounts_has_codes_and_they_look_like_codes():
    with pytest.raises(InvalidValue, match="kind: only who keeps accounts"):
        BankCodes(bank_codes=frozenset({"125"})).fitting(ParticipantKind.POLICE)
    with pytest.raises(InvalidValue, match="bics: a BIC is 8 or 11"):
        BankCodes(bics=frozenset({"FICTKZK"}))
    with pytest.raises(InvalidValue, match="bank_codes: a bank code is three digits"):
        BankCodes(bank_codes=frozenset({"12"}))


def test_banks_that_transfers_name_otherwise_are_asked_and_unknown_ones_are_shown_as_unknown(book, noon):
    """The money goes on by a BIC, by an IBAN alone, and to a bank that takes no part."""
    known = SqlBook(book.engine, lambda: BANKS)
    victims = BANKS.known(passage(1, "victim", "card:mule", 1_000, 0, payee_bank="FICTKZKAXXX"))
    onward = [
        passage(2, "card:mule", IBAN, 300, 1, participant="bank-2", payer_bank="FICTKZKA", payee_bank=None),
        passage(3, "card:mule", "wallet:far", 200, 2, participant="bank-2", payer_bank=None, payee_bank="NOBOKZKA"),
    ]

    def story(page):
        seed(page, [victims, *onward])
        incident = opened(page, [victims], noon)
        return {name: each.birth.bank for name, each in inquiries(page, incident).items()}, incident.banks

    try:
        asked, banks = known.write_now(story)
    finally:
        known.close()
    assert (asked, banks) == ({"card:mule": "bank-2", IBAN: "bank-2"}, ("bank-2",))
