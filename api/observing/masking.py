"""Keep personal data and secrets out of whatever is written for operators."""

import re
from typing import Final

_HIDDEN: Final = (
    # A password inside a URL, and the login before it stays: who it was helps, with what does not.
    (re.compile(r"(?<=://)([^\s:/@]*):[^\s@/]+@"), r"\1:[secret]@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), r"\1 [secret]"),
    (re.compile(r"\bafk_[\w-]+"), "[key]"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"), "[token]"),
    (
        re.compile(
            r"(?i)([\"']?\b[\w-]*(?:password|secret|token|cookie|csrf|api[_-]?key|authorization|otp|code_verifier)"
            r"[\"']?\s*[:=]\s*[\"']?)(?!\[)[^\s\"',;&)}\]]{3,}"
        ),
        r"\1[secret]",
    ),
    (re.compile(r"(?i)\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b"), "[address]"),
    (re.compile(r"\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b", re.IGNORECASE), "[account]"),
    (re.compile(r"(?<![\w.-])(?:\d{4}[ -]){3}\d{1,7}(?![\w.-])"), "[number]"),  # a card, as it is printed
    (re.compile(r"(?<![\w.+])\+?\d[ (-]*\d{3}[ )-]*\d{3}[ -]?\d{2}[ -]?\d{2}(?!\w)"), "[number]"),  # a phone
    (re.compile(r"(?<![\w.])\+?\d{10,19}(?!\w)"), "[number]"),  # a personal number, a card, an account
)


def masked(text: str) -> str:
    """Return a text in which accounts, numbers of people, addresses and secrets cannot be read.

    A number of 10 to 19 digits is taken for one of a person. What has no form, as a wallet of somebody's own
    spelling, cannot be known: such values are never put into a log message in the first place.

    >>> masked("account KZ86125KZT5004100100 of 991399123456, phone +7 701 000 00 00")
    'account [account] of [number], phone [number]'
    >>> masked("postgresql://ana:hidden@db/engine refused afk_abc_def")
    'postgresql://ana:[secret]@db/engine refused [key]'
    """
    for pattern, instead in _HIDDEN:
        text = pattern.sub(instead, text)
    return text
