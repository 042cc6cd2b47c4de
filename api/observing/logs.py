"""Logs as one line an event: as text to read, or as JSON to collect; with the request's id, without secrets."""

import logging
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar
from enum import StrEnum
from typing import Any, Final, TextIO

import structlog

from api.observing.masking import masked

REQUEST_ID: Final[ContextVar[str | None]] = ContextVar("request_id", default=None)
"""Of the request that is being served; every line that is logged meanwhile bears it."""

_Event = MutableMapping[str, Any]


class LogFormat(StrEnum):
    """How a line of the log looks."""

    TEXT = "text"
    JSON = "json"


def set_up_logs(form: LogFormat, stream: TextIO | None = None) -> None:
    """Write what is logged in this process, by us and by libraries, to `stream` (the process's stderr) from now on."""
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False) if form is LogFormat.JSON else _as_text
    handler = logging.StreamHandler(sys.__stderr__ if stream is None else stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
                _bear_request_id,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _mask,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for chatty in ("httpx", "httpcore", "alembic"):  # each request that is made, and each migration, a line
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _bear_request_id(_: object, __: str, event: _Event) -> _Event:
    if (request_id := REQUEST_ID.get()) is not None:
        event["request_id"] = request_id
    return event


def _mask(_: object, __: str, event: _Event) -> _Event:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = masked(value)
        elif not isinstance(value, int | float | None):
            event[name] = masked(str(value))
    return event


def _as_text(_: object, __: str, event: _Event) -> str:
    exception = event.pop("exception", None)
    head = f"{event.pop('at')} {event.pop('level')} {event.pop('logger')}: {event.pop('event')}"
    line = " ".join([head, *(f"{name}={value}" for name, value in event.items())])
    return line if exception is None else f"{line}\n{exception}"
