"""Independent streams of chance by name, and the smooth random fields that surfaces are made of.

Each part of a simulated road draws from a stream of its own (``random_stream(seed, "defects", 7)``), so that a change
of frame rate, light or image size never moves a planted defect.
"""

from __future__ import annotations

import zlib
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def random_stream(seed: int, *names: str | int) -> np.random.Generator:
    """Give the generator that belongs to a seed and a path of names."""
    keys = [zlib.crc32(name.encode()) if isinstance(name, str) else int(name) & 0xFFFFFFFF for name in names]
    return np.random.default_rng([int(seed) & 0xFFFFFFFF, *keys])


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cell_px: float | tuple[float, float]) -> Field:
    """Give Gaussian noise of zero mean and about unit variance with blobs of about ``cell_px``.

    Args:
        rng: Where chance comes from.
        shape: (rows, columns).
        cell_px: Blob size in pixels, or (rows, columns) of it.
    """
    cell_rows, cell_cols = (cell_px, cell_px) if isinstance(cell_px, (int, float)) else cell_px
    rows = max(2, round(shape[0] / max(cell_rows, 1.0)) + 3)
    cols = max(2, round(shape[1] / max(cell_cols, 1.0)) + 3)
    coarse = rng.standard_normal((rows, cols), dtype=np.float32)
    if cell_rows <= 1.0 and cell_cols <= 1.0:
        return np.ascontiguousarray(coarse[: shape[0], : shape[1]])
    # The coarse grid is one cell larger than the field on each side, so that its clamped rim falls outside.
    size = (max(shape[1], round((cols - 2) * cell_cols)), max(shape[0], round((rows - 2) * cell_rows)))
    fine = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(fine[: shape[0], : shape[1]]) * np.float32(1.3)


def fractal_noise(
    rng: np.random.Generator, shape: tuple[int, int], cell_px: float, octaves: int, roughness: float = 0.5
) -> Field:
    """Give the sum of octaves of smooth noise, from ``cell_px`` down, each ``roughness`` times the one before.

    Unit variance, about zero mean.
    """
    total = np.zeros(shape, np.float32)
    power = 0.0
    for octave in range(octaves):
        weight = roughness**octave
        total += np.float32(weight) * smooth_noise(rng, shape, cell_px / 2.0**octave)
        power += weight**2
    return total / np.float32(np.sqrt(power))


def ring_noise(rng: np.random.Generator, points: int, harmonics: int, roughness: float) -> NDArray[np.float64]:
    """Give a closed curve's noise: ``points`` values round a ring, harmonics falling off as ``k ** -roughness``.

    Unit variance, zero mean. Starts at the second harmonic: the first would only shift an outline.
    """
    angle = np.linspace(0.0, 2.0 * np.pi, points, endpoint=False)
    total = np.zeros(points)
    for harmonic in range(2, harmonics + 2):
        phase, weight = rng.uniform(0.0, 2.0 * np.pi), rng.rayleigh() * harmonic**-roughness
        total += weight * np.cos(harmonic * angle + phase)
    deviation = float(total.std())
    return total / deviation if deviation > 0.0 else total


def smooth_step(value: NDArray[np.floating[Any]], low: float, high: float) -> Field:
    """Rise smoothly from 0 at ``low`` to 1 at ``high``."""
    t = np.clip((value - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)
