"""Long work says how far it is and how fast it goes."""

from io import StringIO

import pytest
from rich.console import Console

from api.progress import progress_bars


@pytest.mark.parametrize(("step", "rate"), [(4_000, "2,000/s"), (24, "12/s"), (1, "0.5/s")])
def test_a_bar_says_how_much_is_done_in_a_second(step, rate):
    shown, now = StringIO(), [0.0]
    with progress_bars(
        Console(file=shown, force_terminal=True, color_system=None, width=160), lambda: now[0]
    ) as report:
        for done in range(4):
            report("rows read", done * step, 10 * step)
            now[0] += 2.0
    last = shown.getvalue().splitlines()[-2]  # then the cursor is shown again
    assert f"{3 * step}/{10 * step}" in last
    assert f" {rate} " in last
