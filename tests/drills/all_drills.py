"""All drills, in the order in which they are shown."""

from tests.drills.around import receiver_down, registry_away
from tests.drills.clocks import clock_stepped
from tests.drills.databases import connections_lost, database_away, database_slow
from tests.drills.disks import disk_full, disk_slow
from tests.drills.drill import Drill
from tests.drills.files import bundle_damaged, import_killed, snapshot_damaged
from tests.drills.kills import both_at_once, killed, second_on_postgres, second_on_sqlite

_READY = "from its start until the next server decides"
_ANSWER = "until the next first answer"
_LINEUP = "until the new model decides"
_WHOLE = "until the next answer for which nothing is missing"

DRILLS = (
    Drill("killed (SIGKILL) under load, and others while they restore", killed, 10, 100, _READY),
    Drill("the database stops, in order or by force, and starts again", database_away, 1, 20, _ANSWER),
    Drill("the database ends all sessions", connections_lost, 1, 30, _ANSWER),
    Drill("the database is slow: no commit ends for up to seconds", database_slow, 2, 20, _ANSWER),
    Drill("the disk is full, and has room again", disk_full, 1, 20, _ANSWER),
    Drill("the disk is slow: no commit ends for up to seconds", disk_slow, 2, 20, _ANSWER),
    Drill("the clock is set back and forth, by 2 seconds to ten days", clock_stepped, 5, 50, _WHOLE),
    Drill("a second server on the same SQLite file", second_on_sqlite, 1, 10, _READY),
    Drill("two servers begin at one instant on one SQLite file", both_at_once, 2, 20, _READY),
    Drill("a second server on the same PostgreSQL database", second_on_postgres, 2, 10, _READY),
    Drill("the newest snapshot is damaged: bits, cut off, empty", snapshot_damaged, 1, 12, _READY),
    Drill("a damaged bundle is chosen: bits, cut off, empty", bundle_damaged, 1, 12, f"of whole files: {_LINEUP}"),
    Drill("an import is killed while it writes", import_killed, 2, 20, "of the same import, again and whole"),
    Drill("the registry of models (MLflow) is away", registry_away, 1, 5, _LINEUP),
    Drill("the receiver of a webhook is down for an hour", receiver_down, 1, 3, "until it has all, by a stepped clock"),
)
