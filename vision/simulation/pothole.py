"""Draw a pothole: a lobed hole with a broken rim, rubble in it or water, and loose stones about it."""

from __future__ import annotations

import cv2
import numpy as np

from vision.simulation.random_streams import (
    Field,
    fractal_noise,
    random_stream,
    ring_noise,
    smooth_noise,
    smooth_step,
)
from vision.simulation.road_layout import PlantedDefect
from vision.simulation.road_style import RoadStyle
from vision.simulation.surface_patch import (
    PIXELS_PER_M,
    Canvas,
    Sunlight,
    SurfacePatch,
    make_canvas,
    mask_outline,
    relief_gain,
)

_RING_POINTS = 720
_DELAMINATED_FROM = 0.70
"""Share of ``variant`` above which a hole is a lost upper layer: shallow, flat and crisp at its edge."""


def draw_pothole(defect: PlantedDefect, style: RoadStyle, sun: Sunlight) -> SurfacePatch:
    """Draw one pothole; its outline is the edge of the lost material."""
    canvas = make_canvas(defect.along_m, defect.lateral_m, defect.length_m, defect.width_m, 0.45)
    inside_m = _inside_distance(defect, canvas)
    delaminated = defect.variant >= _DELAMINATED_FROM and not defect.water
    rng = random_stream(defect.shape_seed, "pothole surface")
    hole = smooth_step(inside_m, -0.004, 0.006)
    height = _height(rng, defect, canvas, inside_m, delaminated)
    gain, colour, alpha = _bare_colours(rng, defect, style, canvas, inside_m, delaminated)
    light = relief_gain(height, sun)
    colour *= light[..., None]
    gain *= 1.0 + (light - 1.0) * (1.0 - alpha)
    if defect.water:
        _fill_with_water(rng, defect, style, sun, inside_m, height, gain, colour, alpha)
    _scatter_stones(rng, style, inside_m, colour, alpha)
    outline = mask_outline((hole > 0.5).astype(np.uint8), canvas)
    return SurfacePatch(canvas.row, canvas.column, gain, colour, alpha, outline)


def _inside_distance(defect: PlantedDefect, canvas: Canvas) -> Field:
    """Give roughly the signed distance to the hole's edge in metres, positive inside.

    The outline is the union of one to three rough ellipses that together span the planned extent; a grown hole draws
    the same numbers and so keeps its shape.
    """
    rng = random_stream(defect.shape_seed, "pothole outline")
    distance = np.full(canvas.shape, -10.0, np.float32)
    lobes = 1 + int(rng.random() < 0.45) + int(rng.random() < 0.2)
    for lobe in range(lobes):
        share = 1.0 if lobe == 0 else float(rng.uniform(0.45, 0.7))
        shift = np.zeros(2) if lobe == 0 else rng.uniform(-0.38, 0.38, 2)
        main = 1.0 if lobes == 1 else 0.9
        half_along, half_left = 0.5 * main * share * defect.length_m, 0.5 * main * share * defect.width_m
        along = canvas.along_m - np.float32(shift[0] * defect.length_m)
        left = canvas.left_m - np.float32(shift[1] * defect.width_m)
        angle = np.arctan2(left / half_left, along / half_along)
        bumps = 0.10 * ring_noise(rng, _RING_POINTS, 6, 1.1) + 0.045 * ring_noise(rng, _RING_POINTS, 28, 0.5)
        index = ((angle + np.pi) * (_RING_POINTS / (2.0 * np.pi))).astype(np.int32) % _RING_POINTS
        radius = np.sqrt((along / half_along) ** 2 + (left / half_left) ** 2)
        scale = np.float32(min(half_along, half_left))
        np.maximum(distance, (bumps.astype(np.float32)[index] + np.float32(0.96) - radius) * scale, out=distance)
    ragged = smooth_noise(rng, canvas.shape, 5.0) * 0.006 + smooth_noise(rng, canvas.shape, 12.0) * 0.010
    return np.asarray(distance + ragged, np.float32)


def _height(
    rng: np.random.Generator, defect: PlantedDefect, canvas: Canvas, inside_m: Field, delaminated: bool
) -> Field:
    depth = np.float32(defect.depth_mm / 1000.0)
    if delaminated:
        depth = np.float32(min(float(depth), 0.028))
        wall, rubble = 0.012, 0.0015
    else:
        wall, rubble = float(rng.uniform(0.03, 0.09)), 0.006
    bowl = smooth_step(inside_m, -0.003, wall)
    floor = 1.0 + 0.22 * smooth_noise(rng, canvas.shape, 0.12 * PIXELS_PER_M)
    height = -depth * bowl * floor
    stones = np.maximum(smooth_noise(rng, canvas.shape, 3.2), 0.0) + 0.7 * np.maximum(
        smooth_noise(rng, canvas.shape, 6.5) - 0.3, 0.0
    )
    height += np.float32(rubble) * stones * smooth_step(inside_m, 0.0, 0.03)
    rim = np.exp(-((inside_m + 0.02) ** 2) / np.float32(2 * 0.02**2))
    height -= np.float32(0.004) * rim * np.maximum(smooth_noise(rng, canvas.shape, 7.0) + 0.2, 0.0)
    return np.asarray(height, np.float32)


def _bare_colours(
    rng: np.random.Generator,
    defect: PlantedDefect,
    style: RoadStyle,
    canvas: Canvas,
    inside_m: Field,
    delaminated: bool,
) -> tuple[Field, Field, Field]:
    """Give gain, colour and alpha of the dry hole before it is lit."""
    base, soil = np.array(style.base_bgr, np.float32), np.array(style.soil_bgr, np.float32)
    if delaminated:
        level = rng.choice([rng.uniform(0.6, 0.84), rng.uniform(1.12, 1.3)])
        mix, contrast = rng.uniform(0.0, 0.4), 0.10
    else:
        mix, level, contrast = rng.uniform(0.1, 0.75), rng.uniform(0.5, 0.92), 0.24
    floor = (base * (1.0 - mix) + soil * mix) * level
    grain = (
        1.0
        + contrast * smooth_noise(rng, canvas.shape, 2.6)
        + 0.6 * contrast * fractal_noise(rng, canvas.shape, 14.0, 2)
    )
    pale = smooth_step(smooth_noise(rng, canvas.shape, 3.4), 1.1, 1.7) * (0.0 if delaminated else 0.5)
    colour = floor[None, None, :] * grain[..., None]
    colour += (np.float32(1.5) * base - colour) * pale[..., None]
    alpha = smooth_step(inside_m, -0.004, 0.008)
    rim = np.exp(-((inside_m + 0.022) ** 2) / np.float32(2 * 0.018**2))
    chips = smooth_step(smooth_noise(rng, canvas.shape, 6.0) + 0.5 * smooth_noise(rng, canvas.shape, 3.0), 0.0, 0.9)
    gain = 1.0 + np.float32(rng.uniform(0.04, 0.22)) * rim * chips
    worn = np.exp(np.minimum(inside_m, 0.0) / np.float32(0.10))
    gain *= 1.0 + np.float32(rng.uniform(-0.14, 0.05)) * worn * (1.0 - alpha)
    return np.asarray(gain, np.float32), np.asarray(colour, np.float32), np.asarray(alpha, np.float32)


def _fill_with_water(
    rng: np.random.Generator,
    defect: PlantedDefect,
    style: RoadStyle,
    sun: Sunlight,
    inside_m: Field,
    height: Field,
    gain: Field,
    colour: Field,
    alpha: Field,
) -> None:
    """Flood the hole below a level, with wet dark ground about it. Changes ``gain``, ``colour`` and ``alpha``."""
    level = -np.float32(defect.depth_mm / 1000.0 * rng.uniform(0.12, 0.45))
    water = cv2.GaussianBlur(smooth_step(level - height, -0.001, 0.002), (0, 0), 1.2)
    reach = float(rng.uniform(0.0, 0.16))
    splashed = inside_m + 0.03 * fractal_noise(rng, height.shape, 24.0, 3)
    wet = smooth_step(splashed, -reach - 0.02, -reach + 0.015)
    darkening = np.float32(rng.uniform(0.16, 0.34))
    gain *= 1.0 - darkening * wet
    colour *= 1.0 - darkening
    soil = np.array(style.soil_bgr, np.float32)
    soil += np.float32(rng.uniform(0.15, 0.6)) * (soil.mean() * np.float32(1.1) - soil)  # silt is paler than its soil
    sky = np.array([225.0, 218.0, 208.0], np.float32)
    mirror = float(rng.choice([rng.uniform(0.0, 0.25), rng.uniform(0.5, 0.95)]))
    tone = soil * np.float32(rng.uniform(1.0, 1.45)) * (1.0 - mirror) + sky * mirror
    ripple = 1.0 + 0.05 * fractal_noise(rng, height.shape, 40.0, 2)
    surface = np.clip(tone[None, None, :] * ripple[..., None], 0.0, 250.0)
    # The water's edge mirrors the far bank as a dark line on one side, and the bright sky on the other.
    bank = cv2.Sobel(cv2.GaussianBlur(water, (0, 0), 2.5), cv2.CV_32F, 1, 1, ksize=3)
    surface += np.float32(60.0 * np.sign(sun.along or 1.0)) * np.clip(bank, -0.6, 0.6)[..., None]
    colour += (surface - colour) * water[..., None]
    np.maximum(alpha, water, out=alpha)


def _scatter_stones(rng: np.random.Generator, style: RoadStyle, inside_m: Field, colour: Field, alpha: Field) -> None:
    """Strew loose stones of one to three pixels about the hole, thinning out with distance."""
    chance = np.exp(np.minimum(inside_m, 0.0) / np.float32(0.11)) * np.float32(rng.uniform(0.0, 0.035))
    stones = (rng.random(inside_m.shape, dtype=np.float32) < chance).astype(np.float32)
    stones *= rng.uniform(0.4, 1.0, inside_m.shape).astype(np.float32) * (inside_m < 0.0)
    stones = np.asarray(cv2.dilate(stones, np.ones((2, 2), np.uint8)), np.float32)
    tone = np.array(style.base_bgr, np.float32) * np.float32(rng.uniform(1.15, 1.7))
    colour += (tone - colour) * (stones > 0.0)[..., None] * (alpha < 0.5)[..., None]
    np.maximum(alpha, 0.8 * stones, out=alpha)
