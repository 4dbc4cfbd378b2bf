"""A satellite receiver's track of a drive: noise, drop-outs and now and then a jump."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.simulation.random_streams import random_stream

Float = NDArray[np.float64]

CORRELATION_TIME_S = 30.0
_DROPOUTS_PER_M = 1.0 / 300.0
_JUMPS_PER_M = 0.3 / 300.0
_DROPOUT_S = (4.0, 8.0)
_JUMP_M = (30.0, 80.0)


@dataclass(frozen=True, slots=True)
class Fixes:
    """What a receiver reports.

    Attributes:
        time_s: (N,) since the first frame; gaps where no fix came.
        east_m: (N,) on the route's plane.
        north_m: (N,) on the route's plane.
    """

    time_s: Float
    east_m: Float
    north_m: Float


def receive(seed: int, drive_number: int, drms_m: float, time_s: Float, east_m: Float, north_m: Float) -> Fixes:
    """Give the fixes of a drive.

    ``drms_m`` is the horizontal radial RMS error, so each axis has a variance of ``drms_m**2 / 2``. Half of it is
    white; half is a first-order Gauss-Markov process with a correlation time of 30 s, as multipath and residual
    atmosphere drift in real receivers. About one drop-out of 4 to 8 s comes in 300 m, and in one of three such
    stretches a single fix jumps by 30 to 80 m. With ``drms_m`` 0 the track is perfect: no noise, gap or jump.

    Args:
        seed: Of the road.
        drive_number: Each drive has noise of its own.
        drms_m: 0 or more.
        time_s: (N,) rising, one a second or so.
        east_m: (N,) true place.
        north_m: (N,) true place.
    """
    if drms_m == 0.0:
        return Fixes(time_s, east_m, north_m)
    rng = random_stream(seed, "gps", drive_number)
    count, deviation = len(time_s), drms_m / 2.0  # sqrt((drms^2 / 2) / 2): half of an axis' variance
    noise = deviation * rng.standard_normal((count, 2)) + _gauss_markov(rng, time_s, deviation)
    length_m = float(np.hypot(np.diff(east_m), np.diff(north_m)).sum())
    for _ in range(int(rng.poisson(_JUMPS_PER_M * length_m))):
        angle, size = float(rng.uniform(0.0, 2.0 * np.pi)), float(rng.uniform(*_JUMP_M))
        noise[int(rng.integers(count))] += size * np.array([np.cos(angle), np.sin(angle)])
    kept = np.ones(count, bool)
    for _ in range(int(rng.poisson(_DROPOUTS_PER_M * length_m))):
        start = float(rng.uniform(time_s[0] + 3.0, max(time_s[-1] - 8.0, time_s[0] + 3.5)))
        kept &= (time_s < start) | (time_s > start + float(rng.uniform(*_DROPOUT_S)))
    kept[:2] = kept[-2:] = True
    return Fixes(time_s[kept], east_m[kept] + noise[kept, 0], north_m[kept] + noise[kept, 1])


def _gauss_markov(rng: np.random.Generator, time_s: Float, deviation_m: float) -> Float:
    """Give (N, 2) of an exponentially correlated process with a standard deviation a component."""
    values = np.empty((len(time_s), 2))
    values[0] = deviation_m * rng.standard_normal(2)
    for index in range(1, len(time_s)):
        keep = np.exp(-(time_s[index] - time_s[index - 1]) / CORRELATION_TIME_S)
        values[index] = keep * values[index - 1] + deviation_m * np.sqrt(1.0 - keep**2) * rng.standard_normal(2)
    return values
