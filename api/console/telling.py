"""What an act says besides who and when, in the reader's language; what people wrote stays as they wrote it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from antifraud.domain.center.act import Act
from antifraud.domain.center.people import Role
from api.console import words
from api.console.languages import Language
from api.console.words import N_

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Told:
    """What an act says: in codes, now words, and as it was written. `reason` None: nobody gave one."""

    details: tuple[str, ...]
    reason: str | None


def _by_value(called: Mapping[E, str]) -> dict[str, str]:
    return {each.value: text for each, text in called.items()}


_CODES: Final[Mapping[str, Mapping[str, str]]] = {
    "because": _by_value(words.RELEASE) | _by_value(words.REFUSAL),
    "says": _by_value(words.CLIENT),
    "basis": _by_value(words.BASIS),
    "whom": _by_value(words.WHOM),
    "source": _by_value(words.SOURCE),
    "fraud_type": words.FRAUD,
}
_WRITTEN: Final = ("to", "document", "police", "prosecution", "payment", "words")
_SUMS: Final = ("amount_minor", "held_minor")
_SUSPENDED: Final = {True: N_("remote services are suspended"), False: N_("remote services go on")}
_BY_ITSELF: Final[Mapping[str, str]] = {
    "nothing is held and nobody acted": N_("nothing is held and nobody acted"),
    "less is held than it would return": N_("less is held than it would return"),
    "not confirmed as the victim's": N_("not confirmed as the victim's"),
    "the incident was denied": N_("the incident was denied"),
    "the incident was withdrawn": N_("the incident was withdrawn"),
    "the incident was closed": N_("the incident was closed"),
}
"""Every reason that the engine gives for what it does, but for the codes of a decision."""


def told(act: Act, language: Language, currency: str | None, codes: Mapping[str, str]) -> Told:
    """Return what an act says; sums are of `currency`, `codes` are the reasons of its decision in the language."""
    reason = act.reason
    if reason is not None and act.by.role is Role.PLATFORM:
        known = _BY_ITSELF.get(reason)
        of_decision = "; ".join(codes.get(code, code) for code in reason.split(", "))
        reason = of_decision if known is None else language.say(known)
    return Told(tuple(_details(act, language, currency)), reason)


def _details(act: Act, language: Language, currency: str | None) -> list[str]:
    found = []
    for name in _SUMS:
        if currency is not None and (minor := getattr(act, name, None)):
            found.append(language.money(minor, currency))
    for name, called in _CODES.items():
        code = getattr(act, name, None)
        if isinstance(code, str) and code in called:
            found.append(language.say(called[code]))
    if (suspended := getattr(act, "suspended", None)) is not None:
        found.append(language.say(_SUSPENDED[suspended]))
    for name in _WRITTEN:
        if text := getattr(act, name, None):
            found.append(f"{language.say(words.FIELD[name])}: {text}")
    return found
