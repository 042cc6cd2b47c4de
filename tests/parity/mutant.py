"""Run an engine of a changed copy of `features` on fixed streams; exit 1 when the oracle notices.

Called by test_mutants in a process of its own, with the copy first on the path and compilation off.
"""

import sys
import warnings

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from features.catalogue import CATALOGUE
from tests.parity import engines, oracle
from tests.parity.test_parity import differences
from tests.parity.test_vocabulary import any_catalogue
from tests.strategies import histories

warnings.simplefilter("ignore")  # numpy warns of overflow where compiled code wraps on purpose


_KEPT = settings(
    derandomize=True, database=None, deadline=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
)  # fmt: skip
_ENGINES = {
    "offline": lambda catalogue, history, after: engines.offline(catalogue, *history),
    "online": lambda catalogue, history, after: engines.online(catalogue, *history),
    "restarted": lambda catalogue, history, after: engines.restarted(catalogue, *history, after),
}


def agree(catalogue, history, after):
    expected = oracle.vectors(catalogue, *history)
    assert not differences(_ENGINES[sys.argv[1]](catalogue, history, after), expected)


if __name__ == "__main__":
    restarts, streams = st.integers(0, 20), histories(max_size=14)
    try:
        settings(_KEPT, max_examples=120)(given(st.just(CATALOGUE), streams, restarts)(agree))()
        settings(_KEPT, max_examples=60)(given(any_catalogue(), streams, restarts)(agree))()
    except Exception:  # any failure of the mutant is a kill
        sys.exit(1)
