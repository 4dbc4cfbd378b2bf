"""A few patches that stand for all: greedy k-centre selection.

Source: Roth et al., Towards Total Recall in Industrial Anomaly Detection, CVPR 2022, section 3.2 and algorithm 1; the
greedy choice covers within twice the best possible radius (Gonzalez, Clustering to minimize the maximum intercluster
distance, 1985).
"""

from __future__ import annotations

import numpy as np

from vision.anomaly.features import F32
from vision.types import Int

_PROJECTED = 48
"""Dimensions that distances are compared in: a random projection nearly keeps them (Johnson, Lindenstrauss, 1984)."""


def choose_coreset(points: F32, count: int, seed: int = 0) -> Int:
    """Choose points so that none is far from a chosen one.

    Args:
        points: (N, D) float32.
        count: How many to choose; all are chosen where there are no more.
        seed: Of the random projection.

    Returns:
        (min(count, N),) indices, in the order chosen. Fewer where the rest are copies of chosen ones.
    """
    if len(points) <= count:
        return np.arange(len(points), dtype=np.int64)
    flat = _projected(points, seed)
    squares = np.einsum("nd,nd->n", flat, flat)
    chosen = [0]
    nearest = np.full(len(points), np.inf, np.float32)
    while len(chosen) < count:
        last = chosen[-1]
        np.minimum(nearest, squares - 2.0 * (flat @ flat[last]) + squares[last], out=nearest)
        nearest[last] = 0.0
        following = int(nearest.argmax())
        if nearest[following] <= 0.0:
            break
        chosen.append(following)
    return np.array(chosen, dtype=np.int64)


def _projected(points: F32, seed: int) -> F32:
    dimensions = points.shape[1]
    if dimensions <= _PROJECTED:
        return points
    directions = np.random.default_rng(seed).standard_normal((dimensions, _PROJECTED), dtype=np.float32)
    return np.asarray(points @ (directions / np.float32(np.sqrt(_PROJECTED))), dtype=np.float32)
