"""The journal verified and exported from the command line: what was changed, moved or cut off is said."""

import json

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from antifraud.domain.errors import InvalidValue
from antifraud.store.center import open_book
from antifraud.store.center.journal import Head
from antifraud.store.center.proof import checked, proof_of
from api.commands.audit import audit
from tests.center.making import begin_hold


@pytest.fixture
def journal(tmp_path, monkeypatch, noon):
    """A book with five holds, of which the third is the case, beside a store that is not there."""
    monkeypatch.setenv("ANTIFRAUD_DATABASE_URL", f"sqlite:///{tmp_path}/engine.db")
    book = open_book(f"sqlite:///{tmp_path}/center.db")
    book.holds = [
        book.write_now(
            lambda page, number=number: begin_hold(page, noon, transfer_id=f"t{number}", account=f"a{number}")
        )
        for number in range(5)
    ]
    yield book
    book.close()


def run(*arguments):
    return CliRunner().invoke(audit, list(map(str, arguments)))


def harm(book, statement):
    with book.engine.begin() as connection:
        connection.execute(text(statement))


def proof(book, number=2):
    with book.engine.connect() as connection:
        return json.loads(json.dumps(proof_of(connection, book.holds[number].life_id)))


def test_a_whole_journal_says_its_head_and_meets_it_again(journal):
    first = run("verify")
    assert first.exit_code == 0
    head = first.output.split()[-1]
    assert head.startswith("5:")
    assert run("verify", "--head", head).exit_code == 0
    assert isinstance(run("verify", "--head", "5:abc").exception, InvalidValue)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE acts SET body = replace(body, '1000000', '9000000') WHERE seq = 2", "act 2"),
        ("DELETE FROM acts WHERE seq = 3", "act 3 is missing"),
        ("UPDATE acts SET seq = -seq WHERE seq IN (2, 3)", "act 2 is missing"),
        ("DELETE FROM acts WHERE seq = 5", "the journal ends at act 4, but act 5 is known"),
    ],
)
def test_what_was_done_to_it_is_named(journal, statement, named):
    head = run("verify").output.split()[-1]
    harm(journal, statement)
    found = run("verify", "--head", head)
    assert found.exit_code == 1
    assert named in found.output


def test_two_acts_in_each_other_s_place_are_found(journal):
    harm(journal, "UPDATE acts SET seq = 99 WHERE seq = 2")
    harm(journal, "UPDATE acts SET seq = 2 WHERE seq = 3")
    harm(journal, "UPDATE acts SET seq = 3 WHERE seq = 99")
    assert "act 2" in run("verify").output


def test_a_case_is_exported_with_its_proof_and_nothing_of_others(journal, tmp_path):
    case = journal.holds[2]
    made = run("export", case.life_id, "--out", tmp_path / "case.json")
    assert made.exit_code == 0
    for name in ("case.json", "case.html"):
        written = (tmp_path / name).read_text()
        assert "a2" in written
        assert not any(f'"{other}"' in written or other + "&quot;" in written for other in ("a0", "a1", "a3", "a4"))
        assert not any(hold.life_id in written for hold in journal.holds if hold is not case)
    assert run("check", tmp_path / "case.json").exit_code == 0
    head = run("verify").output.split()[-1]
    assert run("check", tmp_path / "case.json", "--head", head).exit_code == 0


def test_every_change_of_a_proof_is_found(journal):
    whole = proof(journal)
    assert [act["version"] for act in checked(whole)] == [1]
    noted = Head(5, whole["head"]["hash"])
    assert checked(whole, noted)

    def changed(*path, to):
        document = json.loads(json.dumps(whole))
        at = document
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = to
        return document

    harmed = [
        changed("hash_before", to="0" * 64),
        changed("chain", 0, "act", "person", to="somebody"),
        changed("chain", 0, "act", "body", to="{}"),
        changed("chain", 1, "digest", to="f" * 64),
        changed("chain", to=[*whole["chain"][:1], *whole["chain"][2:]]),
        changed("chain", to=whole["chain"][:-1]),
        changed("head", "hash", to="f" * 64),
        changed("life_id", to="another"),
        changed("format", to="another"),
        {},
    ]
    for document in harmed:
        with pytest.raises(InvalidValue):
            checked(document)
    with pytest.raises(InvalidValue, match="another hash than was noted"):
        checked(whole, Head(4, "f" * 64))
    with pytest.raises(InvalidValue, match="does not reach"):
        checked(whole, Head(9, "f" * 64))
