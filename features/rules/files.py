"""Rule books as files: YAML that analysts edit and review, read strictly."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

import yaml

from antifraud.domain.decision import Action
from antifraud.domain.errors import InvalidValue
from antifraud.domain.rule import LANGUAGES, Rule, RuleBook, RuleState
from features.rules.syntax import parse

STARTER_RULES: Final = Path(__file__).parents[1] / "starter_rules.yaml"

_KEYS: Final = frozenset({"rule_id", "version", "state", "action", "condition", "text"})


def read_rules(path: Path, names: Collection[str]) -> RuleBook:
    """Return the book of a file; raise InvalidValue that names the rule and the key that is wrong.

    The file is a list under `rules`; each has rule_id, version, state, action, condition and text in LANGUAGES.
    Every condition must be one over the features `names`, a draft's too; a retired one may speak of what is gone.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidValue("rules", f"{path.name} cannot be read ({type(error).__name__})", str(path)) from error
    if not isinstance(content, dict) or set(content) != {"rules"} or not isinstance(content["rules"], list):
        raise InvalidValue("rules", "a file of rules has one key, rules, with a list", str(path))
    book = RuleBook(
        tuple(_rule(entry, f"rule {number + 1} of {path.name}") for number, entry in enumerate(content["rules"]))
    )
    for rule in book.rules:
        if rule.state is not RuleState.RETIRED:
            parse(rule.condition, names, f"rule {rule.code}")
    return book


def write_rules(book: RuleBook, path: Path) -> None:
    """Write a book as a file that `read_rules` reads as the same; it appears whole."""
    entries = [
        {
            "rule_id": rule.rule_id,
            "version": rule.version,
            "state": rule.state.value,
            "action": rule.action.value,
            "condition": rule.condition,
            "text": dict(rule.text),
        }
        for rule in book.rules
    ]
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(yaml.safe_dump({"rules": entries}, allow_unicode=True, sort_keys=False, width=100), "utf-8")
    draft.replace(path)


def _rule(entry: object, where: str) -> Rule:
    if not isinstance(entry, dict) or set(entry) != _KEYS:
        raise InvalidValue("rules", f"{where} needs exactly the keys {', '.join(sorted(_KEYS))}", entry)
    version = entry["version"]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InvalidValue("version", f"{where} needs a whole number from 1 on", version)
    try:
        action = Action(entry["action"])
    except ValueError:
        raise InvalidValue("action", f"{where} must demand hold or block", entry["action"]) from None
    try:
        state = RuleState(entry["state"])
    except ValueError:
        raise InvalidValue("state", f"{where} must be {', '.join(RuleState)}", entry["state"]) from None
    return Rule(
        rule_id=_text(entry, "rule_id", where),
        version=version,
        state=state,
        condition=_text(entry, "condition", where),
        action=action,
        text=_texts(entry["text"], where),
    )


def _text(entry: Mapping[str, object], key: str, where: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise InvalidValue(key, f"{where} needs a text", value)
    return value.strip()


def _texts(texts: object, where: str) -> dict[str, str]:
    if not isinstance(texts, dict) or set(texts) != set(LANGUAGES):
        raise InvalidValue("text", f"{where} needs a text in each of {', '.join(LANGUAGES)}", texts)
    return {language: _text(texts, language, where) for language in LANGUAGES}
