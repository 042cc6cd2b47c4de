"""From a decision to the exact bytes of its answer, with words for people in three languages."""

from collections.abc import Callable
from typing import Final, Protocol

import orjson

from antifraud.domain.decision import Decision, Evidence, Reason, ReasonKind
from antifraud.domain.report import Report
from antifraud.domain.transfer import Transfer
from antifraud.domain.typology import CallSigns, FraudType, suspected

_UTC_Z: Final = orjson.OPT_UTC_Z


class Phrases(Protocol):
    """Says in each of `antifraud.domain.rule.LANGUAGES` what was found."""

    def evidence(self, evidence: Evidence) -> dict[str, str]:
        """Put one feature's value into words, with its number and what is usual."""
        ...

    def score(self, score: float) -> dict[str, str]:
        """Say how likely fraud is."""
        ...

    def blind(self, code: str) -> dict[str, str]:
        """Say what could not be read."""
        ...

    def let_through(self) -> dict[str, str]:
        """Say that a hold was let through by a random draw."""
        ...

    def listed(self, code: str) -> dict[str, str]:
        """Say which register names which end of the transfer."""
        ...

    def warning(self, fraud_type: FraudType) -> dict[str, str]:
        """Return what a bank shows its client when a transfer looks like that."""
        ...

    def rule(self, code: str) -> dict[str, str]:
        """Say what the rule with this code saw; raise LookupError if it is not known."""
        ...


def renderer(phrases: Phrases, signs: CallSigns) -> Callable[[Transfer, Decision], bytes]:
    """Return what puts a decision into the body of its answer: the shape of `schemas.DecisionOut`."""

    def render(transfer: Transfer, decision: Decision) -> bytes:
        return orjson.dumps(
            {
                "transfer_id": transfer.transfer_id,
                "action": decision.action,
                "score": decision.score,
                "reasons": [_reason(reason, decision, phrases) for reason in decision.reasons],
                "evidence": [_evidence(evidence, phrases) for evidence in decision.evidence],
                "warning": _warning(transfer, decision, phrases, signs),
                "received_at": transfer.received_at,
                "model_version": decision.model_version,
                "catalogue_version": decision.catalogue_version,
                "policy_version": decision.policy_version,
                "rules_version": decision.rules_version,
                "request_id": decision.request_id,
                "degraded": decision.degraded,
            },
            option=_UTC_Z,
        )

    return render


def render_report(report: Report) -> bytes:
    """Return the body of the answer to a report: the shape of `schemas.ReportOut`."""
    return orjson.dumps(
        {
            "transfer_id": report.transfer_id,
            "fraud": report.fraud,
            "source": report.source,
            "fraud_type": report.fraud_type,
            "known_at": report.known_at,
        },
        option=_UTC_Z,
    )


def _evidence(evidence: Evidence, phrases: Phrases) -> dict[str, object]:
    return {
        "feature": evidence.feature,
        "value": evidence.value,
        "usual": evidence.usual,
        "contribution": evidence.contribution,
        "text": phrases.evidence(evidence),
    }


def _warning(transfer: Transfer, decision: Decision, phrases: Phrases, signs: CallSigns) -> dict[str, object] | None:
    looks_like = suspected(transfer, decision, signs)
    if looks_like is None:
        return None
    return {"fraud_type": looks_like, "text": phrases.warning(looks_like)}


def _reason(reason: Reason, decision: Decision, phrases: Phrases) -> dict[str, object]:
    return {
        "kind": reason.kind,
        "code": reason.code,
        "action": reason.action,
        "text": _reason_text(reason, decision, phrases),
    }


def _reason_text(reason: Reason, decision: Decision, phrases: Phrases) -> dict[str, str] | None:
    """Say what demanded the action; a rule whose words are missing still stands, without words."""
    if reason.kind is ReasonKind.BLIND:
        return phrases.blind(reason.code)
    if reason.kind is ReasonKind.LET_THROUGH:
        return phrases.let_through()
    if reason.kind is ReasonKind.SCORE and decision.score is not None:
        return phrases.score(decision.score)
    if reason.kind is ReasonKind.LIST:
        return phrases.listed(reason.code)
    try:
        return phrases.rule(reason.code)
    except LookupError:
        return None
