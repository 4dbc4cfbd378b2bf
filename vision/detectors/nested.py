"""Drops the second of two detections that a network gave one thing in one frame.

A flat thing far ahead is a few pixels high, so that a pixel more or less at its edge makes two boxes of it overlap by
less than half: non-maximum suppression by intersection over union keeps both. By the share of the smaller one they are
clearly one (as "intersection over smaller" in SAHI: Akyon et al., Slicing Aided Hyper Inference, ICIP 2022). Outlines
are compared, not boxes: those of two cracks that run side by side overlap too.
"""

from __future__ import annotations

import numpy as np
import shapely

from vision.types import Detections, frozen

NESTED_SHARE = 0.6


def without_nested(detections: Detections, share: float = NESTED_SHARE) -> Detections:
    """Give detections without those that mostly cover, or lie in, a more confident one of their class.

    Args:
        detections: Of one frame.
        share: Of the smaller outline's area that the two have in common, from which on they are one thing.
    """
    if len(detections) < 2:
        return detections
    shapes = [_shape(detections, row) for row in range(len(detections))]
    areas = shapely.area(shapes)
    order = np.argsort(-detections.confidence, kind="stable")
    kept: list[int] = []
    for row in order.tolist():
        rivals = [other for other in kept if detections.class_id[other] == detections.class_id[row]]
        common = shapely.area(shapely.intersection(shapes[row], [shapes[other] for other in rivals]))
        if not (common >= share * np.minimum(areas[row], areas[rivals])).any():
            kept.append(row)
    if len(kept) == len(detections):
        return detections
    rows = sorted(kept)
    return Detections(
        footage_id=detections.footage_id,
        pts_ns=detections.pts_ns,
        xyxy=frozen(detections.xyxy[rows]),
        confidence=frozen(detections.confidence[rows]),
        class_id=frozen(detections.class_id[rows]),
        class_names=detections.class_names,
        outlines=tuple(detections.outlines[row] for row in rows),
    )


def _shape(detections: Detections, row: int) -> shapely.Geometry:
    outline = detections.outlines[row]
    if len(outline) >= 3:
        return shapely.make_valid(shapely.Polygon(outline))
    left, top, right, bottom = (float(value) for value in detections.xyxy[row])
    return shapely.box(left, top, right, bottom)
