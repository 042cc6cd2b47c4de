"""Run an engine of a changed copy of `features` on fixed streams.

Exit 1 when the oracle notices, and 2 when nothing can be compared: a copy that crashes was not noticed. Called by
test_mutants in a process of its own, with the copy first on the path and compilation off.
"""

import sys
import traceback
import warnings

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

NOTICED, CRASHED = 1, 2
_KEPT = settings(
    derandomize=True, database=None, deadline=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
)  # fmt: skip


class Noticed(Exception):
    """An engine differs from the oracle."""


def compare(engine):
    """Raise Noticed if the engine differs from the oracle on any stream, and whatever a crash raises."""
    from features.catalogue import CATALOGUE  # here and not above: what cannot be imported has crashed, too
    from tests.parity import engines, oracle
    from tests.parity.test_parity import differences
    from tests.parity.test_vocabulary import any_catalogue
    from tests.strategies import histories

    run = {
        "offline": lambda catalogue, history, after: engines.offline(catalogue, *history),
        "online": lambda catalogue, history, after: engines.online(catalogue, *history),
        "restarted": lambda catalogue, history, after: engines.restarted(catalogue, *history, after),
    }[engine]

    def agree(catalogue, history, after):
        found, expected = run(catalogue, history, after), oracle.vectors(catalogue, *history)
        if differences(found, expected):
            raise Noticed

    restarts, streams = st.integers(0, 20), histories(max_size=14)
    more = 3 if engine == "restarted" else 1  # many streams end before their restart
    settings(_KEPT, max_examples=120 * more)(given(st.just(CATALOGUE), streams, restarts)(agree))()
    settings(_KEPT, max_examples=60 * more)(given(any_catalogue(), streams, restarts)(agree))()


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # numpy warns of overflow where compiled code wraps on purpose
    try:
        compare(sys.argv[1])
    except Noticed:
        sys.exit(NOTICED)
    except BaseException:
        traceback.print_exc()
        sys.exit(CRASHED)
