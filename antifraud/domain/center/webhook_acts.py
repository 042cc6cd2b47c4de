"""What can happen to a webhook. No secret stands in any of them."""

from dataclasses import dataclass
from datetime import datetime

from antifraud.domain.center.act import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(Act):
    """The birth of a webhook: from the next act on, events are pushed there."""

    url: str
    types: tuple[str, ...] = ()  # names of acts; none: all


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRotated(Act):
    """A new secret signs; the one before does so too until `until`."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Disabled(Act):
    """Nothing is pushed until it is enabled again; then what happened meanwhile is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GaveUp(Act):
    """The receiver was away for too long, or said that it is gone: the platform disabled the webhook."""

    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enabled(Act):
    """It goes on with the act after the last one that was settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed(Act):
    """It is gone for good."""
