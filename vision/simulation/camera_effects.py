"""What weather, lens and sensor do to a rendered picture: haze, headlights, wetness, glare, vignette, tone, noise."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from vision.simulation.frame_canvas import FrameCanvas, Raster
from vision.simulation.light import DriveLight
from vision.simulation.projection import CameraModel, GroundMap, View
from vision.simulation.random_streams import Field, random_stream, smooth_noise, smooth_step
from vision.simulation.weather import LowSunGlare, NightBeam, WetRoad

_NOISE_BANK_PX = 128
_SHARP_PX = 0.65
"""Softness up to which the interpolation of the rendering is blur enough."""
_UNIT_GAIN = 190.0
"""The grey level that stands for a gain of 1 in the picture of lens shading and white balance."""
_HAZE_STEPS = 80
HAZE_BGR = {"day": (226.0, 220.0, 210.0), "rain": (186.0, 184.0, 180.0), "low_sun": (190.0, 215.0, 240.0)}


class CameraEffects:
    """Applies one drive's light and camera to its pictures; everything costly is worked out once."""

    def __init__(self, light: DriveLight, camera: CameraModel, paved_half_width_m: float, noise_seed: int) -> None:
        self._light = light
        self._seed = noise_seed
        self._vignette = _vignette(light, camera)
        tone = HAZE_BGR.get(light.condition, (0.0, 0.0, 0.0))
        self._haze = np.full((camera.height_px, camera.width_px, 3), tone, np.uint8)
        self._noise = _noise_bank(light, camera, noise_seed)
        self._night = NightBeam(camera, noise_seed) if light.condition == "night" else None
        self._wet = WetRoad(camera, paved_half_width_m, noise_seed) if light.condition == "rain" else None
        self._glare = LowSunGlare(light, camera) if light.condition == "low_sun" else None

    def add_haze(self, frame: Raster, ground_map: GroundMap) -> None:
        """Fade distant ground into the haze's colour, in steps too fine to see."""
        if self._light.condition == "night":
            return
        share = 1.0 - np.exp(-ground_map.ahead_m / self._light.haze_m)
        step = np.floor(share * _HAZE_STEPS).astype(int)
        bounds = [0, *(np.flatnonzero(np.diff(step)) + 1).tolist(), len(step)]
        for first, last in pairwise(bounds):
            weight = float(share[first:last].mean())
            if weight > 1.0 / _HAZE_STEPS:
                there = frame[ground_map.first_row + first : ground_map.first_row + last]
                np.copyto(there, cv2.addWeighted(there, 1.0 - weight, self._haze[first:last], weight, 0.0))

    def apply(self, canvas: FrameCanvas, view: View, ground_map: GroundMap, frame_index: int) -> Raster:
        """Turn a drawn scene into what the camera records; the scene is written over.

        What shines by itself is added once headlights have lit the rest; a wet road mirrors it.
        """
        frame = canvas.frame
        if canvas.glow is not None and self._night is None:
            cv2.add(frame, canvas.glow, dst=frame)
        if self._wet is not None:
            frame = self._wet.apply(frame, view, ground_map)
        if self._night is not None:
            frame = self._night.apply(frame, view)
            if canvas.glow is not None:
                cv2.add(frame, canvas.glow, dst=frame)
        if self._glare is not None:
            frame = self._glare.apply(frame, view, ground_map)
        cv2.multiply(frame, self._vignette, dst=frame, scale=1.0 / _UNIT_GAIN)
        if self._light.softness_px > _SHARP_PX:
            frame = np.asarray(cv2.GaussianBlur(frame, (3, 3), self._light.softness_px), np.uint8)
        cv2.LUT(frame, self._tone(frame_index), dst=frame)
        row, column = random_stream(self._seed, "noise", frame_index).integers(_NOISE_BANK_PX, size=2)
        window = self._noise[row : row + frame.shape[0], column : column + frame.shape[1]]
        return np.asarray(cv2.add(frame, window, dst=frame), np.uint8)

    def _tone(self, frame_index: int) -> Raster:
        """Give the tone curve at one moment, less the noise bank's offset: (256,)."""
        light = self._light
        slow = np.sin(0.011 * frame_index + self._seed % 7) + 0.5 * np.sin(0.037 * frame_index + self._seed % 11)
        level = np.arange(256, dtype=np.float64) / 255.0
        gain = light.brightness * (1.0 + light.drift * slow)
        value = np.clip(level * gain, 0.0, None)
        value = np.where(value > 0.75, 0.75 + 0.25 * np.tanh((value - 0.75) / 0.25), value)  # a shoulder, as film has
        value = 0.45 + (value - 0.45) * light.contrast
        return np.asarray(np.clip(255.0 * value - _noise_offset(light), 0, 255).astype(np.uint8))


def _noise_offset(light: DriveLight) -> float:
    return float(np.ceil(2.5 * light.noise))


def _noise_bank(light: DriveLight, camera: CameraModel, seed: int) -> Raster:
    """Give noise with an offset that keeps it positive, larger than a frame, so that windows of it differ."""
    rng = random_stream(seed, "noise bank")
    shape = (camera.height_px + _NOISE_BANK_PX, camera.width_px + _NOISE_BANK_PX)
    luma = smooth_noise(rng, shape, 1.0) + 0.7 * smooth_noise(rng, shape, 2.0)
    luma *= np.float32(light.noise / 1.3)
    bank = np.empty((*shape, 3), np.uint8)
    for channel in range(3):
        chroma = smooth_noise(rng, shape, 2.5) * np.float32(0.45 * light.noise)
        bank[..., channel] = np.clip(luma + chroma + _noise_offset(light), 0, 255)
    return bank


def _vignette(light: DriveLight, camera: CameraModel) -> Raster:
    v = (np.arange(camera.height_px, dtype=np.float32)[:, None] + 0.5) / camera.height_px - 0.5
    u = (np.arange(camera.width_px, dtype=np.float32)[None, :] + 0.5) / camera.width_px - 0.5
    radius2 = (u**2 + v**2) / np.float32(0.5)
    gain: Field = 1.0 - np.float32(light.vignette) * smooth_step(radius2, 0.05, 1.05)
    balanced = gain[..., None] * np.array(light.white_balance_bgr, np.float32)
    return np.asarray(np.clip(_UNIT_GAIN * balanced, 0, 255).astype(np.uint8))
