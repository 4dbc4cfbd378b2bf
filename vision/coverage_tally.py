"""Counts, bin by bin, what the frames show of the road: in cells, a tenth of a bin each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from vision.coverage_strips import CameraPlaces, Strips
from vision.track_cleaning import Mask
from vision.types import ExaminedFrame, Int

CELLS = 10
"""Cells in a bin."""

NO_POSITION = "no_position"

_STRIP_KEY = 1 << 40
_MIDDLE = _STRIP_KEY >> 1


@dataclass(slots=True)
class Seen:
    """What the frames say of one bin.

    Attributes:
        accepted_cells: Cells of it that accepted frames show.
        cells: Cells of it that the camera came to, sampled or not.
        refused: Refused frames that show any of it, by reason.
        pts_ns: Times of all frames that show any of it.
    """

    accepted_cells: int = 0
    cells: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    pts_ns: list[int] = field(default_factory=list)


Tally = dict[tuple[int, int], Seen]
"""By number of the strip, and of the bin on it."""


@dataclass(frozen=True, slots=True)
class ShownCells:
    """Cells that places show, one row for each place and cell, by place and then along the strip.

    Attributes:
        place: (C,) row of the place.
        strip: (C,) number of the strip.
        cell: (C,) number of the cell: [cell, cell + 1) times its length.
    """

    place: Int
    strip: Int
    cell: Int


def shown_cells(strips: Strips, places: CameraPlaces, view_m: tuple[float, float], cell_m: float) -> ShownCells:
    """Give the cells whose middles lie in the half-open view ahead of each place, and on the road."""
    rows = np.flatnonzero(places.strip >= 0)
    one_end = places.place_m[rows] + places.ahead[rows] * view_m[0]
    other_end = places.place_m[rows] + places.ahead[rows] * view_m[1]
    first = np.ceil(np.minimum(one_end, other_end) / cell_m - 0.5).astype(np.int64)
    end = np.ceil(np.maximum(one_end, other_end) / cell_m - 0.5).astype(np.int64)
    counts = end - first
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    place, cell = np.repeat(rows, counts), np.repeat(first, counts) + within
    strip = places.strip[place]
    low_m, high_m = strips.limits_m()
    middle_m = (cell + 0.5) * cell_m
    on_road = (middle_m >= low_m[strip]) & (middle_m < high_m[strip])
    return ShownCells(place[on_road], strip[on_road], cell[on_road])


def tally(frames: Sequence[ExaminedFrame], placed: Mask, shown: ShownCells, passed: ShownCells) -> Tally:
    """Count what frames show.

    Args:
        frames: As sampled.
        placed: (len(frames),) False where the frame's place was only filled in across a gap.
        shown: Cells that they show.
        passed: Cells that the camera came to, sampled or not.
    """
    result: defaultdict[tuple[int, int], Seen] = defaultdict(Seen)
    bins = np.floor_divide(shown.cell, CELLS)
    fresh = np.ones(len(bins), dtype=bool)
    fresh[1:] = (np.diff(shown.place) != 0) | (np.diff(bins) != 0)
    for place, strip, number in zip(
        shown.place[fresh].tolist(), shown.strip[fresh].tolist(), bins[fresh].tolist(), strict=True
    ):
        seen = result[strip, number]
        seen.pts_ns.append(frames[place].pts_ns)
        reason = frames[place].quality.reason or (None if placed[place] else NO_POSITION)
        if reason is not None:
            seen.refused[reason] += 1
    accepted = placed & np.array([frame.quality.reason is None for frame in frames], dtype=bool)
    good = accepted[shown.place]
    for key, count in _cells_by_bin(shown.strip[good], shown.cell[good]).items():
        result[key].accepted_cells = count
    came = _cells_by_bin(np.concatenate((shown.strip, passed.strip)), np.concatenate((shown.cell, passed.cell)))
    for key, count in came.items():
        result[key].cells = count
    return dict(result)


def _cells_by_bin(strip: Int, cell: Int) -> dict[tuple[int, int], int]:
    """Count the different cells of each bin."""
    distinct = np.unique(strip * _STRIP_KEY + cell + _MIDDLE)
    strips, cells = np.divmod(distinct, _STRIP_KEY)
    bins, counts = np.unique(
        strips * _STRIP_KEY + np.floor_divide(cells - _MIDDLE, CELLS) + _MIDDLE, return_counts=True
    )
    strips, numbers = np.divmod(bins, _STRIP_KEY)
    return dict(zip(zip(strips.tolist(), (numbers - _MIDDLE).tolist(), strict=True), counts.tolist(), strict=True))
