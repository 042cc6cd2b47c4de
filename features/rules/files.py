"""Rules as files: YAML that analysts edit and review, read strictly."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml

from antifraud.domain.decision import Action
from antifraud.domain.errors import InvalidValue
from antifraud.domain.rule import LANGUAGES, Rule

STARTER_RULES: Final = Path(__file__).parents[1] / "starter_rules.yaml"

_KEYS: Final = frozenset({"rule_id", "version", "action", "condition", "text"})


def load_rules(path: Path) -> tuple[Rule, ...]:
    """Return the rules of a file; raise InvalidValue that names the rule and the key that is wrong.

    The file is a list under `rules`; each has rule_id, version, action, condition and text in LANGUAGES.
    Conditions are read later, against a catalogue.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidValue("rules", f"{path.name} cannot be read ({type(error).__name__})", str(path)) from error
    if not isinstance(content, dict) or set(content) != {"rules"} or not isinstance(content["rules"], list):
        raise InvalidValue("rules", "a file of rules has one key, rules, with a list", str(path))
    return tuple(_rule(entry, f"rule {number + 1} of {path.name}") for number, entry in enumerate(content["rules"]))


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
    return Rule(
        rule_id=_text(entry, "rule_id", where),
        version=version,
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
