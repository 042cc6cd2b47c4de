"""A client for whoever integrates the engine: thin over its HTTP, and it imports nothing of the engine."""

from antifraud.client.answers import Decision, Event, Life, Report
from antifraud.client.calls import Client
from antifraud.client.refusals import FieldError, Refused, Unanswered
from antifraud.client.retries import Patience
from antifraud.client.webhook import verified

__all__ = [
    "Client",
    "Decision",
    "Event",
    "FieldError",
    "Life",
    "Patience",
    "Refused",
    "Report",
    "Unanswered",
    "verified",
]
