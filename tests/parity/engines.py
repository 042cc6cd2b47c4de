"""The two engines behind one shape: (catalogue, transfers, reports) -> {feature: value or None} per transfer."""

import numpy as np

from features.offline import offline_features
from features.online import OnlineState
from features.replay import replay
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
