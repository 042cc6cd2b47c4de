"""What becomes known about transfers after they were made, rightly or by mistake."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from antifraud.domain.report import ReportSource
from antifraud.simulator.country import Country
from antifraud.simulator.drafts import DAY, HOUR, SECOND, Bools, Ints
from antifraud.simulator.kinds import SOURCE
from antifraud.simulator.life import Chapter
from antifraud.simulator.streams import stream

_SOONEST: Final = 30 * SECOND  # nobody reports what has not arrived


@dataclass(frozen=True, slots=True)
class Known:
    """Reports as columns; `row` is the transfer's position in its chapter."""

    row: Ints
    at: Ints
    fraud: Bools
    source: Ints
    by_payee_bank: Bools


def become_known(country: Country, chapter: Chapter) -> Known:
    """Return the reports about a chapter: of frauds as their scripts decided, and some mistaken ones.

    A mistaken report is withdrawn when the police or the bank have asked.
    """
    drafts = chapter.drafts
    rng = stream(country.seed, "mistaken reports", chapter.day.index)
    told = np.flatnonzero(drafts.known >= 0)
    honest = np.flatnonzero(drafts.chain < 0)
    share = country.config.reports.mistaken * len(told) / max(len(honest), 1)
    wrong = honest[rng.random(len(honest)) < share]
    said_at = chapter.received[wrong] + (50 * HOUR * rng.standard_exponential(len(wrong))).astype(np.int64) + _SOONEST
    withdrawn_at = said_at + (4 * DAY * rng.standard_exponential(len(wrong))).astype(np.int64) + HOUR
    row = np.concatenate([told, wrong, wrong])
    source = np.concatenate([drafts.source[told], np.full(2 * len(wrong), SOURCE[ReportSource.CLIENT_COMPLAINT])])
    people = country.people
    interbank = people.bank[drafts.payer[row]] != people.bank[drafts.payee[row]]
    by_bank = (source == SOURCE[ReportSource.BANK_DETECTION]) & interbank & (people.bank[drafts.payee[row]] >= 0)
    return Known(
        row=row,
        at=np.concatenate([np.maximum(drafts.known[told], chapter.received[told] + _SOONEST), said_at, withdrawn_at]),
        fraud=np.arange(len(row)) < len(told) + len(wrong),
        source=source,
        by_payee_bank=np.asarray(by_bank, np.bool_),
    )
