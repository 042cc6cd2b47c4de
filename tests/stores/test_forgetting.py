"""Old decisions no longer say whom they were about, and everything else is as it was."""

import asyncio
from datetime import timedelta

import polars as pl
import pytest

from antifraud.domain.pseudonym import PSEUDONYMOUS, pseudonym
from antifraud.domain.report import Report, ReportSource
from antifraud.store.forgetting import Old, SqlForgetting
from api.restore import catch_up
from features.catalogue import CATALOGUE
from features.online import OnlineState
from tests.stores.plain import START, content, key_of, named, plain_decision, record_all

KEY = b"a fictional key, 32 bytes long.."
HOUR = timedelta(hours=1)
OLD = Old(received_before=START + 10 * HOUR, unreported_since=START)


def decided(number):
    """Return the decision of an hour: two people pay each other in turns, from one device."""
    ends = ("a:1", "a:2") if number % 2 else ("a:2", "a:1")
    people = {"payer_iin_bin": "001399500016", "payee_phone": "+77010000000", "device_id": "d:1", "ip": "192.0.2.1"}
    return named(
        plain_decision(number, received_at=START + number * HOUR),
        **dict(zip(("payer", "payee"), ends, strict=True)),
        **people,
        end_to_end_id=f"e2e-{number}",
        purpose="852",
    )


@pytest.fixture
def rows(store):
    rows = [decided(number) for number in range(20)]
    asyncio.run(record_all(store.log, rows))
    return rows


def found(store, rows):
    kept = asyncio.run(store.log.find_all([key_of(row) for row in rows]))
    return [kept[key_of(row)] for row in rows]


def forgotten(row, names=PSEUDONYMOUS):
    """Return a row as it shall be, by the definition of a pseudonym."""
    instead = {name: getattr(row.transfer, name) for name in names}
    return named(row, **{name: value and pseudonym(value, KEY) for name, value in instead.items()})


def test_who_it_was_is_forgotten_once_and_nothing_else(store, rows):
    forgetting = SqlForgetting(store.engine, KEY)
    assert forgetting.count(OLD) == 10
    assert sum(forgetting.forget(OLD)) == 10
    wanted = [forgotten(row) for row in rows[:10]] + rows[10:]
    assert [content(row) for row in found(store, rows)] == [content(row) for row in wanted]
    assert list(forgetting.forget(OLD)) == []


def test_one_name_is_forgotten_wherever_it_stands_and_no_other(store, rows):
    forgetting = SqlForgetting(store.engine, KEY)
    only = Old(received_before=OLD.received_before, unreported_since=START, named={"a:1"})
    assert sum(forgetting.forget(only)) == 10
    wanted = [forgotten(row, ["payer" if number % 2 else "payee"]) for number, row in enumerate(rows[:10])] + rows[10:]
    assert [content(row) for row in found(store, rows)] == [content(row) for row in wanted]
    assert forgetting.still_named({"a:1"}) == 10
    assert sum(forgetting.forget(OLD)) == 10, "what is left of them goes when they are old"
    assert [content(row) for row in found(store, rows)][:10] == [content(forgotten(row)) for row in rows[:10]]


def test_what_was_reported_of_late_keeps_its_names_as_long_as_the_report_speaks(store, rows):
    known = START + 15 * HOUR
    report = Report(participant="bank-1", transfer_id="t3", fraud=True, source=ReportSource.POLICE, known_at=known)
    asyncio.run(store.log.record_report(report))
    forgetting = SqlForgetting(store.engine, KEY)
    assert sum(forgetting.forget(OLD)) == 9
    assert found(store, rows)[3].transfer == rows[3].transfer
    later = Old(received_before=OLD.received_before, unreported_since=known)
    assert sum(forgetting.forget(later)) == 1


def test_a_state_restored_after_it_serves_the_same_features(store):
    """The last transfers are young; those before them are older than anything that a feature looks back at."""
    young = [decided(number) for number in range(2_000, 2_020)]
    asyncio.run(record_all(store.log, [decided(number) for number in range(20)] + young))

    def served():
        state = OnlineState(CATALOGUE)
        catch_up(state, store.history, None)
        return [state.take([decided(number).transfer], observe=False).tobytes() for number in (2_021, 2_022)]

    before = served()
    old = Old(received_before=young[0].transfer.received_at - 60 * 24 * HOUR, unreported_since=START)
    assert sum(SqlForgetting(store.engine, KEY).forget(old)) == 20
    assert served() == before


def test_who_paid_whom_can_still_be_learnt_from(store, rows):
    sum(SqlForgetting(store.engine, KEY).forget(Old(received_before=START + 99 * HOUR, unreported_since=START)))
    table = pl.concat(store.history.transfers())
    assert table["payer"].n_unique() == 2
    assert table["payer"].to_list() == [pseudonym(row.transfer.payer, KEY) for row in rows]
    assert set(table["payer"]) == set(table["payee"]), "a name has one pseudonym, whichever side it stands on"
