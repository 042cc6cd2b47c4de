"""A database of any age becomes one of today, with all it held; one of tomorrow is left alone."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, Table, insert, inspect, select, text

from antifraud.domain.center.people import ParticipantKind, Role
from antifraud.domain.errors import Unavailable
from antifraud.store import open_store
from antifraud.store.migrating import at_head, downgrade, upgrade
from antifraud.store.opening import bare_engine
from antifraud.store.rows import decision_row
from antifraud.store.schema import decisions, metadata
from tests.stores.plain import plain_decision


@pytest.fixture
def engine(url):
    engine = bare_engine(url)
    yield engine
    engine.dispose()


def everything(engine):
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(decisions).order_by(decisions.c.seq))]


def test_steps_forward_and_back_keep_what_was_recorded(engine):
    upgrade(engine, "0001")
    names = [column.name for column in decisions.columns if column.name != "seq"]
    lines = [dict(zip(names, decision_row(plain_decision(number)), strict=True)) for number in range(100)]
    with engine.begin() as connection:
        then = Table("decisions", MetaData(), autoload_with=connection)
        connection.execute(
            insert(then), [{name: line[name] for name in set(then.columns.keys()) - {"seq"}} for line in lines]
        )
    upgrade(engine)
    before = everything(engine)
    assert [dict(zip(names, row[1:], strict=True)) for row in before] == lines, "rules_version was not known then"
    downgrade(engine, "0001")
    upgrade(engine)
    assert everything(engine) == before
    downgrade(engine, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]


def test_the_steps_lead_to_the_schema_that_the_code_uses(engine):
    upgrade(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_step_that_fails_leaves_the_database_as_it_was(engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE reports (other INTEGER)"))  # in the way of the first step, half way
    with pytest.raises(Unavailable):
        open_store(engine.url.render_as_string(hide_password=False))
    assert inspect(engine).get_table_names() == ["reports"]


def test_a_newer_schema_is_refused_and_left_alone(engine, url):
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="schema 9999, which is newer than this program knows"):
        open_store(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"


@pytest.mark.parametrize("recording", [True, False])
def test_an_older_schema_is_left_alone_while_somebody_records_and_upgraded_once_nobody_does(engine, url, recording):
    with open_store(url):
        downgrade(engine, "0007")  # the schema of the release that records
        with pytest.raises(Unavailable, match="only one may: stop it first"):
            open_store(url, recording=recording)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "0007"
    with open_store(url, recording=recording):
        assert at_head(engine)
        if not recording:
            with open_store(url):
                pass  # who only had to upgrade has given the right to record back


def test_participants_and_keys_from_before_kinds_are_banks_and_analysts(engine, url):
    upgrade(engine, "0002")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO participants (participant, name, created_at) VALUES ('bank-1', 'One', 1)"))
        connection.execute(
            text(
                "INSERT INTO api_keys (key_id, key_hash, participant, scopes, label, created_at)"
                " VALUES ('k1', 'h1', 'bank-1', 'decisions:write', '', 1)"
            )
        )
    with open_store(url, recording=False) as store:
        assert [each.kind for each in store.keys.participants()] == [ParticipantKind.BANK]
        assert [(each.key_id, each.role, each.scopes) for each in store.keys.list()] == [
            ("k1", Role.BANK_ANALYST, {"decisions:write"})
        ]
