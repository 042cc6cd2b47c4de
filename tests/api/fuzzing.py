"""Requests made from the documentation, by everybody, about what earlier answers named: every answer is as documented.

Three ways of making them: what the documentation allows, with ids and moments that are known in place of made-up ones;
what it does not allow; and the next step of a story, whole or with some of it made up. Links between operations need
not be written down: a parameter `hold_id` takes what any answer called so.
"""

import json
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core import NOT_SET
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from antifraud.domain.center.people import ROLES_OF, ParticipantKind, Role
from antifraud.domain.center.person import Person
from antifraud.domain.center.rights import SCOPES_OF
from antifraud.store import open_store
from api.clock import utc_now
from api.routes.access import CallerWith, own_session
from tests.api.conftest import identity_providers, serving
from tests.api.known import Memory
from tests.api.making import MADE_AT, body, bundle
from tests.api.signing_in import people_of
from tests.api.stories import POLICE, Told, all_stories
from tests.api.test_doors import DOORS
from tests.exchange.receiver import receiving
from tests.iso.messages import camt056, pacs008, transfer

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
NOT_ASKED = {  # every other check there is, and why
    "negative_data_rejection": "asked of what is made up against the schema alone: see `_ask`",
    "positive_data_acceptance": "rules between fields and moments are no schema: that each operation is done is asked",
    "missing_required_header": "needs the coverage phase; the only headers that are required say who asks",
    "unsupported_method": "needs the coverage phase: `other_methods` asks each path",
    "allow_header_conformance": "reads answers to OPTIONS, which nobody may ask: `other_methods` compares Allow",
    "use_after_free": "no resource can be deleted: lives end in a state, and a session has no path",
    "ensure_resource_availability": "follows written links: `_is_there` asks for what was begun",
    "ignored_auth": "takes a session for none, as its cookie is a header here: `_keeps_out` asks the same",
    "object_level_authorization": "knows no participants: a bank that takes no part asks in `outsider_does`",
}
REFUSES_ITEM_BY_ITEM = "decideBatch"
TRIES = 3_000  # of what must come to pass
HANGS_S = 600  # without a word: a machine that does something else meanwhile is no server that hangs
METHODS = {"get", "put", "post", "delete", "patch"}


@dataclass
class Caller:
    """Headers that say who one is, and the scopes that they open."""

    name: str
    headers: dict
    scopes: frozenset
    person: str | None = None
    key_id: str | None = None


class Everybody:
    """A key and a session of an administrator for each kind of participant and each role, and nobody."""

    def __init__(self, people, store, memory):
        self._people = people
        self.nobody = Caller("nobody", {}, frozenset())
        self.callers, self._by = [], {}
        store.keys.register("fuzz-outsider", "takes part in no story", MADE_AT)
        scopes = SCOPES_OF[Role.BANK_OFFICER]
        made = store.keys.create("fuzz-outsider", scopes, "fuzz", MADE_AT, role=Role.BANK_OFFICER)
        self.outsider = Caller("an outsider", {"X-Api-Key": made.token}, scopes)
        store.keys.register(f"{POLICE}-2", "to hand over to", MADE_AT, kind=ParticipantKind.POLICE)
        for kind in ParticipantKind:
            participant = f"fuzz-{kind.value.replace('_', '-')}"
            store.keys.register(participant, participant, MADE_AT, kind=kind)
            memory.own.add(participant)
            for role in sorted(ROLES_OF[kind]):
                made = store.keys.create(participant, SCOPES_OF[role], "fuzz", MADE_AT, role=role)
                memory.own.add(made.key.key_id)
                key = self._by[kind, role] = Caller(
                    f"{kind}'s key", {"X-Api-Key": made.token}, SCOPES_OF[role], key_id=made.key.key_id
                )
                self.callers.append(key)
                name = f"{participant}-{role.value.replace('_', '-')}"
                memory.own.add(name)
                people.register.add(
                    Person(
                        name=name,
                        full_name="Fictional",
                        participant=participant,
                        roles=frozenset({role}),
                        administers=True,
                        created_at=MADE_AT,
                    ),
                    None,
                )
                self.callers.append(self._signed_in(Caller(f"{kind}'s {role}", {}, SCOPES_OF[role], name)))
        self.people = [each for each in self.callers if each.person is not None]

    def for_door(self, door, luck):
        """Return who calls: mostly somebody whom the door lets in, and rarely nobody."""
        if luck.random() > 0.97:
            return self.nobody
        if door is own_session:  # some of them end it: it is another each time
            return self._signed_in(luck.choice(self.people))
        if isinstance(door, CallerWith) and luck.random() < 0.9:
            return luck.choice([each for each in self.callers if door.scope in each.scopes])
        return luck.choice(self.callers)

    def of(self, who):
        """Return the key of a kind and a role; a caller is one already."""
        return who if isinstance(who, Caller) else self._by[who]

    def session(self, kind, role):
        """Return a new session of an administrator of that kind in that role."""
        name = f"fuzz-{kind}-{role}".replace("_", "-")
        return self._signed_in(Caller(f"{kind}'s {role}", {}, SCOPES_OF[role], name))

    def with_headers(self, headers):
        """Return somebody whom nothing but these headers makes known."""
        return Caller("somebody", headers, frozenset())

    def _signed_in(self, caller):
        now = utc_now()
        token = self._people.sessions.begin(caller.person, self._role(caller), now)
        session = self._people.sessions.find(token, now)
        caller.headers = {"Cookie": f"antifraud={token}", "X-CSRF-Token": session.csrf}
        return caller

    def _role(self, caller):
        return self._people.register.find(caller.person).role(None)


class Stuck(Exception):
    """A story cannot go on."""


class Fuzz:
    """Asks a running server, counts answers by operation and status, and collects what is not as documented."""

    def __init__(self, server, everybody, memory, stories):
        self.answers = Counter()
        self.failures = {}
        self._everybody, self._memory = everybody, memory
        self._http = requests.Session()
        self._url = str(server.base_url).rstrip("/")
        self.document = self._http.get(f"{self._url}/openapi.json").json()
        schema = schemathesis.openapi.from_url(f"{self._url}/openapi.json")
        schema.config.generation.with_security_parameters = False  # who asks is chosen here
        self._kept_out = set()  # operations that were asked by strangers
        self._ones = {  # collection -> the path of one in it, and the name of its id
            path.rpartition("/")[0]: (path, path.rpartition("/")[2].strip("{}"))
            for path, item in self.document["paths"].items()
            if "get" in item and path.endswith("_id}") and path.count("{") == 1
        }
        doors = {route.operation_id: door for route, door in DOORS}
        self._operations = {
            operation.definition.raw["operationId"]: operation
            for operation in (found.ok() for found in schema.get_all_operations())
        }
        self._stories = stories
        self._tellers = {}  # operation -> the first story that has it
        self.told = []  # steps that were done
        self._ways = [
            (operation, name, doors[name], mode, operation.as_strategy(generation_mode=mode))
            for name, operation in self._operations.items()
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
            if mode is GenerationMode.POSITIVE or list(operation.iter_parameters()) or operation.body
        ]

    @property
    def count(self):
        return self.answers.total()

    @property
    def names(self):
        return {name for _, name, *_ in self._ways}

    def round(self, number, allowed, forbidden, of_stories=0.0):
        """Ask each operation `allowed` times as documented, some in a story, and `forbidden` times otherwise."""
        for operation, name, door, mode, strategy in self._ways:
            positive = mode is GenerationMode.POSITIVE

            @seed(number)
            @settings(
                max_examples=allowed if positive else forbidden,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=strategy, luck=st.randoms(use_true_random=False))
            def ask(case, luck):
                self._ask(operation, name, door, positive, case, luck, of_stories)  # noqa: B023 - called at once

            with suppress(Unsatisfiable):  # of XML no text is forbidden by its schema
                ask()

    def tell(self):
        """Tell each story to its end; a step that does not succeed is a failure."""
        for story in self._stories:
            for step in self._steps(story):
                self._tellers.setdefault(step.operation, story)
                self.told.append(step)

    def _steps(self, story):
        """Yield each step of a story before it is done, and do it."""
        telling, answer = story(), None
        with suppress(StopIteration):
            while True:
                step = telling.send(answer)
                yield step
                answer = self._do(step)

    def outsider_does(self, step):
        """Return the status that a bank gets which has nothing to do with it."""
        return self._try(step, self._everybody.outsider).status_code

    def key_of(self, who):
        """Return the id of the key that a kind calls by in a role."""
        return self._everybody.of(who).key_id

    def _try(self, step, caller):
        case = self._operations[step.operation].Case(
            path_parameters=step.path,
            query=step.query,
            body=NOT_SET if step.body is None else step.body,
            media_type=None if step.body is None else "application/json",
        )
        return self._send(step.operation, case, caller, CHECKS, step.headers)

    def _do(self, step):
        for _ in range(TRIES):
            answer = self._try(step, self._everybody.of(step.who))
            if answer.status_code >= 400:
                raise Stuck(f"{step.operation} in a story: {answer.status_code} {answer.text}")
            told = Told(answer)
            if step.until(told):
                return told
        raise Stuck(f"{step.operation} in a story: what was waited for did not come to pass")

    def _next_of_a_story(self, name, case, luck):
        """Make the case the step of a story that is due, some of it as it was made up; return who does it."""
        step = next(step for step in self._steps(self._tellers[name]) if step.operation == name)
        case.path_parameters, case.query, case.headers = step.path, step.query, step.headers
        if isinstance(step.body, dict):
            made_up = {field: value for field, value in case.body.items() if luck.random() < 0.1}
            case.body = step.body | made_up
        return self._everybody.of(step.who)

    def _ask(self, operation, name, door, positive, case, luck, of_stories):
        checks = list(CHECKS)
        caller = self._everybody.for_door(door, luck)
        if positive and name in self._tellers and luck.random() < of_stories:
            with suppress(Stuck):  # what was made up may have used up what a story needs
                caller = self._next_of_a_story(name, case, luck)
        elif positive:
            case.path_parameters = self._memory.mended(case.path_parameters, luck)
            case.query = self._memory.mended(case.query, luck, often=0.4)
            case.body = self._memory.mended(case.body, luck)
            asked = {name: value for name, value in (case.headers or {}).items() if luck.random() > 0.7}
            case.headers = self._memory.mended(asked, luck, often=0.5)
            if operation.path.startswith("/v1/iso20022/") and luck.random() < 0.8:
                case.body = message(operation, luck)
        elif name != REFUSES_ITEM_BY_ITEM:
            checks.append(negative_data_rejection)
        self._send(name, case, caller, checks)

    def _send(self, name, case, caller, checks, headers=None):
        self._http.cookies.clear()
        given = caller.headers | (headers or {})
        answer = case.call(session=self._http, headers=given, allow_redirects=False, timeout=HANGS_S)
        self.answers[name, answer.status_code] += 1
        try:
            case.validate_response(answer, checks=checks)
        except (FailureGroup, Failure) as wrong:
            self.failures.setdefault((name, answer.status_code), f"{name} by {caller.name}: {wrong}")
        if answer.status_code in (200, 201) and "json" in "".join(answer.headers.get("content-type", [])):
            self._memory.learn(case.operation, answer.json())
        self._memory.values["If-Match"].extend(answer.headers.get("etag", []))
        if answer.status_code < 400 and name not in self._kept_out and case.operation.definition.raw.get("security"):
            self._keeps_out(name, case, headers or {})
        if answer.status_code == 201 and case.operation.path in self._ones:
            self._is_there(name, case.operation.path, answer.json(), given)
        return answer

    def _keeps_out(self, name, case, headers):
        """Ask once for each operation what was just done, as nobody and with a key that nobody has."""
        self._kept_out.add(name)
        for stranger in ({}, {"X-Api-Key": "nobody"}, {"Cookie": "antifraud=nobody"}):
            self._http.cookies.clear()
            answer = case.call(session=self._http, headers=headers | stranger, allow_redirects=False, timeout=HANGS_S)
            self.answers[name, answer.status_code] += 1
            if answer.status_code not in (401, 403):
                self.failures[name, "lets in"] = f"{name}: {answer.status_code} for who brings {stranger}"

    def _is_there(self, name, path, begun, headers):
        """Ask for what was begun: whoever began it finds it at once, if he may read at all."""
        one, parameter = self._ones[path]
        found = begun.get(parameter) or begun["life_id"]
        answer = self._http.get(self._url + one.replace(f"{{{parameter}}}", found), headers=headers)
        self.answers[self.document["paths"][one]["get"]["operationId"], answer.status_code] += 1
        if answer.status_code not in (200, 403):
            self.failures[name, "is not there"] = f"{name}: 201, and then {answer.status_code} {answer.text}"

    def hostile_bodies(self):
        """Send each operation that has a body what is no body at all."""
        for path, method, operation in self.documented("requestBody"):
            url = self._url + path.replace("{", "").replace("}", "")
            (kind,) = operation["requestBody"]["content"]
            for content in (b"\xff\xfe\x00", b"[" * 50_000, b"", b" " * ((8 << 20) + 1), b'{"a":"\\ud800"}'):
                caller = self._everybody.callers[0]
                answer = self._http.request(method, url, data=content, headers={"Content-Type": kind, **caller.headers})
                self.answers[operation["operationId"], answer.status_code] += 1
                as_documented = str(answer.status_code) in operation["responses"]
                wanted = {413} if len(content) > 8 << 20 else {400, 401, 403, 422}
                if answer.status_code not in wanted or not as_documented or not is_problem(answer):
                    self.failures[path, content[:3]] = f"{method} {path} of {content[:3]!r}: {answer.status_code}"

    def other_methods(self):
        """Ask each path by the methods that it does not have."""
        for path, item in self.document["paths"].items():
            for method in METHODS - item.keys():
                answer = self._http.request(method, self._url + path.replace("{", "").replace("}", ""))
                self.answers[path, answer.status_code] += 1
                offered = {each.strip().lower() for each in answer.headers.get("allow", "").split(",")} - {"head"}
                if path.endswith("/batch"):
                    continue  # it is a transfer of that name besides
                if answer.status_code != 405 or offered != METHODS & item.keys() or not is_problem(answer):
                    self.failures[path, method] = f"{method} {path}: {answer.status_code}, Allow: {sorted(offered)}"

    def documented(self, *parts):
        """Yield path, method and operation of those that have these parts."""
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                if method in METHODS and all(part in operation for part in parts):
                    yield path, method, operation


def is_problem(answer):
    return answer.headers.get("content-type") == "application/problem+json" and answer.json()["status"] == (
        answer.status_code
    )


def message(operation, luck):
    """Return an ISO message as a bank sends it, sometimes damaged."""
    number = luck.randrange(50)
    whole = camt056(f"t{number}") if "camt" in operation.path else pacs008(transfer(number, payer=f"w{number}"))
    if luck.random() < 0.3:
        at = luck.randrange(len(whole))
        whole = whole[:at] + luck.choice([b"", b"<", b"&x;", b"\x00", b"</Document>", b"\xff"]) + whole[at + 1 :]
    return whole


@contextmanager
def fuzzing(folder, issuer):
    """Serve, with every decision a hold and some transfers to begin with; yield what asks the server."""
    memory = Memory()
    given = {
        "ANTIFRAUD_IDENTIFIER_KEY": "ab" * 32,
        "ANTIFRAUD_WEBHOOKS_TO_LOOPBACK": "true",
        "ANTIFRAUD_TRUSTED_PROXIES": "127.0.0.1",
        "ANTIFRAUD_OIDC": json.dumps(identity_providers(issuer)),
    }
    with (
        receiving() as receiver,
        serving(folder, bundle(hold_at=0.0, block_at=1.0), **given) as server,
        people_of(server) as people,
    ):
        with open_store(server.database, recording=False) as store:
            everybody = Everybody(people, store, memory)
        key = everybody.callers[0].headers
        while server.get("/v1/holds", headers=key).status_code == 401:  # it looks again twice a second
            pass
        for number in range(20):
            server.post("/v1/decisions", json=body(number), headers=key).raise_for_status()
        yield Fuzz(server, everybody, memory, all_stories(everybody, receiver.url, issuer))
