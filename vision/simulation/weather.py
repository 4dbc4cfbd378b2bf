"""What night, rain and a low sun do to a rendered picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.light import DriveLight
from vision.simulation.projection import CameraModel, GroundMap, View
from vision.simulation.random_streams import random_stream, smooth_noise, smooth_step

Raster = NDArray[np.uint8]

_WET_GAIN = 0.70
"""Display brightness of wet asphalt against dry."""


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
        coarse = (camera.height_px // 2 + 1, camera.width_px // 8 + 1)
        self._patchy = np.clip(1.0 + 0.4 * smooth_noise(rng, coarse, (7.0, 11.0)), 0.2, 1.6).astype(np.float32)
        self._wetness = float(rng.uniform(0.7, 1.0))
        self._drops = _make_drops(rng, self._shape)

    def apply(self, frame: Raster, view: View, ground_map: GroundMap) -> Raster:
        """Darken the ground, mirror the scene in the pavement, set drops on the glass.

        The mirrored share rises towards grazing angles by Schlick's approximation of Fresnel's law, on a rough
        surface that keeps half of it.
        """
        first = ground_map.first_row
        ground = frame[first:]
        flipped = frame[max(0, first - len(ground)) : first][::-1]
        if len(flipped) and len(ground):
            share = self._mirrored_share(view, ground_map)
            rows = max(2, len(ground) // 60)
            small = _shrink(flipped, rows, frame.shape[1] // 24)
            image = cv2.resize(small, (frame.shape[1], len(ground)), interpolation=cv2.INTER_LINEAR)
            given = cv2.merge([share, share, share])
            dark = cv2.multiply(ground, cv2.bitwise_not(given), scale=_WET_GAIN / 255.0)
            frame[first:] = cv2.add(dark, cv2.multiply(image, given, scale=1.0 / 255.0))
        return self._set_drops(frame)

    def _mirrored_share(self, view: View, ground_map: GroundMap) -> Raster:
        """Give the share of mirrored light for each ground pixel, 255 for all; worked out on a coarser raster."""
        grazing = view.camera.height_m / np.hypot(ground_map.ahead_m[::2], view.camera.height_m)
        mirror = (0.02 + 0.46 * (1.0 - grazing) ** 5) * self._wetness
        lateral = ground_map.enlarge(ground_map.lateral_m[::2])[:, ::8]
        patchy = self._patchy[-len(lateral) :, : lateral.shape[1]]
        share = mirror[:, None].astype(np.float32) * patchy * (np.abs(lateral) < self._paved_half_width_m)
        coarse = np.clip(255.0 * share, 0, 230).astype(np.uint8)
        size = (ground_map.width_px, len(ground_map.ahead_m))
        return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR), np.uint8)

    def _set_drops(self, frame: Raster) -> Raster:
        """Show, in each drop, the scene blurred and upside down, as a drop's lens does."""
        small = _shrink(frame, frame.shape[0] // 24, frame.shape[1] // 24)
        for place, kept, given in self._drops:
            there = frame[place]
            rows, columns = small.shape[0], small.shape[1]
            # A drop gathers a third of the picture about itself.
            row = int(place[0].start / frame.shape[0] * rows * 0.66)
            column = int(place[1].start / frame.shape[1] * columns * 0.66)
            about = cv2.flip(small[row : row + rows // 3 + 1, column : column + columns // 3 + 1], 0)
            seen = cv2.resize(about, (there.shape[1], there.shape[0]), interpolation=cv2.INTER_LINEAR)
            mixed = cv2.add(cv2.multiply(there, kept, scale=1.0 / 255.0), cv2.multiply(seen, given, scale=1.0 / 255.0))
            np.copyto(there, mixed)
        return frame


def _make_drops(rng: np.random.Generator, shape: tuple[int, int]) -> list[tuple[tuple[slice, slice], Raster, Raster]]:
    """Give each drop's place in the picture, and how much of the picture it keeps and gives, 255 for all."""
    unit = shape[0] / 720.0
    drops = []
    for _ in range(int(rng.integers(18, 70))):
        radius = max(2, int(rng.lognormal(1.9, 0.5) * unit))
        tall, strength = int(radius * rng.uniform(1.0, 1.6)), int(rng.uniform(110, 220))
        margin = int(4 * unit) + 1
        size = (2 * (tall + margin), 2 * (radius + margin))
        row, column = int(rng.uniform(0, max(1, shape[0] - size[0]))), int(rng.uniform(0, max(1, shape[1] - size[1])))
        mask = np.zeros(size, np.uint8)
        cv2.ellipse(mask, (size[1] // 2, size[0] // 2), (radius, tall), 0, 0, 360, strength, -1)
        soft = cv2.GaussianBlur(mask, (0, 0), 1.6 * unit + 0.3)[: shape[0] - row, : shape[1] - column]
        given = np.asarray(cv2.merge([soft, soft, soft]), np.uint8)
        place = (slice(row, row + soft.shape[0]), slice(column, column + soft.shape[1]))
        drops.append((place, np.asarray(cv2.bitwise_not(given), np.uint8), given))
    return drops


def _shrink(picture: Raster, rows: int, columns: int) -> Raster:
    """Shrink a picture to a blur of its colours; every fourth pixel is enough for that."""
    thinned = np.ascontiguousarray(picture[::4, ::4])
    return np.asarray(cv2.resize(thinned, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


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
