"""Published figures and ours side by side, as a page: each data set by its own protocol."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from models.benchmark import DRAWS, SEEDS, Result
from models.protocol import DataSet, Protocol

_HEAD: Final = f"""\
# Public data: published figures and ours

Made by `antifraud benchmark --all`. One catalogue of features and one procedure for all data sets, nothing tuned to
one of them: settings are chosen on each protocol's validation folds. Ours are means over {len(SEEDS)} seeds. The
interval in brackets is of 95 %, by drawing the test days anew {DRAWS} times: it says what other test days could have
shown, not what another year could. Published figures stand as their authors give them: their models were not trained
again here, and where they give no interval none can be shown. All of these sets are simulated by their authors: good
figures here are no promise for real transfers.
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One data set with its results; `results` None: its data was not at hand."""

    dataset: DataSet
    results: Sequence[Result] | None


def page(outcomes: Iterable[Outcome]) -> str:
    """Return the page in Markdown."""
    return "\n".join([_HEAD, *(_section(outcome) for outcome in outcomes)])


def _section(outcome: Outcome) -> str:
    dataset = outcome.dataset
    lines = [f"## {dataset.name}", "", dataset.about.strip(), ""]
    if outcome.results is None:
        return "\n".join([*lines, "Not run: its data was not at hand.", ""])
    for protocol in dataset.protocols:
        ours = {result.metric: result for result in outcome.results if result.protocol == protocol.name}
        lines += [f"**Protocol {protocol.name}.** {protocol.about.strip()}", "", *_table(protocol, ours), ""]
        lines += [f"{line}\n" for line in _missed(protocol, ours)]
    if dataset.not_reproduced:
        lines += ["Not reproduced:", "", *(f"- {' '.join(each.split())}" for each in dataset.not_reproduced), ""]
    return "\n".join(lines)


def _missed(protocol: Protocol, ours: dict[str, Result]) -> Iterable[str]:
    """Say of each metric by how much it stays under the best published figure or under our own mark."""
    for name in (name for name in protocol.metrics if name in ours):
        best = protocol.published_best(name)
        goals = {
            "the best published figure": None if best is None else best.value,
            "our own mark": protocol.to_reach.get(name),
        }
        for what, goal in goals.items():
            if goal is not None and ours[name].value < goal:
                yield f"Missed: {name} is {goal - ours[name].value:.4f} under {what}."


def _table(protocol: Protocol, ours: dict[str, Result]) -> list[str]:
    """Return one row a model, ours first, one column a metric."""
    metrics = [name for name in protocol.metrics if name in ours]
    rows = [["this engine", *(_ours(ours[name]) for name in metrics), ""]]
    models = dict.fromkeys((one.model, one.source) for one in protocol.published)
    for model, source in models:
        figures = {one.metric: one.value for one in protocol.published if (one.model, one.source) == (model, source)}
        rows.append(
            [model, *("" if name not in figures else f"{figures[name]:.3f}" for name in metrics), source.strip()]
        )
    if protocol.to_reach:
        marks = (protocol.to_reach.get(name) for name in metrics)
        rows.append(["our own mark", *("" if mark is None else f"{mark:.3f}" for mark in marks), ""])
    head = ["model", *metrics, "source"]
    return [_row(head), _row(["---", *["---:"] * len(metrics), "---"]), *map(_row, rows)]


def _ours(result: Result) -> str:
    spread = "" if result.std == 0 else f" ± {result.std:.3f}"
    return f"**{result.value:.4f}**{spread} [{result.low:.3f}, {result.high:.3f}]"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
