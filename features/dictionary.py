"""The data dictionary: `docs/features.md`, written from the catalogue so that the two cannot differ."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from antifraud.domain.transfer import Channel
from features.catalogue import CATALOGUE
from features.phrases import Phrasebook
from features.schema import fingerprint
from features.spec import MATURITY, RETENTION, Feature, Measure

DOCUMENT: Final = Path("docs/features.md")

_BEFORE: Final = """\
# Features

Written from `features/catalogue.py` by `antifraud features --doc docs/features.md`; a test compares the two.
{count} features, fingerprint `{fingerprint}`. Their order here is by history, in vectors it is the catalogue's.

## What a number means

- **Windows.** A window is `[t - over, t)`: it begins exactly `over` before the transfer and ends just before it.
  It slides with every microsecond; nothing is rounded to hours or days. With `older than` it ends earlier.
- **The clock.** Windows run on the moment of receipt, and never backwards: on the running maximum of
  `received_at` in order of arrival. When the payer gave the instruction is only a value.
- **Late and out of order.** A transfer that arrives late counts from its arrival. A stamp that steps back is
  taken for the latest stamp seen so far.
- **Ties.** Transfers of the same instant do not see each other. A transfer never sees itself.
- **Repeats.** A transfer id that a participant sends again counts once, as it was the first time.
- **Attempts.** Every transfer that was received is history, whatever was decided about it.
- **Roles.** `payee, when it was the payer` is the past in which the same account stood on the other side.
- **Reports.** A report counts from strictly after the moment it became known, for a transfer of any age, until
  it is withdrawn; at the very instant of either nothing has changed yet. No earlier row ever changes.
- **New** is a counterparty that the same key had not met in the {retention} days before that transfer.
- **Memory.** {retention} days. An account that was silent for longer is forgotten; its age begins anew. Only
  which transfers stand reported is kept for as long as they do: a report that is repeated a year later is not
  a second one, and can still be withdrawn.
- **Maturity.** {maturity} days: about a transfer that old, silence begins to speak.
- **Absent.** None in tables, NaN in vectors, NULL in rules; never 0. Counts, sums, different ones and reports of
  nothing are 0; means, largest ones and times of nothing are absent. A transfer that does not name its device
  or address has none of their features. A ratio is absent when either side is, or when the lower is 0.
- **Money** is minor units of the base currency (tiyn), time is seconds, signals are 1 or 0, days of the week
  count from Monday, and `channel_code` counts from 0 in this order: {channels}.

## Add a feature

It is one line of `features/catalogue.py`, and no other edit:

```diff
     PAYEE.distinct("payee_distinct_payers_1d", "payer", over=DAY, why="many victims, one mule"),
+    PAYEE.distinct("payee_distinct_payers_3d", "payer", over=3 * DAY, why="strangers in a row"),
```

`antifraud features --doc docs/features.md` then writes this page anew, and `antifraud train` makes a model that asks
the new feature. A new value of the transfer itself is one entry of `features/row.py` besides. What follows from the
line alone, and what shows it:

- training and serving compute it, and both equal its slow definition with `==`: `tests/features/test_one_line.py`, and
  for any line that the vocabulary of `features/spec.py` allows, `tests/parity/test_vocabulary.py`;
- a line that no engine could compute is refused by the feature's name: `tests/parity/test_vocabulary.py`;
- rules may name it, and reasons speak of it in Kazakh, Russian and English: `tests/features/test_one_line.py`;
- this page has a row for it, or a test says so: `tests/features/test_dictionary.py`;
- the fingerprint changes, so a bundle from before is refused until a model is trained again, as `make run` does by
  itself: `tests/models/test_bundle.py`, `tests/loop/test_demo.py`;
- features computed before are not learnt from: `tests/api/test_history_from_log.py`;
- a snapshot from before is refused, and the state is made again from the log: `tests/parity/test_restart.py`,
  `tests/api/test_snapshots.py`.
"""

_UNIT_OF_ENDING: Final = {
    "_minor": "minor units",
    "_seconds": "seconds",
    "_days": "days",
    "_code": "code",
    "hour_of_day": "0 to 23",
    "day_of_week": "0 to 6",
}
_HEADERS: Final = "| Name | What | Unit | Definition | Why |\n|---|---|---|---|---|"


def dictionary(catalogue: Sequence[Feature]) -> str:
    """Return the page about a catalogue: what numbers mean, then a table for each history."""
    before = _BEFORE.format(
        count=len(catalogue),
        fingerprint=fingerprint(catalogue),
        retention=RETENTION.days,
        maturity=MATURITY.days,
        channels=", ".join(Channel),
    )
    book = Phrasebook(catalogue)
    groups: dict[str, list[Feature]] = {}
    for feature in catalogue:
        groups.setdefault(_heading(feature), []).append(feature)
    return "\n".join([before, *(_section(heading, features, book) for heading, features in groups.items())])


def main(path: Path = DOCUMENT) -> None:
    """Write the page about the catalogue that serves."""
    path.write_text(dictionary(CATALOGUE), encoding="utf-8")


def _heading(feature: Feature) -> str:
    if feature.measure is Measure.VALUE:
        return "The transfer itself"
    if feature.measure is Measure.RATIO:
        return "One against another"
    names = [_crossed(ask, role) for ask, role in zip(feature.ask, feature.role, strict=True)]
    return f"History of the {' and the '.join(names)}"


def _crossed(ask: str, role: str) -> str:
    name = {"device_id": "device", "ip": "IP address"}.get(ask, ask)
    return name if ask == role else f"{name}, when it was the {role}"


def _unit(feature: Feature) -> str:
    if feature.measure is not Measure.VALUE:
        return feature.unit
    return next((unit for ending, unit in _UNIT_OF_ENDING.items() if feature.name.endswith(ending)), "1 or 0")


def _section(heading: str, features: Iterable[Feature], book: Phrasebook) -> str:
    rows = [
        f"| `{each.name}` | {book.describe(each)['en']} | {_unit(each)} | `{each.definition}` | {each.why} |"
        for each in features
    ]
    return "\n".join([f"## {heading}\n", _HEADERS, *rows, ""])
