"""What `antifraud models` shows, as tables."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

from antifraud.domain.errors import AntifraudError
from features.catalogue import CATALOGUE
from models.bundle import Bundle
from models.lineup import Entry, Lineup, State
from models.shelf import bundle_of, bundles_on

if TYPE_CHECKING:
    from models.registry import Registered

_LATEST: Final = 10
_SHOWN: Final = ("average_precision", "share_of_frauds_caught", "alerts_per_day", "stopped_minor")


def print_lineup(console: Console, state: State) -> None:
    """Show what decides, what waits, and who did what of late."""
    lineup = state.lineup
    if lineup is None:
        console.print("nothing decides on this shelf yet")
    else:
        choice = lineup.choice
        console.print(
            f"lineup {lineup.number} decides: champion {choice.champion}, policy {choice.policy or 'its own'}, "
            f"rules {choice.rules or 'none'}; challengers: {', '.join(lineup.challengers) or 'none'}",
            highlight=False,
        )
    if state.entries:
        table = Table("entry", "when", "who", "what", "why", title="the lineup's latest entries")
        for entry in state.entries[-_LATEST:]:
            waits = " (waits)" if entry.number in state.proposals else ""
            table.add_row(str(entry.number), f"{entry.at:%Y-%m-%d %H:%M}", entry.by, _deed(entry) + waits, entry.why)
        console.print(table)


def print_bundles(console: Console, shelf: Path, lineup: Lineup | None, registered: "Sequence[Registered]") -> None:
    """Show every bundle that is known, with its place in the lineup and how it was judged."""
    by_bundle = {each.bundle: each for each in registered}
    on_shelf = bundles_on(shelf)
    table = Table("bundle", "registered", "shelf", "place", *_SHOWN, "code", title="bundles")
    for version in dict.fromkeys([*reversed(on_shelf), *by_bundle]):
        entry = by_bundle.get(version)
        metrics = _metrics(shelf, version) if version in on_shelf else {} if entry is None else entry.metrics
        table.add_row(
            version,
            "" if entry is None else str(entry.number),
            "yes" if version in on_shelf else "",
            _place(version, lineup),
            *(_number(metrics.get(name)) for name in _SHOWN),
            "" if entry is None else entry.tags.get("code", ""),
        )
    console.print(table)


def comparison_of(one: Bundle, other: Bundle) -> tuple[Table, list[str]]:
    """Return two bundles side by side, what differs marked, and warnings where figures cannot be compared."""
    table = Table("", one.version, other.version, title="two bundles")
    left, right = _facts(one), _facts(other)
    for name in dict.fromkeys([*left, *right]):
        first, second = left.get(name, ""), right.get(name, "")
        style = "" if first == second else "bold"
        table.add_row(name, first, second, style=style)
    return table, list(_doubts(left, right))


def _doubts(left: Mapping[str, str], right: Mapping[str, str]) -> Iterable[str]:
    if left.get("judged on") != right.get("judged on"):
        yield "they were judged on different transfers: figures of the test part cannot be compared"
    elif not left.get("judged on"):
        yield "it is not recorded on which transfers they were judged"
    if left.get("data") != right.get("data"):
        yield "they were trained on different histories"
    costs = [name for name in left if name.startswith("param money.")]
    if any(left[name] != right.get(name) for name in costs):
        yield "their thresholds weigh other costs"


def _facts(bundle: Bundle) -> dict[str, str]:
    about = bundle.about
    history, params, test = (_section(about, name) for name in ("history", "params", "test"))
    policy = bundle.policy
    return {
        "data": str(about.get("data", ""))[:12],
        "data until": str(history.get("last", "")),
        "judged on": str(about.get("judged_on", ""))[:12],
        "catalogue": bundle.fingerprint,
        **{name: _number(value) for name, value in test.items()},
        "policy": policy.version,
        "hold from": _number(policy.hold_at),
        "block from": _number(policy.block_at),
        "blind": policy.blind.value,
        **{f"setting {name}": str(value) for name, value in _section(about, "settings").items()},
        **{
            f"param {section}.{name}" if isinstance(values, Mapping) else f"param {section}": str(value)
            for section, values in params.items()
            for name, value in (values if isinstance(values, Mapping) else {"": values}).items()
        },
    }


def _section(about: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = about.get(name)
    return found if isinstance(found, Mapping) else {}


def _metrics(shelf: Path, version: str) -> Mapping[str, object]:
    try:
        return _section(bundle_of(shelf, version, CATALOGUE).about, "test")
    except AntifraudError:
        return {}


def _place(version: str, lineup: Lineup | None) -> str:
    if lineup is None:
        return ""
    return "champion" if version == lineup.choice.champion else "challenger" if version in lineup.challengers else ""


def _deed(entry: Entry) -> str:
    if entry.choice is not None:
        return f"{entry.what} {entry.choice.champion}"
    return f"{entry.what} {entry.challenger or entry.of or ''}"


def _number(value: object) -> str:
    match value:
        case bool() | None:
            return ""
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.4g}"
    return str(value)
