"""What night, rain and a low sun do to a rendered picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.light import DriveLight
from vision.simulation.projection import CameraModel, GroundMap, View
from vision.simulation.random_streams import random_stream, smooth_noise, smooth_step

Raster = NDArray[np.uint8]


class NightBeam:
    """Headlights: a cone on the road, the rest nearly black."""

    def __init__(self, camera: CameraModel, seed: int) -> None:
        rng = random_stream(seed, "beam")
        v = np.arange(camera.height_px, dtype=np.float32)[:, None] + 0.5 - 0.5 * camera.height_px
        u = np.arange(camera.width_px, dtype=np.float32)[None, :] + 0.5 - 0.5 * camera.width_px
        pitch = np.radians(camera.pitch_deg)
        down = np.sin(pitch) + v / camera.focal_px * np.cos(pitch)
        ahead = camera.height_m / np.maximum(down, 0.004)
        left = -u / camera.focal_px * ahead
        reach = float(rng.uniform(14.0, 24.0))
        spread = 1.4 + 0.24 * ahead
        cone = np.exp(-((left + 0.35) ** 2) / (2 * spread**2)) * np.exp(-((ahead / reach) ** 1.6))
        cone *= smooth_step(ahead + 0.0 * left, 1.8, 4.5)
        uneven = 1.0 + 0.035 * smooth_noise(rng, (camera.height_px, camera.width_px), 90.0)
        above = 0.10 * np.exp(-np.abs(down) / 0.09) * np.exp(-((u / camera.focal_px) ** 2) / 0.12) * (down < 0.01)
        light = np.clip(1.25 * cone * uneven + above + 0.035, 0.0, 1.9)
        warm = np.array([0.84, 0.97, 1.08], np.float32) * float(rng.uniform(0.9, 1.05))
        self._gain = np.clip(128.0 * light[..., None] * warm, 0, 255).astype(np.uint8)

    def apply(self, frame: Raster, view: View) -> Raster:
        """Leave lit what the headlights reach."""
        return np.asarray(cv2.multiply(frame, self._gain, scale=1.0 / 128.0), np.uint8)


class WetRoad:
    """Rain: a dark wet road that mirrors the sky, and drops on the windscreen."""

    def __init__(self, camera: CameraModel, paved_half_width_m: float, seed: int) -> None:
        rng = random_stream(seed, "rain")
        self._paved_half_width_m = paved_half_width_m
        self._shape = (camera.height_px, camera.width_px)
        self._patchy = np.clip(1.0 + 0.4 * smooth_noise(rng, self._shape, (14.0, 90.0)), 0.2, 1.6).astype(np.float32)
        self._wetness = float(rng.uniform(0.7, 1.0))
        self._drops = _drop_mask(rng, self._shape)

    def apply(self, frame: Raster, view: View, ground_map: GroundMap) -> Raster:
        """Darken the ground, mirror the scene in the pavement, set drops on the glass.

        The mirrored share rises towards grazing angles by Schlick's approximation of Fresnel's law, on a rough
        surface that keeps half of it.
        """
        first = ground_map.first_row
        ground = frame[first:]
        flipped = cv2.flip(frame[max(0, first - len(ground)) : first], 0)
        if len(flipped) and len(ground):
            grazing = view.camera.height_m / np.hypot(ground_map.ahead_m, view.camera.height_m)
            mirror = (0.02 + 0.46 * (1.0 - grazing) ** 5) * self._wetness
            share = np.clip(mirror[:, None].astype(np.float32) * self._patchy[first:], 0.0, 0.9)
            share *= self._paved(ground_map)
            rows = max(2, len(ground) // 60)
            small = cv2.resize(flipped, (frame.shape[1] // 24, rows), interpolation=cv2.INTER_AREA)
            image = cv2.resize(small, (frame.shape[1], len(ground)), interpolation=cv2.INTER_CUBIC)
            kept = np.clip(255.0 * 0.70 * (1.0 - share), 0, 255).astype(np.uint8)
            given = np.clip(255.0 * share, 0, 255).astype(np.uint8)
            dark = cv2.multiply(ground, cv2.merge([kept, kept, kept]), scale=1.0 / 255.0)
            bright = cv2.multiply(image, cv2.merge([given, given, given]), scale=1.0 / 255.0)
            frame[first:] = cv2.add(dark, bright)
        return self._set_drops(frame)

    def _paved(self, ground_map: GroundMap) -> NDArray[np.float32]:
        lateral = ground_map.lateral_m
        coarse = (np.abs(lateral[::2, ::8]) < self._paved_half_width_m).astype(np.float32)
        size = (lateral.shape[1], lateral.shape[0])
        return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR), np.float32)

    def _set_drops(self, frame: Raster) -> Raster:
        """Show, in each drop, the scene blurred and upside down, as a drop's lens does."""
        small = cv2.resize(frame, (frame.shape[1] // 24, frame.shape[0] // 24), interpolation=cv2.INTER_AREA)
        seen = cv2.resize(cv2.flip(small, 0), (frame.shape[1], frame.shape[0]), interpolation=cv2.INTER_LINEAR)
        kept = cv2.multiply(frame, cv2.bitwise_not(self._drops), scale=1.0 / 255.0)
        return np.asarray(cv2.add(kept, cv2.multiply(seen, self._drops, scale=1.0 / 255.0)), np.uint8)


def _drop_mask(rng: np.random.Generator, shape: tuple[int, int]) -> Raster:
    mask = np.zeros(shape, np.uint8)
    unit = shape[0] / 720.0
    for _ in range(int(rng.integers(18, 70))):
        centre = (int(rng.uniform(0, shape[1])), int(rng.uniform(0, shape[0])))
        radius = max(2, int(rng.lognormal(1.9, 0.5) * unit))
        cv2.ellipse(
            mask, centre, (radius, int(radius * rng.uniform(1.0, 1.6))), 0, 0, 360, int(rng.uniform(110, 220)), -1
        )
    soft = cv2.GaussianBlur(mask, (0, 0), 2.0 * unit)
    return np.ascontiguousarray(np.repeat(soft[..., None], 3, axis=2))


class LowSunGlare:
    """A low sun ahead: a burnt-out glow, a veil over the picture, a glittering band on the road below it."""

    def __init__(self, light: DriveLight, camera: CameraModel) -> None:
        focal = camera.focal_px
        sun_u = 0.5 * camera.width_px - focal * light.sun.left / max(light.sun.along, 0.3)
        horizon = 0.5 * camera.height_px - focal * np.tan(np.radians(camera.pitch_deg))
        sun_v = horizon - focal * np.tan(light.sun.elevation_rad)
        v = np.arange(camera.height_px, dtype=np.float32)[:, None] + 0.5
        u = np.arange(camera.width_px, dtype=np.float32)[None, :] + 0.5
        angle = np.hypot(u - np.float32(sun_u), v - np.float32(sun_v)) / np.float32(focal)
        glow = 255.0 * np.exp(-((angle / 0.07) ** 2)) + 130.0 * np.exp(-angle / 0.16) + 34.0 * np.exp(-angle / 0.9)
        below = np.clip((v - np.float32(horizon)) / np.float32(focal), 0.0, None)
        band = np.exp(-(((u - np.float32(sun_u)) / np.float32(focal)) ** 2) / (2 * (0.11 + 0.12 * below) ** 2))
        shine = 150.0 * band * np.exp(-below / 0.22) * (v > horizon)
        tone = np.array([0.72, 0.9, 1.0], np.float32)
        self._veil = np.clip((glow + 0.45 * shine)[..., None] * tone, 0, 255).astype(np.uint8)
        self._gain = np.repeat(np.clip(96.0 + shine, 0, 255).astype(np.uint8)[..., None], 3, axis=2)

    def apply(self, frame: Raster, view: View, ground_map: GroundMap) -> Raster:
        """Brighten the band, then lay the glow over everything."""
        lit = cv2.multiply(frame, self._gain, scale=1.0 / 110.0)
        return np.asarray(cv2.add(lit, self._veil), np.uint8)
