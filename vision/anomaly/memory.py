"""What normal patches look like: a coreset of them, and how far further normal patches stray from each.

A patch is as odd as its distance to the nearest remembered one, in units of how far kept-out normal patches lie from
that one: a worn edge varies more than a smooth face, and a distance that is usual at the one is odd at the other. This
takes the place of PatchCore's re-weighting (Roth et al., CVPR 2022, equation 7), which looks at the density of the
coreset only; ``infra/decisions/0010`` compares them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.anomaly.coreset import choose_coreset
from vision.anomaly.features import F32
from vision.errors import ModelError
from vision.types import Int, frozen

_CHUNK = 4096  # rows whose distances are held at once: 4096 x 1000 float32 are 16 MB
_PRIOR = 3.0  # kept-out patches' worth of belief that a remembered patch is like the average one
_LEAST_SPREAD = 0.1  # of the average: a patch that copies of itself alone were near to says nothing of its variation


@dataclass(frozen=True, slots=True)
class MemorySize:
    """How much is remembered.

    Attributes:
        patches: Of the coreset.
        candidates: Patches that the coreset is chosen from, drawn at random where there are more.
        seed: Of that draw and of the coreset's projection.
    """

    patches: int = 1000
    candidates: int = 30_000
    seed: int = 0


@dataclass(frozen=True, slots=True)
class PatchMemory:
    """Normal patches of a station.

    Attributes:
        mean: (D,) float32, of the normal patches' features.
        deviation: (D,) float32, their standard deviation.
        patches: (K, D) float32: the coreset, standardized.
        spread: (K,) float32: mean distance of kept-out normal patches to each, over the mean of all; ones before
            ``with_spread``.
        unit: That mean of all; 1 before ``with_spread``.
    """

    mean: F32
    deviation: F32
    patches: F32
    spread: F32
    unit: float

    def __post_init__(self) -> None:
        count, dimensions = self.patches.shape
        if self.mean.shape != (dimensions,) or self.deviation.shape != (dimensions,) or self.spread.shape != (count,):
            raise ModelError(
                f"{count} patches of {dimensions} features with mean {self.mean.shape}, deviation "
                f"{self.deviation.shape} and spread {self.spread.shape}: expected ({dimensions},) twice and ({count},)"
            )

    def distances(self, rows: F32) -> F32:
        """Give how odd each patch is: 1 is the usual distance of a normal one.

        Args:
            rows: (N, D) float32 features as the backbone gives them.

        Returns:
            (N,) float32.
        """
        raw, nearest = self.nearest(rows)
        return np.asarray(raw / (self.spread[nearest] * np.float32(self.unit)), dtype=np.float32)

    def nearest(self, rows: F32) -> tuple[F32, Int]:
        """Give the distance (N,) to the nearest remembered patch, in standard deviations, and its index (N,)."""
        raw = np.empty(len(rows), np.float32)
        index = np.empty(len(rows), np.int64)
        squares = np.einsum("kd,kd->k", self.patches, self.patches)
        for start in range(0, len(rows), _CHUNK):
            part = (rows[start : start + _CHUNK] - self.mean) / self.deviation
            table = squares - 2.0 * (part @ self.patches.T)
            found = table.argmin(axis=1)
            index[start : start + _CHUNK] = found
            # from the difference itself: squares - 2ab + squares loses a small distance between large numbers
            raw[start : start + _CHUNK] = np.linalg.norm(part - self.patches[found], axis=1)
        return raw, index

    def with_spread(self, rows: F32, distances: F32) -> PatchMemory:
        """Give the same memory, told how far kept-out normal patches stray.

        Args:
            rows: (N, D) float32: normal patches.
            distances: (N,) float32: their distances to a memory that their pictures had no part in.
        """
        _, nearest = self.nearest(rows)
        count = np.bincount(nearest, minlength=len(self.patches))
        total = np.bincount(nearest, weights=distances, minlength=len(self.patches))
        unit = max(float(distances.mean()), float(np.finfo(np.float32).tiny))
        spread = (total / unit + _PRIOR) / (count + _PRIOR)
        return PatchMemory(
            self.mean,
            self.deviation,
            self.patches,
            frozen(np.maximum(spread, _LEAST_SPREAD).astype(np.float32)),
            unit,
        )


def remember(pictures: Sequence[F32], size: MemorySize) -> PatchMemory:
    """Remember the patches of normal pictures.

    Args:
        pictures: The features (n, D) of each.
        size: How much to keep.
    """
    random = np.random.default_rng(size.seed)
    rows = np.concatenate(pictures)
    if len(rows) > size.candidates:
        rows = rows[random.choice(len(rows), size.candidates, replace=False)]
    mean = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    deviation = rows.std(axis=0, dtype=np.float64).astype(np.float32)
    # a feature that never varied among the normals still counts, at the scale of the others
    deviation = np.maximum(deviation, np.float32(1e-3) * max(float(deviation.mean()), 1e-6)).astype(np.float32)
    standard = np.asarray((rows - mean) / deviation, dtype=np.float32)
    patches = standard[choose_coreset(standard, size.patches, size.seed)]
    ones: NDArray[np.float32] = np.ones(len(patches), np.float32)
    return PatchMemory(frozen(mean), frozen(deviation), frozen(patches), frozen(ones), 1.0)
