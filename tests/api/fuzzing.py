"""Requests made from the documentation, by everybody, about what earlier answers named: every answer is as documented.

Two ways of making them: what the documentation allows, with ids and moments that are known in place of made-up ones;
and what it does not allow. Links between operations need not be written down: a parameter `hold_id` takes what any
answer called so.
"""

from collections import Counter, defaultdict, deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from antifraud.domain.center.people import ROLES_OF, ParticipantKind
from antifraud.domain.center.person import Person
from antifraud.domain.center.rights import SCOPES_OF
from antifraud.store import open_store
from api.clock import utc_now
from api.routes.access import CallerWith, own_session
from tests.api.conftest import serving
from tests.api.making import MADE_AT, body, bundle
from tests.api.signing_in import people_of
from tests.api.test_doors import DOORS
from tests.iso.messages import camt056, pacs008, transfer

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
REFUSES_ITEM_BY_ITEM = "decideBatch"
LIFE_OF = {
    "holds": "hold_id",
    "incidents": "incident_id",
    "inquiries": "inquiry_id",
    "returns": "return_id",
    "cooling-offs": "cooling_off_id",
    "lists": "entry_id",
    "indicators": "indicator_id",
    "webhooks": "webhook_id",
}
SAME_AS = {"payer": "account", "payee": "account", "to_account": "account", "next": "cursor"}
TOLD = {"account", "participant", "person", "cursor", "amount_minor", *LIFE_OF.values()}
KNOWN_AT_FIRST = {
    "account": ["KZ86125KZT5004100100", "wallet:7f3a", "+77010000000"],
    "currency": ["KZT"],
    "occurred_at": ["2026-03-01T12:00:00Z", "2026-03-01T17:00:00.5+05:00"],
    "learnt_at": ["2026-03-02T12:00:00Z"],
    "transfer_id": [f"t{number}" for number in range(20)],
    "reason": ["A fictional reason."],
    "payer_iin_bin": ["001399500016"],
    "payee_iin_bin": ["001399500701"],
    "payer_phone": ["+77010000000"],
    "payee_phone": ["+77010000001"],
    "ip": ["192.0.2.1"],
}
METHODS = {"get", "put", "post", "delete", "patch"}


class Memory:
    """What is known by name: at first, and from answers. What keeps the callers in is never learnt."""

    def __init__(self):
        self.own = set()
        self.values = defaultdict(lambda: deque(maxlen=30))
        for name, values in KNOWN_AT_FIRST.items():
            self.values[name].extend(values)

    def learn(self, operation, answer):
        """Remember what a JSON answer names."""
        collection = [part for part in operation.path.split("/") if part in LIFE_OF]
        waiting = [answer]
        while waiting:
            each = waiting.pop()
            if isinstance(each, list):
                waiting.extend(each)
            elif isinstance(each, dict):
                for name, value in each.items():
                    if name == "life_id" and collection:
                        name = LIFE_OF[collection[-1]]
                    name = SAME_AS.get(name, name)
                    if isinstance(value, dict | list):
                        waiting.append(value)
                    elif (name in TOLD or name.endswith("_id")) and value is not None:
                        self._note(name, value)

    def _note(self, name, value):
        if value not in self.own and value not in self.values[name]:
            self.values[name].append(value)

    def mended(self, given, luck, often=0.8):
        """Return what was made up, with what is known under the same name in most places."""
        if isinstance(given, list):
            return [self.mended(each, luck, often) for each in given]
        if not isinstance(given, dict):
            return given
        found = {}
        for name, value in given.items():
            known = [each for each in self.values.get(SAME_AS.get(name, name), ()) if type(each) is type(value)]
            found[name] = luck.choice(known) if known and luck.random() < often else self.mended(value, luck, often)
        return found


@dataclass
class Caller:
    """Headers that say who one is, and the scopes that they open."""

    name: str
    headers: dict
    scopes: frozenset
    person: str | None = None


class Everybody:
    """A key and a session of an administrator for each kind of participant and each role, and nobody."""

    def __init__(self, people, store, memory):
        self._people = people
        self.callers = []
        for kind in ParticipantKind:
            participant = f"fuzz-{kind.value.replace('_', '-')}"
            store.keys.register(participant, participant, MADE_AT, kind=kind)
            memory.own.add(participant)
            for role in sorted(ROLES_OF[kind]):
                made = store.keys.create(participant, SCOPES_OF[role], "fuzz", MADE_AT, role=role)
                memory.own.add(made.key.key_id)
                self.callers.append(Caller(f"{kind}'s key", {"X-Api-Key": made.token}, SCOPES_OF[role]))
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
            return Caller("nobody", {}, frozenset())
        if door is own_session:  # some of them end it: it is another each time
            return self._signed_in(luck.choice(self.people))
        if isinstance(door, CallerWith) and luck.random() < 0.9:
            return luck.choice([each for each in self.callers if door.scope in each.scopes])
        return luck.choice(self.callers)

    def _signed_in(self, caller):
        now = utc_now()
        token = self._people.sessions.begin(caller.person, self._role(caller), now)
        session = self._people.sessions.find(token, now)
        caller.headers = {"Cookie": f"antifraud={token}", "X-CSRF-Token": session.csrf}
        return caller

    def _role(self, caller):
        return self._people.register.find(caller.person).role(None)


class Fuzz:
    """Asks a running server, counts answers by operation and status, and collects what is not as documented."""

    def __init__(self, server, everybody, memory):
        self.answers = Counter()
        self.failures = {}
        self._everybody, self._memory = everybody, memory
        self._http = requests.Session()
        self._url = str(server.base_url).rstrip("/")
        self.document = self._http.get(f"{self._url}/openapi.json").json()
        schema = schemathesis.openapi.from_url(f"{self._url}/openapi.json")
        schema.config.generation.with_security_parameters = False  # who asks is chosen here
        doors = {route.operation_id: door for route, door in DOORS}
        self._ways = [
            (operation, name, doors[name], mode, operation.as_strategy(generation_mode=mode))
            for operation in (found.ok() for found in schema.get_all_operations())
            for name in [operation.definition.raw["operationId"]]
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
            if mode is GenerationMode.POSITIVE or list(operation.iter_parameters()) or operation.body
        ]

    @property
    def count(self):
        return self.answers.total()

    @property
    def names(self):
        return {name for _, name, *_ in self._ways}

    def round(self, number, allowed, forbidden):
        """Ask each operation `allowed` times as documented and `forbidden` times otherwise."""
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
                self._ask(operation, name, door, positive, case, luck)  # noqa: B023 - called at once

            with suppress(Unsatisfiable):  # of XML no text is forbidden by its schema
                ask()

    def _ask(self, operation, name, door, positive, case, luck):
        checks = list(CHECKS)
        if positive:
            case.path_parameters = self._memory.mended(case.path_parameters, luck)
            case.query = self._memory.mended(case.query, luck, often=0.4)
            case.body = self._memory.mended(case.body, luck)
            asked = {name: value for name, value in (case.headers or {}).items() if luck.random() > 0.7}
            case.headers = self._memory.mended(asked, luck, often=0.5)
            if operation.path.startswith("/v1/iso20022/") and luck.random() < 0.8:
                case.body = message(operation, luck)
        elif name != REFUSES_ITEM_BY_ITEM:
            checks.append(negative_data_rejection)
        caller = self._everybody.for_door(door, luck)
        answer = case.call(session=self._http, headers=caller.headers, allow_redirects=False, timeout=30)
        self.answers[name, answer.status_code] += 1
        try:
            case.validate_response(answer, checks=checks)
        except (FailureGroup, Failure) as wrong:
            self.failures.setdefault((name, answer.status_code), f"{name} by {caller.name}: {wrong}")
        if answer.status_code in (200, 201) and "json" in "".join(answer.headers.get("content-type", [])):
            self._memory.learn(operation, answer.json())
        self._memory.values["If-Match"].extend(answer.headers.get("etag", []))

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
def fuzzing(folder):
    """Serve, with every decision a hold and some transfers to begin with; yield what asks the server."""
    memory = Memory()
    with (
        serving(folder, bundle(hold_at=0.0, block_at=1.0), ANTIFRAUD_IDENTIFIER_KEY="ab" * 32) as server,
        people_of(server) as people,
    ):
        with open_store(server.database, recording=False) as store:
            everybody = Everybody(people, store, memory)
        key = everybody.callers[0].headers
        while server.get("/v1/holds", headers=key).status_code == 401:  # it looks again twice a second
            pass
        for number in range(20):
            server.post("/v1/decisions", json=body(number), headers=key).raise_for_status()
        yield Fuzz(server, everybody, memory)
