"""What stands around the engine and may be away: the registry of models, and whoever receives webhooks."""

import time
from collections import Counter
from dataclasses import replace

import orjson

from antifraud.domain.center.people import Role
from antifraud.domain.center.rights import usual_scopes
from models.lineup import Choice, lineup_of
from tests.api import making
from tests.drills.drill import Found
from tests.drills.judge import judged
from tests.drills.ledger import Bank, Ledger, Load
from tests.drills.stepped import SteppedClock, serve_stepped
from tests.drills.world import BANK, World
from tests.exchange.receiver import receiving
from tests.servers import free_port

_NOBODY = "http://127.0.0.1:9"
_TEN_MINUTES = 600
_ROUND_S = 0.7  # of true time, in which the engine looks once at what it may push
_HOLDS = 10


def registry_away(scene):
    """Let new models take over under load while the registry of models does not answer."""
    world, ledger, recovery = World(scene.folder, MLFLOW_TRACKING_URI=_NOBODY), Ledger(), []
    world.settings["ANTIFRAUD_SHELF_POLL_S"] = "0.2"
    with world.living() as life:
        with Load(life.http, ledger, scene.draw) as load:
            for turn in range(scene.times):
                made = making.bundle(seed=turn + 1)
                made.write(world.shelf)
                began = time.perf_counter()
                making.decide_with(world.shelf, Choice(champion=made.version))
                number = lineup_of(world.shelf).number
                metric = life.shows("antifraud_lineup", lambda value, number=number: value == number)
                recovery.append(time.perf_counter() - began)
                load.answers(20)
        said = life.says("takes over from")
        life.settle(ledger, scene.draw)
    return Found(judged(world, ledger), recovery, said, metric)


def receiver_down(scene):
    """Let the receiver of a webhook be down for an hour, by the engine's clock, while holds are made."""
    scene.folder.mkdir()
    clock = SteppedClock(scene.folder / "clock")
    settings = {"ANTIFRAUD_IDENTIFIER_KEY": "ab" * 32, "ANTIFRAUD_WEBHOOKS_TO_LOOPBACK": "true", **clock.environment}
    world = World(scene.folder, hold_at=0.0, block_at=1.1, **settings)
    analyst = Role.BANK_ANALYST
    world.key = making.register(world.url, BANK, {*making.ALL_SCOPES, *usual_scopes(analyst)}, role=analyst)
    port, recovery, ledger, took, seconds = free_port(), [], Ledger(), Counter(), 0
    with world.living(serve_stepped) as life:
        asked = {"url": f"http://127.0.0.1:{port}/hook", "reason": "a drill"}
        life.http.post("/v1/webhooks", json=asked, headers={"Idempotency-Key": "drill"}).raise_for_status()
        bank, before = Bank(life.http, ledger, "webhooks"), _feed(life.http)
        for turn in range(1, scene.times + 1):
            while len(ledger.answered) < _HOLDS * turn:
                bank.one()
            life.until(lambda: _held(life.http) >= len(ledger.answered), "the holds are not in the feed")
            for _ in range(6):
                life.passes(_ROUND_S)
                clock.set(seconds := seconds + _TEN_MINUTES)
            found = (
                life.says("does not take its events, they wait"),
                life.shows("antifraud_webhooks_failed_total", bool),
            )
            came_back = seconds
            with receiving(port) as receiver:
                while len(took) + len(set(_sequences(receiver))) < len(_feed(life.http)) - len(before):
                    life.passes(_ROUND_S)
                    clock.set(seconds := seconds + _TEN_MINUTES)
                    assert seconds < came_back + 24 * 3_600, "nothing comes any more"
                took.update(_sequences(receiver))
            recovery.append(float(seconds - came_back))
        wanted = [each["sequence"] for each in _feed(life.http)[len(before) :]]
        life.settle(ledger, scene.draw)
    verdict = judged(world, ledger)
    return Found(
        replace(
            verdict,
            lost=verdict.lost + len(set(wanted) - took.keys()),
            doubled=verdict.doubled + took.total() - len(took) + (list(took) != wanted),
        ),
        recovery,
        *found,
    )


def _feed(http):
    """Return everything that the bank may read of the journal."""
    events, after = [], 0
    while page := http.get("/v1/events", params={"after": after, "limit": 1_000}).json():
        events, after = events + page, page[-1]["sequence"]
    return events


def _held(http):
    return sum(each["type"] == "antifraud.hold.held" for each in _feed(http))


def _sequences(receiver):
    """Return what was posted, in order."""
    return [orjson.loads(body)["sequence"] for _, body in receiver.posts]
