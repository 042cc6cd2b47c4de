"""Every fault once or a few times: nothing acknowledged is lost or doubled, and no feature is wrong."""

import random

import pytest

from tests.drills.all_drills import DRILLS
from tests.drills.drill import Scene


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.name)
def test_nothing_is_lost_doubled_or_wrong(drill, tmp_path, request):
    scene = Scene(
        tmp_path / "world", drill.short, random.Random(drill.name), lambda: request.getfixturevalue("postgres")
    )
    found = drill.run(scene)
    assert found.verdict.clean
    assert found.verdict.acknowledged > 0
    assert found.recovery
