"""Coverage for people: lengths, and neighbouring bins merged into stretches that one can drive to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from vision.coverage import covered_length_m, merge_coverage
from vision.types import CoverageBin
from workflows.report_content import CoveredLengths, Stretch

_SAME_PLACE_M = 0.5
"""Bins whose ends lie this close together are neighbours."""

_Road = tuple[str, str, str]


def cover_lengths(bins: Sequence[CoverageBin]) -> CoveredLengths | None:
    """Sum the road by its best state over all passes; None without any bin, which is not the same as nothing seen.

    Each direction of travel counts for itself, since it is another piece of pavement.
    """
    if not bins:
        return None
    metres = covered_length_m(merge_coverage(bins))
    on_route = any(one.route is not None for one in bins)
    return CoveredLengths(
        valid_m=metres["valid"],
        invalid_m=metres["invalid"],
        not_driven_m=metres["not_driven"] if on_route else None,
    )


def road_of(road: CoverageBin | Stretch) -> _Road:
    """Name the line that chainage counts along: a route and direction, or a drive."""
    drive = "" if road.route is not None else _drive_of(road)
    return (road.route or "", road.carriageway or "", drive)


def merge_stretches(bins: Sequence[CoverageBin], footage_names: Mapping[str, str]) -> tuple[Stretch, ...]:
    """Merge the bins, each as its best pass saw it, into runs of one state, in order along each road."""
    runs: list[list[CoverageBin]] = []
    for one in merge_coverage(bins):
        if runs and _continues(runs[-1][-1], one):
            runs[-1].append(one)
        else:
            runs.append([one])
    return tuple(_stretch(run, footage_names) for run in runs)


def _continues(before: CoverageBin, after: CoverageBin) -> bool:
    return (
        road_of(before) == road_of(after)
        and before.state == after.state
        and abs(before.end_m - after.start_m) <= _SAME_PLACE_M
        and bool(before.line) == bool(after.line)
    )


def _stretch(run: Sequence[CoverageBin], footage_names: Mapping[str, str]) -> Stretch:
    reasons: Counter[str] = Counter()
    line: list[tuple[float, float]] = []
    for one in run:
        reasons.update(one.reasons)
        line.extend(point for point in one.line if not line or point != line[-1])
    footages = sorted({one.footage_id for one in run if one.footage_id is not None})
    first = [one.first_pts_ns for one in run if one.first_pts_ns is not None]
    last = [one.last_pts_ns for one in run if one.last_pts_ns is not None]
    timed = len(footages) == 1 and bool(first) and bool(last)
    return Stretch(
        route=run[0].route,
        carriageway=run[0].carriageway,
        state=run[0].state,
        start_m=run[0].start_m,
        end_m=run[-1].end_m,
        reasons=dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        footage_ids=tuple(footages),
        footage_names=tuple(footage_names.get(footage, footage[:12]) for footage in footages),
        first_pts_s=min(first) / 1e9 if timed else None,
        last_pts_s=max(last) / 1e9 if timed else None,
        line=tuple(line),
    )


def _drive_of(road: CoverageBin | Stretch) -> str:
    if isinstance(road, Stretch):
        return road.footage_ids[0] if road.footage_ids else ""
    return road.footage_id or ""
