"""The country going on after its files end: transfers one by one, with what will be reported of them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from antifraud.simulator.country import Country
from antifraud.simulator.drafts import DAY, SECOND
from antifraud.simulator.life import Chapter, Life
from antifraud.simulator.naming import Names, name
from antifraud.simulator.reports import become_known
from antifraud.simulator.tables import report_table, transfer_table

WARM_UP: Final = 21  # days lived unseen, so that scripts of weeks are under way
_FOREVER: Final = 10**6
_SLICE: Final = 500
# What the engine itself knows: its clock, its base currency, and whose key was used.
_NOT_SENT: Final = ("participant", "received_at", "base_minor", "occurred_at")


@dataclass(frozen=True, slots=True)
class LateReport:
    """A report that will be made this long after its transfer."""

    after: timedelta
    fraud: bool
    source: str
    fraud_type: str | None


@dataclass(frozen=True, slots=True)
class LiveTransfer:
    """One transfer to send now: the participant whose it is, and its fields but the moment."""

    participant: str
    fields: dict[str, str | int | bool]
    reports: tuple[LateReport, ...]


def daily_rate(country: Country) -> float:
    """Return about how many transfers a second the country makes at its natural speed."""
    chapter = next(Life(country).days(country.days, country.days + 1))
    return len(chapter.drafts) / (DAY / SECOND)


def live_on(country: Country, prefix: str, from_time: timedelta) -> Iterator[list[LiveTransfer]]:
    """Yield the transfers after the country's last day for ever, some hundreds at a time.

    Begins at `from_time` of the local day. Ids begin with `prefix`, which must be new for each run.
    """
    names = name(country)
    first = country.days
    for chapter in Life(country).days(first - WARM_UP, _FOREVER):
        if chapter.day.index < first:
            continue
        begins = first * DAY + int(from_time.total_seconds()) * SECOND
        yield from _slices(country, names, chapter, prefix, int((chapter.received < begins).sum()))


def _slices(
    country: Country, names: Names, chapter: Chapter, prefix: str, skipped: int
) -> Iterator[list[LiveTransfer]]:
    table = transfer_table(country, names, chapter)
    reports: dict[int, list[LateReport]] = defaultdict(list)
    known = become_known(country, chapter)
    rows = report_table(country, names, chapter, known).select("fraud", "source", "fraud_type").rows()
    for row, at, (fraud, source, fraud_type) in zip(known.row.tolist(), known.at.tolist(), rows, strict=True):
        after = timedelta(microseconds=at - int(chapter.received[row]))
        reports[row].append(LateReport(after, fraud, source, fraud_type))
    sent = table.drop(_NOT_SENT)
    participants = table["participant"].to_list()
    for start in range(skipped, len(table), _SLICE):
        batch = []
        for row, fields in enumerate(sent.slice(start, _SLICE).iter_rows(named=True), start):
            said = {field: value for field, value in fields.items() if value is not None}
            said["transfer_id"] = f"{prefix}-{said['transfer_id']}"
            batch.append(LiveTransfer(participants[row], said, tuple(reports[row]) if row in reports else ()))
        yield batch
