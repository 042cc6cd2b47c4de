"""Run both engines of a changed copy of `features` on fixed streams; exit 1 when the oracle notices.

Called by test_mutants in a process of its own, with the copy first on the path and compilation off.
"""

import sys
import warnings

from hypothesis import HealthCheck, Phase, given, settings

from features.catalogue import CATALOGUE
from tests.parity import engines, oracle
from tests.parity.test_parity import differences
from tests.strategies import histories

warnings.simplefilter("ignore")  # numpy warns of overflow where compiled code wraps on purpose


@settings(
    max_examples=120, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
)  # fmt: skip
@given(histories(max_size=14))
def agree(history):
    expected = oracle.vectors(CATALOGUE, *history)
    engine = {"offline": engines.offline, "online": engines.online}[sys.argv[1]]
    assert not differences(engine(CATALOGUE, *history), expected)


if __name__ == "__main__":
    try:
        agree()
    except Exception:  # any failure of the mutant is a kill
        sys.exit(1)
