"""Post to an address that somebody else chose, without being used to reach what only we can reach.

The name is resolved anew for every post, every address it has must be a public one, and the connection goes to the
very address that was checked: a name that points elsewhere a moment later changes nothing. Redirects are not followed,
no proxy of the environment is used, the answer's body is not read.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Final

import httpx

from antifraud.domain.center.delivery import Receipt
from antifraud.domain.errors import InvalidValue

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_LONGEST_URL: Final = 500
_PORTS: Final = {"https": 443, "http": 80}
_LAST_PORT: Final = 65_535
_IN_ALL_S: Final = 15.0
_RESOLVE_S: Final = 5.0
_TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
_AS_64: Final = ipaddress.ip_network("64:ff9b::/96")  # IPv4 behind a translator: what counts is what stands in it


class Resolver:
    """Asks the system's resolver, in threads of its own: names that nobody answers for hold up nobody else."""

    def __init__(self, threads: int = 16) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="webhook-names")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return all addresses of a name; raise OSError when it has none."""
        found = asyncio.get_running_loop().run_in_executor(self._threads, _resolve, host, port)
        async with asyncio.timeout(_RESOLVE_S):
            return await found

    def close(self) -> None:
        """Wait for nobody."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class Poster:
    """Posts to addresses of participants. `to_loopback` is for one machine alone: it allows loopback, by http too."""

    def __init__(self, resolve: Resolve, *, to_loopback: bool = False) -> None:
        self._resolve = resolve
        self._to_loopback = to_loopback

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        """Read the certificates that are trusted, once: that takes longer than hundreds of posts."""
        return httpx.create_ssl_context(trust_env=False)

    async def check(self, url: str) -> str:
        """Return the address to which a post would go now; raise InvalidValue naming what is wrong with the URL."""
        at = self._read(url)
        port = at.port or _PORTS[at.scheme]
        try:
            found = [ipaddress.ip_address(each) for each in await self._resolve(at.host, port)]
        except (OSError, TimeoutError, UnicodeError, ValueError) as wrong:
            raise InvalidValue("url", f"{at.host} cannot be resolved ({type(wrong).__name__})", url) from None
        if not found:
            raise InvalidValue("url", f"{at.host} has no address", url)
        if self._to_loopback and all(each.is_loopback for each in found):
            return str(found[0])
        if at.scheme != "https":
            raise InvalidValue("url", "must be https://", url)
        if not all(_is_public(each) for each in found):
            raise InvalidValue("url", f"{at.host} is not a public address", url)
        return str(found[0])

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Receipt:
        """Post once, never longer than a quarter of a minute; whatever happens is a receipt."""
        try:
            async with asyncio.timeout(_IN_ALL_S):
                return await self._post(httpx.URL(url), await self.check(url), body, headers)
        except InvalidValue as wrong:
            return Receipt(None, wrong.problem)
        except TimeoutError:
            return Receipt(None, f"no answer within {_IN_ALL_S:.0f} seconds")
        except httpx.HTTPError as wrong:
            return Receipt(None, str(wrong)[:200] or type(wrong).__name__)

    async def _post(self, at: httpx.URL, address: str, body: bytes, headers: Mapping[str, str]) -> Receipt:
        async with httpx.AsyncClient(
            verify=self._trusted, timeout=_TIMEOUT, trust_env=False, follow_redirects=False
        ) as client:
            request = client.build_request(
                "POST",
                at.copy_with(host=address),
                content=body,
                headers={**headers, "Host": at.netloc.decode("ascii")},
                extensions={"sni_hostname": at.raw_host.decode("ascii"), "timeout": _TIMEOUT.as_dict()},
            )
            response = await client.send(request, stream=True)
            await response.aclose()
        if response.is_success:
            return Receipt(response.status_code, None)
        return Receipt(response.status_code, f"the receiver answered {response.status_code}")

    def _read(self, url: str) -> httpx.URL:
        if len(url) > _LONGEST_URL:
            raise InvalidValue("url", f"has at most {_LONGEST_URL} characters", url)
        try:
            at = httpx.URL(url)
            named = at.raw_host.decode("ascii")
        except (httpx.InvalidURL, UnicodeError, ValueError):
            raise InvalidValue("url", "is no URL", url) from None
        if at.port is not None and not 0 < at.port <= _LAST_PORT:
            raise InvalidValue("url", "has a port that there is not", url)
        if at.scheme not in _PORTS or not named:
            raise InvalidValue("url", "must be https://", url)
        if at.userinfo or at.fragment:
            raise InvalidValue("url", "has no user, password or fragment", url)
        return at


def _is_public(address: Address) -> bool:
    """Say whether an address is anybody's, whatever it is wrapped in.

    >>> some = map(ipaddress.ip_address, ("8.8.8.8", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "fe80::1"))
    >>> [_is_public(each) for each in some]
    [True, False, False, False]
    """
    if isinstance(address, ipaddress.IPv6Address):
        teredo = address.teredo
        inner = address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
        if inner is None and address in _AS_64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return _is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _resolve(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))
