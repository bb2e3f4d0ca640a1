"""What an approximate index misses when a filter is applied.

    python -m tests.benchmarks.approximate [VECTORS]

Compares a filtered search in a FAISS HNSW graph with the exact answer. The generated vectors form clusters, as vectors
of texts do. Prints the recall of the ten best vectors that pass the filter, for each share of vectors that pass.
"""

from __future__ import annotations

import sys

import faiss
import numpy as np

from matcher.foundations.arrays import Vectors

DIMENSIONS = 384
CLUSTERS = 500
QUERIES = 200
TOP = 10
SHARES = (1.0, 0.1, 0.02, 0.005, 0.001)


def clustered(count: int, centres: Vectors, draw: np.random.Generator) -> Vectors:
    """Return unit vectors, each near one of `centres`."""
    noise = draw.standard_normal((count, DIMENSIONS), dtype=np.float32)
    vectors = centres[draw.integers(len(centres), size=count)] + noise
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def run(count: int) -> None:
    """Print the recall for each share of `count` vectors."""
    draw = np.random.default_rng(1)
    centres = draw.standard_normal((CLUSTERS, DIMENSIONS), dtype=np.float32)
    vectors, queries = clustered(count, centres, draw), clustered(QUERIES, centres, draw)
    graph = faiss.IndexHNSWFlat(DIMENSIONS, 32, faiss.METRIC_INNER_PRODUCT)
    graph.add(vectors)
    cosines = queries @ vectors.T
    for share in SHARES:
        passing = np.sort(draw.choice(count, max(TOP, int(count * share)), replace=False))
        best = passing[np.argsort(-cosines[:, passing], axis=1)[:, :TOP]]
        chosen = faiss.SearchParametersHNSW(  # type: ignore[attr-defined]
            sel=faiss.IDSelectorBatch(passing), efSearch=64
        )
        rows = graph.search(queries, TOP, params=chosen)[1]
        recall = np.mean([len(set(row) & set(right)) / TOP for row, right in zip(rows, best, strict=True)])
        print(f"{share:7.1%} of {count:,} vectors pass: recall of the best {TOP} {recall:.2f}")


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
