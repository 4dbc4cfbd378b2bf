"""Joins what several frames show on one part into defects, each once, measured in millimetres.

A part moves along the belt without turning, so a mark keeps its place against the middle of the part's box. What only
few of the frames show is glare, dust or a reflection that stays in the picture while the part moves on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from vision.line.belt import Box
from vision.line.surface_eye import Mark, Outline
from vision.line.verdict import PartDefect


@dataclass(frozen=True, slots=True)
class DefectRules:
    """When marks are one defect, and when a defect is there.

    Attributes:
        reach_px: Marks no further apart are one: a crack is often found in pieces.
        least_looks: Looks that must show it.
        least_share: Of the part's looks, those that must show it.
        least_confidence: Mean of its best marks, one a look.
    """

    reach_px: float = 4.0
    least_looks: int = 2
    least_share: float = 0.34
    least_confidence: float = 0.3


@dataclass(frozen=True, slots=True)
class PartLook:
    """One frame's look at a part.

    Attributes:
        pts_ns: When.
        xyxy: The part's box, in pixels of the frame.
        marks: What it showed.
    """

    pts_ns: int
    xyxy: Box
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class DefectView:
    """One frame's view of a defect: when, its box and outline in pixels of the frame, and the detector's confidence."""

    pts_ns: int
    xyxy: Box
    outline: Outline
    confidence: float


@dataclass(frozen=True, slots=True)
class SeenDefect:
    """One defect of one part.

    Attributes:
        defect: Kind and sizes; medians over the views.
        confidence: Mean of the detector's over the views.
        views: By time, one a look that shows it.
        offset_px: Of its middle from the middle of the part's box, right and down.
    """

    defect: PartDefect
    confidence: float
    views: tuple[DefectView, ...]
    offset_px: tuple[float, float]

    @property
    def best(self) -> DefectView:
        """The view that the detector was surest of."""
        return max(self.views, key=lambda view: view.confidence)


@dataclass(slots=True)
class _Group:
    shape: BaseGeometry
    marks: dict[int, list[tuple[Mark, BaseGeometry]]] = field(default_factory=lambda: defaultdict(list))


def merge_looks(looks: Sequence[PartLook], mm_per_px: float | None, rules: DefectRules) -> tuple[SeenDefect, ...]:
    """Give a part's defects, the surest first.

    Args:
        looks: Of one part, by time.
        mm_per_px: At the belt; None where sizes can't be told.
        rules: When marks are one defect.
    """
    groups: list[_Group] = []
    for index, look in enumerate(looks):
        for mark in look.marks:
            _join(groups, index, mark, _about_middle(mark.outline, look.xyxy), rules)
    needed = max(rules.least_looks, rules.least_share * len(looks))
    seen = [_defect(group, looks, mm_per_px) for group in groups if len(group.marks) >= needed]
    sure = [one for one in seen if one.confidence >= rules.least_confidence]
    return tuple(sorted(sure, key=lambda one: (-one.confidence, one.views[0].pts_ns)))


def _join(groups: list[_Group], look: int, mark: Mark, shape: BaseGeometry, rules: DefectRules) -> None:
    """Put a mark into the groups that it touches, which it makes one; else begin one."""
    near = [group for group in groups if group.shape.distance(shape) <= rules.reach_px]
    joined = _Group(shapely.union_all([shape, *(group.shape for group in near)]))
    for group in near:
        groups.remove(group)
        for index, marks in group.marks.items():
            joined.marks[index].extend(marks)
    joined.marks[look].append((mark, shape))
    groups.append(joined)


def _about_middle(outline: Outline, part: Box) -> BaseGeometry:
    """Give an outline in pixels from the middle of the part's box."""
    middle = np.array([part[0] + part[2], part[1] + part[3]]) / 2.0
    polygon = shapely.make_valid(Polygon(np.asarray(outline) - middle))
    return polygon if polygon.area > 0.0 else polygon.buffer(0.5)


def _defect(group: _Group, looks: Sequence[PartLook], mm_per_px: float | None) -> SeenDefect:
    votes: dict[str, float] = defaultdict(float)
    views, sizes = [], []
    for index in sorted(group.marks):
        marks = group.marks[index]
        for mark, _ in marks:
            votes[mark.kind] += mark.confidence
        best = max((mark for mark, _ in marks), key=lambda mark: mark.confidence)
        boxes = np.array([mark.xyxy for mark, _ in marks])
        box = (*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist())
        outline = best.outline if len(marks) == 1 else _hull([mark.outline for mark, _ in marks])
        views.append(DefectView(looks[index].pts_ns, box, outline, best.confidence))
        sizes.append(_sizes([polygon for _, polygon in marks]))
    kind = min(votes, key=lambda name: (-votes[name], name))
    length, width, area = np.median(np.array(sizes), axis=0).tolist()
    scale = mm_per_px
    measured = (None, None, None) if scale is None else (length * scale, width * scale, area * scale * scale)
    middle = group.shape.centroid
    return SeenDefect(
        PartDefect(kind, *measured),
        float(np.mean([view.confidence for view in views])),
        tuple(views),
        (float(middle.x), float(middle.y)),
    )


def _sizes(shapes: Sequence[BaseGeometry]) -> tuple[float, float, float]:
    """Give length, width and area of one look's marks, in pixels.

    Length is the longer side of the smallest box of any direction; width the shorter, but of what fills less than half
    of that box (a crack that wanders) the mean width, area by length.
    """
    points = np.concatenate([shapely.get_coordinates(shape) for shape in shapes]).astype(np.float32)
    _, sides, _ = cv2.minAreaRect(points)
    length, width, area = max(sides), min(sides), float(shapely.union_all(shapes).area)
    return length, area / length if area < 0.5 * length * width else width, area


def _hull(outlines: Sequence[Outline]) -> Outline:
    points = np.concatenate([np.asarray(outline, np.float32) for outline in outlines])
    return tuple((float(x), float(y)) for x, y in cv2.convexHull(points)[:, 0])
