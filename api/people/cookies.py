"""The cookies of people: unreadable for scripts, and, where https is, bound to this host by their name."""

from dataclasses import dataclass

from starlette.responses import Response

from api.auth import Headers, cookie_in


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie. `secure`: browsers reach us by https only."""

    plain_name: str
    secure: bool

    @property
    def name(self) -> str:
        """Return its name: with the prefix no other host, and no plain http, can set it."""
        return f"__Host-{self.plain_name}" if self.secure else self.plain_name

    def read(self, headers: Headers) -> str | None:
        """Return what it holds."""
        return cookie_in(headers, self.name)

    def give(self, response: Response, value: str) -> None:
        """Let the browser keep a value until it is closed; how long it is good for is known here only."""
        response.set_cookie(self.name, value, path="/", secure=self.secure, httponly=True, samesite="lax")

    def take(self, response: Response) -> None:
        """Let the browser forget it."""
        response.delete_cookie(self.name, path="/", secure=self.secure, httponly=True, samesite="lax")
