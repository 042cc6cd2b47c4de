"""A key opens what it was made for, for as long as it may, and is kept nowhere."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select, text, update

from antifraud.domain.center.banks import BankCodes
from antifraud.domain.center.people import Actor, ParticipantKind, Role
from antifraud.domain.center.rights import usual_scopes
from antifraud.domain.decision import Action
from antifraud.domain.errors import Conflict, InvalidValue, NotFound, NotPermitted, Unavailable
from antifraud.store import open_store
from antifraud.store.schema import api_keys

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def keys(store):
    store.keys.register("bank-1", "First fictional bank", NOON)
    return store.keys


def opens(keys, token, now):
    try:
        return asyncio.run(keys.verify(token, now)).key_id
    except NotPermitted:
        return None


def test_a_key_says_whose_it_is_and_is_kept_only_as_a_hash(store, keys):
    new = keys.create("bank-1", {"decisions:write", "reports:write"}, "core banking", NOON)
    assert len(new.token) == len("afk_") + 43
    assert asyncio.run(keys.verify(new.token, NOON)) == new.key
    assert (new.key.participant, new.key.scopes) == ("bank-1", {"decisions:write", "reports:write"})
    with store.engine.connect() as connection:
        (row,) = connection.execute(select(api_keys))
    assert not any(new.token in str(value) or new.token[4:] in str(value) for value in row)


def test_a_wrong_key_opens_nothing(keys):
    token = keys.create("bank-1", {"decisions:write"}, "", NOON).token
    other = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert opens(keys, token, NOON) is not None
    assert [opens(keys, wrong, NOON) for wrong in ("", "afk_", other, token[4:], token.upper())] == [None] * 5


def test_a_key_opens_until_it_expires_and_not_at_that_instant(keys):
    token = keys.create("bank-1", {"decisions:write"}, "", NOON, expires_at=NOON + SECOND).token
    assert opens(keys, token, NOON + SECOND - timedelta(microseconds=1)) is not None
    assert opens(keys, token, NOON + SECOND) is None


def test_a_rotated_key_opens_as_long_as_both_are_wanted(keys):
    old = keys.create("bank-1", {"decisions:write"}, "core", NOON)
    new = keys.rotate(old.key.key_id, NOON, overlap=SECOND)
    assert (new.key.scopes, new.key.label) == (old.key.scopes, old.key.label)
    assert [opens(keys, old.token, NOON + n * SECOND) is not None for n in (0, 1)] == [True, False]
    assert [opens(keys, new.token, NOON + n * SECOND) is not None for n in (0, 1)] == [True, True]


def test_a_revoked_key_opens_nothing_and_has_no_successor(keys):
    new = keys.create("bank-1", {"decisions:write"}, "", NOON)
    keys.revoke(new.key.key_id, NOON)
    keys.revoke(new.key.key_id, NOON + SECOND)
    assert opens(keys, new.token, NOON) is None
    assert keys.get(new.key.key_id).revoked_at == NOON
    with pytest.raises(NotPermitted, match="was revoked"):
        keys.rotate(new.key.key_id, NOON)


def test_what_another_process_revoked_opens_for_the_refresh_time_at_most(url, keys):
    new = keys.create("bank-1", {"decisions:write"}, "", NOON)
    assert opens(keys, new.token, NOON) is not None
    with open_store(url, recording=False) as elsewhere:
        elsewhere.keys.revoke(new.key.key_id, NOON)
    assert opens(keys, new.token, NOON + 5 * SECOND) is None


def counted(store):
    """Return a list that grows with every question to the database."""
    asked = []
    event.listen(store.engine, "before_cursor_execute", lambda *_: asked.append(1))
    return asked


def test_many_who_ask_at_once_share_one_reading(store, keys):
    token = keys.create("bank-1", {"decisions:write"}, "", NOON).token
    asked = counted(store)

    async def scenario():
        return await asyncio.gather(*(keys.verify(token, NOON + 9 * SECOND) for _ in range(50)))

    assert len(asyncio.run(scenario())) == 50
    assert len(asked) == 1


def test_keys_are_read_anew_before_they_are_too_old_while_nobody_waits(url, store, keys):
    new = keys.create("bank-1", {"decisions:write"}, "", NOON)
    assert opens(keys, new.token, NOON) is not None
    with open_store(url, recording=False) as elsewhere:
        elsewhere.keys.revoke(new.key.key_id, NOON)
    asked = counted(store)

    async def scenario():
        with pytest.raises(StopIteration):  # it has ended without having waited for anything
            keys.verify(new.token, NOON + 3 * SECOND).send(None)
        while not asked:
            await asyncio.sleep(0.001)
        while True:  # the same moment again, until the reading has ended
            try:
                await keys.verify(new.token, NOON + 3 * SECOND)
            except NotPermitted:
                return
            await asyncio.sleep(0.001)

    asyncio.run(asyncio.wait_for(scenario(), 20))
    assert len(asked) == 1


def test_a_register_that_cannot_be_read_opens_nothing_once_what_is_known_is_too_old(store, keys):
    token = keys.create("bank-1", {"decisions:write"}, "", NOON).token
    assert opens(keys, token, NOON) is not None
    with store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE api_keys RENAME TO gone"))
    assert opens(keys, token, NOON + 4 * SECOND) is not None
    with pytest.raises(Unavailable):
        opens(keys, token, NOON + 5 * SECOND)
    with store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO api_keys"))
    assert opens(keys, token, NOON + 5 * SECOND) is not None


def test_what_another_process_made_opens_after_a_tenth_of_the_refresh_time(url, keys):
    assert opens(keys, "afk_nobody", NOON) is None
    with open_store(url, recording=False) as elsewhere:
        new = elsewhere.keys.create("bank-1", {"decisions:write"}, "", NOON)
    assert opens(keys, new.token, NOON + SECOND / 2 - timedelta(microseconds=1)) is None
    assert opens(keys, new.token, NOON + SECOND / 2) is not None


def test_only_who_is_registered_gets_a_key_and_only_once(keys):
    with pytest.raises(NotFound, match="bank-9"):
        keys.create("bank-9", {"decisions:write"}, "", NOON)
    with pytest.raises(Conflict, match="bank-1"):
        keys.register("bank-1", "Again", NOON)
    with pytest.raises(InvalidValue, match="blind"):
        keys.register("bank-2", "Careless", NOON, blind=Action.ALLOW)
    keys.register("bank-2", "Strict", NOON, blind=Action.BLOCK)
    assert [(one.participant, one.blind) for one in keys.participants()] == [("bank-1", None), ("bank-2", Action.BLOCK)]


def test_a_key_acts_in_a_role_of_its_kind_and_has_scopes_of_its_role(keys):
    keys.register("police-1", "Fictional police", NOON, kind=ParticipantKind.POLICE)
    new = keys.create("police-1", None, "", NOON).key
    assert (new.role, new.scopes) == (Role.INVESTIGATOR, usual_scopes(Role.INVESTIGATOR))
    assert asyncio.run(keys.verify(keys.create("bank-1", None, "", NOON).token, NOON)).role is Role.BANK_ANALYST
    assert new.actor == Actor("police-1", Role.INVESTIGATOR, f"key:{new.key_id}")
    officer = keys.create("bank-1", ["keys:write"], "", NOON, role=Role.BANK_OFFICER).key
    assert keys.rotate(officer.key_id, NOON).key.role is Role.BANK_OFFICER
    with pytest.raises(InvalidValue, match="a police may have investigator"):
        keys.create("police-1", None, "", NOON, role=Role.BANK_OFFICER)
    with pytest.raises(InvalidValue, match="bank_analyst may never have it, was 'keys:write'"):
        keys.create("bank-1", ["keys:write"], "", NOON)


def test_a_scope_of_another_program_opens_nothing_and_locks_out_nobody(store, keys):
    new = keys.create("bank-1", {"decisions:read"}, "", NOON)
    with store.engine.begin() as connection:
        connection.execute(update(api_keys).values(scopes="decisions:read everything:write"))
    assert asyncio.run(keys.verify(new.token, NOON)).scopes == {"decisions:read"}


def test_a_code_is_one_banks_and_what_is_set_replaces_what_was(keys):
    keys.register("bank-2", "Second fictional bank", NOON)
    first = BankCodes(bics=frozenset({"FICTKZKAXXX"}), bank_codes=frozenset({"125", "126"}))
    assert keys.set_codes("bank-1", first).codes == BankCodes(
        bics=frozenset({"FICTKZKA"}), bank_codes=frozenset({"125", "126"})
    )
    with pytest.raises(Conflict, match="125 is a code of bank-1"):
        keys.set_codes("bank-2", BankCodes(bank_codes=frozenset({"125", "127"})))
    assert keys.participant("bank-2").codes == BankCodes()
    keys.set_codes("bank-1", BankCodes(bank_codes=frozenset({"126"})))
    keys.set_codes("bank-2", BankCodes(bank_codes=frozenset({"125"})))
    assert keys.banks().bank_of("KZ86125KZT5004100100", None) == "bank-2"
    keys.register("police-1", "Fictional police", NOON, kind=ParticipantKind.POLICE)
    assert keys.banks().bank_of("wallet:1", "police-1") is None  # it keeps no accounts
    with pytest.raises(InvalidValue, match="only who keeps accounts"):
        keys.set_codes("police-1", BankCodes(bank_codes=frozenset({"128"})))
