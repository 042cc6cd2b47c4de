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
    """Serve the stream one by one, as the API does: a repeated id is answered from the log, not observed again."""
    state = OnlineState(catalogue) if state is None else state
    first_of = {}
    for transfer in stream:
        first_of.setdefault((transfer.participant, transfer.transfer_id), transfer)
    fresh, rows = list(first_of.values()), []

    def serve(first, last):
        for transfer in fresh[first:last]:
            rows.append(state.take([transfer], observe=True)[0])

    replay(state, transfer_table(fresh), report_table(reports), between=serve)
    return [as_dict(catalogue, row) for row in rows]


def as_dict(catalogue, row):
    return {
        feature.name: None if np.isnan(value) else float(value) for feature, value in zip(catalogue, row, strict=True)
    }
