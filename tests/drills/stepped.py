"""The server by a clock that can be set: beside the true time by the seconds that a file says."""

import os
from datetime import timedelta
from pathlib import Path

from api.clock import utc_now
from api.commands.serve import serve_until_stopped
from api.settings import read_settings

FILE = "DRILL_CLOCK"


class SteppedClock:
    """What a drill sets: how far the server's machine is beside the true time."""

    def __init__(self, file):
        self._file = file
        self.set(0)

    def set(self, seconds):
        """Step to so many seconds after the true time, or before it; as one."""
        draft = self._file.with_suffix(".draft")
        draft.write_text(str(seconds))
        draft.replace(self._file)

    @property
    def environment(self):
        """Return the settings of a server by it, which does all by itself: another process has a clock of its own."""
        return {FILE: str(self._file), "ANTIFRAUD_KEEPER": "inside"}


def serve_stepped():
    """Serve by the clock of the environment."""
    file = Path(os.environ[FILE])
    serve_until_stopped(read_settings(), lambda: utc_now() + timedelta(seconds=float(file.read_text())))
