"""Signing in and out, one's own password, role and language."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from antifraud.domain.center.people import Role
from antifraud.domain.errors import InvalidValue
from api.console.keeping import unsealed
from api.console.languages import CODES
from api.console.pages import CONSOLE, LANGUAGE_COOKIE, home_of
from api.console.refusing import PASSWORD, SIGN_IN, sign_in_values
from api.console.visitor import Form, Visitor, VisitorWith, form_of, from_our_own_page
from api.console.words import N_
from api.engine import Engine
from api.errors import NotAuthenticated, SecondFactorNeeded, TooManyAttempts
from api.people.door import Opened
from api.routes.access import TheEngine, public
from api.routes.session import address_of

router: Final = APIRouter(include_in_schema=False)
_OPEN: Final = public("whoever signs in, or chooses a language first, has nothing to show yet")
_YEAR: Final = 365 * 24 * 3600
_WRONG: Final = N_("The name, the password or the code is wrong.")
_CODE: Final = N_("A code is needed besides: type the password again, and the code of your telephone.")
_WAIT: Final = N_("Too many attempts failed. Wait a few minutes and try again.")

Anybody = Annotated[Visitor, Depends(VisitorWith(None, lent=True))]
Somebody = Annotated[Visitor, Depends(VisitorWith(None))]


@router.get(SIGN_IN, dependencies=_OPEN)
async def ask(request: Request, engine: TheEngine, to: str = CONSOLE) -> Response:
    """Show the form."""
    return engine.pages.page(request, "sign_in.html", sign_in_values(engine, inside(to)))


@router.post(SIGN_IN, dependencies=_OPEN)
async def sign_in(request: Request, engine: TheEngine) -> Response:
    """Sign in and go on where one was, with what one had typed."""
    from_our_own_page(request)
    form = await form_of(request)
    to, kept = inside(form.get("to") or CONSOLE), form.get("kept")
    cookie = engine.identity.session_cookie.read(request.headers.raw)
    try:
        opened = await engine.identity.door.sign_in(
            form.get("name") or "",
            form.get("password") or "",
            address_of(request),
            code=form.get("code"),
            instead_of=cookie,
        )
    except SecondFactorNeeded:
        return _again(request, engine, form, to, 401, _CODE)
    except NotAuthenticated:
        return _again(request, engine, form, to, 401, _WRONG)
    except TooManyAttempts:
        return _again(request, engine, form, to, 429, _WAIT)
    left = None if kept is None or cookie is None else unsealed(kept, cookie)
    if left is None:
        there = home_of(opened.session) if to == CONSOLE else to
        return _opened(engine, opened, RedirectResponse(there, status_code=303))
    shown = [(name, value) for name, value in left.fields if value.strip()]
    page = engine.pages.page(request, "kept.html", {"kept": left, "shown": shown, "to": to}, session=opened.session)
    return _opened(engine, opened, page)


@router.post(CONSOLE + "/sign-out")
async def sign_out(visitor: Anybody) -> Response:
    """End the session."""
    await visitor.engine.identity.door.sign_out(visitor.token)
    response = RedirectResponse(SIGN_IN, status_code=303)
    visitor.engine.identity.session_cookie.take(response)
    return response


@router.get(PASSWORD)
async def ask_password(visitor: Anybody) -> Response:
    """Show the form for a password of one's own."""
    return visitor.page("password.html", problem=None)


@router.post(PASSWORD)
async def change_password(visitor: Anybody) -> Response:
    """Change it; the session goes on under a new name."""
    form, door = visitor.form, visitor.engine.identity.door
    try:
        opened = await door.change_password(
            visitor.token, visitor.session, form.get("old") or "", form.get("new") or "", address_of(visitor.request)
        )
    except NotAuthenticated:
        return visitor.page("password.html", status=401, problem=N_("The old password is wrong."))
    except TooManyAttempts:
        return visitor.page("password.html", status=429, problem=_WAIT)
    except InvalidValue:
        advice = N_("Choose at least 12 characters, of which 6 differ, without your sign-in name, and not the old one.")
        return visitor.page("password.html", status=422, problem=advice)
    return _opened(visitor.engine, opened, RedirectResponse(home_of(opened.session), status_code=303))


@router.post(CONSOLE + "/role")
async def take_role(visitor: Somebody) -> Response:
    """Go on in another of one's roles."""
    try:
        role = Role(visitor.form.need("role"))
    except ValueError:
        raise InvalidValue("role", "is none", visitor.form.get("role")) from None
    door = visitor.engine.identity.door
    opened = await door.take_role(visitor.token, visitor.session, role, address_of(visitor.request))
    return _opened(visitor.engine, opened, RedirectResponse(home_of(opened.session), status_code=303))


@router.post(CONSOLE + "/language", dependencies=_OPEN)
async def choose_language(request: Request, engine: TheEngine) -> Response:
    """Remember the language in this browser."""
    from_our_own_page(request)
    form = await form_of(request)
    response = RedirectResponse(inside(form.get("to") or CONSOLE), status_code=303)
    if (code := form.get("language")) in CODES:
        secure = engine.identity.session_cookie.secure
        response.set_cookie(
            LANGUAGE_COOKIE, code, max_age=_YEAR, path=CONSOLE, httponly=True, secure=secure, samesite="lax"
        )
    return response


def inside(to: str) -> str:
    """Return an address of the console, and its front page for any other: nobody is sent elsewhere from here.

    >>> inside("/console/holds/1?x=y"), inside("//elsewhere.example/console"), inside("/console//x")
    ('/console/holds/1?x=y', '/console', '/console')
    """
    ours = to == CONSOLE or to.startswith((CONSOLE + "/", CONSOLE + "?"))
    plain = to.isascii() and to.isprintable() and "//" not in to and "\\" not in to
    return to if ours and plain else CONSOLE


def _again(request: Request, engine: Engine, form: Form, to: str, status: int, problem: str) -> Response:
    values = sign_in_values(engine, to, form.get("kept"), problem) | {"name": form.get("name") or ""}
    return engine.pages.page(request, "sign_in.html", values, status=status)


def _opened(engine: Engine, opened: Opened, response: Response) -> Response:
    engine.identity.session_cookie.give(response, opened.token)
    return response
