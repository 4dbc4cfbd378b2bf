"""Score findings against a simulated drive's truth: events found, events invented, doubles, place and size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pyproj import Geod
from scipy.optimize import linear_sum_assignment

MATCH_M = 5.0
"""A finding further from every planted defect than this is invented; 2 m GPS noise moves few by more."""

DUPLICATE_M = 2.0
"""A second finding this near to a planted defect that has its finding already is a double, not an invention."""

WGS84 = Geod(ellps="WGS84")
_NO_MATCH = 1e6


@dataclass(frozen=True, slots=True)
class Event:
    """A planted defect, or a finding.

    Attributes:
        class_name: What it is (called).
        latitude_deg: WGS 84.
        longitude_deg: WGS 84.
        area_m2: NaN where unknown.
    """

    class_name: str
    latitude_deg: float
    longitude_deg: float
    area_m2: float

    @property
    def mean_diameter_m(self) -> float:
        """Of the circle with the same area, as ASTM D6433 measures potholes."""
        return 2.0 * math.sqrt(self.area_m2 / math.pi)


@dataclass(frozen=True, slots=True)
class Score:
    """How findings of one class compare with the truth; sums, so that drives can be added.

    Attributes:
        planted: Defects of the class, at least as large as asked.
        found: Of these, how many have a finding.
        reported: Findings of the class, at least as large as asked.
        right: Of these, how many have a planted defect of the class, of any size.
        doubles: Findings beside a planted defect that another finding has already.
        place_errors_m: Distance from finding to defect, of every match.
        area_errors: |measured - planted| / planted, of every match with an area.
    """

    planted: int = 0
    found: int = 0
    reported: int = 0
    right: int = 0
    doubles: int = 0
    place_errors_m: tuple[float, ...] = ()
    area_errors: tuple[float, ...] = ()

    def __add__(self, other: Score) -> Score:
        return Score(
            self.planted + other.planted,
            self.found + other.found,
            self.reported + other.reported,
            self.right + other.right,
            self.doubles + other.doubles,
            self.place_errors_m + other.place_errors_m,
            self.area_errors + other.area_errors,
        )

    @property
    def recall(self) -> float:
        """Part of the planted defects that were found; NaN where none was planted."""
        return self.found / self.planted if self.planted else math.nan

    @property
    def precision(self) -> float:
        """Part of the findings that are so; NaN where nothing was reported."""
        return self.right / self.reported if self.reported else math.nan

    @property
    def duplicate_rate(self) -> float:
        """Doubles among the findings; NaN where nothing was reported."""
        return self.doubles / self.reported if self.reported else math.nan

    @property
    def median_place_error_m(self) -> float:
        """NaN where nothing matched."""
        return float(np.median(self.place_errors_m)) if self.place_errors_m else math.nan

    @property
    def median_area_error(self) -> float:
        """Relative; NaN where nothing matched."""
        return float(np.median(self.area_errors)) if self.area_errors else math.nan


def score_class(
    truth: Sequence[Event], findings: Sequence[Event], classes: frozenset[str], min_diameter_m: float = 0.0
) -> Score:
    """Match the findings of some classes to the planted defects of these classes, one to one, nearest first.

    Args:
        truth: Every planted defect of the drive.
        findings: Every finding that is not rejected.
        classes: Names that count as one class here.
        min_diameter_m: Defects and unmatched findings smaller than this don't count.
    """
    planted = [event for event in truth if event.class_name in classes]
    reported = [event for event in findings if event.class_name in classes]
    distance = _distances_m(reported, planted)
    matches = _match(distance)
    counted = [
        row
        for row, event in enumerate(reported)
        if row in matches or math.isnan(event.area_m2) or event.mean_diameter_m >= min_diameter_m
    ]
    large = {column for column, event in enumerate(planted) if event.mean_diameter_m >= min_diameter_m}
    found = {column: row for row, column in matches.items() if column in large}
    doubles = [row for row in counted if row not in matches and (distance[row] <= DUPLICATE_M).any()]
    areas = [(reported[row].area_m2, planted[column].area_m2) for column, row in found.items()]
    return Score(
        planted=len(large),
        found=len(found),
        reported=len(counted),
        right=sum(row in matches for row in counted),
        doubles=len(doubles),
        place_errors_m=tuple(float(distance[row, column]) for column, row in found.items()),
        area_errors=tuple(abs(got - true) / true for got, true in areas if math.isfinite(got) and true > 0),
    )


def _distances_m(
    findings: Sequence[Event], planted: Sequence[Event]
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    result = np.full((len(findings), len(planted)), _NO_MATCH)
    for row, finding in enumerate(findings):
        for column, defect in enumerate(planted):
            _, _, metres = WGS84.inv(
                finding.longitude_deg, finding.latitude_deg, defect.longitude_deg, defect.latitude_deg
            )
            result[row, column] = metres
    return result


def _match(distance: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> dict[int, int]:
    if not distance.size:
        return {}
    cost = np.where(distance <= MATCH_M, distance, _NO_MATCH)
    rows, columns = linear_sum_assignment(cost)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {row: column for row, column in pairs if cost[row, column] < _NO_MATCH}
