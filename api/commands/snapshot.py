"""`antifraud snapshot`: make the next start of the server quick."""

from datetime import timedelta
from typing import Final

from antifraud.store import open_store
from api.clock import utc_now
from api.restore import catch_up, snapshots_of
from api.settings import read_settings
from features.catalogue import CATALOGUE

_SETTLED: Final = timedelta(minutes=1)  # what is older than this before the last stamp is no longer on its way


def snapshot() -> None:
    """Make a snapshot of the live state from the log, beside a running server or without one.

    A server that starts reads the newest snapshot and only what was recorded after it. Settings come from
    the environment, as for `antifraud serve`.

    Example: antifraud snapshot
    """
    settings = read_settings()
    with open_store(settings.database_url, recording=False) as store:
        log = store.history.span()
        if log is None or (upto := log.last - _SETTLED) < log.first:
            return
        snapshots = snapshots_of(settings, utc_now())
        state, seen = snapshots.latest(CATALOGUE, log)
        if seen is None or seen < upto:
            catch_up(state, store.history, seen, upto)
            snapshots.save(state, upto)
