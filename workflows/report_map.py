"""A map drawn from what is known, without tiles: route and coverage, findings, chainage posts, scale bar; north up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from shapely import LineString

from vision.coverage import merge_coverage
from vision.types import CoverageBin
from workflows.report_content import FindingEntry, Stretch
from workflows.report_coverage import road_of
from workflows.report_drawings import MapDrawing, MapLabel, MapLine, MapMark
from workflows.report_format import chainage, distance, severity, words

_WIDTH = 1000.0
_MARGIN = 56.0
_HEIGHTS = (300.0, 640.0)
_METRES_PER_DEGREE = 111_195.0
"""Of latitude, on a sphere of 6371 km: ample for a drawing."""

_MIN_EXTENT_M = 40.0
_MARK_SIZE = 24.0
_POSTS_AT_MOST = 14
_LABEL_OFFSET = 20.0
_LABEL_CHARACTER_WIDTH = 8.0
_LABEL_HEIGHT = 18.0


def draw_map(
    bins: Sequence[CoverageBin], stretches: Sequence[Stretch], findings: Sequence[FindingEntry]
) -> MapDrawing | None:
    """Draw the map; None where neither coverage nor a finding has coordinates."""
    placed = [(entry, entry.facts.latitude_deg, entry.facts.longitude_deg) for entry in findings]
    points = [(lon, lat) for stretch in stretches for lon, lat in stretch.line]
    points += [(lon, lat) for _, lat, lon in placed if lat is not None and lon is not None]
    if not points:
        return None
    sheet = _Sheet.around(points)
    taken: list[_Box] = []
    marks: list[MapMark] = []
    for entry, latitude, longitude in placed:
        if latitude is not None and longitude is not None:
            marks.append(_mark(sheet, entry, latitude, longitude, taken))
    bar_m = nice_below(0.25 * _WIDTH / sheet.units_per_m)
    return MapDrawing(
        width=_WIDTH,
        height=sheet.height,
        lines=tuple(_line(sheet, stretch) for stretch in stretches if len(stretch.line) > 1),
        marks=tuple(sorted(marks, key=lambda mark: (mark.numbered, -mark.number))),
        labels=_posts(sheet, bins, taken),
        scale_bar_m=bar_m,
        scale_bar_width=round(bar_m * sheet.units_per_m, 1),
        unplaced=len(findings) - len(marks),
    )


def nice_below(value: float) -> float:
    """Give the greatest of 1, 2, 5, 10, 20, 50 ... that is at most ``value``, which must be positive."""
    power = 10.0 ** math.floor(math.log10(value))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= value * (1 + 1e-9))


@dataclass(frozen=True, slots=True)
class _Box:
    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: _Box) -> bool:
        return (
            abs(self.x - other.x) * 2 < self.width + other.width
            and abs(self.y - other.y) * 2 < self.height + other.height
        )


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The drawing's frame: equirectangular about its middle, x east and y down in drawing units."""

    middle_lon: float
    middle_lat: float
    units_per_m: float
    height: float

    @classmethod
    def around(cls, points: Sequence[tuple[float, float]]) -> _Sheet:
        west, east = min(p[0] for p in points), max(p[0] for p in points)
        south, north = min(p[1] for p in points), max(p[1] for p in points)
        middle_lat = (south + north) / 2
        across_m = (east - west) * _METRES_PER_DEGREE * math.cos(math.radians(middle_lat))
        along_m = (north - south) * _METRES_PER_DEGREE
        across_m, along_m = max(across_m, _MIN_EXTENT_M), max(along_m, _MIN_EXTENT_M)
        room = _WIDTH - 2 * _MARGIN
        units_per_m = min(room / across_m, (_HEIGHTS[1] - 2 * _MARGIN) / along_m)
        height = min(max(along_m * units_per_m + 2 * _MARGIN, _HEIGHTS[0]), _HEIGHTS[1])
        return cls((west + east) / 2, middle_lat, units_per_m, round(height, 1))

    def place(self, longitude: float, latitude: float) -> tuple[float, float]:
        shrink = math.cos(math.radians(self.middle_lat))
        east_m = (longitude - self.middle_lon) * _METRES_PER_DEGREE * shrink
        north_m = (latitude - self.middle_lat) * _METRES_PER_DEGREE
        x = _WIDTH / 2 + east_m * self.units_per_m
        y = self.height / 2 - north_m * self.units_per_m
        return (round(x, 1), round(y, 1))


def describe_finding(entry: FindingEntry) -> str:
    """Give one line about a finding, for the title of its mark."""
    grade = entry.assessment.severity if entry.assessment else None
    parts = [f"{entry.number}: {entry.class_text}", severity(grade)]
    return ", ".join([*parts, entry.place_text] if entry.place_text else parts)


def describe_stretch(stretch: Stretch) -> str:
    """Give one line about a stretch of coverage, for the title of its line."""
    write = chainage if stretch.route is not None else distance
    where = f"{write(stretch.start_m)} to {write(stretch.end_m)}"
    name = stretch.route or "along the drive"
    why = ", ".join(words(reason) for reason in stretch.reasons)
    state = f"{words(stretch.state)}: {why}" if stretch.state == "invalid" and why else words(stretch.state)
    return f"{name}, {where}, {state}"


def _line(sheet: _Sheet, stretch: Stretch) -> MapLine:
    return MapLine(
        state=stretch.state,
        title=describe_stretch(stretch),
        points=tuple(sheet.place(lon, lat) for lon, lat in stretch.line),
        latlon=tuple((round(lat, 7), round(lon, 7)) for lon, lat in stretch.line),
    )


def _mark(sheet: _Sheet, entry: FindingEntry, latitude: float, longitude: float, taken: list[_Box]) -> MapMark:
    x, y = sheet.place(longitude, latitude)
    box = _Box(x, y, _MARK_SIZE, _MARK_SIZE)
    numbered = not any(box.overlaps(other) for other in taken)
    if numbered:
        taken.append(box)
    return MapMark(
        number=entry.number,
        level=entry.level,
        still_open=entry.still_open,
        title=describe_finding(entry),
        x=x,
        y=y,
        latitude_deg=latitude,
        longitude_deg=longitude,
        position_error_m=entry.facts.position_error_m,
        numbered=numbered,
    )


def _posts(sheet: _Sheet, bins: Sequence[CoverageBin], taken: list[_Box]) -> tuple[MapLabel, ...]:
    """Put chainage posts beside the line wherever their words have room."""
    drawn = [one for one in merge_coverage(bins) if len(one.line) > 1]
    if not drawn:
        return ()
    step = _post_step(drawn)
    posts: list[MapLabel] = []
    done: set[tuple[str, str, int]] = set()
    for one in drawn:
        index = math.ceil(one.start_m / step - 1e-9)
        route, _, drive = road_of(one)
        if index * step >= one.end_m or (route, drive, index) in done:
            continue
        share = (index * step - one.start_m) / (one.end_m - one.start_m)
        text = chainage(index * step) if one.route is not None else distance(index * step)
        post = _post(sheet, one.line, share, text, taken)
        if post is not None:
            done.add((route, drive, index))
            posts.append(post)
    return tuple(posts)


def _post_step(drawn: Sequence[CoverageBin]) -> float:
    total_m = sum(one.end_m - one.start_m for one in drawn)
    step = nice_below(max(total_m / _POSTS_AT_MOST, 10.0))
    while total_m / step > _POSTS_AT_MOST:
        step = nice_below(step * 2.5)
    return step


def _post(
    sheet: _Sheet, line: Sequence[tuple[float, float]], share: float, text: str, taken: list[_Box]
) -> MapLabel | None:
    at = LineString(line).interpolate(share, normalized=True)
    ahead_x, ahead_y = _direction(sheet, line[0], line[-1])
    x, y = sheet.place(at.x, at.y)
    width = len(text) * _LABEL_CHARACTER_WIDTH
    for side in (1.0, -1.0, 1.7, -1.7):
        reach_x = _LABEL_OFFSET + width / 2 * abs(ahead_y)
        text_x, text_y = x - ahead_y * side * reach_x, y + ahead_x * side * _LABEL_OFFSET
        box = _Box(text_x, text_y, width, _LABEL_HEIGHT)
        inside = width / 2 < text_x < _WIDTH - width / 2 and _LABEL_HEIGHT < text_y < sheet.height - _LABEL_HEIGHT
        if inside and not any(box.overlaps(other) for other in taken):
            taken.append(box)
            return MapLabel(
                text=text,
                x=x,
                y=y,
                text_x=round(text_x, 1),
                text_y=round(text_y, 1),
                latitude_deg=at.y,
                longitude_deg=at.x,
            )
    return None


def _direction(sheet: _Sheet, start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    """Give the unit vector from start to end on the sheet; along +x where they are one point."""
    east = (end[0] - start[0]) * math.cos(math.radians(sheet.middle_lat))
    south = start[1] - end[1]
    length = math.hypot(east, south)
    return (east / length, south / length) if length > 0 else (1.0, 0.0)
