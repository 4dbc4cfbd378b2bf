"""Makes the knots of a trajectory out of offsets along road sections."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from vision.local_frame import ChainageSection, LocalFrame
from vision.track_cleaning import merge_repeats
from vision.track_knots import Knots, unsmoothed_knots
from vision.types import Float

CHAINAGE_ERROR_M = 1.0
"""1 sigma: survey offsets are written to the metre, and an odometer is read between two pictures."""

YAW_SIGMA_DEG = 2.0
"""1 sigma of the vehicle against the road's direction: an assumption, since nothing in a chainage file tells it."""

_SECTIONS_APART_M = 1000.0
_PROGRESS_ROWS = 3


def chainage_frame(chainage_m: Float, routes: Sequence[str] | None, route: str | None) -> tuple[LocalFrame, Float]:
    """Make the frame of a chainage file, and give the x of each row in it.

    With one route, x is the chainage. Several are laid one after the other in the order of their first rows, 1 km
    apart, so that no gap between them is bridged.

    Args:
        chainage_m: (N,).
        routes: Section of each row, where there are several.
        route: The one section, if it has a name.
    """
    if routes is None:
        return LocalFrame.along(route), chainage_m
    names = np.array(routes)
    x_m, sections, place_m = np.empty(len(chainage_m)), [], 0.0
    for name in dict.fromkeys(routes):
        mine = names == name
        start, end = float(chainage_m[mine].min()), float(chainage_m[mine].max())
        sections.append(ChainageSection(name, place_m - start, start, end))
        x_m[mine] = chainage_m[mine] + (place_m - start)
        place_m += end - start + _SECTIONS_APART_M
    return LocalFrame.along(None, tuple(sections)), x_m


def chainage_knots(time_s: Float, x_m: Float) -> Knots:
    """Make knots out of (N,) offsets: taken as they are, driven backward where they fall.

    The velocity at a row is the slower of the two to its neighbours, so that a real gap between two stills, or a jump
    to another section, makes no speed. The direction is that of the progress over three rows before and after.
    """
    fresh = merge_repeats(time_s, np.stack((x_m, np.zeros_like(x_m)), axis=1))
    time_s, x_m = time_s[fresh], x_m[fresh]
    own = np.arange(len(time_s))
    slope = np.abs(np.diff(x_m)) / np.diff(time_s)
    speed = np.minimum(np.concatenate((slope[:1], slope)), np.concatenate((slope, slope[-1:])))
    # A jump to another section points nowhere: progress is that within the run of rows between two jumps.
    run = np.concatenate(([0], np.cumsum(np.abs(np.diff(x_m)) > _SECTIONS_APART_M / 2)))
    first, last = np.searchsorted(run, run), np.searchsorted(run, run, side="right") - 1
    progress = x_m[np.minimum(own + _PROGRESS_ROWS, last)] - x_m[np.maximum(own - _PROGRESS_ROWS, first)]
    velocity = np.stack((np.sign(progress) * speed, np.zeros(len(own))), axis=1)
    error = np.full(len(own), CHAINAGE_ERROR_M)
    return unsmoothed_knots(
        time_s,
        np.stack((x_m, np.zeros(len(own))), axis=1),
        velocity,
        error,
        speed * math.tan(math.radians(YAW_SIGMA_DEG)),
    )
