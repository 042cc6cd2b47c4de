"""`python -m api.begun`: `antifraud` as the server begins it, whose words are lines of the server's log."""

import io
import logging
import sys
from typing import Final

from api.cli import main
from api.observing.logs import set_up_logs
from api.settings import read_settings

_log: Final = logging.getLogger("api.begun")  # our own name is __main__


class _Said(io.TextIOBase):
    """Standard error as lines of the log: remarks, warnings of libraries, traces of threads that failed."""

    def __init__(self) -> None:
        self._rest = ""

    def write(self, text: str) -> int:
        """Log what is a whole line by now."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if line.strip():
                _log.warning("%s", line)
        return len(text)


def begun() -> None:
    """Run a command; whatever it says or fails by is masked, and in the form of the server's own lines."""
    set_up_logs(read_settings().logs)
    logging.raiseExceptions = False  # what the log itself cannot write would be said to the log again
    sys.stderr = _Said()
    try:
        main(say=_log.error)
    except Exception:
        _log.exception("`antifraud %s` failed", " ".join(sys.argv[1:]))
        sys.exit(1)


if __name__ == "__main__":
    begun()
