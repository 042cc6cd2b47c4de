"""All drills, in the order in which they are shown."""

from tests.drills.clocks import clock_stepped
from tests.drills.databases import connections_lost, database_away
from tests.drills.disks import disk_full
from tests.drills.drill import Drill
from tests.drills.kills import killed, second_on_postgres, second_on_sqlite

_READY = "from its start until the next server decides"
_ANSWER = "until the next first answer"
_WHOLE = "until the next answer for which nothing is missing"

DRILLS = (
    Drill("killed (SIGKILL) under load, while it restores too", killed, 4, 100, _READY),
    Drill("the database stops, in order or by force, and starts again", database_away, 2, 20, _ANSWER),
    Drill("the database ends all sessions", connections_lost, 1, 30, _ANSWER),
    Drill("the disk is full, and has room again", disk_full, 1, 20, _ANSWER),
    Drill("the clock is set back and forth, by 2 seconds to a day", clock_stepped, 5, 50, _WHOLE),
    Drill("a second server on the same SQLite file", second_on_sqlite, 1, 10, _READY),
    Drill("a second server on the same PostgreSQL database", second_on_postgres, 1, 10, _READY),
)
