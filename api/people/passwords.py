"""Passwords, kept as argon2id: slow and large on purpose, so only a few are checked at a time."""

import asyncio
import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from antifraud.domain.center.person import acceptable_password, spelt

_AT_ONCE: Final = 2  # each takes 64 MiB and a processor
_LENT: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # what can be read out over the telephone
_LENT_LENGTH: Final = 20  # 99 bits


class Passwords:
    """Makes and checks hashes without stopping the event loop."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._nobody: str | None = None

    async def hash(self, password: str, name: str) -> str:
        """Return the hash of an acceptable password of that person; raise InvalidValue for another one."""
        return await self.hash_again(acceptable_password(password, name))

    async def hash_again(self, password: str) -> str:
        """Return a hash of today's strength of a password that is in use already."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, spelt(password))

    async def fits(self, kept: str | None, password: str) -> bool:
        """Say whether a password is the one whose hash is kept; nobody's (None) takes as long and never fits."""
        async with self._turns:
            return await asyncio.to_thread(self._fits, kept, password)

    def outdated(self, kept: str) -> bool:
        """Say whether a hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(kept)

    def _fits(self, kept: str | None, password: str) -> bool:
        if self._nobody is None:
            self._nobody = self._hasher.hash(secrets.token_hex())
        try:
            return self._hasher.verify(kept or self._nobody, spelt(password)) and kept is not None
        except (VerifyMismatchError, InvalidHashError):
            return False


def lent_password() -> str:
    """Return a password to be handed over and changed at the first sign-in."""
    letters = "".join(secrets.choice(_LENT) for _ in range(_LENT_LENGTH))
    return "-".join(letters[at : at + 5] for at in range(0, _LENT_LENGTH, 5))
