"""The phrasebook: evidence, scores, rules and what could not be read, in all languages at once."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from antifraud.domain.decision import CAUSES, Evidence
from antifraud.domain.money import currency_code
from antifraud.domain.rule import LANGUAGES
from antifraud.domain.typology import FraudType
from features.phrases.grammar import Grammar
from features.phrases.language import Language
from features.spec import Feature

Words = dict[str, str]  # language -> text

_BASES: Final = (10, 100, 1_000)
_NEAR: Final = 0.15  # of the rarer side: 6 in 100 are not 1 in 10


class Phrasebook:
    """Puts what was found into words; amounts are minor units of the engine's base currency."""

    def __init__(
        self,
        catalogue: Sequence[Feature],
        *,
        currency: str = "KZT",
        rules: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """Prepare all languages; `rules` are the texts of the active rules by code.

        Raise LookupError, naming the text, if a feature could not be put into words.
        """
        self._features = {feature.name: feature for feature in catalogue}
        self._rules = dict(rules or {})
        self._languages = {code: Language(code) for code in LANGUAGES}
        self._grammars = {
            code: Grammar(language, catalogue, currency_code(currency)) for code, language in self._languages.items()
        }
        for feature in catalogue:  # a missing text must be noticed at the start, not on the first hold
            for value in (None, 0.0, 3.0):
                self.evidence(Evidence(feature.name, value, usual=1.0, contribution=0.0))

    def evidence(self, evidence: Evidence) -> Words:
        """Say what one feature measured and what is usual."""
        feature = self._features[evidence.feature]
        return {
            code: _capital(grammar.sentence(feature, evidence.value, evidence.usual))
            for code, grammar in self._grammars.items()
        }

    def describe(self, feature: Feature) -> Words:
        """Name a feature in a few words."""
        return {code: _capital(grammar.title(feature)) for code, grammar in self._grammars.items()}

    def score(self, score: float) -> Words:
        """Say how likely fraud is, as so many in ten, in a hundred or in a thousand: in ten if that is near enough."""
        for base in _BASES:
            hits = round(score * base)
            near = abs(hits - score * base) <= _NEAR * min(hits, base - hits)
            if 0 < hits < base and (near or base == _BASES[-1]):
                return self._all(lambda language: _odds(language, "score.odds", hits, base))  # noqa: B023 - used at once
        last = _BASES[-1]
        if score < 0.5:
            return self._all(lambda language: _odds(language, "score.below", 1, last))
        return self._all(lambda language: _odds(language, "score.above", last - 1, last))

    def blind(self, code: str) -> Words:
        """Say what could not be read; `code` is a reason's: score, features, lists, rules, time, or a rule's own."""
        known = code if code in CAUSES else "rule" if "@" in code else "other"
        return self._all(lambda language: language.say(f"blind.{known}", code=code))

    def let_through(self) -> Words:
        """Say that a hold was let through by a random draw."""
        return self._all(lambda language: language.say("let_through"))

    def listed(self, code: str) -> Words:
        """Say which register names which end of a transfer; `code` is that of a reason, as `grey_list.payee:ID`."""
        return self._all(lambda language: language.say(f"lists.{code.partition(':')[0]}"))

    def warning(self, fraud_type: FraudType) -> Words:
        """Return what a bank shows its client when a transfer looks like that."""
        return self._all(lambda language: language.say(f"warnings.{fraud_type}"))

    def rule(self, code: str) -> Words:
        """Say what the rule with this code saw; raise LookupError if it is not known."""
        return dict(self._rules[code])

    def learn(self, rules: Mapping[str, Mapping[str, str]]) -> None:
        """Know the texts of further rules by code; those of rules that are gone stay, for what they still decide."""
        self._rules = {**self._rules, **rules}

    def _all(self, say: Callable[[Language], str]) -> Words:
        return {code: _capital(say(language)) for code, language in self._languages.items()}


def _odds(language: Language, key: str, hits: int, base: int) -> str:
    return language.say(key, n=language.number(Decimal(hits)), of=language.number(Decimal(base)))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
