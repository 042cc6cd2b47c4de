"""The two engines behind one shape: (catalogue, transfers, reports) -> {feature: value or None} per transfer."""

import tempfile
from pathlib import Path

import numpy as np

from features.offline import offline_features
from features.online import OnlineState
from features.replay import replay
from features.snapshot import load, save
from tests.strategies import report_table, transfer_table


def offline(catalogue, stream, reports):
    table = offline_features(transfer_table(stream), report_table(reports), catalogue)
    return table.drop("participant", "transfer_id").to_dicts()


def online(catalogue, stream, reports, state=None):
    """Serve the stream one by one, as the API does."""
    state = OnlineState(catalogue) if state is None else state
    fresh, rows = without_repeats(stream), []

    def serve(first, last):
        for transfer in fresh[first:last]:
            rows.append(state.take([transfer], observe=True)[0])

    replay(state, transfer_table(fresh), report_table(reports), between=serve)
    return [as_dict(catalogue, row) for row in rows]


class Restarting:
    """A live state that is saved and read back before one of the events that it sees."""

    def __init__(self, catalogue, after):
        self.state, self.after = OnlineState(catalogue), after

    def take(self, transfers, *, observe):
        return self._now().take(transfers, observe=observe)

    def take_report(self, *report):
        self._now().take_report(*report)

    def _now(self):
        self.after -= 1
        if self.after == -1:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "state.npz"
                save(self.state, path)
                self.state = load(path, self.state.catalogue)
        return self.state


def restarted(catalogue, stream, reports, after):
    """Serve the stream one by one, and start anew from a snapshot after so many transfers and reports."""
    return online(catalogue, stream, reports, Restarting(catalogue, after))


def without_repeats(stream):
    """What reaches the state: the log answers for an id that comes again."""
    first_of = {}
    for transfer in stream:
        first_of.setdefault((transfer.participant, transfer.transfer_id), transfer)
    return list(first_of.values())


def as_dict(catalogue, row):
    return {
        feature.name: None if np.isnan(value) else float(value) for feature, value in zip(catalogue, row, strict=True)
    }
