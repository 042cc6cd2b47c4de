"""Hold money by a person's decision: what the form on the page of an account asks, and the request that it makes."""

from collections.abc import Callable
from typing import Final

from antifraud.domain.center.basis import BasisKind
from antifraud.domain.center.hold import Hold
from antifraud.domain.center.hold_acts import HeldWhat
from antifraud.domain.center.people import BANK, Actor
from antifraud.domain.errors import InvalidValue
from antifraud.domain.identifiers import account_id, opaque_id
from antifraud.domain.money import amount, currency_code
from antifraud.domain.typology import FraudType
from antifraud.workflow.center.holding import HoldRequest, hold_money
from antifraud.workflow.center.ports import Page
from api.console import words
from api.console.asking import Ask, AskKind, Offer, moment_in, one_of, signed, sum_in
from api.console.visitor import Visitor
from api.console.words import N_

_BY_HAND: Final = (BasisKind.BANK_SUSPICION, BasisKind.COERCION, BasisKind.POLICE_ORDER, BasisKind.SEIZURE)
_LAW: Final = N_("Law No. 205-VIII: a bank may hold on suspicion; on an order, as the order says")
_SAFE_ACCOUNT: Final = "safe"


def hold_offer(actor: Actor, currency: str) -> list[Offer]:
    """Return the form that holds money of an account, for the people of banks; sums are of `currency` at first."""
    if actor.role not in BANK:
        return []
    return [
        Offer(
            name="hold",
            title=N_("Hold money of this account"),
            effect=N_(
                "The money stays where it is until somebody lets it go or its clock does. A bank holds money of one "
                "transfer once."
            ),
            ground=_LAW,
            asks=(
                Ask(
                    name="what",
                    kind=AskKind.CHOICE,
                    choices=[(each.value, text) for each, text in words.WHAT.items()],
                    label=N_("What is held"),
                ),
                Ask(name="transfer_id", label=N_("Transfer"), hint=N_("its id, as the bank that sent it names it")),
                Ask(
                    name="participant",
                    label=N_("Whose transfer"),
                    required=False,
                    hint=N_("left empty: of your own bank"),
                ),
                Ask(name="amount", kind=AskKind.SUM),
                Ask(name="currency", label=N_("Currency"), value=currency),
                Ask(
                    name="basis",
                    kind=AskKind.SELECT,
                    choices=[(each.value, words.BASIS[each]) for each in _BY_HAND],
                ),
                Ask(name="document", required=False, hint=N_("of an order or a seizure")),
                Ask(name="until", kind=AskKind.MOMENT, required=False, hint=N_("of an order of the police only")),
                Ask(
                    name="fraud_type",
                    kind=AskKind.SELECT,
                    choices=[(str(each), text) for each, text in words.FRAUD.items()],
                    value=FraudType.UNKNOWN,
                ),
                Ask(
                    name="safe_account",
                    kind=AskKind.TICKS,
                    required=False,
                    choices=[(_SAFE_ACCOUNT, N_("it looks like a call from a false bank or police"))],
                    label=N_("The client"),
                ),
            ),
            picks=(N_("The client says that it was not him."), N_("The client was told to send it.")),
        )
    ]


async def holding(visitor: Visitor, account: str) -> Callable[[Page], Hold]:
    """Return what holds money of an account as the form says; raise InvalidValue naming a field that cannot be."""
    form, policy, by = visitor.form, visitor.engine.center.policy, signed(visitor)
    participant = form.get("participant")
    currency = currency_code(form.need("currency").upper())
    minor = sum_in(form, "amount", currency)
    if minor is None:
        raise InvalidValue("amount", "must be filled in", None)
    wanted = HoldRequest(
        what=one_of(HeldWhat, "what", form),
        participant=by.actor.participant if participant is None else opaque_id(participant, "participant"),
        transfer_id=opaque_id(form.need("transfer_id"), "transfer_id"),
        account=account_id(account),
        amount_minor=amount(minor, "amount"),
        currency=currency,
        basis=one_of(BasisKind, "basis", form),
        document=form.get("document"),
        until=moment_in(form, "until"),
        fraud_type=one_of(FraudType, "fraud_type", form).value,
        safe_account=_SAFE_ACCOUNT in form.all("safe_account"),
        reason=by.reason or "",
    )
    return lambda page: hold_money(page, wanted, policy, by.actor, by.now)
