"""Where the accounts of a network stand: columns along the money, and in each an order with few crossings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from antifraud.domain.center.network import Network

_SWEEPS: Final = 6  # forth and back over the columns; more change nothing that an eye would see


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the grid: columns from the left, rows from the top of the column."""

    column: int
    row: int


def layout(network: Network) -> Mapping[str, Spot]:
    """Return the spot of each account; the same network always looks the same."""
    columns: dict[int, list[str]] = {}
    for name in sorted(network.accounts):
        columns.setdefault(network.accounts[name].column, []).append(name)
    neighbours: dict[str, list[str]] = {name: [] for name in network.accounts}
    for link in network.links:
        neighbours[link.payer].append(link.payee)
        neighbours[link.payee].append(link.payer)
    order = [columns[at] for at in sorted(columns)]
    for sweep in range(_SWEEPS):
        walk = range(1, len(order)) if sweep % 2 == 0 else range(len(order) - 2, -1, -1)
        for at in walk:
            beside = order[at - 1] if sweep % 2 == 0 else order[at + 1]
            order[at] = _by_middles(order[at], beside, neighbours)
    return {name: Spot(column, row) for column, names in enumerate(order) for row, name in enumerate(names)}


def _by_middles(names: Sequence[str], beside: Sequence[str], neighbours: Mapping[str, Sequence[str]]) -> list[str]:
    """Return names in the order of the mean place of their neighbours in the column beside; others keep their own."""
    place = {name: row for row, name in enumerate(beside)}
    scale = len(beside) / max(len(names), 1)

    def middle(row: int, name: str) -> float:
        known = [place[each] for each in neighbours[name] if each in place]
        return sum(known) / len(known) if known else row * scale

    ranked = sorted((middle(row, name), row, name) for row, name in enumerate(names))
    return [name for _, _, name in ranked]
