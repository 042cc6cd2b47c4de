"""Between what the engine holds and the rows of the store: the only place that knows both shapes.

A row is a tuple in the order of the table's columns, without `seq`. Writing is on the hot path, so it
is positional; reading goes by name.
"""

from dataclasses import fields
from operator import attrgetter
from typing import Any, Final

import numpy as np
import orjson
from sqlalchemy import RowMapping

from antifraud.domain.decision import Action, Decision, Evidence, Reason, ReasonKind
from antifraud.domain.moment import micros, moment_of
from antifraud.domain.report import Report, ReportSource
from antifraud.domain.transfer import Channel, Transfer
from antifraud.workflow.ports import Recorded

Row = tuple[object, ...]

TRANSFER_FIELDS: Final = tuple(field.name for field in fields(Transfer))
REPORT_FIELDS: Final = tuple(field.name for field in fields(Report))

_transfer_values: Final = attrgetter(*TRANSFER_FIELDS)
_report_values: Final = attrgetter(*REPORT_FIELDS)
_CHANNEL: Final = TRANSFER_FIELDS.index("channel")
_OCCURRED: Final = TRANSFER_FIELDS.index("occurred_at")
_RECEIVED: Final = TRANSFER_FIELDS.index("received_at")
_SOURCE: Final = REPORT_FIELDS.index("source")
_KNOWN: Final = REPORT_FIELDS.index("known_at")


def decision_row(recorded: Recorded) -> Row:
    """Return the row of `decisions` that keeps one decision."""
    decision = recorded.decision
    values = list(_transfer_values(recorded.transfer))
    values[_CHANNEL] = values[_CHANNEL].value
    values[_OCCURRED] = micros(values[_OCCURRED])
    values[_RECEIVED] = micros(values[_RECEIVED])
    return (
        *values,
        decision.action.value,
        decision.score,
        _json(decision.reasons),
        _json(decision.evidence),
        _json(decision.degraded),
        decision.model_version,
        decision.catalogue_version,
        decision.policy_version,
        decision.rules_version,
        decision.request_id,
        np.asarray(recorded.vector, "<f8").tobytes(),
        recorded.answer,
    )


def recorded_of(row: RowMapping) -> Recorded:
    """Return the decision that a row of `decisions` keeps."""
    return Recorded(
        transfer=transfer_of(row),
        vector=np.frombuffer(row["vector"], "<f8"),
        decision=Decision(
            action=Action(row["action"]),
            score=row["score"],
            reasons=tuple(
                Reason(ReasonKind(reason["kind"]), reason["code"], Action(reason["action"]))
                for reason in orjson.loads(row["reasons"])
            ),
            evidence=tuple(Evidence(**evidence) for evidence in orjson.loads(row["evidence"])),
            degraded=tuple(orjson.loads(row["degraded"])),
            model_version=row["model_version"],
            catalogue_version=row["catalogue_version"],
            policy_version=row["policy_version"],
            rules_version=row["rules_version"],
            request_id=row["request_id"],
        ),
        answer=row["answer"],
    )


def transfer_of(row: RowMapping) -> Transfer:
    """Return the transfer that a row of `decisions` is about."""
    values = _named(row, TRANSFER_FIELDS)
    values["channel"] = Channel(row["channel"])
    values["occurred_at"] = moment_of(row["occurred_at"])
    values["received_at"] = moment_of(row["received_at"])
    return Transfer(**values)


def report_row(report: Report) -> Row:
    """Return the row of `reports` that keeps one report."""
    values = list(_report_values(report))
    values[_SOURCE] = values[_SOURCE].value
    values[_KNOWN] = micros(values[_KNOWN])
    return tuple(values)


def report_of(row: RowMapping) -> Report:
    """Return the report that a row of `reports` keeps."""
    values = _named(row, REPORT_FIELDS)
    values["source"] = ReportSource(row["source"])
    values["known_at"] = moment_of(row["known_at"])
    return Report(**values)


def _named(row: RowMapping, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _json(parts: tuple[object, ...]) -> str:
    return orjson.dumps(parts).decode() if parts else "[]"  # an allow has none, and allows are most
