"""Sentences about features in one language: which transfers, when, and what was measured."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Final

from antifraud.domain.money import MAX_AMOUNT_MINOR
from antifraud.domain.transfer import Channel
from features.phrases.language import Language, count
from features.spec import KIND_OF_FIELD, MATURITY, RETENTION, Feature, Measure

_OPTIONAL: Final = ("device_id", "ip")  # a transfer may leave these out
_COUNTED: Final = frozenset(
    {Measure.COUNT, Measure.TOTAL, Measure.DISTINCT, Measure.NEWCOMERS, Measure.REPORTS}
)  # of nothing they are 0, not absent
_MONEY: Final = frozenset({Measure.TOTAL, Measure.MEAN, Measure.MAX})
_PAST: Final = frozenset({Measure.SINCE_LAST, Measure.AGE, Measure.SINCE_REPORT, Measure.SINCE_FIRST_REPORT})
_FLAGS: Final = ("false", "true")
_FURTHEST: Final = MAX_AMOUNT_MINOR.bit_length()


class Grammar:
    """Puts the features of one catalogue into one language."""

    def __init__(self, language: Language, catalogue: Sequence[Feature], currency: str) -> None:
        self._language = language
        self._features = {feature.name: feature for feature in catalogue}
        self._currency = currency
        self._parts = cache(self._parts_of)  # these say the same for every value
        self.title = cache(self._title)

    def _title(self, feature: Feature, case: str = "title") -> str:
        """Name a feature in a few words; `case` is title, of, or than, where the language declines."""
        say = self._language.say
        key = _key(feature)
        if feature.operands is not None:
            named = dict(
                zip(
                    ("upper", "lower"),
                    (self.title(self._features[name], "title") for name in feature.operands),
                    strict=True,
                )
            )
            title = say("ratio.title", **named)
        else:
            title = say(f"{key}.title", **self._parts(feature))
            if case != "title" and self._language.find(f"{key}.{case}") is not None:
                return say(f"{key}.{case}", **self._parts(feature))
        if case == "title" or self._language.find(case) is None:
            return title
        return say(case, title=title)

    def sentence(self, feature: Feature, value: float | None, usual: float | None) -> str:
        """Say what was measured, and what is usual if that is known."""
        if value is None or value != value:
            return self._absent(feature)
        said = self._said(feature, value)
        common = None if usual is None or usual != usual else self._usual(feature, usual, value)
        return said if common is None else self._language.say("usual", sentence=said, usual=common)

    def _said(self, feature: Feature, value: float) -> str:
        language, key = self._language, _key(feature)
        measure = feature.measure
        if measure is Measure.VALUE:
            return self._said_of_itself(key, value)
        if feature.operands is not None:
            upper, lower = (self._features[name] for name in feature.operands)
            cases = {f"lower_{case}": self.title(lower, case) for case in ("of", "than")}
            return language.share("ratio", value, upper=self.title(upper), lower=self.title(lower), **cases)
        parts = self._parts(feature)
        if measure is Measure.SURPRISE:
            return language.share(key, _times(value), **parts)
        if measure in _PAST:
            return language.say(f"{key}.says", ago=self._ago(value), **parts)
        if measure in _MONEY:
            return language.say(f"{key}.says", Decimal(value), money=language.money(value, self._currency), **parts)
        n = count(value)
        return language.say(f"{key}.says", n, n=language.number(n), **parts)

    def _said_of_itself(self, key: str, value: float) -> str:
        """Say a value of the transfer itself; which kind of value it is, its own text shows."""
        language = self._language
        if language.find(f"{key}.true") is not None:
            return language.say(f"{key}.{_FLAGS[value != 0]}")
        if value < 0 and language.find(f"{key}.negative") is not None:
            return language.say(f"{key}.negative", duration=language.duration(-value))
        hour, n = int(value) % 24, count(value)
        return language.say(
            f"{key}.says",
            n,
            n=language.number(n),
            money=language.money(value, self._currency),
            duration=language.duration(value),
            hour=f"{hour:02}:00",
            next_hour=f"{(hour + 1) % 24:02}:00",
            code=f"{int(value):03}",
            name=language.find(f"{key}.names.{_name(key, value)}") or language.number(n),
        )

    def _usual(self, feature: Feature, usual: float, beside: float | None) -> str | None:
        """Write what is usual as the value `beside` it is written; None where a median says nothing, as of codes."""
        language, measure = self._language, feature.measure
        if measure is Measure.VALUE:
            return self._usual_of_itself(_key(feature), usual)
        if measure in (Measure.RATIO, Measure.SURPRISE):
            if measure is Measure.RATIO:
                return language.share("share", usual, beside)
            return language.share("share", _times(usual), None if beside is None else _times(beside))
        if measure in _PAST:
            return self._ago(usual)
        return language.money(usual, self._currency) if measure in _MONEY else language.number(count(usual))

    def _usual_of_itself(self, key: str, usual: float) -> str | None:
        language = self._language
        if language.find(f"{key}.true") is not None:
            return language.say(f"flags.{_FLAGS[usual != 0]}")
        says = language.find(f"{key}.says", Decimal(2)) or ""
        if "{money}" in says:
            return language.money(usual, self._currency)
        if "{duration}" in says:
            return language.duration(usual) if usual >= 0 else None
        if "{hour}" in says:
            return f"{int(usual) % 24:02}:00"
        return language.number(count(usual)) if "{n}" in says else None

    def _absent(self, feature: Feature) -> str:
        """Say why there is no value."""
        language, key = self._language, _key(feature)
        if feature.operands is not None:
            return self._not_compared(feature.operands)
        reasons = [language.say(f"unnamed.{field}") for field in feature.ask if field in _OPTIONAL]
        if language.find(f"{key}.absent") is not None:
            reasons.insert(0, language.say(f"{key}.absent", **self._parts(feature)))
        return self._either(reasons) or language.say("unknown", title=self.title(feature))

    def _not_compared(self, operands: tuple[str, str]) -> str:
        """Say why a ratio is absent: the lower one is absent or zero, or the upper one is absent."""
        upper, lower = (self._features[name] for name in operands)
        nothing = self._nothing(lower)
        if nothing is None or not _always_present(upper):
            return self._language.say("ratio.absent", upper=self.title(upper), lower=self.title(lower))
        return self._language.say("ratio.nothing", why=nothing)

    def _nothing(self, feature: Feature) -> str | None:
        """Say that there was nothing to measure, if being zero and being absent mean that alike."""
        if feature.measure in _COUNTED:
            unnamed = [self._language.say(f"unnamed.{field}") for field in feature.ask if field in _OPTIONAL]
            return self._either([self._said(feature, 0.0), *unnamed])
        return self._absent(feature) if feature.measure in (Measure.MEAN, Measure.MAX) else None

    def _either(self, reasons: Sequence[str]) -> str:
        said = ""
        for reason in reasons:
            said = self._language.say("either", one=said, other=reason) if said else reason
        return said

    def _parts_of(self, feature: Feature) -> dict[str, str]:
        """Return what sentences about a feature's history are made of."""
        if not feature.role:
            return {}
        language = self._language
        window = language.window(feature.over or RETENTION)
        if feature.older_than is not None:
            duration = language.duration(feature.older_than.total_seconds())
            window = language.say("older", window=window, duration=duration)
        pairs = sorted(zip(feature.role, feature.ask, strict=True), key=lambda pair: list(KIND_OF_FIELD).index(pair[0]))
        voice = next((role for role in ("payer", "payee") if role in feature.role), "other")
        return {
            "quals": " ".join(language.say(f"quals.{role}.{ask}") for role, ask in pairs),
            "window": window,
            "memory": language.duration(RETENTION.total_seconds()),
            "maturity": language.duration(MATURITY.total_seconds()),
            **{verb: language.find(f"voice.{voice}.{verb}") or "" for verb in ("did", "made", "never")},
        }

    def _ago(self, seconds: float) -> str:
        return self._language.say("ago", duration=self._language.duration(seconds))


def _key(feature: Feature) -> str:
    if feature.measure is Measure.VALUE:
        return f"values.{feature.field}"
    if feature.measure in (Measure.DISTINCT, Measure.NEWCOMERS):
        return f"measures.{feature.measure}.{feature.field}"
    return f"measures.{feature.measure}"


def _always_present(feature: Feature) -> bool:
    if feature.measure is Measure.VALUE:
        return feature.field == "amount"
    return feature.measure in _COUNTED and not set(feature.ask) & set(_OPTIONAL)


def _times(doublings: float) -> float:
    """Return doublings as times. No two amounts are further apart than the bound; more could not be written."""
    return float(2 ** max(-_FURTHEST, min(doublings, _FURTHEST)))


def _name(key: str, value: float) -> str:
    """Return the name of a code: channels are numbered in their order, weekdays from Monday."""
    code = int(value)
    channels: Mapping[int, str] = dict(enumerate(Channel))
    return channels.get(code, "") if key == "values.channel" else str(code)
