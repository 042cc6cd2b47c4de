"""What decides, on a page: who may read it, who may sign, and that no name lets one person be two."""

import re

import pytest

from antifraud.domain.center.people import ParticipantKind, Role
from api.clock import utc_now
from features.catalogue import CATALOGUE
from models.deciding import lineup_desk
from models.lineup import Choice, state_of
from models.shadow.standing import Standing, Standings, write_standings
from models.shelf import rules_of
from tests.api.making import bundle
from tests.console.desk import at_console, person, running_desk
from tests.shadow.test_comparison import World

PAGE = "/console/deciding"


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """A server whose lineup people of `fictional-bank` may choose, with a second bundle on its shelf."""
    folder = tmp_path_factory.mktemp("office")
    with running_desk(folder, ANTIFRAUD_CHOOSERS="fictional-bank") as server:
        server.shelf, server.state = folder / "shelf", folder / "state"
        other = bundle(seed=1, hold_at=0.0, block_at=1.5)
        other.write(server.shelf)
        server.other = other.version
        yield server


def proposed(office, by="Somebody Else", champion=None):
    """Propose the bundle that does not decide; return the proposal's number."""
    now = state_of(office.shelf).lineup.choice
    first = next(entry.choice.champion for entry in state_of(office.shelf).entries if entry.choice is not None)
    to = champion or (office.other if now.champion != office.other else first)
    desk = lineup_desk(office.shelf, CATALOGUE)
    return desk.propose(Choice(champion=to, rules=now.rules), by=by, why="it <b>saves</b> more", at=utc_now()).number


def sign(client, number, act="approve", **fields):
    csrf = re.search(r'name="csrf" value="([^"]+)"', client.get(PAGE).text)[1]
    return client.post(f"{PAGE}/{number}/{act}", data={"csrf": csrf, **fields})


def test_what_decides_is_read_by_those_whom_it_concerns_and_by_nobody_else(office):
    now = state_of(office.shelf).lineup
    for role, participant, kind in (
        (Role.BANK_ANALYST, "fictional-bank", ParticipantKind.BANK),
        (Role.BANK_OFFICER, "another-bank", ParticipantKind.BANK),
        (Role.OPERATOR, "fictional-operator", ParticipantKind.OPERATOR),
        (Role.AUDITOR, "fictional-auditor", ParticipantKind.AUDITOR),
    ):
        with at_console(office, person(office, role, participant=participant, kind=kind)) as client:
            page = client.get(PAGE)
            assert page.status_code == 200, page.text
            assert now.choice.champion in page.text
            for rule in rules_of(office.shelf, now.choice.rules, CATALOGUE).rules:
                assert rule.code in page.text
    for role, participant, kind in (
        (Role.INVESTIGATOR, "fictional-police", ParticipantKind.POLICE),
        (Role.TELECOM_DESK, "fictional-telecom", ParticipantKind.MOBILE_OPERATOR),
    ):
        with at_console(office, person(office, role, participant=participant, kind=kind)) as client:
            assert client.get(PAGE).status_code == 403


def test_the_second_person_approves_and_it_decides(office):
    number = proposed(office)
    to = state_of(office.shelf).proposals[number].choice.champion
    name = person(office, Role.BANK_OFFICER)
    with at_console(office, name) as client:
        page = client.get(PAGE).text
        assert "it &lt;b&gt;saves&lt;/b&gt; more" in page
        assert f"{PAGE}/{number}/approve" in page
        assert sign(client, number).headers["location"] == f"{PAGE}?done=approved"
        assert "Approved" in client.get(f"{PAGE}?done=approved").text
    state = state_of(office.shelf)
    assert (state.lineup.choice.champion, state.entries[-1].by) == (to, f"{name} of fictional-bank")


def test_whoever_proposed_it_cannot_approve_under_any_of_his_names(office):
    name = person(office, Role.BANK_OFFICER)
    for called in (name.upper(), "FICTIONAL", f"{name} of fictional-bank"):  # his sign-in, his full name, his signature
        number = proposed(office, by=called)
        with at_console(office, name) as client:
            assert sign(client, number).status_code == 403
            assert number in state_of(office.shelf).proposals
            assert sign(client, number, "reject", reason="my own, and wrong").status_code == 303
    assert state_of(office.shelf).entries[-1].why == "my own, and wrong"


@pytest.mark.parametrize(
    ("role", "participant", "kind"),
    [
        (Role.BANK_ANALYST, "fictional-bank", ParticipantKind.BANK),
        (Role.BANK_OFFICER, "another-bank", ParticipantKind.BANK),
        (Role.OPERATOR, "fictional-operator", ParticipantKind.OPERATOR),
    ],
)
def test_nobody_else_signs(office, role, participant, kind):
    number = proposed(office)
    with at_console(office, person(office, role, participant=participant, kind=kind)) as client:
        assert f"{PAGE}/{number}/approve" not in client.get(PAGE).text
        csrf = client.get(PAGE).text.split('name="csrf" value="')[1].split('"')[0]
        for act in ("approve", "reject"):
            refused = client.post(f"{PAGE}/{number}/{act}", data={"csrf": csrf, "reason": "not mine"})
            assert refused.status_code == 403
    assert number in state_of(office.shelf).proposals


def test_what_was_overtaken_changes_nothing_and_says_so(office):
    first, second = proposed(office), proposed(office)
    with at_console(office, person(office, Role.BANK_OFFICER)) as client:
        assert sign(client, first).status_code == 303
        late = sign(client, second)
        assert late.status_code == 409
        assert "Nothing was changed" in late.text
        assert f"{PAGE}/{second}/approve" not in late.text, "it can only be rejected by now"
        assert sign(client, first, "reject", reason="too late").status_code == 409
        assert sign(client, second, "reject", reason="a\nb").status_code == 303, "white space is only white space"


def test_what_was_measured_live_is_shown_in_every_language(office):
    found = World(challenger=0.95).compared()
    standing = Standing(challenger=office.other, found=found)
    none = Standing(challenger="0123456789ab", why_not="nothing <i>old</i> enough")
    at = Standings(at=utc_now(), lineup=2, challengers=(standing, none), rules=())
    write_standings(at, office.state / "standings.json")
    name = person(office)
    for language, advice in (("en", "Promote"), ("ru", "Сделать чемпионом"), ("kk", "чемпион ету керек")):
        with at_console(office, name, language) as client:
            page = client.get(PAGE).text
            assert advice in page
            assert "nothing &lt;i&gt;old&lt;/i&gt; enough" in page
    (office.state / "standings.json").write_text("{")
    with at_console(office, name) as client:
        page = client.get(PAGE)
        assert page.status_code == 200, "what cannot be read hides nothing else"
        assert "is not what was measured live" in page.text
