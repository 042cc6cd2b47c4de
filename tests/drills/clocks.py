"""A machine whose clock is set, back and forth."""

import time

from tests.drills.drill import Found
from tests.drills.judge import judged
from tests.drills.ledger import Ledger, Load
from tests.drills.stepped import SteppedClock, serve_stepped
from tests.drills.world import World

_HOUR = 3_600
_STANDS_STILL = "antifraud_center_clock_failures_total"
_STEPS = (_HOUR, -_HOUR, -2, 10 * 24 * _HOUR, 0)  # ten days: every hold would be over


def clock_stepped(scene):
    """Set the clock of the server's machine back and forth under load, and start it anew while it is wrong."""
    world, ledger, recovery = World(scene.folder), Ledger(), []
    clock = SteppedClock(scene.folder / "clock")
    turn = 0
    while turn < scene.times:
        with world.living(serve_stepped, **clock.environment) as life:
            for seconds in _STEPS[: scene.times - turn]:
                with Load(life.http, ledger, scene.draw) as load:
                    load.steps(scene.draw.randint(30, 200))
                    failures = life.metric(_STANDS_STILL)
                    clock.set(seconds)
                    began = time.perf_counter()
                    load.whole_answers(1)
                    recovery.append(time.perf_counter() - began)
                    load.answers(20)
                    if seconds > 0:  # the clocks of holds have looked
                        life.shows(_STANDS_STILL, lambda value, before=failures: value > before)
                turn += 1
            found = (
                life.says("the clock was set back by"),
                life.shows("antifraud_clock_behind_seconds", lambda value: value > 1),
            )
            clock.set(-_HOUR if turn % 2 else 0)
            life.settle(ledger, scene.draw)
    return Found(judged(world, ledger), recovery, *found)
