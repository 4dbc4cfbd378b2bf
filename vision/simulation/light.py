"""The light of a drive: where the sun stands, how much of it comes through, and how the camera renders it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vision.simulation.options import ConditionName
from vision.simulation.random_streams import random_stream
from vision.simulation.surface_patch import Sunlight


@dataclass(frozen=True, slots=True)
class DriveLight:
    """Light, weather and camera tone of one drive.

    Attributes:
        condition: Which of the four.
        sun: In the road's frame; its ``direct`` share is 0 at night.
        exposure_s: Shutter time, which sets the motion blur.
        brightness: Display gain over the scene's daylight colours.
        contrast: Slope of the tone curve at its middle.
        white_balance_bgr: Gain of each channel.
        saturation: 1 leaves colours alone.
        noise: Sensor noise, 1 sigma, grey levels.
        softness_px: Blur of optics and demosaicing, 1 sigma.
        vignette: Loss of light in the corners, 0 to 1.
        haze_m: Distance at which haze has taken 63 % of the contrast.
        drift: Amplitude of slow changes of exposure, as a share.
        clouds: 0 clear to 1 closed cover.
    """

    condition: ConditionName
    sun: Sunlight
    exposure_s: float
    brightness: float
    contrast: float
    white_balance_bgr: tuple[float, float, float]
    saturation: float
    noise: float
    softness_px: float
    vignette: float
    haze_m: float
    drift: float
    clouds: float


def plan_light(seed: int, drive_number: int, condition: ConditionName) -> DriveLight:
    """Choose the light of one drive."""
    rng = random_stream(seed, "light", drive_number, condition)
    azimuth = float(rng.uniform(-np.pi, np.pi))
    elevation, direct, clouds = (
        float(rng.uniform(0.5, 1.1)),
        float(rng.uniform(0.0, 0.25)),
        float(rng.uniform(0.6, 1.0)),
    )
    if condition == "day" and rng.random() < 0.6:
        direct, clouds = float(rng.uniform(0.5, 0.78)), float(rng.uniform(0.0, 0.45))
    exposure, noise, haze = (
        float(rng.uniform(1 / 1500, 1 / 350)),
        float(rng.uniform(0.7, 2.6)),
        float(rng.uniform(350, 2500)),
    )
    brightness = float(rng.uniform(0.85, 1.2))
    if condition == "low_sun":
        azimuth = float(rng.normal(0.0, 0.22))
        elevation, direct, clouds = (
            float(rng.uniform(0.12, 0.22)),
            float(rng.uniform(0.6, 0.78)),
            float(rng.uniform(0, 0.3)),
        )
        haze = float(rng.uniform(150.0, 400.0))
    elif condition == "rain":
        direct, clouds, haze = 0.0, 1.4, float(rng.uniform(90.0, 260.0))
        exposure, noise = float(rng.uniform(1 / 250, 1 / 90)), float(rng.uniform(2.0, 4.0))
    elif condition == "night":
        direct, clouds, haze = 0.0, 0.8, 400.0
        exposure, noise = float(rng.uniform(1 / 200, 1 / 60)), float(rng.uniform(5.0, 9.0))
    warm = float(rng.normal(0.0, 0.04)) + {"low_sun": 0.10, "night": 0.07}.get(condition, 0.0)
    return DriveLight(
        condition=condition,
        sun=Sunlight(float(np.cos(azimuth)), float(np.sin(azimuth)), elevation, direct),
        exposure_s=exposure,
        brightness=brightness,
        contrast=float(rng.uniform(0.9, 1.25)),
        white_balance_bgr=(1.0 - warm, 1.0 + float(rng.normal(0.0, 0.012)), 1.0 + warm),
        saturation=float(rng.uniform(0.7, 1.15)),
        noise=noise,
        softness_px=float(rng.uniform(0.4, 1.1)),
        vignette=float(rng.uniform(0.05, 0.35)),
        haze_m=haze,
        drift=float(rng.uniform(0.01, 0.06)),
        clouds=clouds,
    )
