"""Sessions of people: sign in, with a password or a provider's word, change one's own things, sign out."""

import ipaddress
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from antifraud.domain.errors import NotPermitted
from api.people import codes
from api.people.door import Opened
from api.people.identity import CALLBACK
from api.routes.access import DOCUMENTED_SESSION, OwnSession, TheEngine, no_store, public, refusals
from api.views.access import CodeIn, OfferOut, PasswordIn, RoleIn, SessionOut, SignInIn

SESSION: Final = "/v1/session"
SIGN_IN: Final = "/v1/sign-in"
_IPV6_SHARED: Final = 64  # bits that one subscriber has for himself begin after them
_FRONT: Final = "/console"  # where people work; the console is above the routes and cannot be asked here
_ISSUER: Final = "Antifraud"

router: Final = APIRouter(tags=["session"], dependencies=[Depends(no_store)])
_OWN: Final = refusals(401, 403, 422, 503)


@router.post(
    SESSION,
    operation_id="signIn",
    status_code=201,
    response_description="Signed in; the cookie is the session",
    dependencies=public("whoever signs in has nothing to show yet but what the body holds"),
    responses=refusals(401, 422, 429, 503),
)
async def sign_in(who: SignInIn, request: Request, engine: TheEngine, response: Response) -> SessionOut:
    """Sign in. 401 `second-factor-needed`: the same again with `code`. 429: too many failures, see `Retry-After`."""
    identity = engine.identity
    opened = await identity.door.sign_in(
        who.person,
        who.password,
        address_of(request),
        code=who.code,
        role=who.role,
        instead_of=identity.session_cookie.read(request.headers.raw),
    )
    return _opened(engine, response, opened)


@router.get(
    SESSION,
    operation_id="getSession",
    response_description="The session of the cookie",
    dependencies=DOCUMENTED_SESSION,
    responses=refusals(401, 503),
)
async def session(own: OwnSession) -> SessionOut:
    """Return who is signed in, in which role, and the CSRF token."""
    return SessionOut.of(own[1])


@router.delete(
    SESSION,
    operation_id="signOut",
    status_code=204,
    response_description="Signed out",
    dependencies=DOCUMENTED_SESSION,
    responses=refusals(401, 403, 503),
)
async def sign_out(own: OwnSession, engine: TheEngine, response: Response) -> None:
    """End this session."""
    await engine.identity.door.sign_out(own[0])
    engine.identity.session_cookie.take(response)


@router.delete(
    SESSION + "/everywhere",
    operation_id="signOutEverywhere",
    status_code=204,
    response_description="Signed out everywhere",
    dependencies=DOCUMENTED_SESSION,
    responses=refusals(401, 403, 503),
)
async def sign_out_everywhere(own: OwnSession, engine: TheEngine, response: Response) -> None:
    """End all sessions of this person, in all browsers."""
    await engine.identity.door.sign_out_everywhere(own[1])
    engine.identity.session_cookie.take(response)


@router.post(
    SESSION + "/role",
    operation_id="takeRole",
    response_description="Goes on in that role",
    dependencies=DOCUMENTED_SESSION,
    responses=_OWN,
)
async def take_role(
    wanted: RoleIn, own: OwnSession, request: Request, engine: TheEngine, response: Response
) -> SessionOut:
    """Go on in another of one's roles; the cookie and the CSRF token change."""
    if own[1].must_change:
        raise NotPermitted("choose a password of your own first")
    opened = await engine.identity.door.take_role(own[0], own[1], wanted.role, address_of(request))
    return _opened(engine, response, opened)


@router.post(
    SESSION + "/password",
    operation_id="changePassword",
    response_description="The new password is good from now on",
    dependencies=DOCUMENTED_SESSION,
    responses=refusals(401, 403, 409, 422, 429, 503),
)
async def change_password(
    change: PasswordIn, own: OwnSession, request: Request, engine: TheEngine, response: Response
) -> SessionOut:
    """Change one's own password; all other sessions end. 409: a provider answers for this person."""
    opened = await engine.identity.door.change_password(own[0], own[1], change.old, change.new, address_of(request))
    return _opened(engine, response, opened)


@router.post(
    SESSION + "/second-factor",
    operation_id="offerSecondFactor",
    response_description="What codes are made of; not asked for before one was confirmed",
    dependencies=DOCUMENTED_SESSION,
    responses=refusals(401, 403, 503),
)
async def offer(own: OwnSession, engine: TheEngine) -> OfferOut:
    """Return a fresh secret for a telephone."""
    secret = await engine.identity.door.offer_code(own[1])
    return OfferOut(secret=secret, uri=codes.address(secret, own[1].person, _ISSUER))


@router.put(
    SESSION + "/second-factor",
    operation_id="confirmSecondFactor",
    status_code=204,
    response_description="Codes are asked for from now on",
    dependencies=DOCUMENTED_SESSION,
    responses=refusals(401, 403, 409, 422, 503),
)
async def confirm(shown: CodeIn, own: OwnSession, engine: TheEngine) -> None:
    """Confirm the offered secret with one of its codes."""
    await engine.identity.door.confirm_code(own[1], shown.code)


@router.get(
    CALLBACK,
    operation_id="signInCallback",
    status_code=303,
    response_class=RedirectResponse,
    response_description="Signed in; the cookie is the session",
    dependencies=public("a browser comes back from a provider with what was given to it when it left"),
    responses=refusals(401, 403, 409, 422, 503),
)
async def callback(
    request: Request,
    engine: TheEngine,
    state: Annotated[str, Query(max_length=200)],
    code: Annotated[str | None, Query(max_length=4096)] = None,
    iss: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Begin the session of whom the provider answers for."""
    identity = engine.identity
    browser = identity.away_cookie.read(request.headers.raw)
    opened = await identity.away.receive(browser, state, code, iss, address_of(request))
    response = RedirectResponse(_FRONT, status_code=303)
    identity.away_cookie.take(response)
    identity.session_cookie.give(response, opened.token)
    return response


@router.get(
    SIGN_IN + "/{provider}",
    operation_id="signInWith",
    status_code=303,
    response_class=RedirectResponse,
    response_description="To the provider",
    dependencies=public("whoever signs in has nothing to show yet"),
    responses=refusals(404, 422, 503),
)
async def sign_in_with(provider: Annotated[str, Path(min_length=1, max_length=64)], engine: TheEngine) -> Response:
    """Send the browser to an OpenID Connect provider."""
    to, browser = await engine.identity.away.send(provider)
    response = RedirectResponse(to, status_code=303)
    engine.identity.away_cookie.give(response, browser)
    return response


def address_of(request: Request) -> str:
    """Return whom failures are counted for: the address, of IPv6 the network that one subscriber has."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, _IPV6_SHARED), strict=False))


def _opened(engine: TheEngine, response: Response, opened: Opened) -> SessionOut:
    engine.identity.session_cookie.give(response, opened.token)
    return SessionOut.of(opened.session)
