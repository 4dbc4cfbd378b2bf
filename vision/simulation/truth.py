"""What was planted, as GeoJSON: each defect that a drive passes in view, and each thing that only looks like one."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from vision.simulation.camera_motion import DriveMotion
from vision.simulation.projection import CameraModel, ground_ahead, project_to_image
from vision.simulation.road_layout import Distractor, PlantedDefect, RoadLayout, RoadsideObject

Float = NDArray[np.float64]

_NEAREST_M, _FARTHEST_M = 1.0, 25.0
_SHADOW_KINDS = {"tree": "tree_shadow", "bush": "tree_shadow", "pole": "pole_shadow"}


def truth_features(
    layout: RoadLayout,
    outlines: dict[str, Float],
    shadows: dict[int, tuple[float, float]],
    camera: CameraModel,
    motion: DriveMotion,
) -> list[dict[str, Any]]:
    """Give a GeoJSON Point feature for each defect in view, then for each distractor in view.

    Sizes come from the outline as drawn, not from the plan: ``area_m2`` of the outline, ``length_m`` and ``width_m``
    of the smallest rectangle about it, the longer side first. A crack's outline is the cracked strip, about 3 cm beyond
    the crack itself; an alligator crack's is the whole cracked area. The point is the outline's centroid.
    A ``mended`` defect is no longer there: its sizes are those it had.

    Args:
        layout: The road.
        outlines: Defect id -> (N, 2) (along_m, lateral_m), mended ones too.
        shadows: Index in ``layout.roadside`` -> (along_m, lateral_m) of its shadow's middle, where it throws one.
        camera: As mounted.
        motion: Frames of the drive, or some of them.
    """
    features = []
    for defect in sorted(layout.defects, key=lambda one: one.along_m):
        outline = outlines[defect.defect_id]
        centre = Polygon(outline).centroid
        if _seconds_in_view(layout, camera, motion, centre.x, centre.y):
            features.append(place_feature(layout, centre.x, centre.y, _defect_properties(defect, outline)))
    for number, item in enumerate(sorted(layout.distractors, key=lambda one: one.along_m)):
        if _seconds_in_view(layout, camera, motion, item.along_m, item.lateral_m):
            properties = _distractor_properties(f"x{number:04d}", item)
            features.append(place_feature(layout, item.along_m, item.lateral_m, properties))
    for index, (along, lateral) in sorted(shadows.items()):
        if _seconds_in_view(layout, camera, motion, along, lateral):
            thing = layout.roadside[index]
            features.append(place_feature(layout, along, lateral, _shadow_properties(index, thing)))
    return features


def outline_sizes(outline: Float) -> tuple[float, float, float]:
    """Give area, longer and shorter side of an outline in metres."""
    (_, (side_a, side_b), _) = cv2.minAreaRect(outline.astype(np.float32))
    return float(Polygon(outline).area), float(max(side_a, side_b)), float(min(side_a, side_b))


def _defect_properties(defect: PlantedDefect, outline: Float) -> dict[str, Any]:
    area, length, width = outline_sizes(outline)
    return {
        "defect_id": defect.defect_id,
        "distractor": False,
        "class_name": defect.class_name,
        "area_m2": round(area, 4),
        "length_m": round(length, 3),
        "width_m": round(width, 3),
        "depth_mm": round(defect.depth_mm, 1) if defect.class_name == "pothole" else None,
        "water": defect.water,
        "state": defect.state,
    }


def _distractor_properties(name: str, item: Distractor) -> dict[str, Any]:
    return {
        "defect_id": name,
        "distractor": True,
        "kind": item.kind,
        "length_m": round(item.length_m, 3),
        "width_m": round(item.width_m, 3),
    }


def _shadow_properties(index: int, thing: RoadsideObject) -> dict[str, Any]:
    return {"defect_id": f"s{index:04d}", "distractor": True, "kind": _SHADOW_KINDS[thing.kind]}


def place_feature(layout: RoadLayout, along_m: float, lateral_m: float, properties: dict[str, Any]) -> dict[str, Any]:
    """Give a GeoJSON Point feature of a place on the road, with its route, chainage and lateral offset."""
    longitude, latitude = layout.route.lonlat(*layout.route.plane_point(along_m, lateral_m))
    place = {
        "route": layout.route.name,
        "chainage_m": round(layout.route.start_chainage_m + along_m, 3),
        "lateral_m": round(lateral_m, 3),
    }
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [round(float(longitude), 8), round(float(latitude), 8)]},
        "properties": {**properties, **place},
    }


def _seconds_in_view(
    layout: RoadLayout, camera: CameraModel, motion: DriveMotion, along_m: float, lateral_m: float
) -> float:
    """Give for how long a place lies within the picture at 1 to 25 m ahead of the camera."""
    step = max(1, round(0.05 / max(float(np.median(np.diff(motion.time_s))), 1e-9))) if len(motion.time_s) > 1 else 1
    near = np.flatnonzero((motion.along_m > along_m - _FARTHEST_M - 2.0) & (motion.along_m < along_m))[::step]
    seen = 0.0
    for index in near:
        view = motion.view(int(index), camera)
        places = np.array([along_m]), np.array([lateral_m])
        ahead, _ = ground_ahead(layout.route, view, *places)
        u, v = project_to_image(layout.route, view, *places)
        inside = 0.0 <= float(u[0]) < camera.width_px and 0.0 <= float(v[0]) < camera.height_px
        seen += 0.05 * float(inside and _NEAREST_M <= float(ahead[0]) <= _FARTHEST_M)
    return seen
