"""People, sessions and failed attempts: kept as hashes, gone when they end, counted before they are judged."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import inspect, select

from antifraud.domain.center.people import Role
from antifraud.domain.center.person import IDLE, LONGEST_SESSION, WITH_A_PERSON, Patience, Person
from antifraud.domain.errors import Conflict, NotFound, NotPermitted
from antifraud.store.migrating import PEOPLE, downgrade, upgrade
from antifraud.store.opening import bare_engine
from antifraud.store.people import open_people
from antifraud.store.people.schema import metadata, redirects, sessions
from antifraud.store.people.sessions import Redirect

NOON = datetime(2026, 3, 2, 7, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ALIYA = Person(
    name="aliya",
    full_name="Aliya (fictional)",
    participant="bank-1",
    roles=frozenset({Role.BANK_ANALYST, Role.BANK_OFFICER}),
    created_at=NOON,
)


@pytest.fixture
def engine(url):
    engine = bare_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def people(engine):
    people = open_people(engine)
    people.register.add(ALIYA, "a hash")
    return people


def opens(people, token, now):
    try:
        return people.sessions.find(token, now)
    except NotPermitted:
        return None


def begun(people, now=NOON, role=Role.BANK_ANALYST, **more):
    return people.sessions.begin("aliya", role, now, **more)


def test_the_steps_lead_to_the_schema_that_the_code_uses_and_back(engine):
    upgrade(engine, steps=PEOPLE)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "people_version"})
        assert compare_metadata(context, metadata) == []
    downgrade(engine, "base", steps=PEOPLE)
    assert inspect(engine).get_table_names() == ["people_version"]


def test_people_are_read_back_as_they_were_written(people):
    assert people.register.get("aliya") == ALIYA
    assert people.register.list("bank-1") == people.register.list() == [ALIYA]
    assert people.register.list("bank-2") == []
    assert people.register.find("bolat") is None
    with pytest.raises(NotFound, match="bolat"):
        people.register.set_disabled("bolat", NOON)
    with pytest.raises(Conflict, match="aliya is taken"):
        people.register.add(replace(ALIYA, participant="bank-2"), None)


def test_a_provider_knows_each_of_its_people_once(people):
    known = replace(ALIYA, name="bolat", issuer="https://idp.example", subject="42")
    people.register.add(known, None)
    assert people.register.of_subject("https://idp.example", "42") == known
    assert people.register.of_subject("https://other.example", "42") is None
    with pytest.raises(Conflict):
        people.register.add(replace(known, name="carl"), None)


def test_a_session_is_kept_only_as_a_hash(engine, people):
    token = begun(people)
    with engine.connect() as connection:
        (row,) = connection.execute(select(sessions))
    assert token not in map(str, row)
    assert opens(people, token, NOON).actor.person == "aliya"
    assert opens(people, token[:-1], NOON) is None


def test_a_session_ends_when_idle_and_in_the_end_however_busy(people):
    token = begun(people)
    assert opens(people, token, NOON + IDLE - SECOND) is not None
    assert opens(people, token, NOON + 2 * IDLE - 2 * SECOND) is not None, "it was seen meanwhile"
    assert opens(people, token, NOON + 3 * IDLE - 2 * SECOND) is None
    busy, now = begun(people), NOON
    while now < NOON + LONGEST_SESSION:
        assert opens(people, busy, now) is not None
        now += IDLE / 2
    assert opens(people, busy, now) is None


def test_a_session_that_follows_another_ends_it_and_lives_no_longer(people):
    first = begun(people)
    later = NOON + timedelta(minutes=10)
    second = begun(people, later, Role.BANK_OFFICER, instead_of=first)
    assert opens(people, first, later) is None
    found = opens(people, second, later)
    assert (found.role, found.ends_at) == (Role.BANK_OFFICER, NOON + LONGEST_SESSION)


@pytest.mark.parametrize(
    "change",
    [
        lambda people: people.register.set_disabled("aliya", NOON),
        lambda people: people.register.set_rights("aliya", [Role.BANK_OFFICER], administers=False),
        lambda people: people.sessions.end_all("aliya", NOON),
    ],
)
def test_a_session_opens_nothing_as_soon_as_its_person_may_not(people, change):
    token = begun(people)
    change(people)
    assert opens(people, token, NOON) is None


def test_all_sessions_end_but_the_one_that_is_meant(people):
    tokens = [begun(people) for _ in range(3)]
    people.sessions.end_all("aliya", NOON, tokens[1])
    assert [opens(people, token, NOON) is not None for token in tokens] == [False, True, False]


def test_a_browser_comes_back_once_as_itself_and_in_time(engine, people):
    sent = Redirect("idp", "nonce", "verifier")
    ten = timedelta(minutes=10)
    state = people.sessions.send_away("browser", sent, NOON)
    assert people.sessions.come_back("another browser", state, NOON) is None
    assert people.sessions.come_back("browser", "another state", NOON) is None
    assert people.sessions.come_back("browser", state, NOON + ten - SECOND) == sent
    assert people.sessions.come_back("browser", state, NOON) is None
    late = people.sessions.send_away("browser", sent, NOON)
    assert people.sessions.come_back("browser", late, NOON + ten) is None
    people.sessions.send_away("browser", sent, NOON)
    people.sessions.send_away("browser", sent, NOON + 2 * ten)
    with engine.connect() as connection:
        assert len(connection.execute(select(redirects)).all()) == 1, "what nobody came back for is forgotten"


def test_a_code_is_good_once_and_none_before_it_afterwards(people):
    people.register.set_factor("aliya", "SECRET", 10)
    assert [people.register.use_step("aliya", step) for step in (10, 9, 11, 11, 12)] == [
        False,
        False,
        True,
        False,
        True,
    ]


def test_many_attempts_at_once_are_many(people):
    counted = []
    patience = {"person:aliya": WITH_A_PERSON, "address:10.0.0.1": WITH_A_PERSON}

    def attempt():
        counted.append(people.attempts.begin(patience, NOON).wait)

    threads = [threading.Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(wait == timedelta(0) for wait in counted) == WITH_A_PERSON.free


class Guessing(RuleBasedStateMachine):
    """The same attempts, counted in a plain dictionary by what the rule says."""

    people = None
    runs = 0
    patience = Patience(free=2, first=4 * SECOND, longest=20 * SECOND, forgotten_after=60 * SECOND)
    subjects = st.sets(st.sampled_from("abc"), min_size=1)

    @initialize()
    def begin(self):
        Guessing.runs += 1  # names of its own in a database that all runs share
        self.now, self.known = NOON, {}

    def name(self, subject):
        return f"{subject}{Guessing.runs}"

    @rule(seconds=st.sampled_from([0, 1, 3, 4, 8, 20, 59, 60]))
    def wait(self, seconds):
        self.now += seconds * SECOND

    @rule(subjects=subjects)
    def attempt(self, subjects):
        wait = timedelta(0)
        for each in subjects:
            failures, last = self.known.get(each, (0, self.now))
            if self.now - last >= self.patience.forgotten_after:
                failures = 0
            if failures >= 2:
                delay = min(4 * 2 ** (failures - 2), 20) * SECOND
                wait = max(wait, last + delay - self.now)
        counted = self.people.attempts.begin({self.name(each): self.patience for each in subjects}, self.now)
        assert counted.wait == wait
        if wait == timedelta(0):
            for each in subjects:
                failures, last = self.known.get(each, (0, self.now))
                fresh = self.now - last >= self.patience.forgotten_after
                self.known[each] = ((0 if fresh else failures) + 1, self.now)

    @rule(subject=st.sampled_from("abc"))
    def forgive(self, subject):
        self.people.attempts.forgive(self.name(subject))
        failures, last = self.known.get(subject, (0, self.now))
        if failures:
            self.known[subject] = (failures - 1, last)

    @rule(subject=st.sampled_from("abc"))
    def forget(self, subject):
        self.people.attempts.forget(self.name(subject))
        self.known.pop(subject, None)

    @invariant()
    def nobody_waits_longer_than_the_longest(self):
        assert all(self.patience.wait(failures) <= self.patience.longest for failures, _ in self.known.values())


def test_whoever_guesses_waits_as_long_as_the_rule_says(people):
    Guessing.people = people
    run_state_machine_as_test(Guessing, settings=settings(max_examples=25, stateful_step_count=25, deadline=None))
