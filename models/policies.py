"""Policies as files: thresholds, what blind means, and what they were chosen by.

A file is YAML that people may edit: `version`, `hold_at`, `block_at`, `blind`, `blind_of` (participants for which
blind means something else), `let_through_share`, and `chosen_by`: the costs, the desk's capacity and the history
behind the thresholds.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import orjson
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from antifraud.domain.decision import Action
from antifraud.domain.errors import InvalidValue, NotFound
from antifraud.domain.policy import MOST_LET_THROUGH, Policy
from models.thresholds import Costs, Thresholds

_VERSION: Final = r"^[A-Za-z0-9][A-Za-z0-9._\-]{0,63}$"  # it names a file, too
_Blind = Literal["hold", "block"]


class Strict(BaseModel):
    """A part of a file that people write: nothing unknown may stand in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MoneyParams(Strict):
    """What thresholds weigh; see `models.thresholds.Costs`."""

    review_cost_minor: int = Field(ge=0)
    honest_hold_cost_minor: int = Field(ge=0)
    honest_block_cost_minor: int = Field(ge=0)
    held_fraud_stopped_share: float = Field(ge=0, le=1)
    alerts_per_100k: float = Field(gt=0)

    def costs(self) -> Costs:
        """Return them as thresholds are chosen with them."""
        return Costs(**self.model_dump())


class ChosenBy(Strict):
    """Where thresholds come from: costs and capacity, and the transfers on which they lost least."""

    costs: MoneyParams
    model: str
    rules: str | None = None  # version of the book whose alerts took their part of the capacity
    first: datetime
    last: datetime
    transfers: int = Field(ge=0)
    loss_minor: int
    loss_of_allowing_all_minor: int = Field(ge=0)


class _Document(Strict):
    version: str = Field(pattern=_VERSION)
    hold_at: float = Field(ge=0, allow_inf_nan=False)
    block_at: float = Field(ge=0, allow_inf_nan=False)
    blind: _Blind = "hold"
    blind_of: dict[str, _Blind] = {}
    let_through_share: float = Field(0.0, ge=0, le=MOST_LET_THROUGH)
    chosen_by: ChosenBy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFile:
    """A policy with where it comes from; None: somebody wrote it."""

    policy: Policy
    chosen_by: ChosenBy | None = None


def read_policy(path: Path) -> PolicyFile:
    """Read a policy file; raise NotFound, or InvalidValue naming the first key that is wrong."""
    if not path.is_file():
        raise NotFound(f"no policy at {path}: write one with `antifraud policy choose`")
    try:
        document = _Document.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidValue(".".join(map(str, first["loc"])) or "policy", first["msg"], first["input"]) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidValue("policy", f"{path.name} cannot be read ({type(error).__name__})", str(path)) from None
    return PolicyFile(policy=policy_of(document.model_dump(exclude={"chosen_by"})), chosen_by=document.chosen_by)


def write_policy(file: PolicyFile, path: Path) -> None:
    """Write a policy file that `read_policy` reads as the same; it appears whole."""
    document = document_of(file.policy)
    if file.chosen_by is not None:
        document["chosen_by"] = file.chosen_by.model_dump(mode="json")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    draft.replace(path)


def document_of(policy: Policy) -> dict[str, object]:
    """Return a policy as plain values; what nobody has set for a participant is left out."""
    document: dict[str, object] = {
        "version": policy.version,
        "hold_at": policy.hold_at,
        "block_at": policy.block_at,
        "blind": policy.blind.value,
        "let_through_share": policy.let_through_share,
    }
    if policy.blind_of:
        document["blind_of"] = {name: blind.value for name, blind in sorted(policy.blind_of.items())}
    return document


def policy_of(document: Mapping[str, Any]) -> Policy:
    """Return the policy of plain values; raise KeyError, ValueError or InvalidValue for what is none."""
    return Policy(
        version=document["version"],
        hold_at=document["hold_at"],
        block_at=document["block_at"],
        blind=Action(document["blind"]),
        let_through_share=document["let_through_share"],
        blind_of={name: Action(blind) for name, blind in document.get("blind_of", {}).items()},
    )


def money_policy(
    thresholds: Thresholds,
    let_through_share: float = 0.0,
    blind: Action = Action.HOLD,
    blind_of: Mapping[str, Action] | None = None,
) -> Policy:
    """Return thresholds that were chosen by money as a policy; its version says the same for the same content."""
    policy = Policy(
        version="",
        hold_at=thresholds.hold_at,
        block_at=thresholds.block_at,
        blind=blind,
        let_through_share=let_through_share,
        blind_of=dict(blind_of or {}),
    )
    return replace(policy, version=f"money-{hashlib.sha256(orjson.dumps(document_of(policy))).hexdigest()[:8]}")
