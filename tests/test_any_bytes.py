"""Whatever bytes a parser is given: a value, or an error that it names; never another one.

Each parser is fed bytes without sense, and something sound that was damaged in a few places: the second finds what the
first never reaches. A parser that does not end soon is none that its sender should reach.
"""

import asyncio
import hashlib
import hmac
import itertools
import zipfile
from base64 import urlsafe_b64encode
from contextlib import closing, suppress
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from antifraud.client.webhook import verified
from antifraud.domain.errors import DamagedFile, InvalidValue, NotFound
from antifraud.intake import Mapping, read
from antifraud.intake.center_policy import read_center_policy
from antifraud.store.center import open_book
from antifraud.store.center.proof import checked, proof_of
from antifraud.workflow.center.ports import Place
from api.clock import utc_now
from api.commands.audit import check
from api.commands.backup import put_elsewhere
from api.console.keeping import unsealed
from api.errors import InvalidFields, MalformedBody
from api.iso.payments import read_pacs008
from api.iso.recalls import read_camt056
from api.metrics import Metrics
from api.observing.requests import request_id_of
from api.paging import cursor_of, place_of
from api.posts import due_of
from api.reading import read_object
from api.schemas import ReportIn, TransferIn
from api.settings import read_settings
from features import snapshot
from features.catalogue import CATALOGUE
from features.online import OnlineState
from features.rules import STARTER_RULES, read_rules
from features.schema import names
from models import protocol
from models.policies import read_policy
from tests.api.making import body
from tests.center.making import begin_hold
from tests.iso.messages import camt056, pacs008, transfer
from tests.waiting import StillRunning, ending_soon

PROTOCOLS = Path(protocol.__file__).with_name("protocols")
NUMBER = itertools.count()
PUSHED = b'{"type": "antifraud.webhook.ping"}'
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PROVIDERS = {
    "staff": {"issuer": "https://id.example", "client_id": "a", "participant": "b", "roles": {"desk": "bank_analyst"}}
}
DRIFT = b"""# HELP antifraud_drift_value What is watched.
# TYPE antifraud_drift_value gauge
antifraud_drift_value{kind="feature",name="amount_minor"} 0.1
# TYPE antifraud_drift_alarm gauge
antifraud_drift_alarm{kind="feature",name="amount_minor"} 1.0
"""
MAPPING = b"""mapping:
  columns: {transfer_id: id, payer: payer, payee: payee, amount_minor: sum, occurred_at: at}
  defaults: {participant: tiny, currency: KZT}
labels: {column: fraud, delay_days: 7}
"""
TABLE = b"id,payer,payee,sum,at,fraud\n1,a,b,10.00,2026-03-01T10:00:00,1\n2,a,b,x,2026-03-01T10:00:00,0\n"
POLICY = (
    b"version: 2026-1\nhold_at: 0.6\nblock_at: 0.9\nblind: hold\nlet_through_share: 0.01\nblind_of: {bank-1: block}\n"
)
CENTER = b"version: other\nlists: {stale_after_seconds: 60}\ntrace: {depth: 3}\n"


def from_file(parse, suffix):
    """Return a parser of bytes from one of a file."""

    def parsed(content, folder):
        path = folder / f"{next(NUMBER)}{suffix}"
        path.write_bytes(content)
        try:
            return parse(path)
        finally:
            path.unlink()

    return parsed


def from_bytes(parse):
    return lambda content, folder: parse(content)


def mapped(path):
    (mapping := path.with_suffix(".map")).write_bytes(MAPPING)
    return read(path, Mapping.load(mapping))


def pushed(content):
    """Take bytes for the headers of a push."""
    lines = dict(line.split(": ", 1) for line in content.decode("latin-1").split("\n") if ": " in line)
    return verified(SECRET, lines, PUSHED)


def signed():
    moment = utc_now()
    signature = Webhook(SECRET).sign("msg_1", moment, PUSHED.decode())
    return f"webhook-id: msg_1\nwebhook-timestamp: {int(moment.timestamp())}\nwebhook-signature: {signature}".encode()


def saved(folder):
    snapshot.save(OnlineState(CATALOGUE), folder / "sound.npz")
    return (folder / "sound.npz").read_bytes()


def whole_copy(path):
    (path.parent / "manifest.json").write_bytes(path.read_bytes())
    return put_elsewhere(read_settings(database_url=f"sqlite:///{path.parent}/no/engine.db"), path.parent)


def settings_of(name):
    """Return a parser of what the environment says of one setting."""
    return from_bytes(lambda it: read_settings(**{name: it.decode("latin-1")}))


def header(name, parse):
    """Return a parser of one header of a request."""
    return from_bytes(lambda it: parse([(name, it)]))


def due(headers):
    """Read the budget of a request, by a loop of its own: a budget counts from now."""

    async def read_it():
        return due_of(headers, 300)

    return asyncio.run(read_it())


def kept(content):
    """Take bytes for a form that an older page sealed for this browser, and for text that comes back for one."""
    signed_by_us = urlsafe_b64encode(hmac.digest(b"token", content, hashlib.sha256) + content).decode()
    unsealed(content.decode("latin-1"), "token")
    return unsealed(signed_by_us, "token")


def proved(folder):
    """Return the proof of a life beside which another one stands."""
    with closing(open_book(f"sqlite:///{folder}/center.db")) as book:
        lives = [book.write_now(lambda page, of=of: begin_hold(page, utc_now(), transfer_id=of)) for of in "ab"]
        with book.engine.connect() as connection:
            return orjson.dumps(proof_of(connection, lives[0].life_id))


def page_of_an_audit(folder):
    return orjson.dumps({"format": "antifraud-audit-1", "items": [dict.fromkeys(ENTRY, "x") | {"seq": 1, "row": None}]})


def checked_file(path):
    """Check a file as `antifraud audit check` does."""
    check(path)


def shown(path):
    """Show a file of drift gauges as `/metrics` and the console do."""
    metrics = Metrics()
    metrics.include(path)
    return metrics.page(), metrics.drift()


ENTRY = ("seq", "hash_before", "digest", "hash", "row")
MANIFEST = orjson.dumps(
    {"format": "antifraud-backup/1", "made_at": "2026-03-01T12:00:00Z", "contents": {}, "digests": {}}
)

# name: what parses, what is sound, and all that it may raise
PARSERS = {
    "a transfer": (
        from_bytes(lambda it: read_object(TransferIn, it)),
        orjson.dumps(body()),
        (MalformedBody, InvalidFields),
    ),
    "a report": (
        from_bytes(lambda it: read_object(ReportIn, it)),
        b'{"transfer_id":"t1","fraud":true,"source":"police"}',
        (MalformedBody, InvalidFields),
    ),
    "pacs.008": (from_bytes(read_pacs008), pacs008(transfer()), (MalformedBody, InvalidFields, InvalidValue)),
    "camt.056": (from_bytes(read_camt056), camt056(), (MalformedBody, InvalidValue)),
    "a cursor": (
        from_bytes(lambda it: place_of(it.decode("latin-1"))),
        cursor_of(Place(utc_now(), "019d05c1-7a00-7000-8000-000000000001")).encode(),
        (InvalidValue,),
    ),
    "a push": (from_bytes(pushed), signed(), (WebhookVerificationError,)),
    "a mapping": (from_file(Mapping.load, ".yaml"), MAPPING, (InvalidValue,)),
    "a protocol": (
        from_file(protocol.DataSet.load, ".yaml"),
        (PROTOCOLS / "handbook.yaml").read_bytes(),
        (InvalidValue,),
    ),
    "a policy": (from_file(read_policy, ".yaml"), POLICY, (InvalidValue,)),
    "the Center's policy": (from_file(read_center_policy, ".yaml"), CENTER, (InvalidValue,)),
    "a rule book": (
        from_file(lambda path: read_rules(path, names(CATALOGUE)), ".yaml"),
        STARTER_RULES.read_bytes(),
        (InvalidValue,),
    ),
    "a table, CSV": (from_file(mapped, ".csv"), TABLE, (InvalidValue,)),
    "a table, Parquet": (from_file(mapped, ".parquet"), b"PAR1", (InvalidValue,)),
    "a snapshot": (from_file(lambda path: snapshot.load(path, CATALOGUE), ".npz"), saved, (DamagedFile,)),
    "rates of exchange": (settings_of("rates"), b'{"USD": "520.5"}', (InvalidValue,)),
    "providers": (settings_of("oidc"), orjson.dumps(PROVIDERS), (InvalidValue,)),
    "a proof": (from_file(checked_file, ".json"), proved, (InvalidValue,)),
    "a page of an audit": (from_file(checked_file, ".json"), page_of_an_audit, (InvalidValue,)),
    "drift gauges": (from_file(shown, ".prom"), DRIFT, ()),
    "the id of a request": (header(b"x-request-id", request_id_of), b"hub-000042", ()),
    "a trace": (header(b"traceparent", request_id_of), b"00-" + b"ab" * 16 + b"-" + b"cd" * 8 + b"-01", ()),
    "a budget": (header(b"antifraud-budget-ms", due), b"120", (InvalidValue,)),
    "a kept form": (from_bytes(kept), orjson.dumps(["/console", [["a", "b"]]]), ()),
    "a copy's manifest": (from_file(whole_copy, ".any"), MANIFEST, (DamagedFile, NotFound, InvalidValue)),
}
PIECES = [
    b"",
    b"\x00",
    b"\xff",
    b"null",
    b"-1",
    b"1e999",
    b"{",
    b"]",
    b": ",
    b"- ",
    b"&a ",
    b"*a",
    b"!!python/name:os.system ",
    b"'",
]


@st.composite
def damaged(draw, sound):
    """Return something sound with a few places near its ends written over, cut out or doubled."""
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, min(len(sound), 400)) | st.integers(max(0, len(sound) - 3_000), len(sound)))
        upto = min(len(sound), at + draw(st.integers(0, 12)))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=6) | st.just(sound[at:upto] * 2))
        sound = sound[:at] + piece + sound[upto:]
    return sound


@pytest.mark.parametrize("name", PARSERS)
def test_any_bytes_are_a_value_or_an_error_that_the_parser_names(name, tmp_path):
    parse, sound, named = PARSERS[name]
    sound = sound(tmp_path) if callable(sound) else sound

    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=300) | damaged(sound) | damaged(sound))
    def parsed(content):
        with ending_soon(), suppress(named):
            parse(content, tmp_path)

    parsed()


def never_ending():
    while True:
        with suppress(Exception):
            int("no number")


def test_a_parser_that_never_ends_is_noticed():
    with pytest.raises(StillRunning), ending_soon(0.01):
        never_ending()


@pytest.mark.parametrize(
    ("place", "byte"), [(6, 1), (6, 32), (8, 9), (4, 99)], ids=["encrypted", "patched", "method", "made later"]
)
def test_a_snapshot_whose_archive_says_what_it_is_not_is_damaged(tmp_path, place, byte):
    sound = bytearray(saved(tmp_path))
    for header in (b"PK\x03\x04", b"PK\x01\x02"):
        at, step = -1, 0 if header.endswith(b"\x04") else 2
        while (at := sound.find(header, at + 1)) >= 0:
            sound[at + place + step] = byte
    (tmp_path / "damaged.npz").write_bytes(sound)
    with pytest.raises(DamagedFile):
        snapshot.load(tmp_path / "damaged.npz", CATALOGUE)


def test_a_snapshot_whose_array_has_a_torn_header_is_damaged(tmp_path):
    saved(tmp_path)
    with zipfile.ZipFile(tmp_path / "sound.npz") as whole, zipfile.ZipFile(tmp_path / "torn.npz", "w") as file:
        for name in whole.namelist():
            file.writestr(name, whole.read(name).replace(b"{'descr':", b"(((((((((", 1))
    with pytest.raises(DamagedFile):
        snapshot.load(tmp_path / "torn.npz", CATALOGUE)


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        ("chain", []),
        ("chain", [{"seq": 1}]),
        ("chain", [1]),
        ("life_id", None),
        ("head", []),
        ("hash_before", "\ud800"),
    ],
)
def test_a_proof_of_which_a_part_is_none_proves_nothing(tmp_path, part, wrong):
    proof = orjson.loads(proved(tmp_path))
    changed = {name: value for name, value in proof.items() if name != part} | ({} if wrong is None else {part: wrong})
    with pytest.raises(InvalidValue):
        checked(changed)


@pytest.mark.parametrize("body", [["at", "by"], "{", "null", 7])
def test_an_act_whose_words_are_none_proves_nothing(tmp_path, body):
    proof = orjson.loads(proved(tmp_path))
    assert checked(proof)
    proof["chain"][0]["act"]["body"] = body
    with pytest.raises(InvalidValue):
        checked(proof)


@pytest.mark.parametrize(
    ("text", "readable"), [('antifraud_drift_value{kind="a", ="b"} 1\n', 0), ("antifraud_drift_value 1\n", 1)]
)
def test_damaged_drift_gauges_leave_the_other_metrics_where_they_are(tmp_path, text, readable):
    (tmp_path / "drift.prom").write_text(text)
    page, signals = shown(tmp_path / "drift.prom")
    assert f"antifraud_drift_readable {readable}.0" in page.decode()
    assert signals == []


@pytest.mark.parametrize("signature", ["v1", "v1,???", "", "v1,a b", "v1a,xx"])
def test_a_push_whose_signature_has_no_form_is_not_from_the_engine(signature):
    now = str(int(utc_now().timestamp()))
    headers = {"webhook-id": "msg_1", "webhook-timestamp": now, "webhook-signature": signature}
    with pytest.raises(WebhookVerificationError):
        verified(SECRET, headers, PUSHED)
