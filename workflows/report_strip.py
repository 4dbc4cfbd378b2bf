"""Straight-line strip diagrams: a road by chainage, a drive by distance, or footage by time where no place is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from shapely import LineString, Point

from vision.types import CoverageBin
from workflows.report_content import FindingEntry, FootageNote, Stretch
from workflows.report_drawings import StripBand, StripDrawing, StripMark, StripRow, StripTick
from workflows.report_format import chainage, clock_seconds, distance, words
from workflows.report_map import describe_finding, describe_stretch

_ROWS = (4, 24)
"""At most so many rows: the fewer unless there are many findings."""

_FINDINGS_A_ROW = 15
_ROW_LENGTHS_M = tuple(step * 10.0**power for power in range(2, 7) for step in (1, 2, 5))
_ROW_LENGTHS_S = (10.0, 50.0, 100.0, 300.0, 600.0, 1500.0, 3000.0, 6000.0, 18_000.0, 36_000.0)
_TICKS_A_ROW = 10
_EDGE_PERCENT = 2.0
_MIDDLE_PX = 64.0
_HALF_PX = 44.0
_OFFSET_UNKNOWN_PX = 10.0
_MARK_PX = 22.0
_NOMINAL_WIDTH_PX = 940.0
"""Width at which marks are tested for room; on a narrower screen they overlap, the most urgent on top."""

_LATERAL_STEPS_M = (4.0, 6.0, 8.0, 12.0, 16.0, 20.0)
_METRES_PER_DEGREE = 111_195.0
_OFF_ROAD_M = 30.0
"""A place further than this from a drive's line isn't put on its strip."""


def draw_strips(
    bins: Sequence[CoverageBin],
    stretches: Sequence[Stretch],
    findings: Sequence[FindingEntry],
    footages: Sequence[FootageNote],
) -> tuple[StripDrawing, ...]:
    """Draw one strip a route, one a drive without a route, and one a footage whose findings have no place."""
    on_routes = [one for one in findings if one.facts.route is not None and one.facts.chainage_m is not None]
    routes = {one.route for one in stretches if one.route is not None} | {one.facts.route for one in on_routes}
    strips = [
        _route_strip(route, stretches, [one for one in on_routes if one.facts.route == route])
        for route in sorted(name for name in routes if name is not None)
    ]
    elsewhere = [one for one in findings if one not in on_routes]
    for footage in footages:
        own = [one for one in elsewhere if one.facts.footage_id == footage.footage_id]
        strips += _footage_strips(footage, bins, stretches, own)
    return tuple(strips)


@dataclass(frozen=True, slots=True)
class _Axis:
    """What runs from left to right, and how it is cut into rows."""

    row: float
    tick: float
    start: float
    end: float
    write: Callable[[float], str]

    @classmethod
    def over(
        cls, start: float, end: float, findings: int, row_lengths: Sequence[float], write: Callable[[float], str]
    ) -> _Axis:
        span = max(end - start, 1e-6)
        rows = min(max(findings // _FINDINGS_A_ROW, _ROWS[0]), _ROWS[1])
        row = next((one for one in row_lengths if math.ceil(span / one) <= rows), row_lengths[-1])
        tick = row / _TICKS_A_ROW
        first = math.floor(start / tick + 1e-9) * tick
        last = max(math.ceil(end / tick - 1e-9) * tick, first + tick)
        return cls(min(row, last - first), tick, first, last, write)

    def rows(self) -> list[tuple[float, float]]:
        count = math.ceil((self.end - self.start) / self.row - 1e-9)
        return [(self.start + i * self.row, min(self.start + (i + 1) * self.row, self.end)) for i in range(count)]

    def x(self, value: float, row_start: float) -> float:
        return round(_EDGE_PERCENT + (100 - 2 * _EDGE_PERCENT) * (value - row_start) / self.row, 3)

    def ticks(self, row_start: float, row_end: float) -> tuple[StripTick, ...]:
        step = self.tick
        count = int((row_end - row_start) / step + 1e-6)
        return tuple(
            StripTick(
                x=self.x(row_start + i * step, row_start),
                text=self.write(row_start + i * step) if i % 2 == 0 else None,
            )
            for i in range(count + 1)
        )


@dataclass(frozen=True, slots=True)
class _Spot:
    """A finding with its place on the axis, and its offset where that is known."""

    entry: FindingEntry
    at: float
    lateral_m: float | None


def _route_strip(route: str | None, stretches: Sequence[Stretch], findings: Sequence[FindingEntry]) -> StripDrawing:
    own = [one for one in stretches if one.route == route]
    spots = [
        _Spot(one, one.facts.chainage_m, one.facts.lateral_m) for one in findings if one.facts.chainage_m is not None
    ]
    ends = [one.start_m for one in own] + [one.end_m for one in own] + [spot.at for spot in spots]
    axis = _Axis.over(min(ends), max(ends), len(spots), _ROW_LENGTHS_M, chainage)
    lanes: list[str] = [name for name in ("forward", "backward") if any(one.carriageway == name for one in own)] or [""]
    return StripDrawing(
        title=route or "",
        axis="chainage",
        lateral_max_m=_lateral_max(spots),
        lanes=tuple(words(lane) for lane in lanes),
        rows=_rows(axis, own, lanes, spots),
        unplaced=0,
    )


def _footage_strips(
    footage: FootageNote, bins: Sequence[CoverageBin], stretches: Sequence[Stretch], findings: Sequence[FindingEntry]
) -> list[StripDrawing]:
    """Draw the drive by distance where it has positions, and by time what has none."""
    strips: list[StripDrawing] = []
    own = [one for one in stretches if one.route is None and footage.footage_id in one.footage_ids]
    with_place = [one for one in findings if one.facts.latitude_deg is not None]
    if own:
        drive = [
            one for one in bins if one.route is None and one.footage_id == footage.footage_id and len(one.line) > 1
        ]
        spots = [spot for one in with_place if (spot := _along_drive(one, drive)) is not None]
        axis = _Axis.over(own[0].start_m, own[-1].end_m, len(spots), _ROW_LENGTHS_M, distance)
        strips.append(
            StripDrawing(
                title=footage.name,
                axis="distance",
                lateral_max_m=_lateral_max(spots),
                lanes=("",),
                rows=_rows(axis, own, [""], spots),
                unplaced=len(with_place) - len(spots),
            )
        )
    without = [one for one in findings if one.facts.latitude_deg is None]
    if without or (footage.position_source is None and not own):
        strips.append(_time_strip(footage, without))
    return strips


def _time_strip(footage: FootageNote, findings: Sequence[FindingEntry]) -> StripDrawing:
    axis = _Axis.over(0.0, max(footage.duration_s, 1.0), len(findings), _ROW_LENGTHS_S, clock_seconds)
    return StripDrawing(
        title=footage.name,
        axis="time",
        lateral_max_m=None,
        lanes=(),
        rows=_rows(axis, [], [], [_Spot(one, one.facts.frame_pts_s, None) for one in findings]),
        unplaced=0,
    )


def _along_drive(entry: FindingEntry, drive: Sequence[CoverageBin]) -> _Spot | None:
    """Project a finding's place on the nearest bin of its drive: distance along it, and offset (left is positive)."""
    latitude, longitude = entry.facts.latitude_deg, entry.facts.longitude_deg
    if latitude is None or longitude is None or not drive:
        return None
    shrink = math.cos(math.radians(latitude))

    def flat(lon: float, lat: float) -> tuple[float, float]:
        return ((lon - longitude) * _METRES_PER_DEGREE * shrink, (lat - latitude) * _METRES_PER_DEGREE)

    lines = [LineString([flat(lon, lat) for lon, lat in one.line]) for one in drive]
    here = Point(0.0, 0.0)
    nearest = min(range(len(drive)), key=lambda i: lines[i].distance(here))
    line, one = lines[nearest], drive[nearest]
    if line.distance(here) > _OFF_ROAD_M:
        return None
    share = line.project(here, normalized=True)
    (x1, y1), (x2, y2) = line.coords[0], line.coords[-1]
    length = math.hypot(x2 - x1, y2 - y1)
    left_m = ((x2 - x1) * -y1 - (y2 - y1) * -x1) / length if length > 0 else None
    return _Spot(entry, one.start_m + share * (one.end_m - one.start_m), left_m)


def _lateral_max(spots: Iterable[_Spot]) -> float | None:
    offsets = [abs(spot.lateral_m) for spot in spots if spot.lateral_m is not None]
    if not offsets:
        return None
    return next((step for step in _LATERAL_STEPS_M if step >= max(offsets)), _LATERAL_STEPS_M[-1])


def _rows(
    axis: _Axis, stretches: Sequence[Stretch], lanes: Sequence[str], spots: Sequence[_Spot]
) -> tuple[StripRow, ...]:
    """Cut everything into rows; a row with neither road nor finding is left out."""
    lateral_max_m = _lateral_max(spots)
    rows: list[StripRow] = []
    for start, end in axis.rows():
        bands = _bands(axis, stretches, lanes, start, end)
        here = [spot for spot in spots if start <= spot.at < end or (spot.at == end == axis.end)]
        if bands or here or not stretches:
            rows.append(
                StripRow(
                    start_text=axis.write(start),
                    end_text=axis.write(end),
                    width=round(axis.x(end, start) + _EDGE_PERCENT, 3),
                    ticks=axis.ticks(start, end),
                    bands=bands,
                    marks=_marks(axis, here, start, lateral_max_m),
                )
            )
    return tuple(rows)


def _bands(
    axis: _Axis, stretches: Sequence[Stretch], lanes: Sequence[str], start: float, end: float
) -> tuple[StripBand, ...]:
    return tuple(
        StripBand(
            state=one.state,
            x1=axis.x(max(one.start_m, start), start),
            x2=axis.x(min(one.end_m, end), start),
            lane=lane,
            title=describe_stretch(one),
        )
        for one in stretches
        if one.start_m < end and one.end_m > start
        for lane, name in enumerate(lanes)
        if one.carriageway is None or one.carriageway == name
    )


def _marks(axis: _Axis, spots: Sequence[_Spot], start: float, lateral_max_m: float | None) -> tuple[StripMark, ...]:
    marks: list[StripMark] = []
    for spot in sorted(spots, key=lambda one: one.entry.number):
        x, y = axis.x(spot.at, start), _height_px(spot.lateral_m, lateral_max_m)
        room = all(
            abs(x - other.x) / 100 * _NOMINAL_WIDTH_PX >= _MARK_PX or abs(y - other.y) >= _MARK_PX
            for other in marks
            if other.numbered
        )
        marks.append(
            StripMark(
                number=spot.entry.number,
                level=spot.entry.level,
                still_open=spot.entry.still_open,
                title=describe_finding(spot.entry),
                x=x,
                y=y,
                numbered=room,
            )
        )
    return tuple(sorted(marks, key=lambda mark: (mark.numbered, -mark.number)))


def _height_px(lateral_m: float | None, lateral_max_m: float | None) -> float:
    if lateral_max_m is None:
        return _MIDDLE_PX
    if lateral_m is None:
        return _OFFSET_UNKNOWN_PX
    share = max(-1.0, min(1.0, lateral_m / lateral_max_m))
    return round(_MIDDLE_PX - share * _HALF_PX, 1)
