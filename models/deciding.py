"""What a lineup names, loaded and warm: the model, the thresholds and the rules that decide together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from antifraud.domain.errors import DamagedFile
from antifraud.domain.policy import Policy
from antifraud.domain.rule import supersedes
from features.rules import CompiledRules
from features.schema import names
from features.spec import Feature
from models.bundle import Bundle
from models.lineup import Choice, Lineup, LineupDesk, lineup_of, state_of
from models.scorer import LightGbmScorer
from models.shelf import bundle_of, bundles_on, policy_at, rules_of


@dataclass(frozen=True, slots=True)
class Deciding:
    """All that decides; it serves as one and is replaced as one."""

    lineup: Lineup
    scorer: LightGbmScorer
    rules: CompiledRules


def load_deciding(shelf: Path, lineup: Lineup, catalogue: Sequence[Feature]) -> Deciding:
    """Load what a lineup names, or refuse all of it.

    Raises NotFound, DamagedFile, FingerprintMismatch or InvalidValue, naming what cannot serve.
    """
    scorer, rules = load_choice(shelf, lineup.choice, catalogue)
    return Deciding(lineup, scorer, rules)


def lineup_desk(shelf: Path, catalogue: Sequence[Feature]) -> LineupDesk:
    """Return the desk of a shelf, which lets through only what this engine can serve.

    A rule book that takes the place of another may change of it only what its rules' lives allow.
    """

    def fits(choice: Choice, now: Choice | None) -> None:
        load_choice(shelf, choice, catalogue)
        if now is not None and now.rules is not None and now.rules != choice.rules:
            supersedes(rules_of(shelf, now.rules, catalogue), rules_of(shelf, choice.rules, catalogue))

    return LineupDesk(shelf, fits)


def judged(shelf: Path, version: str | None, catalogue: Sequence[Feature]) -> tuple[Bundle, Policy]:
    """Return a bundle with the thresholds to judge it by: those it came with, or for None what the lineup says.

    On a shelf without a lineup None is the only bundle there is. Raises NotFound and what `load_deciding` raises.
    """
    if version is not None:
        bundle = bundle_of(shelf, version, catalogue)
        return bundle, bundle.policy
    found = bundles_on(shelf)
    if state_of(shelf).lineup is None and len(found) == 1:
        return judged(shelf, found[0], catalogue)
    choice = lineup_of(shelf).choice
    bundle = bundle_of(shelf, choice.champion, catalogue)
    return bundle, bundle.policy if choice.policy is None else policy_at(shelf, choice.policy)


def load_choice(shelf: Path, choice: Choice, catalogue: Sequence[Feature]) -> tuple[LightGbmScorer, CompiledRules]:
    """Return the scorer and the rules of a choice, both asked once; raise what `load_deciding` raises."""
    bundle = bundle_of(shelf, choice.champion, catalogue)
    policy = None if choice.policy is None else policy_at(shelf, choice.policy)
    rules = CompiledRules(rules_of(shelf, choice.rules, catalogue).active, names(catalogue), choice.rules)
    scorer = LightGbmScorer(bundle, policy)
    absent = np.full((1, len(catalogue)), np.nan)
    if not np.isfinite(scorer.score(absent)).all():
        raise DamagedFile(f"bundle {bundle.version} gives no chance, not even of what is absent throughout")
    scorer.explain(absent[0])
    rules.hits(absent[0])
    return scorer, rules
