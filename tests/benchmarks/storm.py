"""Many incidents at once while decisions go on: whoever pays must not feel it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import httpx

from tests.api.making import ALL_SCOPES, register
from tests.benchmarks.figures import Figure
from tests.benchmarks.servers import engine, loaded

_RATE = 500  # decisions a second
_SCOPES = (*ALL_SCOPES, "incidents:write", "incidents:read", "trace:read")
_LOOKS = 1_200  # before a movement is given up
_HANDS = 20  # that open incidents at the same time
_OPEN = {"source": "complaint", "fraud_type": "scam_call", "reason": "The client was called by a false bank."}


def storm(bench):
    """Open a hundred incidents at once, each with its trace and inquiries, while 500 decisions a second go on."""
    sizes, name = bench.sizes, "storm"
    key = register(f"sqlite:///{bench.folder}/{name}.db", scopes=_SCOPES)
    with engine(bench, name) as ours, _client(ours, key) as client:
        loaded(ours, seconds=sizes.seconds / 2, rate=_RATE)  # warm
        calm, stormy, took = [], [], []
        for turn in range(1, 1 + min(sizes.rounds, 3)):
            _stolen(client, turn, sizes.incidents)
            calm.append(loaded(ours, seconds=sizes.seconds, rate=_RATE, seed=turn))
            opening = _Opening(client, turn, sizes.incidents)
            with opening:
                stormy.append(loaded(ours, seconds=sizes.seconds, rate=_RATE, seed=100 + turn))
            took.append(opening.seconds)
    (before, during) = (median(each["p99_ms"] for each in side) for side in (calm, stormy))
    what = f"{sizes.incidents} incidents opened by {_HANDS} at once in {median(took):.1f} s, {_RATE} decisions/s beside"
    compared = f"p99 {during:.2f} and {before:.2f} ms"
    return [
        Figure("p99 of a decision while incidents are opened", during, "ms", 10, "lower", what),
        Figure("the same, of one while none is opened", during / before, "x", 2, "lower", compared),
    ]


def _client(server, key):
    headers = {"X-Api-Key": key}
    return httpx.Client(base_url=f"http://127.0.0.1:{server.port}", headers=headers, timeout=60)


def _stolen(client, turn, count):
    """Let a victim of each incident pay a mule, who passes it on to three others; wait until it can be followed."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    transfers = []
    for number in range(count):
        names = (f"v{turn}-{number}", f"m{turn}-{number}")
        ways = [names, *((names[1], f"{names[1]}-{hop}") for hop in range(3))]
        transfers += [
            {
                "transfer_id": f"{payer}-to-{payee}",
                "payer": payer,
                "payee": payee,
                "amount_minor": 900_000 if payer == names[0] else 300_000,
                "currency": "KZT",
                "channel": "app",
                "occurred_at": now,
                "payee_bank": "other-bank",
            }
            for payer, payee in ways
        ]
    for start in range(0, len(transfers), 1_000):
        answers = client.post("/v1/decisions/batch", json=transfers[start : start + 1_000]).raise_for_status().json()
        _check_allowed(answers)
    last = {**_OPEN, "transfers": [{"transfer_id": transfers[-4]["transfer_id"]}]}
    incident = client.post("/v1/incidents", json=last).raise_for_status().json()["life_id"]
    for _ in range(_LOOKS):
        found = client.get(f"/v1/incidents/{incident}/trace").raise_for_status().json()["accounts"]
        if len(found) == 4:  # the mule and whom he paid
            return
        time.sleep(0.05)
    raise RuntimeError(f"stolen money is not followed: it is known on {len(found)} accounts")


def _check_allowed(answers):
    """Refuse to go on where money did not move: what was held, or decided blind, no trace ever finds."""
    stopped = [each for each in answers if each.get("decision", {}).get("action") != "allow"]
    if stopped:
        raise RuntimeError(f"{len(stopped)} of {len(answers)} transfers moved nothing, the first: {stopped[0]}")


class _Opening:
    """Opens incidents while the block runs, all hands at once, a little after its beginning."""

    def __init__(self, client, turn, count):
        self.seconds = 0.0
        self._client = client
        self._names = [f"v{turn}-{number}-to-m{turn}-{number}" for number in range(count)]
        self._thread = threading.Thread(target=self._open_all)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._thread.join()

    def _open_all(self):
        time.sleep(0.3)
        began = time.perf_counter()
        with ThreadPoolExecutor(_HANDS) as hands:
            for answer in hands.map(self._open, self._names):
                answer.raise_for_status()
        self.seconds = time.perf_counter() - began

    def _open(self, name):
        return self._client.post("/v1/incidents", json={**_OPEN, "transfers": [{"transfer_id": name}]})
