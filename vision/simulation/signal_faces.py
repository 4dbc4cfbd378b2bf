"""The look of signal heads: housing, backplate, visors, and lenses dark or lit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.furniture import Lens, PlannedSignal
from vision.simulation.panel import Picture
from vision.simulation.random_streams import Field, random_stream, smooth_noise, smooth_step

HEAD_HEIGHT_M, HEAD_WIDTH_M = 0.90, 0.32
_PIXELS_PER_M = 280
_LENSES: tuple[Lens, ...] = ("red", "yellow", "green")
_LENS_APART_M = 0.28
_HOUSINGS_BGR = ((30.0, 31.0, 31.0), (42.0, 56.0, 36.0), (92.0, 94.0, 92.0), (36.0, 150.0, 196.0))
_HOUSING_SHARES = (0.62, 0.22, 0.10, 0.06)
_UNLIT_BGR: dict[Lens, tuple[float, float, float]] = {
    "red": (30.0, 26.0, 70.0),
    "yellow": (30.0, 58.0, 76.0),
    "green": (46.0, 58.0, 28.0),
}
_LIT_BGR: dict[Lens, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "red": ((38.0, 36.0, 255.0), (62.0, 88.0, 255.0)),
    "yellow": ((30.0, 165.0, 255.0), (95.0, 200.0, 255.0)),
    "green": ((178.0, 226.0, 40.0), (130.0, 240.0, 90.0)),
}
"""Of LED and incandescent lamps."""
_ARROW_SHARE = 0.22


@dataclass(frozen=True, slots=True)
class SignalFace:
    """A head with all lenses dark, and what each lens adds when lit.

    Attributes:
        dark: The head from edge to edge, its backplate too.
        width_m: Of the picture.
        height_m: Of the picture.
        lenses: By colour, (H, W, 3) uint8 BGR of its light.
        lens_up_m: By colour, height of its middle over the picture's middle.
        lens_radius_m: Of each.
    """

    dark: Picture
    width_m: float
    height_m: float
    lenses: Mapping[Lens, NDArray[np.uint8]]
    lens_up_m: Mapping[Lens, float]
    lens_radius_m: float


def paint_signal(signal: PlannedSignal) -> SignalFace:
    """Paint a head as it looks from its front, or from behind where it is ``seen_from_behind``."""
    rng = random_stream(signal.shape_seed, "head")
    housing = np.array(_HOUSINGS_BGR[int(rng.choice(len(_HOUSINGS_BGR), p=_HOUSING_SHARES))], np.float32)
    backplate, white_rim = bool(rng.random() < 0.5), bool(rng.random() < 0.6)
    radius = float(rng.choice([0.10, 0.12]))
    width = float(rng.uniform(0.46, 0.58)) if backplate else HEAD_WIDTH_M
    height = HEAD_HEIGHT_M + (float(rng.uniform(0.10, 0.2)) if backplate else 0.0)
    rows, columns = round(height * _PIXELS_PER_M), round(width * _PIXELS_PER_M)
    y = _centred(rows)[:, None]
    x = _centred(columns)[None, :]
    cover = _rounded(x, y, 0.5 * width, 0.5 * height, 0.05)
    colour = np.broadcast_to(np.array([32.0, 33.0, 33.0], np.float32), (rows, columns, 3)).copy()
    if backplate and white_rim:
        inner = _rounded(x, y, 0.5 * width - 0.035, 0.5 * height - 0.035, 0.04)[..., None]
        colour = np.array([186.0, 190.0, 188.0], np.float32) * (1.0 - inner) + colour * inner
    body = _rounded(x, y, 0.5 * HEAD_WIDTH_M, 0.5 * HEAD_HEIGHT_M, 0.05)[..., None]
    rounding = (1.0 - 0.25 * (x / (0.5 * HEAD_WIDTH_M)) ** 2 - 0.12 * y / HEAD_HEIGHT_M)[..., None]
    colour += (housing * rounding - colour) * body
    seams = np.exp(-(((np.abs(y) - 0.5 * _LENS_APART_M) / 0.008) ** 2))[..., None]
    colour *= 1.0 - 0.5 * seams * body
    if signal.fault == "seen_from_behind":
        colour *= 1.0 + 0.4 * np.exp(-((x / 0.06) ** 2))[..., None] * body
        return SignalFace(_picture(colour, cover), width, height, {}, {}, radius)
    arrow_deg = float(rng.choice([-90.0, 90.0, 0.0])) if rng.random() < _ARROW_SHARE else None
    lights = {}
    for place, lens in enumerate(_LENSES):
        at = _LensPlace(x, y - np.float32((place - 1) * _LENS_APART_M), radius)
        colour = _set_lens(colour, at, lens, glare=signal.sun_glare)
        lights[lens] = _lens_light(rng, at, lit_colour(signal, lens), arrow_deg)
    up = {lens: (1 - place) * _LENS_APART_M for place, lens in enumerate(_LENSES)}
    return SignalFace(_picture(colour, cover), width, height, lights, up, radius)


def lit_colour(signal: PlannedSignal, lens: Lens) -> NDArray[np.float32]:
    """Give the colour of a lens's light, BGR."""
    return np.array(_LIT_BGR[lens][0 if signal.led_flicker or signal.shape_seed % 3 else 1], np.float32)


@dataclass(frozen=True, slots=True)
class _LensPlace:
    """A head's raster about one lens: (1, W) and (H, 1) metres right of and below its middle, and its radius."""

    x: Field
    dy: Field
    radius: float

    @property
    def away(self) -> Field:
        """Distance from the lens's middle."""
        return np.asarray(np.hypot(self.x, self.dy), np.float32)

    @property
    def visor_away(self) -> Field:
        """Distance from the middle of its visor, a little above."""
        return np.asarray(np.hypot(self.x, self.dy + np.float32(0.02)), np.float32)


def _set_lens(colour: Field, at: _LensPlace, lens: Lens, *, glare: bool) -> Field:
    """Set a dark lens and its visor into the head."""
    visor = smooth_step(-at.visor_away, -1.32 * at.radius, -1.26 * at.radius)[..., None]
    colour = colour * (1.0 - visor) + np.float32(20.0) * visor
    disc = smooth_step(-at.away, -at.radius, -at.radius + 0.006)[..., None]
    glass = np.array(_UNLIT_BGR[lens], np.float32) * (1.15 + 0.64 * at.dy / at.radius)[..., None]
    if glare:  # sunlight thrown back by the reflector looks like a weak lamp: phantom light
        glass = glass * 1.9 + 26.0
    under_visor = smooth_step(-(at.dy + np.float32(0.62 * at.radius)), -0.01, 0.02)[..., None]
    glass = glass * (1.0 - 0.65 * under_visor)
    return np.asarray(colour * (1.0 - disc) + glass * disc, np.float32)


def _lens_light(
    rng: np.random.Generator, at: _LensPlace, tint: NDArray[np.float32], arrow_deg: float | None
) -> NDArray[np.uint8]:
    """Give a lens's light, a bright lamp's middle burnt out to white, with what falls on the inside of the visor."""
    strength = float(rng.uniform(0.75, 2.3))
    disc = smooth_step(-at.away, -at.radius, -at.radius + 0.008)
    if arrow_deg is not None:
        disc = disc * _arrow_mask(at, arrow_deg)
    speckle = 1.0 + 0.10 * smooth_noise(rng, disc.shape, 4.0)
    bright = np.clip(disc * speckle * np.float32(strength), 0.0, 2.0)[..., None]
    core = np.clip(bright - 0.9, 0.0, 1.0) * (0.6 + 0.6 * strength - at.away / at.radius)[..., None].clip(0.0, 1.0)
    visor = 0.16 * smooth_step(-at.visor_away, -1.3 * at.radius, -0.9 * at.radius)[..., None]
    light = tint * np.minimum(bright, 1.0) + (255.0 - tint) * core + tint * visor
    return np.asarray(np.clip(light, 0, 255).astype(np.uint8))


def _arrow_mask(at: _LensPlace, turn_deg: float) -> Field:
    angle = np.radians(turn_deg)
    across = (at.x * np.cos(angle) + at.dy * np.sin(angle)) / np.float32(at.radius)
    ahead = (at.x * np.sin(angle) - at.dy * np.cos(angle)) / np.float32(at.radius)
    shaft = (np.abs(across) < 0.14) & (ahead > -0.75) & (ahead < 0.35)
    head = (ahead > 0.1) & (np.abs(across) < 0.8 - ahead)
    return np.asarray(cv2.GaussianBlur((shaft | head).astype(np.float32), (0, 0), 1.2), np.float32)


def _centred(pixels: int) -> Field:
    """Give the places of a row of pixels about its middle, in metres."""
    return ((np.arange(pixels) + 0.5 - 0.5 * pixels) / _PIXELS_PER_M).astype(np.float32)


def _rounded(x: Field, y: Field, half_x: float, half_y: float, corner: float) -> Field:
    """Give the cover of a rectangle with rounded corners about the origin, 0 to 1."""
    beyond_x = np.maximum(np.abs(x) - np.float32(half_x - corner), 0.0)
    beyond_y = np.maximum(np.abs(y) - np.float32(half_y - corner), 0.0)
    return smooth_step(np.float32(corner) - np.hypot(beyond_x, beyond_y), 0.0, 1.2 / _PIXELS_PER_M)


def _picture(colour: Field, cover: Field) -> Picture:
    own = np.clip(colour * cover[..., None], 0, 255).astype(np.uint8)
    return Picture(own, (255.0 * cover).astype(np.uint8))
