"""From a decision to the exact bytes of its answer, with words for people in three languages."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

import orjson

from antifraud.domain.decision import Decision, Evidence, Reason, ReasonKind
from antifraud.domain.report import Report
from antifraud.domain.transfer import Transfer

_UTC_Z: Final = orjson.OPT_UTC_Z


class Phrases(Protocol):
    """Says in each of `antifraud.domain.rule.LANGUAGES` what was found."""

    def evidence(self, evidence: Evidence) -> Mapping[str, str]:
        """Put one feature's value into words, with its number and what is usual."""
        ...

    def rule(self, code: str) -> Mapping[str, str]:
        """Say what the rule with this code saw."""
        ...


def renderer(phrases: Phrases) -> Callable[[Transfer, Decision], bytes]:
    """Return what puts a decision into the body of its answer: the shape of `schemas.DecisionOut`."""

    def render(transfer: Transfer, decision: Decision) -> bytes:
        return orjson.dumps(
            {
                "transfer_id": transfer.transfer_id,
                "action": decision.action,
                "score": decision.score,
                "reasons": [_reason(reason, decision, phrases) for reason in decision.reasons],
                "evidence": [_evidence(evidence, phrases) for evidence in decision.evidence],
                "received_at": transfer.received_at,
                "model_version": decision.model_version,
                "catalogue_version": decision.catalogue_version,
                "policy_version": decision.policy_version,
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
        "text": dict(phrases.evidence(evidence)),
    }


def _reason(reason: Reason, decision: Decision, phrases: Phrases) -> dict[str, object]:
    return {
        "kind": reason.kind,
        "code": reason.code,
        "action": reason.action,
        "text": _reason_text(reason, decision, phrases),
    }


def _reason_text(reason: Reason, decision: Decision, phrases: Phrases) -> Mapping[str, str] | None:
    """Say what demanded the action; a rule whose words are missing still stands, without words."""
    if reason.kind is ReasonKind.RULE:
        try:
            return dict(phrases.rule(reason.code))
        except LookupError:
            return None
    if reason.kind is ReasonKind.BLIND:
        return {
            "kk": f"Оқылмады: {reason.code}. Онсыз аударым өткізілмейді.",
            "ru": f"Не удалось прочитать: {reason.code}. Без этого перевод не пропускается.",  # noqa: RUF001
            "en": f"Could not be read: {reason.code}. Without it no transfer passes.",
        }
    percent = f"{100 * (decision.score or 0.0):.1f}"
    with_comma = percent.replace(".", ",")
    return {
        "kk": f"Модель бойынша алаяқтық ықтималдығы: {with_comma} %.",
        "ru": f"Вероятность мошенничества по модели: {with_comma} %.",
        "en": f"The model puts the chance of fraud at {percent} %.",
    }
