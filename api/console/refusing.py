"""What went wrong, as a page: in words, with a way on."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from antifraud.domain.errors import NotFound, NotPermitted, Unavailable
from api.console.pages import CONSOLE
from api.console.visitor import PasswordNeeded, SignInNeeded, StrangeForm
from api.console.words import N_
from api.engine import Engine
from api.errors import refusal_of

SIGN_IN: Final = CONSOLE + "/sign-in"
PASSWORD: Final = CONSOLE + "/password"
_TITLES: Final[Mapping[type[Exception], tuple[str, str]]] = {
    NotFound: (N_("There is no such page"), N_("It may have been of another organisation, or the address is wrong.")),
    StrangeForm: (
        N_("This form is out of date"),
        N_("It does not belong to your present session. Open the page again; nothing was done."),
    ),
    NotPermitted: (
        N_("Your role may not do that"),
        N_("Whoever administers your organisation's people can change roles."),
    ),
    Unavailable: (N_("Not now"), N_("A part of the engine is away. Nothing was done; try again in a moment.")),
}
_OTHER: Final = (N_("Something went wrong here"), N_("Nothing was done. The operator finds the cause in the log."))
_INVALID: Final = (N_("Something in the form cannot be"), N_("Go back: what you typed is still there."))


def is_page(request: Request) -> bool:
    """Say whether a browser asked for a page of the console."""
    return request.url.path == CONSOLE or request.url.path.startswith(CONSOLE + "/")


def refused_page(request: Request, error: Exception) -> Response:
    """Return the page that says what went wrong, or the way to where it can be mended."""
    engine: Engine = request.app.state.engine
    if isinstance(error, SignInNeeded):
        if error.kept is None:
            return RedirectResponse(f"{SIGN_IN}?{urlencode({'to': error.to})}", status_code=303)
        return engine.pages.page(request, "sign_in.html", sign_in_values(engine, error.to, error.kept), status=401)
    if isinstance(error, PasswordNeeded):
        return RedirectResponse(PASSWORD, status_code=303)
    status = refusal_of(error).status
    other = _INVALID if status == 422 else _OTHER
    title, advice = next((words for kind, words in _TITLES.items() if isinstance(error, kind)), other)
    detail = str(error)[:500] if status not in (404, 500) else None
    values = {"title": title, "advice": advice, "detail": detail}
    session = getattr(request.state, "session", None)
    return engine.pages.page(request, "error.html", values, session=session, status=status)


def sign_in_values(engine: Engine, to: str, kept: str | None = None, problem: str | None = None) -> dict[str, object]:
    """Return what the sign-in page needs."""
    return {"to": to, "kept": kept, "problem": problem, "providers": engine.identity.away.names, "name": ""}
