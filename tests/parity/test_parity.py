"""Training and serving see the same numbers, and both see what the definitions say."""

from hypothesis import given

from features.catalogue import CATALOGUE
from tests.parity import engines, oracle
from tests.strategies import histories


def differences(left, right):
    """Name what differs: (transfer, feature, left, right)."""
    assert len(left) == len(right)
    return [
        (number, name, one[name], other[name])
        for number, (one, other) in enumerate(zip(left, right, strict=True))
        for name in one
        if not oracle.same(one[name], other[name])
    ]


@given(histories())
def test_training_and_serving_see_what_the_definitions_say(history):
    expected = oracle.vectors(CATALOGUE, *history)
    assert differences(engines.offline(CATALOGUE, *history), expected) == []
    assert differences(engines.online(CATALOGUE, *history), expected) == []
