"""How good the model is on public data, by its own protocol: what `antifraud benchmark` says."""

from models.benchmark import benchmark
from tests.benchmarks.figures import Figure


def quality(bench):
    """Run the handbook's protocols, each fold with three seeds; takes minutes."""
    if bench.handbook is None:
        raise FileNotFoundError("handbook.parquet is not there: set ANTIFRAUD_DATA to its folder")
    figures = []
    for result in benchmark(bench.protocol("handbook"), bench.handbook):
        name = f"handbook, protocol {result.protocol}, {result.metric}"
        spread = f"standard deviation over folds {result.std:.4f}; simulated data: no promise for real payments"
        if result.published_best is not None:
            source = f"best published: {result.published_source}; {spread}"
            figures.append(Figure(name, result.value, "", result.published_best, "higher", source))
        if result.to_reach is not None:
            figures.append(Figure(f"{name}: own mark", result.value, "", result.to_reach, "higher", spread))
    return figures
