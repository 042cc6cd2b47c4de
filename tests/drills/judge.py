"""What became of everything that was acknowledged: lost, doubled, or decided on what never was."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import orjson

from antifraud.domain.center.hold import Hold, HoldStatus
from antifraud.domain.decision import Action
from antifraud.domain.report import Report, ReportSource
from antifraud.store import open_store
from antifraud.workflow.center.ports import Selection
from antifraud.workflow.ports import Recorded
from features.catalogue import CATALOGUE
from features.online import OnlineState
from tests.drills.world import BANK


@dataclass(frozen=True)
class Verdict:
    """Counts of transfers, reports and holds; what is lost, doubled or wrong is to be zero.

    `blind` is what was decided without something, and says so: its time was over, or a list was old; None where
    nothing is decided.
    """

    acknowledged: int
    lost: int
    doubled: int
    wrong_features: int
    blind: int | None

    @property
    def clean(self):
        return (self.lost, self.doubled, self.wrong_features) == (0, 0, 0)


def judged(world, ledger):
    """Compare the log with the ledger, the book with the log, and each vector with an uninterrupted life."""
    with open_store(world.url, recording=False) as store:
        decisions = store.history.counts().decisions
        rows = asyncio.run(store.log.find_all([(BANK, transfer_id) for transfer_id in ledger.sent]))
        reports = store.history.reports()
    found = {transfer_id: row for (_, transfer_id), row in rows.items()}
    lost = {
        transfer_id
        for transfer_id, answer in ledger.answered.items()
        if transfer_id not in found or found[transfer_id].answer != answer
    }
    due = Counter(name for name, row in found.items() if row.decision.action is Action.HOLD)
    with world.book() as book:
        holds = book.read_now(lambda page: page.selected(Hold, Selection(party=None, limit=decisions + 1)))
    held = Counter(hold.birth.transfer_id for hold in holds)
    let_go = sum(hold.status is not HoldStatus.HELD for hold in holds)  # nobody acts here, and no deadline is near
    assert due, "nothing was held, so nothing is known of holds"
    in_log = list(reports.select("transfer_id", "fraud", "known_at").iter_rows())
    heard = [_heard(said, ledger.heard[number]) for number, said in enumerate(ledger.said) if number in ledger.heard]
    served, wanted = asyncio.run(lived_through(rows, reports))
    wrong = sum(not np.array_equal(mine, other, equal_nan=True) for mine, other in zip(served, wanted, strict=True))
    wrong += in_log != heard  # reports count in the order in which they were made
    return Verdict(
        acknowledged=len(ledger.answered) + len(heard),
        lost=len(lost | ledger.altered)
        + sum(each not in set(in_log) for each in heard)
        + (due - held).total()
        + let_go,
        doubled=decisions - len(rows) + len(in_log) - len(ledger.said) + (held - due).total(),
        wrong_features=wrong,
        # Killed between a hold and its explanation, a decision stands without one.
        blind=sum(not set(row.decision.degraded) <= {"explanation"} for row in rows.values()),
    )


def _heard(said, answer):
    return said["transfer_id"], said["fraud"], datetime.fromisoformat(orjson.loads(answer)["known_at"])


async def lived_through(rows, reports):
    """Return the vectors as served, and as one state gives them that sees everything without a pause."""
    events = [(row.transfer.received_at, row) for row in rows.values()]
    events += [(said["known_at"], said) for said in reports.iter_rows(named=True)]
    assert len({moment for moment, _ in events}) == len(events), "every stamp is given once"
    state, served, wanted = OnlineState(CATALOGUE), [], []
    for _, event in sorted(events, key=lambda event: event[0]):
        if isinstance(event, Recorded):
            served.append(event.vector)
            wanted.append((await state.read_then_observe([event.transfer]))[0])
        else:
            report = Report(**event | {"source": ReportSource(event["source"])})
            await state.observe_report(report, rows[report.participant, report.transfer_id].transfer)
    return served, wanted
