"""Pages of the console when there is much behind them: nobody waits for a queue, a case or a graph."""

import re
import time
from dataclasses import replace
from functools import partial

import httpx

from antifraud.domain.center.hold import Hold
from antifraud.domain.center.people import Role
from api.clock import utc_now
from api.settings import read_settings
from tests.benchmarks.crowd import BANK, DAYS, crowded
from tests.benchmarks.figures import Figure, quantile
from tests.benchmarks.servers import engine
from tests.console.desk import book_of, person, token_of

_VIEWS, _ORDERS = ("all", "unassigned", "closed"), ("deadline", "amount", "score")
_QUEUES = [f"view={view}&order={order}" for view in _VIEWS for order in _ORDERS]
_PATIENCE_S = 60.0  # for a hold to reach the book
_NEXT = re.compile(r'href="([^"]*)" rel="next"')


def console(bench):
    """Read pages of a console one after another, with 50,000 cases and 5 million transfers behind it."""
    sizes, folder = bench.sizes, bench.folder / "console"
    folder.mkdir()
    (folder / "shelf").symlink_to(bench.shelf.resolve())
    began = time.perf_counter()
    book_url = read_settings(database_url=f"sqlite:///{folder}/engine.db").book_url
    crowded(book_url, utc_now(), sizes.cases, sizes.moved, sizes.moved_accounts)
    built = time.perf_counter() - began
    with engine(replace(bench, folder=folder), "engine", ANTIFRAUD_CENTER_URL=book_url) as ours:
        place = _Place(f"http://127.0.0.1:{ours.port}", f"sqlite:///{folder}/engine.db", ours.key)
        cases = _held(place, sizes.looked, sizes.moved_accounts)
        with _signed_in(place) as client:
            for path in ("/console", f"/console/holds/{cases[0]}", "/console/overview", "/console/search?q=bench:1"):
                _took(client, path)  # templates are read once
            queues = [_took(client, path) for path in _queue_pages(client, sizes.looked)]
            looked = [_took(client, f"/console/holds/{each}") for each in cases]
            numbers = [_took(client, "/console/overview") for _ in range(sizes.looked)]
            finds = [_took(client, f"/console/search?q=bench:{each}") for each in range(sizes.looked)]
            graphs, nodes = zip(*(_graph(client, each) for each in range(max(2, sizes.looked // 10))), strict=True)
    behind = f"{sizes.cases:,} cases, {sizes.moved:,} transfers behind, built in {built:.0f} s"
    rows = (
        ("p95 of a page of the queue", queues, 300, behind),
        ("p95 of a page of a case", looked, 300, behind),
        ("p95 of the overview of a desk", numbers, 300, behind),
        ("p95 of a search for an account", finds, 300, behind),
        ("p95 of an account with its graph", graphs, 1_000, f"{max(nodes)} accounts in it"),
    )
    return [Figure(name, 1e3 * quantile(took, 0.95), "ms", most, "lower", said) for name, took, most, said in rows]


class _Place:
    """A server as tests of the console name it."""

    def __init__(self, base_url, database, key):
        self.base_url, self.database, self.key = base_url, database, key


def _held(place, count, accounts):
    """Ask about transfers with the signs of a fraud, between accounts with a past; return the cases of those held."""
    with httpx.Client(base_url=place.base_url, headers={"X-Api-Key": place.key}, timeout=60) as client:
        transfers = [
            {
                "transfer_id": f"looked-{number}",
                "payer": f"bench:{number * 7 % accounts}",
                "payee": f"bench:{number * 11 % accounts}",
                "amount_minor": 2_000_000,
                "currency": "KZT",
                "channel": "app",
                "occurred_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                "device_id": f"d{number * 7 % accounts // 3}",
                "new_device": True,
                "remote_access": True,
                "call_active": True,
            }
            for number in range(count)
        ]
        answers = client.post("/v1/decisions/batch", json=transfers).raise_for_status().json()
    stopped = [each["decision"]["transfer_id"] for each in answers if each["decision"]["action"] == "hold"]
    found = []
    with book_of(place) as book:
        for name in stopped:
            began = time.perf_counter()
            while not (holds := book.read_now(partial(_found, key=f"transfer:{BANK}/{name}"))):
                if time.perf_counter() - began > _PATIENCE_S:
                    raise RuntimeError(f"{name} was held, and its hold is not in the book")
                time.sleep(0.05)
            found.append(holds[0].life_id)
    return found


def _found(page, key):
    return page.found_by(Hold, key)


def _signed_in(place):
    client = httpx.Client(base_url=place.base_url, timeout=60)
    client.cookies.set("antifraud", token_of(place, person(place, Role.BANK_OFFICER)), domain="127.0.0.1", path="/")
    return client


def _took(client, path):
    began = time.perf_counter()
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} is answered {answer.status_code}")
    return time.perf_counter() - began


def _queue_pages(client, count):
    """Yield the first pages of every queue, then those behind the first one, one after another."""
    yield from (f"/console?{each}" for each in _QUEUES)
    path = "/console"
    for _ in range(count):
        found = _NEXT.search(client.get(path).text)
        path = "/console" if found is None else found[1].replace("&amp;", "&")
        yield path


def _graph(client, number):
    """Return how long an account with the network around it took, and how many accounts were in that."""
    began = time.perf_counter()
    page = client.get(f"/console/accounts/bench:{number}?hops=2&days={DAYS}").raise_for_status().text
    return time.perf_counter() - began, page.count('class="box"')
