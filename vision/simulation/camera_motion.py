"""How the camera is mounted, and how vehicle and camera move along the road, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.simulation.options import RoadSimulation
from vision.simulation.projection import CameraModel, View
from vision.simulation.random_streams import random_stream
from vision.simulation.road_layout import MARGIN_M, RoadLayout

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DriveMotion:
    """Motion at (N,) times, seconds since the first frame."""

    time_s: Float
    along_m: Float
    lateral_m: Float
    yaw_rad: Float
    height_offset_m: Float
    pitch_offset_deg: Float
    roll_offset_deg: Float
    speed_mps: Float

    def view(self, index: int, camera: CameraModel) -> View:
        """Give the camera's view at one time, shake included."""
        shaken = CameraModel(
            camera.height_m + float(self.height_offset_m[index]),
            camera.pitch_deg + float(self.pitch_offset_deg[index]),
            camera.roll_deg + float(self.roll_offset_deg[index]),
            camera.horizontal_fov_deg,
            camera.width_px,
            camera.height_px,
        )
        return View(shaken, float(self.along_m[index]), float(self.lateral_m[index]), float(self.yaw_rad[index]))


def mount_camera(options: RoadSimulation) -> CameraModel:
    """Choose how the camera of a drive is mounted: one camera for a seed, whatever the pass."""
    rng = random_stream(options.seed, "camera")
    return CameraModel(
        height_m=round(float(rng.uniform(1.2, 1.6)), 2),
        pitch_deg=round(float(rng.uniform(4.0, 9.0)), 1),
        roll_deg=0.0,
        horizontal_fov_deg=round(float(rng.uniform(60.0, 75.0)), 1),
        width_px=options.width_px,
        height_px=options.height_px,
    )


def drive_along(layout: RoadLayout, options: RoadSimulation, time_s: Float) -> DriveMotion:
    """Drive in the right-hand lane at a nearly steady speed, wandering and shaking a little.

    Every part is a sum of sines with seeded phases, so that the motion at a time doesn't depend on the frame rate.
    """
    rng = random_stream(options.seed, "motion", options.drive_number)
    ripple = 0.03 * options.speed_mps
    drift, speed_change = _ripple_integral(rng, time_s, ripple)
    along = MARGIN_M + options.speed_mps * time_s + drift
    speed = options.speed_mps + speed_change
    offset = float(rng.normal(0.0, 0.12))
    lateral = -0.5 * layout.style.lane_width_m + offset + 0.16 * _sines(rng, time_s, 0.03, 0.18, 5)
    sideways = np.gradient(lateral, time_s) if len(time_s) > 1 else np.zeros_like(time_s)
    rough = float(rng.uniform(0.5, 1.6))
    return DriveMotion(
        time_s=time_s,
        along_m=along,
        lateral_m=lateral,
        yaw_rad=np.arctan2(sideways, speed) + 0.002 * _sines(rng, time_s, 0.1, 1.0, 5),
        height_offset_m=rough * 0.009 * _sines(rng, time_s, 0.8, 2.2, 7),
        pitch_offset_deg=rough * (0.16 * _sines(rng, time_s, 0.5, 2.5, 8) + 0.05 * _sines(rng, time_s, 6.0, 13.0, 8)),
        roll_offset_deg=rough * (0.15 * _sines(rng, time_s, 0.4, 1.8, 7) + 0.03 * _sines(rng, time_s, 6.0, 12.0, 6)),
        speed_mps=speed,
    )


def _sines(rng: np.random.Generator, time_s: Float, low_hz: float, high_hz: float, count: int) -> Float:
    """Give a sum of sines between two frequencies with unit variance."""
    frequencies, phases = rng.uniform(low_hz, high_hz, count), rng.uniform(0.0, 2.0 * np.pi, count)
    waves = np.sin(2.0 * np.pi * frequencies * time_s[:, None] + phases)
    return np.asarray(waves.sum(axis=1) * np.sqrt(2.0 / count))


def _ripple_integral(rng: np.random.Generator, time_s: Float, amplitude: float) -> tuple[Float, Float]:
    """Give a slow speed ripple's distance (0 at time 0) and the ripple itself."""
    frequencies, phases = rng.uniform(0.02, 0.09, 3), rng.uniform(0.0, 2.0 * np.pi, 3)
    angle = 2.0 * np.pi * frequencies * time_s[:, None] + phases
    distance = ((np.cos(phases) - np.cos(angle)) / (2.0 * np.pi * frequencies)).sum(axis=1) * amplitude / 1.5
    return np.asarray(distance), np.asarray(np.sin(angle).sum(axis=1) * amplitude / 1.5)
