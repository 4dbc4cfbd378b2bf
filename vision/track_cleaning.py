"""What is done to GNSS fixes before they are smoothed: repeats merged, outliers refused, the noise measured."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from vision.types import Float, Int

Mask = NDArray[np.bool_]

TOP_SPEED_MPS = 70.0
"""Faster than any road vehicle that inspects (250 km/h): a jump between two fixes, not travel."""

PIECE_GAP_S = 30.0
"""Fixes further apart in time say nothing of the speed at either."""

_MIN_OUTLIER_M = 10.0
_FAR_JUMP_M = 500.0
_OUTLIER_SIGMAS = 8.0
_HARDEST_ACCELERATION_MPS2 = 6.0
"""About the hardest braking of a car on a dry road. A fix is no outlier for being as far off its neighbours' line as
braking moves a car, or as far as it goes at its speed."""

_NEIGHBOURS = 3
_FEWEST = 5
_LOOKS = 5

_LONGEST_STEP_FOR_NOISE_S = 4.0
"""With fixes further apart a vehicle's own turns and stops hide the noise."""


def merge_repeats(time_s: Float, xy_m: Float) -> Int:
    """Give the rows that carry news, where a logger writes each fix several times.

    A per-frame file repeats one fix in 30 frames, and a 10 Hz log of a 1 Hz receiver in 10 rows. Taken as fixes of
    their own they would make a staircase of stops and jumps. The first row of each run of equal positions is kept;
    a run that lasts longer than the usual time between changes (standing) keeps a row each such time.

    Args:
        time_s: (N,) ascending.
        xy_m: (N, 2).

    Returns:
        (M,) int64, ascending.
    """
    if len(time_s) < 3:
        return np.arange(len(time_s))
    changed = np.concatenate(([True], np.any(xy_m[1:] != xy_m[:-1], axis=1)))
    starts = np.flatnonzero(changed)
    if len(starts) < 3:
        return np.arange(len(time_s))
    usual_s = float(np.median(np.diff(time_s[starts])))
    in_run_s = time_s - time_s[starts][np.cumsum(changed) - 1]
    turn = np.floor(in_run_s / usual_s + 1e-6)
    return np.flatnonzero(changed | np.concatenate(([True], turn[1:] != turn[:-1])))


def piece_starts(time_s: Float, xy_m: Float, jump_m: float = _MIN_OUTLIER_M) -> Mask:
    """Tell, for (N,) fixes, which begin a piece that has nothing to do with the fix before: a long gap, or a jump.

    A jump is longer than 70 m/s explain by more than ``jump_m``.
    """
    step_s, step_m = np.diff(time_s), np.hypot(*np.diff(xy_m, axis=0).T)
    return np.concatenate(([True], (step_s > PIECE_GAP_S) | (step_m > TOP_SPEED_MPS * step_s + jump_m)))


def refuse_outliers(time_s: Float, xy_m: Float, white_sigma_m: float) -> Int:
    """Give the rows that aren't outliers.

    A fix is refused when it lies off the place that the lines through pairs of its neighbours agree on (their median)
    by more than 10 m, by more than 8 sigma of white noise, and by more than braking or turning back explains; or
    when it is one of a few that the rest of the track could only reach faster than 70 m/s.

    Args:
        time_s: (N,) ascending.
        xy_m: (N, 2).
        white_sigma_m: Of one axis.

    Returns:
        (M,) int64, ascending.
    """
    rows = np.arange(len(time_s))
    # Lone ones before pairs, and near ones last: a bad fix can cut off a few good ones at an end of the track.
    for most, jump_m in ((1, _MIN_OUTLIER_M), (2, _FAR_JUMP_M)):
        rows = rows[~_thrown_far(time_s[rows], xy_m[rows], most, jump_m)]
    for _ in range(_LOOKS):
        pieces = [rows[a:b] for a, b in pairwise(_long_pieces(piece_starts(time_s[rows], xy_m[rows])))]
        off = np.concatenate([_off_their_neighbours(time_s[p], xy_m[p], white_sigma_m) for p in pieces])
        # Only the worst of a neighbourhood goes at each look: a bad fix makes its neighbours look bad.
        refused = (off > 1.0) & (off >= maximum_filter1d(off, 2 * _NEIGHBOURS + 1))
        if not refused.any():
            break
        rows = rows[~refused]
    return rows[~_thrown_far(time_s[rows], xy_m[rows], 2, _MIN_OUTLIER_M)]


def _long_pieces(starts: Mask) -> list[int]:
    """Give where pieces begin and the last ends, each of five fixes or more: a bad fix can cut off a few good ones."""
    bounds = [0]
    for start in np.flatnonzero(starts).tolist():
        if start - bounds[-1] >= _FEWEST and len(starts) - start >= _FEWEST:
            bounds.append(start)
    return [*bounds, len(starts)]


def _thrown_far(time_s: Float, xy_m: Float, most: int, jump_m: float) -> Mask:
    """Tell which fixes are of a group of at most so many that a jump parts from larger groups."""
    starts = piece_starts(time_s, xy_m, jump_m)
    piece = np.cumsum(starts) - 1
    size = np.bincount(piece)
    first = np.flatnonzero(starts)[1:]
    jump = time_s[first] - time_s[first - 1] <= PIECE_GAP_S
    parted = np.zeros(len(size), dtype=bool)
    parted[1:] |= jump
    parted[:-1] |= jump
    thrown: Mask = (parted & (size <= most) & (size < size.max()))[piece]
    return thrown


def _off_their_neighbours(time_s: Float, xy_m: Float, white_sigma_m: float) -> Float:
    """Give how far each fix lies off its neighbours' lines, as a multiple of what is allowed; 0 for fewer than 5."""
    count = len(time_s)
    if count < _FEWEST:
        return np.zeros(count)
    # Three neighbours on either side; near the ends the five nearest: reading on past fixes errs with the way.
    width = min(_NEIGHBOURS, (count - 1) // 2)
    own = np.arange(count)[:, None]
    first = np.clip(np.arange(count) - width, 0, count - 2 * width - 1)
    around = first[:, None] + np.arange(2 * width + 1)[None, :]
    others = around[around != own].reshape(count, 2 * width)
    at_end = (np.arange(count) < width) | (np.arange(count) >= count - width)
    far = at_end[:, None] & (np.argsort(np.argsort(np.abs(others - own), axis=1, kind="stable"), axis=1) >= 5)
    pairs = np.array([(a, b) for a in range(2 * width) for b in range(a + 1, 2 * width)])
    one, two = others[:, pairs[:, 0]], others[:, pairs[:, 1]]
    share = (time_s[:, None] - time_s[one]) / (time_s[two] - time_s[one])
    expected = xy_m[one] + share[:, :, None] * (xy_m[two] - xy_m[one])
    # Inside, only pairs that the fix lies between.
    left_out = np.where(at_end[:, None], far[:, pairs[:, 0]] | far[:, pairs[:, 1]], (one > own) | (two < own))
    expected[left_out] = np.nan
    off_m = np.hypot(*(xy_m - np.nanmedian(expected, axis=1)).T)
    reach_s = np.nanmedian(np.where(far, np.nan, np.abs(time_s[others] - time_s[:, None])), axis=1)
    speed = np.hypot(*np.diff(xy_m, axis=0).T) / np.diff(time_s)
    usual_mps = np.median(speed[np.clip(around[:, :-1], 0, count - 2)], axis=1)
    turned_m = np.minimum(0.5 * _HARDEST_ACCELERATION_MPS2 * reach_s, usual_mps) * reach_s
    allowed_m = np.maximum(max(_MIN_OUTLIER_M, _OUTLIER_SIGMAS * white_sigma_m), turned_m)
    ratio: Float = off_m / allowed_m
    return ratio


def measure_white_noise(time_s: Float, xy_m: Float, *, cleaned: bool) -> float | None:
    """Measure the white noise of fixes from the fixes themselves.

    Four fixes in a row are weighted so that any motion of constant acceleration cancels (a divided difference of third
    order); what is left, scaled by the weights' norm, is noise. A quantile of its length, over the same quantile of a
    Rayleigh distribution, is robust against outliers (Rousseeuw and Croux, Alternatives to the median absolute
    deviation, JASA 88, 1993). An outlier spoils four groups, so that three of them spoil half of a track of twenty
    fixes: before outliers are refused the lower quartile is used, and the median after.

    Args:
        time_s: (N,) ascending.
        xy_m: (N, 2).
        cleaned: Whether outliers have been refused.

    Returns:
        1 sigma of one axis in metres; None where there are fewer than eight usable groups of four, or where the fixes
        are mostly further apart than 4 s.
    """
    if len(time_s) < 4 or float(np.median(np.diff(time_s))) > _LONGEST_STEP_FOR_NOISE_S:
        return None
    times = np.stack([time_s[i : len(time_s) - 3 + i] for i in range(4)], axis=1)
    places = np.stack([xy_m[i : len(time_s) - 3 + i] for i in range(4)], axis=1)
    apart = times[:, :, None] - times[:, None, :] + np.eye(4)
    weights = 1.0 / np.prod(apart, axis=2)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    left_m = np.einsum("ni,nij->nj", weights, places)
    moving = np.all(np.any(np.diff(places, axis=1) != 0.0, axis=2), axis=1)
    dense = times[:, 3] - times[:, 0] <= 3 * _LONGEST_STEP_FOR_NOISE_S
    usable_m = np.hypot(*left_m[moving & dense].T)
    share = 0.5 if cleaned else 0.25
    of_rayleigh = np.sqrt(-2.0 * np.log(1.0 - share))
    return float(np.quantile(usable_m, share) / of_rayleigh) if len(usable_m) >= 8 else None
