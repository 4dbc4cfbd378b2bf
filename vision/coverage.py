"""Which stretches of road were validly seen, which were not and why, and which were not driven."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np

from vision.coverage_strips import DRIVE, Road, Strips
from vision.coverage_tally import CELLS, Seen, Tally, shown_cells, tally
from vision.site import Carriageway, Site
from vision.trajectory import Trajectory
from vision.types import CoverageBin, CoverageState, ExaminedFrame

GOOD_VIEW_M = (4.0, 14.0)
"""From where a car's bonnet ends to where a pixel is 15 mm wide on the road (1280 px over 70 degrees)."""

BIN_M = 10.0

NOT_EXAMINED = "not_examined"

_ENOUGH = 0.5
"""Share of a bin that must have been seen."""

_SLIVER = 0.01
"""A route's end that reaches into a bin by less than this share of it makes no bin."""


def coverage_bins(
    footage_id: str,
    examined: Sequence[ExaminedFrame],
    trajectory: Trajectory | None,
    site: Site | None,
    view_m: tuple[float, float] = GOOD_VIEW_M,
    bin_m: float = BIN_M,
) -> tuple[CoverageBin, ...]:
    """Tell for each bin of road whether one footage shows it well enough to judge.

    Bins run along the chainage of the site's routes, a set for each carriageway that was driven; along the chainage of
    a chainage file; or, off every route and without a site, along the distance driven. They start at whole multiples
    of ``bin_m`` and are cut at a route's ends. A bin is

    - ``valid`` if the accepted frames together had at least half of it in the good view ahead of the camera;
    - ``invalid`` if not, though the camera came to half of it: with the refused frames that show any of it, by
      reason. ``no_position`` counts frames in a gap of the track, spread evenly over the gap; ``not_examined`` (0
      frames) says that none was refused, but the sampled ones lie too far apart;
    - ``not_driven`` if the route has it and the camera never came to half of it. A carriageway that was not driven at
      all makes no bins beside one that was; a route that was not driven either way makes one set, without carriageway.

    Args:
        footage_id: Of the footage.
        examined: Its sampled frames, in any order.
        trajectory: None where the footage carries no position: then there are no bins.
        site: None where there is none.
        view_m: Nearest and farthest ground distance ahead of the camera that is seen well enough to judge, metres.
        bin_m: Length of a bin, metres.

    Returns:
        Bins by route as in the site, carriageway, and start; those along the drive last.
    """
    if trajectory is None or not examined:
        return ()
    frames = sorted(examined, key=lambda frame: frame.pts_ns)
    pts_ns = np.array([frame.pts_ns for frame in frames], dtype=np.int64)
    strips = Strips.of(trajectory, site)
    places, cell_m = strips.across_gaps(pts_ns), bin_m / CELLS
    passed = strips.passed(int(pts_ns[0]), int(pts_ns[-1]), cell_m)
    counted = tally(
        frames,
        places.placed,
        shown_cells(strips, places, view_m, cell_m),
        shown_cells(strips, passed, view_m, cell_m),
    )
    numbers: defaultdict[int, set[int]] = defaultdict(set)
    for strip_number, bin_number in counted:
        numbers[strip_number].add(bin_number)
    maker = _BinMaker(footage_id, counted, bin_m)
    result: list[CoverageBin] = []
    for index, road in enumerate(strips.roads):
        both = (1 + 2 * index, 2 + 2 * index)
        driven = [strip for strip in both if numbers[strip]]
        for strip_number in driven:
            result.extend(maker.on_road(road, strip_number, strips.carriageway(strip_number), numbers[strip_number]))
        if not driven:
            result.extend(maker.on_road(road, both[0], None, set()))
    result.extend(maker.on_drive(strips, sorted(numbers[DRIVE])))
    return tuple(result)


def merge_coverage(bins: Iterable[CoverageBin]) -> tuple[CoverageBin, ...]:
    """Join the bins of several footages, so that a bin is as well covered as the best of them covers it.

    Bins of one route, carriageway and stretch are joined: valid where any is; else invalid where any is, with the
    frames of all by reason; ``not_driven`` where all are. Times and ``footage_id`` are those of the first footage, by
    id, that has the joint state. Bins along a drive belong to that drive alone and are kept. The order of the bins
    makes no difference, nor does a bin that is given twice.

    Returns:
        Bins by name of the route, carriageway and start; those along drives last, by footage.
    """
    groups: dict[tuple[object, ...], dict[str | None, CoverageBin]] = {}
    for one in bins:
        owner = one.footage_id if one.route is None else None
        key = (one.route, owner, one.carriageway, one.start_m, one.end_m)
        mine = groups.setdefault(key, {})
        known = mine.get(one.footage_id)
        mine[one.footage_id] = one if known is None else _better(known, one)
    driven = {key[0] for key in groups if key[0] is not None and key[2] is not None}
    joined = [
        _join(list(group.values())) for key, group in groups.items() if key[0] not in driven or key[2] is not None
    ]
    return tuple(sorted(joined, key=_order))


def covered_length_m(bins: Iterable[CoverageBin]) -> dict[CoverageState, float]:
    """Add up the metres of bins by state; all three states are there."""
    total: dict[CoverageState, float] = dict.fromkeys(get_args(CoverageState), 0.0)
    for one in bins:
        total[one.state] += one.end_m - one.start_m
    return total


@dataclass(frozen=True, slots=True)
class _BinMaker:
    """Makes bins of what the frames say of them."""

    footage_id: str
    counted: Tally
    bin_m: float

    def on_road(
        self, road: Road, strip: int, carriageway: Carriageway | None, numbers: set[int]
    ) -> Iterator[CoverageBin]:
        """Make the bins of a road: all that its route has, else all between the first and the last that are known."""
        low_m, high_m = road.limits_m
        if np.isfinite(high_m):
            first, end = low_m / self.bin_m + _SLIVER, high_m / self.bin_m - _SLIVER
            numbers = set(range(int(np.floor(first)), int(np.ceil(end))))
        else:
            numbers = {number for number in numbers if self.counted[strip, number].cells >= _ENOUGH * CELLS}
        for number in range(min(numbers), max(numbers) + 1) if numbers else ():
            start_m, end_m = max(low_m, number * self.bin_m), min(high_m, (number + 1) * self.bin_m)
            line = road.route.line_between(start_m, end_m) if road.route is not None else ()
            made = CoverageBin(start_m, end_m, road.name, "not_driven", line=line)
            made = replace(made, carriageway=carriageway if road.name is not None else None)
            yield self._filled(made, self.counted.get((strip, number)))

    def on_drive(self, strips: Strips, numbers: list[int]) -> Iterator[CoverageBin]:
        """Make the bins along the drive that the camera came to."""
        starts = np.array(numbers, dtype=np.float64) * self.bin_m
        for start_m, number, line in zip(
            starts.tolist(), numbers, strips.drive_lines(starts, starts + self.bin_m), strict=True
        ):
            made = CoverageBin(start_m, start_m + self.bin_m, None, "not_driven", line=line)
            made = self._filled(made, self.counted[DRIVE, number])
            if made.state != "not_driven":
                yield made

    def _filled(self, made: CoverageBin, seen: Seen | None) -> CoverageBin:
        enough = _ENOUGH * (made.end_m - made.start_m) / self.bin_m * CELLS
        if seen is None or seen.cells < enough:
            return made
        valid = seen.accepted_cells >= enough
        refusals = dict(sorted(seen.refused.items())) or {NOT_EXAMINED: 0}
        return replace(
            made,
            state="valid" if valid else "invalid",
            reasons={} if valid else refusals,
            footage_id=self.footage_id,
            first_pts_ns=min(seen.pts_ns, default=None),
            last_pts_ns=max(seen.pts_ns, default=None),
        )


def _join(group: list[CoverageBin]) -> CoverageBin:
    """Join the bins of one stretch, one for each footage."""
    best = min(group, key=_rank)
    if best.state != "invalid":
        return best
    reasons: Counter[str] = Counter()
    for one in group:
        reasons.update(one.reasons)
    if len(reasons) > 1 and not reasons[NOT_EXAMINED]:
        del reasons[NOT_EXAMINED]
    return replace(best, reasons=dict(sorted(reasons.items())))


def _better(one: CoverageBin, other: CoverageBin) -> CoverageBin:
    return min(one, other, key=_rank)


def _rank(one: CoverageBin) -> tuple[int, str, int]:
    """Order bins of one stretch: valid before invalid before not driven, then by footage."""
    states = ("valid", "invalid", "not_driven")
    return states.index(one.state), one.footage_id or "", one.first_pts_ns if one.first_pts_ns is not None else -1


def _order(one: CoverageBin) -> tuple[bool, str, str, float]:
    owner = one.route if one.route is not None else one.footage_id
    return one.route is None, owner or "", one.carriageway or "", one.start_m
