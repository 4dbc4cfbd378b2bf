from dataclasses import replace

import cv2
import numpy as np
import pytest
from shapely.geometry import Polygon

from vision.simulation.draw_defects import draw_defect
from vision.simulation.options import CLASS_NAMES
from vision.simulation.road_layout import PlantedDefect, plan_road
from vision.simulation.surface_patch import HALF_WIDTH_M, PIXELS_PER_M, Sunlight, SurfacePatch, relief_gain
from vision.simulation.truth import outline_sizes

STYLE = plan_road(1, 50.0, 0).style
OVERCAST = Sunlight(1.0, 0.0, 0.9, 0.0)
SUNNY = Sunlight(1.0, 0.0, 0.7, 0.7)


def defect(class_name: str, length_m: float, width_m: float, **overrides: object) -> PlantedDefect:
    fields: dict[str, object] = {
        "defect_id": "d0000",
        "class_name": class_name,
        "along_m": 60.0,
        "lateral_m": -1.7,
        "length_m": length_m,
        "width_m": width_m,
        "depth_mm": 50.0 if class_name == "pothole" else 0.0,
        "water": False,
        "variant": 0.4,
        "state": "same",
        "shape_seed": 11,
    }
    return PlantedDefect(**(fields | overrides))  # type: ignore[arg-type]


EXTENTS = {
    "longitudinal_crack": (4.0, 0.3),
    "transverse_crack": (0.2, 2.5),
    "alligator_crack": (2.5, 1.2),
    "pothole": (0.7, 0.5),
    "surface_damage": (1.6, 1.0),
}


def painted(patch: SurfacePatch, level: int = 100) -> np.ndarray:  # type: ignore[type-arg]
    surface = np.full((*patch.gain.shape, 3), level, np.uint8)
    left = SurfacePatch(0, 0, patch.gain, patch.colour, patch.alpha, patch.outline)
    left.paint(surface, 0)
    return surface


@pytest.mark.parametrize("class_name", CLASS_NAMES)
@pytest.mark.parametrize("shape_seed", [1, 2, 3])
def test_a_defect_lies_where_it_was_planned_and_is_about_as_large(class_name: str, shape_seed: int) -> None:
    length_m, width_m = EXTENTS[class_name]
    one = defect(class_name, length_m, width_m, shape_seed=shape_seed)
    outline = draw_defect(one, STYLE, SUNNY).outline
    centre = Polygon(outline).centroid
    assert abs(centre.x - one.along_m) < 0.25 * length_m + 0.1
    assert abs(centre.y - one.lateral_m) < 0.25 * width_m + 0.1
    span = np.ptp(outline, axis=0)
    assert 0.5 * length_m < span[0] < 1.5 * length_m + 0.35
    assert 0.5 * width_m < span[1] < 1.5 * width_m + 0.35


@pytest.mark.parametrize("class_name", CLASS_NAMES)
def test_what_is_painted_differs_from_the_road_inside_the_outline_more_than_outside(class_name: str) -> None:
    one = defect(class_name, *EXTENTS[class_name])
    patch = draw_defect(one, STYLE, SUNNY)
    change = np.abs(painted(patch).astype(float) - 100.0).mean(axis=2)
    mask = np.zeros(change.shape, np.uint8)
    columns = (HALF_WIDTH_M - patch.outline[:, 1]) * PIXELS_PER_M - patch.column
    rows = patch.outline[:, 0] * PIXELS_PER_M - patch.row
    cv2.fillPoly(mask, [np.round(np.stack([columns, rows], axis=1)).astype(np.int32)], 1)
    inside, outside = change[mask == 1], change[cv2.dilate(mask, np.ones((39, 39), np.uint8)) == 0]
    assert np.mean(inside) > 3.0 * np.mean(outside)
    assert np.mean(inside) > 5.0


def test_the_area_of_a_pothole_is_that_of_its_darkened_pixels() -> None:
    one = defect("pothole", 0.8, 0.6)
    patch = draw_defect(one, STYLE, OVERCAST)
    area_m2, length_m, width_m = outline_sizes(patch.outline)
    assert area_m2 == pytest.approx(float((patch.alpha > 0.5).sum()) / PIXELS_PER_M**2, rel=0.08)
    assert length_m >= width_m
    assert length_m * width_m >= area_m2


def test_a_grown_pothole_keeps_its_shape() -> None:
    one = defect("pothole", 0.6, 0.5)
    grown = replace(one, length_m=0.9, width_m=0.75, state="grown")
    small, large = (Polygon(draw_defect(each, STYLE, OVERCAST).outline) for each in (one, grown))
    assert large.area / small.area == pytest.approx(1.5**2, rel=0.15)
    assert large.buffer(0.04).contains(small)


def test_water_is_smooth_where_rubble_is_rough() -> None:
    dry = draw_defect(defect("pothole", 0.9, 0.9), STYLE, OVERCAST)
    wet = draw_defect(defect("pothole", 0.9, 0.9, water=True), STYLE, OVERCAST)
    row, column = dry.gain.shape[0] // 2, dry.gain.shape[1] // 2
    middle = np.s_[row - 15 : row + 15, column - 15 : column + 15]
    rough, smooth = (np.abs(np.diff(patch.colour[middle], axis=0)).mean() for patch in (dry, wet))
    assert smooth < 0.3 * rough


def test_a_hole_is_dark_towards_the_sun_and_lit_on_the_far_wall() -> None:
    height = np.zeros((120, 120), np.float32)
    height[40:80, 40:80] = -0.06
    gain = relief_gain(height, Sunlight(1.0, 0.0, 0.6, 0.8))  # the sun stands ahead: towards higher rows
    assert gain[74:79, 50:70].mean() < 0.75  # below the wall that faces away from the sun
    assert gain[42:46, 50:70].mean() > gain[74:79, 50:70].mean() + 0.15
    assert gain[10:20, 10:20].mean() == pytest.approx(1.0, abs=0.01)


def test_under_a_closed_sky_no_side_is_in_shadow() -> None:
    height = np.zeros((120, 120), np.float32)
    height[40:80, 40:80] = -0.06
    gain = relief_gain(height, Sunlight(1.0, 0.0, 0.6, 0.0))
    assert gain[74:79, 50:70].mean() == pytest.approx(float(gain[41:46, 50:70].mean()), rel=0.05)
