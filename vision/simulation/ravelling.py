"""Draw surface damage: a patch where the upper layer has ravelled or worn off."""

from __future__ import annotations

import cv2
import numpy as np

from vision.simulation.crack import blob
from vision.simulation.random_streams import fractal_noise, random_stream, smooth_noise, smooth_step
from vision.simulation.road_layout import PlantedDefect
from vision.simulation.road_style import RoadStyle
from vision.simulation.surface_patch import Sunlight, SurfacePatch, make_canvas, mask_outline, relief_gain


def draw_surface_damage(defect: PlantedDefect, style: RoadStyle, sun: Sunlight) -> SurfacePatch:
    """Draw one worn patch: rough, pitted, its colour drawn to the bare stone; its edge is ragged."""
    canvas = make_canvas(defect.along_m, defect.lateral_m, defect.length_m, defect.width_m, 0.3)
    rng = random_stream(defect.shape_seed, "ravelling")
    core = blob(rng, canvas, defect.length_m, defect.width_m, 0.55)
    ragged = core + 0.28 * smooth_noise(rng, canvas.shape, 5.0) + 0.18 * smooth_noise(rng, canvas.shape, 2.5)
    lost = smooth_step(ragged, 0.08, 0.32)
    stones = smooth_noise(rng, canvas.shape, 3.0) + 0.8 * smooth_noise(rng, canvas.shape, 5.0)
    height = -0.010 * lost + 0.0026 * stones * lost
    light = relief_gain(np.asarray(height, np.float32), sun, 0.008)
    pits = smooth_step(smooth_noise(rng, canvas.shape, 4.5), 1.0, 1.6) * lost
    base, soil = np.array(style.base_bgr, np.float32), np.array(style.soil_bgr, np.float32)
    mix = float(rng.uniform(0.05, 0.5))
    floor = (base * (1.0 - mix) + soil * mix) * np.float32(rng.choice([rng.uniform(0.7, 0.9), rng.uniform(1.0, 1.2)]))
    tone = 1.0 + 0.10 * stones + 0.08 * fractal_noise(rng, canvas.shape, 40.0, 2)
    colour = floor[None, None, :] * (tone * light * (1.0 - 0.35 * pits))[..., None]
    gain = 1.0 + (light - 1.0) * 0.6 * (1.0 - lost)
    mask = cv2.morphologyEx((ragged > 0.2).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    outline = mask_outline(mask, canvas, 0.02)
    alpha = np.asarray(lost * np.float32(rng.uniform(0.75, 0.95)), np.float32)
    return SurfacePatch(
        canvas.row, canvas.column, np.asarray(gain, np.float32), np.asarray(colour, np.float32), alpha, outline
    )
