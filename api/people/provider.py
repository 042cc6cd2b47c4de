"""An OpenID Connect provider: how it is reached, what it says of people, and whether that is really its word.

Authorization code with PKCE; the answer's signature, issuer, audience, nonce and times are all checked. Claims
become a person by the mapping of `ProviderSettings`, and by nothing else.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Self
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from antifraud.domain.center.people import Role
from antifraud.domain.errors import Unavailable
from api.errors import NotAuthenticated

_ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")  # never "none", never one whose key both sides know
_LEEWAY_S: Final = 60
_TIMEOUT_S: Final = 5.0
_LOOPBACK: Final = re.compile(r"localhost|127(\.\d{1,3}){3}|\[?::1\]?")


def safe_address(url: str) -> str:
    """Return an address if what is sent there is read by nobody else: https, or this machine; raise ValueError."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and _LOOPBACK.fullmatch(parts.hostname or "")):
        return url
    raise ValueError("must begin with https:// (http:// only on this machine)")


class ProviderSettings(BaseModel):
    """One provider, and what its claims mean here. A claim inside another is named with a dot."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str
    client_id: str
    client_secret: SecretStr | None = None  # None: a public client, PKCE alone
    participant: Annotated[str | None, Field(description="For whom its people work, all of them.")] = None
    participant_claim: Annotated[str | None, Field(description="Or the claim that says for whom.")] = None
    person_claim: Annotated[str, Field(description="Becomes the sign-in name.")] = "preferred_username"
    name_claim: str = "name"
    roles_claim: str = "roles"
    roles: Annotated[dict[str, Role], Field(description="Which of its roles or groups is which role here.")]
    administrators: Annotated[frozenset[str], Field(description="Whose people administer.")] = frozenset()
    scope: str = "openid profile"

    @field_validator("issuer")
    @classmethod
    def _reached_safely(cls, issuer: str) -> str:
        return safe_address(issuer)

    @model_validator(mode="after")
    def _for_somebody(self) -> Self:
        if (self.participant is None) == (self.participant_claim is None):
            raise ValueError("names either the participant or the claim that says it")
        return self

    def roles_of(self, claims: Mapping[str, Any]) -> tuple[frozenset[Role], bool]:
        """Return the roles that claims give here, and whether the person administers."""
        said = claim(claims, self.roles_claim)
        names = {said} if isinstance(said, str) else {each for each in said or () if isinstance(each, str)}
        return frozenset(self.roles[each] for each in names & self.roles.keys()), bool(names & self.administrators)

    def participant_of(self, claims: Mapping[str, Any]) -> str:
        """Return for whom a person works."""
        return self.participant or str(claim(claims, self.participant_claim or "") or "")


def claim(claims: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - a claim is any JSON value
    """Return a claim, or None; a dot leads into another one.

    >>> claim({"realm_access": {"roles": ["desk"]}}, "realm_access.roles")
    ['desk']
    """
    if path in claims:
        return claims[path]
    first, _, rest = path.partition(".")
    inner = claims.get(first)
    return claim(inner, rest) if rest and isinstance(inner, Mapping) else None


class _Discovery(BaseModel):
    """What a provider tells about itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]

    @field_validator("authorization_endpoint", "token_endpoint", "jwks_uri")
    @classmethod
    def _reached_safely(cls, url: str) -> str:
        return safe_address(url)


class Provider:
    """One provider at its work."""

    def __init__(self, name: str, settings: ProviderSettings, now: Callable[[], datetime]) -> None:
        self.name = name
        self.settings = settings
        self._now = now
        self._discovery: _Discovery | None = None
        self._keys: KeySet | None = None

    async def address(self, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Return where to send a browser."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        discovery = await self._discovered()
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": self.settings.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        sign = "&" if urlsplit(discovery.authorization_endpoint).query else "?"
        return discovery.authorization_endpoint + sign + urlencode(query)

    async def claims(self, code: str, redirect_uri: str, nonce: str, verifier: str) -> Mapping[str, Any]:
        """Return what the provider says of whoever brought `code`; raise NotAuthenticated, or Unavailable."""
        secret = self.settings.client_secret
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        basic: httpx.Auth | None = None
        discovery = await self._discovered()
        if secret is None:
            form["client_id"] = self.settings.client_id
        elif "client_secret_basic" in discovery.token_endpoint_auth_methods_supported:
            basic = httpx.BasicAuth(self.settings.client_id, secret.get_secret_value())
        else:
            form |= {"client_id": self.settings.client_id, "client_secret": secret.get_secret_value()}
        answer = await self._ask("POST", discovery.token_endpoint, form, basic)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise NotAuthenticated(f"{self.name} did not say who it is")
        return await self._checked(token, nonce)

    async def _checked(self, token: str, nonce: str) -> Mapping[str, Any]:
        """Return the claims of an ID token, if it is the provider's, for us, of now, and the answer to our question."""
        try:
            try:
                said = jwt.decode(token, await self._known_keys(), algorithms=_ALGORITHMS)
            except InvalidKeyIdError:  # the provider may have changed its keys since
                said = jwt.decode(token, await self._known_keys(anew=True), algorithms=_ALGORITHMS)
            jwt.JWTClaimsRegistry(
                now=int(self._now().timestamp()),
                leeway=_LEEWAY_S,
                iss={"essential": True, "value": self.settings.issuer},
                aud={"essential": True, "value": self.settings.client_id},
                sub={"essential": True, "allow_blank": False},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(said.claims)
        except (JoseError, ValueError, TypeError) as wrong:
            raise NotAuthenticated(f"what {self.name} says cannot be trusted: {wrong}") from None
        audience, authorized = said.claims["aud"], said.claims.get("azp")
        others = isinstance(audience, list) and len(audience) > 1
        if (others or authorized is not None) and authorized != self.settings.client_id:
            raise NotAuthenticated(f"what {self.name} says was said to somebody else")
        return said.claims

    async def _known_keys(self, *, anew: bool = False) -> KeySet:
        if self._keys is None or anew:
            said: Any = await self._ask("GET", (await self._discovered()).jwks_uri)
            self._keys = KeySet.import_key_set(said)
        return self._keys

    async def _discovered(self) -> _Discovery:
        if self._discovery is None:
            where = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
            try:
                said = _Discovery.model_validate(await self._ask("GET", where))
            except ValidationError as wrong:
                raise Unavailable(
                    f"the provider {self.name} describes itself wrongly: {wrong.errors()[0]['msg']}"
                ) from None
            if said.issuer != self.settings.issuer:
                raise Unavailable(f"the provider at {self.settings.issuer} says that it is {said.issuer}")
            self._discovery = said
        return self._discovery

    async def _ask(
        self, method: str, url: str, form: Mapping[str, str] | None = None, auth: httpx.Auth | None = None
    ) -> dict[str, Any]:
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False) as client:
                answer = await client.request(method, url, data=form, auth=auth)
            said = answer.json()
        except (httpx.HTTPError, ValueError) as wrong:
            raise Unavailable(f"the provider {self.name} cannot be reached: {type(wrong).__name__}") from wrong
        if form is not None and answer.is_client_error:
            raise NotAuthenticated(f"{self.name} does not know this sign-in any more: begin again")
        if not answer.is_success or not isinstance(said, dict):
            raise Unavailable(f"the provider {self.name} answered {answer.status_code}")
        return said
