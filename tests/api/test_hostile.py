"""Whatever a body holds: a problem that names the field, and nothing stored."""

import gzip
import itertools
import json
import sqlite3
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.schemas import Problem, TransferIn
from tests.api.making import body

NUMBER = itertools.count(1)
REQUIRED = [name for name, field in TransferIn.model_fields.items() if field.is_required()]
PATHS = ("/v1/decisions", "/v1/decisions/batch")

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
# For each field, what it may never hold.
WRONG = {
    "transfer_id": ["", "x" * 65, "a b", "a\x00b", "\u0661", "../x", 7, None],
    "payer": ["KZ87125KZT5004100100", "KZ86125KZT500410010", "+7", "-", "a" * 10_000, True],
    "payee": ["+0701000000", "\ud83d\ude00", {"iban": "KZ86125KZT5004100100"}],
    "amount_minor": [-1, 1.0, 1e3, "100", True, 10**15 + 1, 10**400, float("nan"), float("inf"), None],
    "currency": ["ZZZ", "kzt", "", "KZTT", "EUR", 398],
    "channel": ["pigeon", "APP", 0, None],
    "occurred_at": [
        *("2026-03-01", "2026-03-01T12:00:00", "1772366400", 1772366400, "2026-02-30T00:00:00Z", "tomorrow"),
        *(
            "9999-12-31T23:59:59-23:59",
            "0001-01-01T00:00:00+23:59",
            "2999-01-01T00:00:00Z",
            "\u0662026-03-01T12:00:00Z",
        ),
    ],
    "purpose": ["34", "3421", "\u0663\u0664\u0662", 342],
    "payer_iin_bin": ["001399500015", "00139950001", "abc"],
    "ip": ["1.2.3", "1.2.3.4\x00", "01.2.3.4", "fe80::1%eth0", "1.2.3.4.5", "::g", "1.2.3.4/8"],
    "new_device": ["true", 1, 0, "false"],
    "payee_account_age_days": [-1, 2**31, 3.0, "5"],
}


def stored(server):
    """Count what stands in the log, whoever wrote it there."""
    with closing(sqlite3.connect(server.database.removeprefix("sqlite:///"))) as log:
        return [log.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("decisions", "reports")]


def refused(server, content, path=PATHS[0]):
    """Send bytes as they are; return the problem they must get."""
    response = server.post(path, content=content, headers={"Content-Type": "application/json"})
    assert 400 <= response.status_code < 500, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert len(response.content) < 10_000
    return Problem.model_validate_json(response.content)


@pytest.fixture(autouse=True)
def nothing_is_stored(server):
    before = stored(server)
    yield
    assert stored(server) == before


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in WRONG.items() for value in values])
def test_a_wrong_value_is_refused_by_the_name_of_its_field(server, field, value):
    content = json.dumps(body("hostile", **{field: value})).encode()
    assert [error.field for error in refused(server, content).errors] == [field]


@pytest.mark.parametrize("field", REQUIRED)
def test_a_missing_field_is_named(server, field):
    transfer = body("hostile")
    del transfer[field]
    assert [error.field for error in refused(server, json.dumps(transfer).encode()).errors] == [field]


@settings(suppress_health_check=list(HealthCheck), max_examples=100, deadline=None)
@given(name=st.text(max_size=100).filter(lambda name: name not in TransferIn.model_fields), value=ANYTHING)
def test_an_unknown_field_is_named(server, name, value):
    problem = refused(server, json.dumps(body("hostile") | {name: value}).encode())
    assert problem.errors is None or [error.field for error in problem.errors] == [name or "body"]


@pytest.mark.parametrize("field", sorted(TransferIn.model_fields))
@pytest.mark.parametrize("escaped", [False, True])
def test_a_name_that_stands_twice_is_refused(server, field, escaped):
    transfer = body("hostile")
    again = f"\\u{ord(field[0]):04x}{field[1:]}" if escaped else field
    first = json.dumps(transfer | {field: transfer.get(field)})
    content = f'{first[:-1]}, "{again}": {json.dumps(transfer.get(field))}}}'.encode()
    assert [error.field for error in refused(server, content).errors] == [field]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"transfer_id":' * 50_000,
        b'{"amount_minor": ' + b"9" * 100_000 + b"}",
        b'{"transfer_id": "\\ud800"}',
        b'{"transfer_id": "a", }',
        b"{} {}",
        b"{'transfer_id': 1}",
        b'{"\\ud800": 1}',
    ],
)
@pytest.mark.parametrize("path", PATHS)
def test_what_is_no_transfer_at_all_is_refused(server, path, content):
    problem = refused(server, content, path)
    assert problem.errors or " at line " in problem.detail


@settings(suppress_health_check=list(HealthCheck), max_examples=150, deadline=None)
@given(at=st.integers(0, 200), junk=st.binary(min_size=1, max_size=3), batch=st.booleans())
def test_a_damaged_body_never_breaks_the_server(server, at, junk, batch):
    sound = json.dumps(body("hostile", currency="ZZZ")).encode()  # so that luck cannot make it a good one
    damaged = sound[:at] + junk + sound[at + len(junk) :]
    if not batch:
        refused(server, damaged)
        return
    response = server.post(PATHS[1], content=b"[" + damaged + b"]", headers={"Content-Type": "application/json"})
    assert response.status_code < 500
    if response.status_code == 200:
        assert all(item["status"] == 422 for item in response.json())


@settings(suppress_health_check=list(HealthCheck), max_examples=40, deadline=None)
@given(
    flaws=st.lists(
        st.sampled_from(sorted(WRONG)).flatmap(lambda field: st.tuples(st.just(field), st.sampled_from(WRONG[field]))),
        min_size=1,
        max_size=5,
    )
)
def test_in_a_batch_each_flaw_is_named_in_its_place(server, flaws):
    content = json.dumps([body("hostile", **{field: value}) for field, value in flaws], indent=1).encode()
    items = server.post(PATHS[1], content=content, headers={"Content-Type": "application/json"}).json()
    assert [item["problem"]["errors"][0]["field"] for item in items] == [field for field, _ in flaws]


@pytest.mark.parametrize("path", PATHS)
def test_a_packed_body_is_refused_and_nobody_unpacks_it(server, path):
    packed = gzip.compress(json.dumps(body("packed-1") | {"purpose": "0" * 10_000_000}).encode())
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    response = server.post(path, content=packed, headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (415, "application/problem+json")
    assert "gzip" in Problem.model_validate_json(response.content).detail
    kept = server.post(path, content=b"{", headers=headers | {"Content-Encoding": "identity"})
    assert kept.status_code in (400, 422), "as it is: read, and found to be no transfer"
