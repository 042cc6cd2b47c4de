"""What live state keeps, and what a transfer costs, do not depend on how long or how busy the past was."""

from dataclasses import replace
from mmap import PAGESIZE

from hypothesis import given

from antifraud.domain.moment import micros
from features import rings
from features.catalogue import CATALOGUE
from features.layout import HEAD
from features.online import OnlineState
from features.spec import RETENTION
from tests.parity import engines
from tests.strategies import TICK, histories


@given(histories())
def test_idle_accounts_leave_memory(history):
    stream, _ = history
    state = OnlineState(CATALOGUE)
    fresh = [cells.copy() for cells, _ in state.slots.kept()]
    for transfer in engines.without_repeats(stream):
        state.take([transfer], observe=True)
    last = max(transfer.received_at for transfer in stream)
    state.advance(micros(last + TICK))  # the last ones enter
    state.advance(micros(last + RETENTION + 2 * TICK))  # and leave
    assert state.transfers == 0
    assert [len(names) for names in state.slots.slot_of] == [0, 0, 0]
    assert not state.slots.arrays.table_keys.any()
    assert all((now == once).all() for (now, _), once in zip(state.slots.kept(), fresh, strict=True))


def test_a_year_of_one_busy_account_fits_the_memory_of_its_last_month(one_transfer, monkeypatch):
    monkeypatch.setattr(rings, "_AT_ONCE", PAGESIZE)
    state = OnlineState(CATALOGUE)
    fresh = state.nbytes
    step = RETENTION / 1000
    for number in range(12_000):
        moment = one_transfer.received_at + number * step
        state.take([replace(one_transfer, transfer_id=str(number), received_at=moment)], observe=True)
    assert state.rings[0].marks[HEAD] == 12_000
    assert state.transfers <= 1_002
    assert state.nbytes <= fresh + 42 * (1_002 + PAGESIZE)  # bytes of an event; they give memory back by pages
