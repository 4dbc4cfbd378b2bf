"""A station's camera over a belt: the belt, the light, parts laid on it, and what lens and sensor make of them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.line.face import FaceLight, Points
from vision.simulation.line.part import PartPicture
from vision.simulation.random_streams import Field, fractal_noise, random_stream, smooth_noise, smooth_step

Picture = NDArray[np.uint8]
"""(H, W, 3) uint8 BGR."""

_BELT_SPARE_PX = 512
_NOISE_SPARE_PX = 96


@dataclass(frozen=True, slots=True)
class StationLook:
    """How a station looks through its camera.

    Attributes:
        width_px: Of the picture.
        height_px: Of the picture.
        face_light: On parts.
        belt_bgr: Mean tone of the belt, 0 to 1.
        belt_kind: ``rubber``, ``weave``, ``slats`` or ``plate``.
        gradient: How much darker the far side of the light is, 0 to 1.
        glares: (x, y, radius along x, radius along y, strength) of lamps mirrored in what glosses; places and radii as
            fractions of the picture's width.
        shadow_px: Length of a part's shadow.
        blur_px: Sigma of the lens.
        noise: Sigma in grey levels.
        gain: Exposure; 1 is right.
        grey: Whether the camera sees no colour.
        seed: Of belt and noise.
    """

    width_px: int
    height_px: int
    face_light: FaceLight
    belt_bgr: tuple[float, float, float]
    belt_kind: str
    gradient: float
    glares: tuple[tuple[float, ...], ...]
    shadow_px: float
    blur_px: float
    noise: float
    gain: float
    grey: bool
    seed: int


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a part lies in the picture.

    Attributes:
        x_px: Of its middle.
        y_px: Of its middle.
        turn_deg: Clockwise in the picture.
        mm_per_px: Of the picture at the part.
    """

    x_px: float
    y_px: float
    turn_deg: float
    mm_per_px: float

    def to_picture(self, points_mm: Points) -> Points:
        """Give picture positions of part coordinates, (N, 2) px."""
        angle = np.radians(self.turn_deg)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        return np.asarray(points_mm @ turn / self.mm_per_px + [self.x_px, self.y_px])


def plan_station(rng: np.random.Generator, size_px: tuple[int, int], seed: int) -> StationLook:
    """Draw a station's look, from well lit to poorly lit.

    Args:
        rng: Where chance comes from.
        size_px: Width and height of the picture.
        seed: Of belt and noise.
    """
    turn = float(rng.uniform(0.0, 2.0 * np.pi))
    tilt = float(rng.uniform(0.6, 2.2))
    light = FaceLight((np.cos(turn), np.sin(turn), tilt), float(rng.uniform(0.3, 0.75)), float(rng.uniform(0.05, 0.6)))
    grey = float(rng.choice([rng.uniform(0.06, 0.2), rng.uniform(0.2, 0.75)]))
    tint = rng.normal(0.0, 0.015, 3)
    if rng.random() < 0.25:  # green, blue or brown belts
        tint = grey * np.array(((-0.3, 0.35, -0.35), (0.45, 0.1, -0.3), (-0.3, 0.0, 0.3))[int(rng.integers(3))])
    glares = tuple(
        (
            float(rng.uniform(-0.1, 1.1)),
            float(rng.uniform(-0.05, 0.65)),
            *(float(value) for value in rng.permutation([rng.uniform(0.03, 0.12), rng.uniform(0.08, 0.5)])),
            float(rng.uniform(0.1, 0.8)),
        )
        for _ in range(int(rng.poisson(0.9)))
    )
    return StationLook(
        width_px=size_px[0],
        height_px=size_px[1],
        face_light=light,
        belt_bgr=tuple(np.clip(grey + tint, 0.03, 0.9).tolist()),
        belt_kind=("rubber", "weave", "slats", "plate")[int(rng.integers(4))],
        gradient=float(rng.uniform(0.0, 0.45)),
        glares=glares,
        shadow_px=float(rng.uniform(1.0, 16.0)),
        blur_px=float(rng.choice([rng.uniform(0.3, 0.7), rng.uniform(0.6, 1.3)], p=(0.7, 0.3))),
        noise=float(rng.uniform(1.0, 6.0)),
        gain=float(np.clip(rng.lognormal(0.05, 0.22), 0.6, 1.7)),
        grey=rng.random() < 0.35,
        seed=seed,
    )


class StationCamera:
    """Takes pictures of one station; what is costly is worked out once.

    Args:
        look: Of the station.
    """

    def __init__(self, look: StationLook) -> None:
        self.look = look
        rng = random_stream(look.seed, "station")
        self._belt = _belt(look, rng)
        self._light = _light_map(look, rng)
        self._glare = _glare_map(look)
        shape = (look.height_px + _NOISE_SPARE_PX, look.width_px + _NOISE_SPARE_PX, 3)
        grain = rng.standard_normal(shape, np.float32) * np.float32(0.75)
        self._noise = (grain + rng.standard_normal((*shape[:2], 1), np.float32)) * np.float32(look.noise / 1.25)

    def belt(self, travelled_px: float, axis: int = 1, sign: float = 1.0) -> Field:
        """Give the empty belt, (H, W, 3) float32 0 to 1, after it has moved some way.

        Args:
            travelled_px: How far it has moved.
            axis: 1: along x; 0: along y.
            sign: 1: right or down; -1: left or up.
        """
        rows, cols = self.look.height_px, self.look.width_px
        shift = [0.0, 0.0]
        shift[axis] = -sign * travelled_px
        map_x = _folded(np.arange(cols) + shift[1], self._belt.shape[1])
        map_y = _folded(np.arange(rows) + shift[0], self._belt.shape[0])
        grid = np.meshgrid(map_x, map_y)
        return np.asarray(cv2.remap(self._belt, *grid, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)

    def lay(self, scene: Field, gloss: Field, part: PartPicture, pose: Pose) -> None:
        """Lay a part on the scene, with its shadow.

        Args:
            scene: (H, W, 3) float32; written to.
            gloss: (H, W) float32: how much of a lamp each pixel mirrors; written to.
            part: What to lay.
            pose: Where.
        """
        window, matrix = _footprint(part, pose, self.look)
        if window is None:
            return
        size = (window[1].stop - window[1].start, window[0].stop - window[0].start)
        alpha = np.asarray(cv2.warpAffine(part.face.alpha, matrix, size, flags=cv2.INTER_LINEAR), np.float32)
        shade = np.asarray(cv2.warpAffine(part.shade, matrix, size, borderMode=cv2.BORDER_REPLICATE), np.float32)
        away = -np.array(self.look.face_light.direction[:2]) * self.look.shadow_px
        moved = np.array([[1.0, 0.0, away[0]], [0.0, 1.0, away[1]]])
        shadow = cv2.warpAffine(alpha, moved, size)
        shadow = cv2.GaussianBlur(shadow, (0, 0), 1.0 + 0.35 * self.look.shadow_px) * (
            1.0 - self.look.face_light.ambient
        )
        there = scene[window]
        there *= 1.0 - np.float32(0.8) * np.asarray(shadow, np.float32)[..., None]
        there += alpha[..., None] * (shade - there)
        shine = np.asarray(cv2.warpAffine(part.face.gloss, matrix, size, borderMode=cv2.BORDER_REPLICATE), np.float32)
        gloss[window] += alpha * (shine - gloss[window])

    def exposed(
        self, scene: Field, gloss: Field, frame_index: int, motion_px: tuple[float, float] = (0.0, 0.0)
    ) -> Picture:
        """Give the picture that the camera takes of a lit scene.

        Args:
            scene: (H, W, 3) float32 as ``lay`` left it.
            gloss: (H, W) float32.
            frame_index: Chooses the noise.
            motion_px: (right, down) way of the belt while the shutter is open.
        """
        look = self.look
        lit = scene * self._light[..., None] + (self._glare * gloss)[..., None]
        if look.blur_px > 0.35:
            lit = cv2.GaussianBlur(lit, (0, 0), look.blur_px)
        lit = _smeared(np.asarray(lit, np.float32), motion_px)
        value = lit * np.float32(look.gain)
        value = np.where(value > 0.8, 0.8 + 0.2 * np.tanh((value - 0.8) / 0.2), value) ** np.float32(0.9)
        value = value.astype(np.float32) * np.float32(255.0)
        if look.grey:
            value = np.repeat(cv2.cvtColor(value, cv2.COLOR_BGR2GRAY)[..., None], 3, axis=2)
        row, column = random_stream(look.seed, "noise", frame_index).integers(_NOISE_SPARE_PX, size=2)
        noise = self._noise[row : row + look.height_px, column : column + look.width_px]
        value += noise[..., :1] if look.grey else noise
        return np.asarray(np.clip(value + 0.5, 0, 255).astype(np.uint8))

    def empty_gloss(self) -> Field:
        """Give the gloss of the empty belt, (H, W) float32."""
        shine = 0.12 if self.look.belt_kind == "plate" else 0.03
        return np.full((self.look.height_px, self.look.width_px), shine, np.float32)


def _folded(place: NDArray[np.floating], length: int) -> NDArray[np.float32]:
    """Let a texture go on mirrored past its ends, so that no seam shows."""
    turned = np.mod(place, 2.0 * (length - 1))
    return np.asarray(np.minimum(turned, 2.0 * (length - 1) - turned), np.float32)


def _footprint(
    part: PartPicture, pose: Pose, look: StationLook
) -> tuple[tuple[slice, slice] | None, NDArray[np.float64]]:
    """Give the window of the picture that a part and its shadow cover, and the map from its raster into that window."""
    face = part.face
    rows, cols = face.shape
    corners = face.to_mm(np.array([[0.0, 0.0], [cols, 0.0], [cols, rows], [0.0, rows]]))
    reach = 4.0 + 3.0 * look.shadow_px * max(1.0, float(np.abs(look.face_light.direction[:2]).max()))
    low = np.floor(pose.to_picture(corners).min(axis=0) - reach).astype(int).clip(0)
    high = np.ceil(pose.to_picture(corners).max(axis=0) + reach).astype(int).clip(None, [look.width_px, look.height_px])
    matrix = np.zeros((2, 3))
    if (high <= low).any():
        return None, matrix
    ends = pose.to_picture(face.to_mm(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))) - low
    # raster pixel centres lie half a pixel in, picture pixel centres as well
    matrix[:, 0], matrix[:, 1] = ends[1] - ends[0], ends[2] - ends[0]
    matrix[:, 2] = ends[0] + 0.5 * (matrix[:, 0] + matrix[:, 1]) - 0.5
    return (slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))), matrix


def _smeared(lit: Field, motion_px: tuple[float, float]) -> Field:
    length = float(np.hypot(*motion_px))
    if length < 0.3:
        return lit
    side = 2 * int(np.ceil(length / 2.0)) + 1
    kernel = np.zeros((side, side), np.float32)
    for share in np.linspace(-0.5, 0.5, 21):
        x, y = (side // 2 + share * motion for motion in motion_px)
        column, row = int(np.floor(x)), int(np.floor(y))
        for dr in (0, 1):
            for dc in (0, 1):
                if row + dr < side and column + dc < side:
                    kernel[row + dr, column + dc] += (1 - abs(y - row - dr)) * (1 - abs(x - column - dc))
    return np.asarray(cv2.filter2D(lit, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.float32)


def _belt(look: StationLook, rng: np.random.Generator) -> Field:
    rows, cols = look.height_px + _BELT_SPARE_PX, look.width_px + _BELT_SPARE_PX
    shape = (rows, cols)
    texture = np.float32(0.05) * fractal_noise(rng, shape, 120.0, 3) + np.float32(0.03) * smooth_noise(rng, shape, 1.5)
    y, x = np.mgrid[:rows, :cols].astype(np.float32)
    if look.belt_kind == "weave":
        fine = np.float32(2 * np.pi / rng.uniform(4.0, 9.0))
        texture += np.float32(0.08) * np.sin(x * fine) * np.sin(y * fine)
    elif look.belt_kind == "slats":
        pitch = cols / round(cols / float(rng.uniform(50.0, 140.0)))
        place = x % np.float32(pitch)
        texture -= np.float32(0.55) * (1.0 - smooth_step(np.abs(place - 3.0), 1.0, 3.5))
        texture += np.float32(0.1) * smooth_step(place, 0.0, pitch)
    elif look.belt_kind == "plate":
        texture += np.float32(0.05) * smooth_noise(rng, shape, (1.5, 90.0))
    else:
        texture += np.float32(0.035) * smooth_noise(rng, shape, 3.0)
    for _ in range(int(rng.integers(0, 14))):  # worn marks
        ends = rng.integers(0, [cols, rows], size=(2, 2))
        ends[1] = ends[0] + rng.normal(0.0, 90.0, 2).astype(int)
        mark = np.zeros(shape, np.uint8)
        cv2.line(mark, ends[0].tolist(), ends[1].tolist(), 255, int(rng.integers(1, 4)), cv2.LINE_AA)
        texture += np.float32(rng.uniform(-0.2, 0.2) / 255.0) * mark
    tone = np.array(look.belt_bgr, np.float32) * (1.0 + texture[..., None])
    return np.asarray(np.clip(tone, 0.01, 1.0), np.float32)


def _light_map(look: StationLook, rng: np.random.Generator) -> Field:
    y, x = np.mgrid[: look.height_px, : look.width_px].astype(np.float32)
    turn = rng.uniform(0.0, 2.0 * np.pi)
    along = (x / look.width_px - 0.5) * np.float32(np.cos(turn)) + (y / look.height_px - 0.5) * np.float32(np.sin(turn))
    radius2 = (x / look.width_px - 0.5) ** 2 + (y / look.height_px - 0.5) ** 2
    vignette = np.float32(rng.uniform(0.0, 0.5)) * radius2
    return np.asarray(1.0 - np.float32(look.gradient) * (along + 0.5) - vignette, np.float32)


def _glare_map(look: StationLook) -> Field:
    y, x = np.mgrid[: look.height_px, : look.width_px].astype(np.float32) / np.float32(look.width_px)
    total = np.zeros((look.height_px, look.width_px), np.float32)
    for centre_x, centre_y, radius_x, radius_y, strength in look.glares:
        squared = ((x - centre_x) / np.float32(radius_x)) ** 2 + ((y - centre_y) / np.float32(radius_y)) ** 2
        total += np.float32(1.6 * strength) * np.exp(-squared)
    return total
