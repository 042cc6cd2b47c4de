"""From a file to its HTML: styles inside, no script, nothing loaded; it prints as it stands."""

import hashlib
from base64 import b64encode
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from importlib.resources import files
from typing import Final

import orjson
from babel.dates import format_datetime
from babel.numbers import format_decimal, format_percent
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from antifraud.domain.center.calendar import ALMATY
from antifraud.domain.center.network import Account, Link, network_of_trace
from antifraud.domain.money import MINOR_DIGITS
from antifraud.workflow.center.casefile import CaseFile, HoldFile
from antifraud.workflow.ports import Recorded
from api.casefile.words import Tongue, states, texts
from api.console.drawing.network import Words, network_svg

_STYLE: Final = files(__package__).joinpath("file.css").read_text(encoding="utf-8")
_HASH: Final = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY: Final = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
_MILLION: Final = 1_000_000
_ENVIRONMENT: Final = Environment(
    loader=PackageLoader(__package__, "."), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
)


class _Speaker:
    """How one language says sums, moments and states."""

    def __init__(self, tongue: Tongue, currency: str) -> None:
        self.say = texts(tongue)
        self._tongue = tongue
        self._currency = currency
        self._states = states(tongue)

    def money(self, minor: int) -> str:
        """Return a sum with its currency."""
        digits = MINOR_DIGITS[self._currency]
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        number = format_decimal(Decimal(minor).scaleb(-digits), pattern, locale=self._tongue.value)
        return f"{number} {self._currency}"

    def moment(self, at: datetime) -> str:
        """Return a moment to the second, as it is on a clock in Almaty."""
        return format_datetime(at.astimezone(ALMATY), "dd.MM.y HH:mm:ss", locale=self._tongue.value)

    def share(self, ppm: int) -> str:
        """Return a share in percent, with one digit behind the point."""
        return format_percent(Decimal(ppm) / _MILLION, "#,##0.0%", locale=self._tongue.value)

    def called(self, state: StrEnum) -> str:
        """Return how a state is called."""
        return self._states[state.value]


def incident_document(file: CaseFile, tongue: Tongue) -> str:
    """Return the file of an incident in one language."""
    speaker = _Speaker(tongue, file.incident.currency)
    return _rendered(
        "incident.html",
        speaker,
        tongue,
        file=file,
        share=speaker.share,
        anchor=_anchor,
        picture=_picture(file, speaker),
    )


def hold_document(file: HoldFile, recorded: Recorded | None, tongue: Tongue) -> str:
    """Return the file of a hold in one language; `recorded` is its transfer with the answer, if it is known."""
    speaker = _Speaker(tongue, file.hold.birth.currency)
    answer = None if recorded is None else orjson.loads(recorded.answer)
    transfer = None if recorded is None else recorded.transfer
    return _rendered(
        "hold.html", speaker, tongue, file=file, transfer=transfer, answer=answer, share=speaker.share, million=_MILLION
    )


def _rendered(template: str, speaker: _Speaker, tongue: Tongue, **values: object) -> str:
    return _ENVIRONMENT.get_template(template).render(
        tongue=tongue.value,
        policy=POLICY,
        style=Markup(_STYLE),  # noqa: S704 - our own file
        say=speaker.say,
        money=speaker.money,
        moment=speaker.moment,
        called=speaker.called,
        **values,
    )


def _picture(file: CaseFile, speaker: _Speaker) -> Markup | None:
    if file.found is None:
        return None
    say = speaker.say

    def below(account: Account) -> str:
        still = "" if account.still_minor is None else f" · {speaker.money(account.still_minor)}"
        return f"{account.bank or say['unknown']}{still}"

    def about(account: Account) -> str:
        part = "" if account.share_ppm is None else f", {say['share']}: {speaker.share(account.share_ppm)}"
        return f"{account.account}, {below(account)}{part}"

    def about_link(link: Link) -> str:
        return f"{link.payer} → {link.payee}: {speaker.money(link.amount_minor)}, {speaker.moment(link.first)}"

    words = Words(
        title=say["trace"],
        account=lambda account: account.account,
        below=below,
        about=about,
        link=lambda link: speaker.money(link.tainted_minor or 0),
        about_link=about_link,
        address=lambda account: f"#{_anchor(account.account)}",
    )
    svg = network_svg(network_of_trace(file.found), words, middle=file.incident.transfers[0].payer)
    return Markup(svg)  # noqa: S704 - all words in it are escaped where it is drawn


def _anchor(account: str) -> str:
    """Return a name inside the document, whatever characters the account has."""
    return "a" + hashlib.sha256(account.encode()).hexdigest()[:16]
