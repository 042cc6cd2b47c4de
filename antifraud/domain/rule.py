"""A rule that an analyst wrote, and the book that holds all of them with the state each is in."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from antifraud.domain.decision import Action
from antifraud.domain.errors import Conflict, InvalidValue

LANGUAGES = ("kk", "ru", "en")


class RuleState(StrEnum):
    """Where a version of a rule stands in its life."""

    DRAFT = "draft"  # only checked: it can be read, and names features that exist
    SHADOW = "shadow"  # evaluated for comparison; decides nothing
    ACTIVE = "active"  # decides
    RETIRED = "retired"  # remembered, so that its number is never used again


_NEXT: Final[Mapping[RuleState, frozenset[RuleState]]] = {
    RuleState.DRAFT: frozenset({RuleState.SHADOW}),
    RuleState.SHADOW: frozenset({RuleState.ACTIVE, RuleState.RETIRED}),
    RuleState.ACTIVE: frozenset({RuleState.RETIRED}),
    RuleState.RETIRED: frozenset(),  # what comes back comes back as a new version
}
_MAY_ENTER: Final = frozenset({RuleState.DRAFT, RuleState.SHADOW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Versioned data, not code: `condition` is a SQL boolean expression over feature names.

    `text` tells a person in each of LANGUAGES what the rule saw.
    """

    rule_id: str
    version: int
    condition: str
    action: Action
    text: Mapping[str, str]
    state: RuleState = RuleState.ACTIVE

    def __post_init__(self) -> None:
        """Refuse a rule that demands nothing or that some reader could not understand."""
        if self.action is Action.ALLOW:
            raise InvalidValue("action", f"rule {self.rule_id} must demand hold or block", self.action.value)
        missing = [language for language in LANGUAGES if not self.text.get(language)]
        if missing:
            raise InvalidValue("text", f"rule {self.rule_id} has no text in {', '.join(missing)}", dict(self.text))

    @property
    def code(self) -> str:
        """Name the rule and its version, as reasons do."""
        return f"{self.rule_id}@{self.version}"


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rules of one moment, in the order in which they speak; at most one version of a rule is active."""

    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        """Refuse a version that stands twice, and a rule that is active in two versions."""
        if twice := _first_twice([rule.code for rule in self.rules]):
            raise InvalidValue("version", "stands twice in the book", twice)
        if twice := _first_twice([rule.rule_id for rule in self.active]):
            raise InvalidValue("rule_id", "may be active in one version only", twice)

    @property
    def active(self) -> tuple[Rule, ...]:
        """Return the rules that decide."""
        return self._in(RuleState.ACTIVE)

    @property
    def shadow(self) -> tuple[Rule, ...]:
        """Return the rules that are only compared."""
        return self._in(RuleState.SHADOW)

    @property
    def heard(self) -> tuple[Rule, ...]:
        """Return the rules that are evaluated: those that decide, then those that are compared."""
        return self.active + self.shadow

    @property
    def version(self) -> str:
        """Return 12 hex digits of the content: two books that say the same have the same version."""
        said = [
            [rule.rule_id, rule.version, rule.state, rule.action, rule.condition, *map(rule.text.get, LANGUAGES)]
            for rule in self.rules
        ]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:12]

    def _in(self, state: RuleState) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.state is state)


def supersedes(old: RuleBook, new: RuleBook) -> tuple[str, ...]:
    """Return what changes when `new` takes the place of `old`, a line a rule; raise Conflict if it may not.

    A version keeps its condition and its action for ever, and takes one step of its life at a time; a new one enters
    as draft or shadow, numbered above all before it. Only a draft may leave a book. Words may be mended.
    """
    before = {rule.code: rule for rule in old.rules}
    after = {rule.code: rule for rule in new.rules}
    changes = []
    for code, rule in after.items():
        changes += _entered(rule, old) if code not in before else _changed(before[code], rule)
    for code, rule in before.items():
        if code not in after:
            if rule.state is not RuleState.DRAFT:
                raise Conflict(f"rule {code} is {rule.state}: it may not leave the book; retired ones stay in it")
            changes.append(f"{code}: a draft, dropped")
    return tuple(changes)


def _entered(rule: Rule, old: RuleBook) -> list[str]:
    highest = max((each.version for each in old.rules if each.rule_id == rule.rule_id), default=0)
    if rule.version <= highest:
        raise Conflict(f"rule {rule.code} is new: its version must be above {highest}, the last of {rule.rule_id}")
    if rule.state not in _MAY_ENTER:
        raise Conflict(f"rule {rule.code} is new: it enters as draft or shadow, not as {rule.state}")
    return [f"{rule.code}: enters as {rule.state}"]


def _changed(before: Rule, after: Rule) -> list[str]:
    code = after.code
    if (before.condition, before.action) != (after.condition, after.action):
        raise Conflict(f"rule {code} says something else than before: give it the version {after.version + 1}")
    changes = [] if dict(before.text) == dict(after.text) else [f"{code}: other words"]
    if after.state is before.state:
        return changes
    if after.state not in _NEXT[before.state]:
        allowed = " or ".join(sorted(_NEXT[before.state])) or "nothing: what comes back is a new version"
        raise Conflict(f"rule {code} is {before.state}: it cannot become {after.state}, only {allowed}")
    return [*changes, f"{code}: {before.state} to {after.state}"]


def _first_twice(names: list[str]) -> str | None:
    return next((name for name in names if names.count(name) > 1), None)
