"""From values to a page: templates, what stands beside them in the browser, and the headers that keep it safe."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from fastapi import Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from antifraud.domain.center.people import MEASURERS
from antifraud.domain.center.person import Session
from antifraud.domain.center.rights import Scope
from api.console import words
from api.console.languages import CODES, Language, language_for, spoken
from api.console.telling import told
from api.metrics import Metrics

CONSOLE: Final = "/console"
STATIC: Final = CONSOLE + "/static"
CSP_REPORTS: Final = CONSOLE + "/csp-reports"
LANGUAGE_COOKIE: Final = "antifraud-language"
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        f"report-uri {CSP_REPORTS}",
    )
)
_SAFE: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_TYPES: Final[Mapping[str, str]] = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "mark.svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages need; its address changes with its content, so that browsers may keep it for ever."""

    content: bytes
    media_type: str
    address: str


class Pages:
    """Makes pages. `simulated`: all people and money on them are fictional, and every page says so."""

    def __init__(self, *, simulated: bool, metrics: Metrics) -> None:
        self._simulated = simulated
        self.assets = {name: _asset(name, media_type) for name, media_type in _TYPES.items()}
        self._environments = {code: environment(spoken()[code]) for code in CODES}
        self.violations = 0
        metrics.counter(
            "antifraud_console_csp_reports",
            "What browsers reported that pages of the console may not do.",
            lambda: self.violations,
        )

    def language(self, request: Request) -> Language:
        """Return the language of whoever asks."""
        return language_for(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language"))

    def page(
        self,
        request: Request,
        template: str,
        values: Mapping[str, object],
        *,
        session: Session | None = None,
        status: int = 200,
    ) -> Response:
        """Return a page; `values` are what its template needs besides who looks and in which language."""
        language = self.language(request)
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        text = (
            self._environments[language.code]
            .get_template(template)
            .render(
                session=session,
                simulated=self._simulated,
                address={name: asset.address for name, asset in self.assets.items()},
                here=here if request.method == "GET" else CONSOLE,
                path=request.url.path,
                home=CONSOLE if session is None else home_of(session),
                **values,
            )
        )
        return Response(text, status, dict(_SAFE), "text/html; charset=utf-8")


def home_of(session: Session) -> str:
    """Return the first page that a role has something on; who reads neither cases nor incidents looks at the engine."""
    firsts = ((CONSOLE, Scope.READ_HOLDS), (CONSOLE + "/incidents", Scope.READ_INCIDENTS))
    return next((page for page, scope in firsts if scope in session.scopes), CONSOLE + "/deciding")


def _asset(name: str, media_type: str) -> Asset:
    content = files(__package__).joinpath("static", name).read_bytes()
    version = hashlib.sha256(content).hexdigest()[:16]
    return Asset(content, media_type, f"{STATIC}/{name}?v={version}")


def environment(language: Language) -> Environment:
    """Return where templates are found and how they speak a language."""
    made = Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    made.install_gettext_translations(language.translations, newstyle=True)  # type: ignore[attr-defined]
    made.globals["ngettext"] = language.count  # which also writes the number as the language does
    made.globals.update(
        language=language, languages=[spoken()[code] for code in CODES], words=words, telling=told, measurers=MEASURERS
    )
    made.filters.update(
        money=language.money,
        moment=language.moment,
        number=language.number,
        percent=language.percent,
        said=lambda text: language.say(text) if text else "",
    )
    return made
