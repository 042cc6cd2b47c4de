"""Who looks at a page, in which role; what a form says, and proof that it was ours."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request, Response

from antifraud.domain.center.people import Actor, Role
from antifraud.domain.center.person import Session
from antifraud.domain.errors import InvalidValue, NotPermitted
from api.auth import Scope
from api.console.keeping import Kept, sealed
from api.engine import Engine
from api.errors import BodyTooLarge, NotAuthenticated
from api.routes.access import TheEngine

CSRF_FIELD: Final = "csrf"
_LARGEST_FORM: Final = 64 << 10
_MOST_FIELDS: Final = 500  # a page of a queue has 50 boxes


class SignInNeeded(NotAuthenticated):
    """Nobody is signed in (any more). `kept` is the form that was sent, sealed, or None; `to` where to go on."""

    def __init__(self, to: str, kept: str | None = None) -> None:
        super().__init__("sign in first")
        self.to = to
        self.kept = kept


class PasswordNeeded(NotPermitted):
    """Somebody has a password that another gave to him, and must choose one of his own first."""


class StrangeForm(NotPermitted):
    """A form that did not come from a page of this session."""


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form; white space around them counts for nothing."""

    fields: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """Return a field, None when it was left empty."""
        value = next((value.strip() for given, value in self.fields if given == name), "")
        return value or None

    def need(self, name: str) -> str:
        """Return a field; raise InvalidValue when it was left empty."""
        value = self.get(name)
        if value is None:
            raise InvalidValue(name, "must be filled in", None)
        return value

    def all(self, name: str) -> list[str]:
        """Return every value of a field."""
        return [value for given, value in self.fields if given == name]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in, and what he asks; `form` is empty unless he sent one."""

    engine: Engine
    request: Request
    session: Session
    token: str
    form: Form

    @property
    def actor(self) -> Actor:
        """Return who acts."""
        return self.session.actor

    def page(self, template: str, *, status: int = 200, **values: object) -> Response:
        """Return a page for him."""
        return self.engine.pages.page(self.request, template, values, session=self.session, status=status)


class VisitorWith:
    """A dependency that finds out who looks; `scope` is what his role must be allowed, None: anybody signed in.

    `lent`: also somebody who has not chosen a password of his own yet. `roles`: nobody in another role.
    """

    def __init__(self, scope: Scope | None, *, lent: bool = False, roles: Collection[Role] | None = None) -> None:
        self.scope = scope
        self._lent = lent
        self._roles = roles

    async def __call__(self, request: Request, engine: TheEngine) -> Visitor:
        """Return him; raise SignInNeeded, PasswordNeeded, NotPermitted, or StrangeForm."""
        sends = request.method == "POST"
        form = await form_of(request) if sends else Form(())
        try:
            token, session = await engine.gatekeeper.session(request.headers.raw, safe=True)
        except NotAuthenticated:
            cookie = engine.identity.session_cookie.read(request.headers.raw)
            raise _sign_in(request, form if sends else None, cookie) from None
        request.state.session = session  # whoever is refused below still has his menu, and can sign out
        if sends and not secrets.compare_digest((form.get(CSRF_FIELD) or "").encode(), session.csrf.encode()):
            raise StrangeForm("this form is not of this session: open the page again")
        if session.must_change and not self._lent:
            raise PasswordNeeded("choose a password of your own first")
        if self.scope is not None and self.scope not in session.scopes:
            raise NotPermitted(f"{session.person} may not use the scope {self.scope.value} as {session.role.value}")
        if self._roles is not None and session.role not in self._roles:
            raise NotPermitted(f"{session.person} may not see this as {session.role.value}")
        return Visitor(engine, request, session, token, form)


async def form_of(request: Request) -> Form:
    """Read a form of moderate size; raise BodyTooLarge, or InvalidValue for what is none."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_FORM:
            raise BodyTooLarge(f"a form has at most {_LARGEST_FORM} bytes")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        raise InvalidValue("form", "is not the form of a page", None) from None
    return Form(tuple(pairs))


def from_our_own_page(request: Request) -> None:
    """Raise StrangeForm when the browser says that another site made it ask: for forms before anybody signed in."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise StrangeForm("this form came from another site")


def _sign_in(request: Request, form: Form | None, cookie: str | None) -> SignInNeeded:
    if form is None:
        query = f"?{request.url.query}" if request.url.query else ""
        return SignInNeeded(request.url.path + query)
    referred = request.url.path.rpartition("/")[0]
    if cookie is None:
        return SignInNeeded(referred)
    fields = tuple(pair for pair in form.fields if pair[0] != CSRF_FIELD)
    return SignInNeeded(referred, sealed(Kept(request.url.path, fields), cookie))
