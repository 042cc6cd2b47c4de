"""A rule that an analyst wrote: a SQL condition over the catalogue's names, and what it demands."""

from collections.abc import Mapping
from dataclasses import dataclass

from antifraud.domain.decision import Action
from antifraud.domain.errors import InvalidValue

LANGUAGES = ("kk", "ru", "en")


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
