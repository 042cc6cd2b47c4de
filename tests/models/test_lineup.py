"""The lineup: two people change what decides, one may go back, and whatever cannot serve is refused."""

import re
import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle as Drawn
from hypothesis.stateful import RuleBasedStateMachine, consumes, initialize, invariant, multiple, precondition, rule

from antifraud.domain.decision import Action
from antifraud.domain.errors import (
    AntifraudError,
    Conflict,
    DamagedFile,
    FingerprintMismatch,
    InvalidValue,
    NotFound,
    NotPermitted,
)
from antifraud.domain.policy import Policy
from antifraud.domain.rule import RuleBook, RuleState
from features.catalogue import CATALOGUE
from features.rules import STARTER_RULES, read_rules, write_rules
from features.schema import names
from models.deciding import judged, lineup_desk, load_deciding
from models.lineup import JOURNAL, Choice, LineupDesk, former, lineup_of, same_person, state_of
from models.policies import PolicyFile, write_policy
from models.shelf import bundles_on, put_policy, put_rules

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANA, BEK = "Ana Fictional", "Bek Fictional"


@pytest.fixture
def shelf(bundle, tmp_path):
    """A shelf with three bundles that differ in their thresholds, named one, two, three in the tests."""
    for share in (1, 2, 3):
        replace(bundle, policy=replace(bundle.policy, version=f"p{share}")).write(tmp_path)
    return tmp_path


@pytest.fixture
def desk(shelf):
    return lineup_desk(shelf, CATALOGUE)


def propose(desk, champion, by=ANA, **more):
    return desk.propose(Choice(champion=champion, **more), by=by, why="it caught more", at=NOON)


def promote(desk, champion, **more):
    return desk.approve(propose(desk, champion, **more).number, by=BEK, at=NOON)


def test_what_one_proposed_decides_once_another_approved_it(shelf, desk):
    one, two, _ = bundles_on(shelf)
    with pytest.raises(NotFound, match="no lineup decides"):
        lineup_of(shelf)
    first = promote(desk, one)
    assert (lineup_of(shelf).number, lineup_of(shelf).choice.champion) == (first.number, one)
    proposal = propose(desk, two)
    assert lineup_of(shelf).choice.champion == one, "a proposal decides nothing"
    for same in (ANA, " ana  FICTIONAL ", "ANA\u00a0Fictional", "\uff21na Fictional"):
        with pytest.raises(NotPermitted, match="a second person"):
            desk.approve(proposal.number, by=same, at=NOON)
    assert lineup_of(shelf).choice.champion == one
    desk.approve(proposal.number, by=BEK, at=NOON)
    assert lineup_of(shelf).choice.champion == two
    assert lineup_of(shelf).challengers == (one,), "the former champion goes on beside the new one"
    with pytest.raises(NotFound, match="no proposal"):
        desk.approve(proposal.number, by=BEK, at=NOON)


@pytest.mark.parametrize("name", ["", "  ", "\t", "a\nb", "x" * 201])
def test_whoever_has_no_name_may_do_nothing(shelf, desk, name):
    (one, *_) = bundles_on(shelf)
    proposal = propose(desk, one)
    with pytest.raises(InvalidValue, match="by"):
        propose(desk, one, by=name)
    with pytest.raises(InvalidValue, match="by"):
        desk.approve(proposal.number, by=name, at=NOON)
    with pytest.raises(InvalidValue, match="why"):
        desk.reject(proposal.number, by=ANA, why=name, at=NOON)
    assert len(state_of(shelf).entries) == 1


def test_a_proposal_weighed_against_another_champion_is_not_approved(shelf, desk):
    one, two, three = bundles_on(shelf)
    promote(desk, one)
    late = propose(desk, two)
    promote(desk, three)
    with pytest.raises(Conflict, match="propose it again"):
        desk.approve(late.number, by=BEK, at=NOON)
    desk.reject(late.number, by=ANA, why="overtaken", at=NOON)
    assert not state_of(shelf).proposals
    promote(desk, two)
    assert lineup_of(shelf).choice.champion == two
    with pytest.raises(Conflict, match="nothing would change"):
        propose(desk, two)


def test_one_person_with_a_reason_goes_back_to_what_decided_before_and_further_back_again(shelf, desk):
    one, two, three = bundles_on(shelf)
    rules = put_rules(shelf, STARTER_RULES, CATALOGUE)
    promote(desk, one)
    with pytest.raises(NotFound, match="nothing to go back to"):
        former(state_of(shelf))
    promote(desk, two, rules=rules)
    promote(desk, three, rules=rules)
    for wanted in (Choice(champion=two, rules=rules), Choice(champion=one)):
        to, choice = former(state_of(shelf))
        assert choice == wanted
        desk.roll_back(to, by=ANA, why="it held everybody", at=NOON)
        assert lineup_of(shelf).choice == wanted
        assert three not in lineup_of(shelf).challengers, "what was taken back is not asked again"
        with pytest.raises((Conflict, NotFound)):  # two people who see the same trouble go back once, not twice
            desk.roll_back(to, by=BEK, why="it held everybody", at=NOON)


def test_what_cannot_serve_is_refused_when_it_is_proposed_and_when_it_is_approved(shelf, desk, bundle):
    one, two, three = bundles_on(shelf)
    foreign = replace(bundle, fingerprint="0" * 16)
    garbage = replace(bundle, trees="tree\n")  # whole, and of no use
    nothing = re.sub(r"(?<=leaf_value=).*", lambda found: re.sub(r"\S+", "nan", found[0]), bundle.trees)
    silent = replace(bundle, trees=re.sub(r"tree_sizes=.*\n", "", nothing))
    for each in (foreign, garbage, silent):
        each.write(shelf)
    shutil.copytree(shelf / two, shelf / "renamed00000")
    sound = propose(desk, three)
    (shelf / one / "model.txt").write_text("tree")
    (shelf / three / "policy.json").write_text("{}")
    for champion, refusal, said in (
        (one, DamagedFile, "model.txt"),
        (foreign.version, FingerprintMismatch, "train again"),
        ("0" * 12, NotFound, "no bundle"),
        (garbage.version, DamagedFile, "LightGBM cannot read"),
        (silent.version, DamagedFile, "gives no chance"),
        ("renamed00000", DamagedFile, "is in truth"),
        ("../bundles", InvalidValue, "must be one"),
    ):
        with pytest.raises(refusal, match=said):
            propose(desk, champion)
        with pytest.raises(refusal, match=said):
            desk.challenge(champion, by=ANA, why="to watch it", at=NOON)
    for more in ({"policy": "none"}, {"rules": "none"}):
        with pytest.raises(NotFound, match=r"none\.yaml is missing"):
            propose(desk, two, **more)
    with pytest.raises(DamagedFile):
        desk.approve(sound.number, by=BEK, at=NOON)
    assert [entry.number for entry in state_of(shelf).entries] == [sound.number]


def test_a_policy_and_rules_of_the_shelf_decide_in_the_place_of_the_bundles_own(shelf, desk, tmp_path):
    (one, *_) = bundles_on(shelf)
    tuned = Policy(version="tuned-1", hold_at=0.25, block_at=0.75, blind=Action.BLOCK)
    write_policy(PolicyFile(policy=tuned), tmp_path / "tuned.yaml")
    policy, book = put_policy(shelf, tmp_path / "tuned.yaml"), put_rules(shelf, STARTER_RULES, CATALOGUE)
    promote(desk, one, policy=policy, rules=book)
    deciding = load_deciding(shelf, lineup_of(shelf), CATALOGUE)
    assert deciding.scorer.policy == tuned == judged(shelf, None, CATALOGUE)[1]
    assert set(deciding.rules.texts) == {rule.code for rule in read_rules(STARTER_RULES, names(CATALOGUE)).active}
    write_policy(PolicyFile(policy=replace(tuned, hold_at=0.3)), tmp_path / "tuned.yaml")
    with pytest.raises(Conflict, match="its own version"):
        put_policy(shelf, tmp_path / "tuned.yaml")
    sound = (shelf / "policies" / f"{policy}.yaml").read_text()
    shutil.copy(tmp_path / "tuned.yaml", shelf / "policies" / f"{policy}.yaml")
    with pytest.raises(DamagedFile, match="policy"):
        load_deciding(shelf, lineup_of(shelf), CATALOGUE)
    (shelf / "policies" / f"{policy}.yaml").write_text(sound)
    kept = shelf / "rules" / f"{book}.yaml"
    kept.write_text(kept.read_text().replace("action: hold", "action: block", 1))
    with pytest.raises(DamagedFile, match="rule book"):
        load_deciding(shelf, lineup_of(shelf), CATALOGUE)


def test_a_rule_book_changes_of_the_one_before_only_what_the_lives_of_its_rules_allow(shelf, desk, tmp_path):
    (one, *_) = bundles_on(shelf)
    starter = read_rules(STARTER_RULES, names(CATALOGUE))
    promote(desk, one, rules=put_rules(shelf, STARTER_RULES, CATALOGUE))

    def book_with(**changed):
        book = RuleBook((replace(starter.rules[0], **changed), *starter.rules[1:]))
        write_rules(book, tmp_path / "book.yaml")
        return put_rules(shelf, tmp_path / "book.yaml", CATALOGUE)

    with pytest.raises(Conflict, match="says something else than before"):
        propose(desk, one, rules=book_with(condition="amount_minor > 1"))
    with pytest.raises(Conflict, match="may not leave the book"):
        propose(desk, one)
    retired = book_with(state=RuleState.RETIRED)
    promote(desk, one, rules=retired)
    with pytest.raises(Conflict, match="cannot become active"):
        propose(desk, one, rules=starter.version)
    desk.roll_back(former(state_of(shelf))[0], by=ANA, why="it was needed", at=NOON)
    assert lineup_of(shelf).choice.rules == starter.version, "going back is going back"


def test_who_when_and_why_can_be_read_back(shelf, desk):
    (one, *_) = bundles_on(shelf)
    promote(desk, one)
    desk.challenge(bundles_on(shelf)[1], by=BEK, why="to watch it", at=NOON + timedelta(hours=5))
    entries = state_of(shelf).entries
    assert [(entry.what.value, entry.by, entry.why) for entry in entries] == [
        ("proposed", ANA, "it caught more"),
        ("approved", BEK, "it caught more"),
        ("challenged", BEK, "to watch it"),
    ]
    assert [entry.at for entry in entries] == [NOON, NOON, NOON + timedelta(hours=5)]


def test_the_only_bundle_of_a_shelf_without_a_lineup_can_be_judged(bundle, tmp_path):
    bundle.write(tmp_path)
    assert judged(tmp_path, None, CATALOGUE)[0].version == bundle.version
    replace(bundle, policy=replace(bundle.policy, version="other")).write(tmp_path)
    with pytest.raises(NotFound, match="no lineup decides"):
        judged(tmp_path, None, CATALOGUE)


class Office(RuleBasedStateMachine):
    """People do what they may and may not, in any order; a plain model says what must come of it."""

    proposals = Drawn("proposals")
    people = st.sampled_from([ANA, BEK, "ana fictional"])
    champions = st.sampled_from("abc")

    @initialize()
    def open(self):
        self.shelf = Path(tempfile.mkdtemp())
        self.desk = LineupDesk(self.shelf, lambda choice, now: None)
        self.decided = []  # champions that a rollback may return to, and the number of the lineup
        self.waiting = {}

    def teardown(self):
        if hasattr(self, "shelf"):
            shutil.rmtree(self.shelf)

    def tried(self, allowed, act):
        try:
            entry = act()
        except AntifraudError:
            assert not allowed
            return None
        assert allowed
        return entry

    @rule(target=proposals, champion=champions, by=people)
    def propose(self, champion, by):
        allowed = not self.decided or self.decided[-1][1] != champion
        entry = self.tried(allowed, lambda: propose(self.desk, champion, by))
        if entry is None:
            return multiple()
        self.waiting[entry.number] = (champion, by, self.decided[-1][0] if self.decided else 0)
        return entry.number

    @rule(number=proposals, by=people)
    def approve(self, number, by):
        now = self.decided[-1][0] if self.decided else 0
        champion, proposer, over = self.waiting.get(number, (None, None, None))
        allowed = champion is not None and over == now and proposer.casefold() != by.casefold()
        entry = self.tried(allowed, lambda: self.desk.approve(number, by=by, at=NOON))
        if entry is not None:
            self.decided.append((entry.number, champion))
            del self.waiting[number]

    @rule(number=consumes(proposals), by=people)
    def reject(self, number, by):
        allowed = self.waiting.pop(number, None) is not None
        self.tried(allowed, lambda: self.desk.reject(number, by=by, why="no", at=NOON))

    @precondition(lambda self: self.decided)
    @rule(by=people, right=st.booleans())
    def roll_back(self, by, right):
        known = len(self.decided) > 1
        to = self.decided[-2][0] if known and right else 10**6
        entry = self.tried(known and right, lambda: self.desk.roll_back(to, by=by, why="worse", at=NOON))
        if entry is not None:
            self.decided[-2:] = [(entry.number, self.decided[-2][1])]

    @rule()
    def tear(self):
        with (self.shelf / JOURNAL).open("ab") as journal:
            journal.write(b'{"number":')

    @invariant()
    def what_decides_is_what_two_people_chose(self):
        if not hasattr(self, "shelf"):
            return
        state = state_of(self.shelf)
        assert [(number, choice.champion) for number, choice in state.decided] == self.decided
        assert set(state.proposals) == set(self.waiting)
        if state.lineup is not None:
            assert state.lineup.choice.champion not in state.lineup.challengers


TestOffice = Office.TestCase
TestOffice.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


def test_names_are_one_however_they_are_written():
    assert same_person("Әлия Ойдан", "  әлия   ойдан")
    assert not same_person(ANA, BEK)
