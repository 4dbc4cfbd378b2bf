"""Everything above the ground: sky, hills and tree line as a panorama, trees, poles, posts and the barrier in front."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.frame_canvas import FrameCanvas, Raster
from vision.simulation.light import DriveLight
from vision.simulation.projection import CameraModel, View, ground_ahead, project_ground
from vision.simulation.random_streams import Field, fractal_noise, random_stream, smooth_noise, smooth_step
from vision.simulation.road_layout import RoadLayout, RoadsideObject

Standing = tuple[float, Callable[[FrameCanvas], None]]
"""A thing that stands in the scene: its distance ahead in metres, and what draws it."""

_FARTHEST_OBJECT_M = 130.0
_BELOW_HORIZON_PX = 3
_FARTHEST_PX = 20_000
_SKYLINE_ROWS = 90
_SPRITES_A_KIND = 5


@dataclass(frozen=True, slots=True)
class _Sprite:
    """A picture to be stood up beside the road.

    Attributes:
        colour: (H, W, 3) uint8 BGR, already multiplied by coverage.
        gap: (H, W, 3) uint8: 255 where nothing covers, 0 where all is covered.
        aspect: Width over height.
    """

    colour: Raster
    gap: Raster
    aspect: float


class Scenery:
    """Draws what stands over the ground of one road in one light."""

    def __init__(self, layout: RoadLayout, light: DriveLight, camera: CameraModel) -> None:
        self._layout = layout
        self._focal_px = camera.focal_px
        self._panorama, self._horizon_row = _paint_panorama(layout, light, camera)
        self._sprites = _paint_sprites(layout, light)
        self._along = np.array([thing.along_m for thing in layout.roadside])
        self._height = np.array([thing.height_m for thing in layout.roadside])
        self._lateral = np.array([thing.lateral_m for thing in layout.roadside])

    def draw_backdrop(self, frame: Raster, view: View, rows: int) -> None:
        """Draw sky and distance into the top ``rows`` rows of a frame, down to the horizon."""
        camera = view.camera
        roll = np.radians(camera.roll_deg)
        heading = self._layout.route.heading_at(view.along_m) + view.yaw_rad
        span = self._panorama.shape[1] / 2.0
        middle = float(np.mod(-heading * self._focal_px, span)) + 0.5 * span
        lift = camera.focal_px * np.tan(np.radians(camera.pitch_deg))
        # Image point -> panorama: turn by roll about the image's middle, then shift the horizon to its row.
        cosine, sine = float(np.cos(roll)), float(np.sin(roll))
        cx, cy = 0.5 * camera.width_px, 0.5 * camera.height_px
        turn = np.array(
            [
                [cosine, -sine, middle - cosine * cx + sine * cy],
                [sine, cosine, self._horizon_row + lift - sine * cx - cosine * cy],
            ]
        )
        # The sky bears being drawn at half size; the skyline doesn't.
        coarse = max(0, (rows - _SKYLINE_ROWS) // 2)
        if coarse:
            half = turn @ np.array([[2.0, 0.0, 0.5], [0.0, 2.0, 0.5], [0.0, 0.0, 1.0]])
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            sky = cv2.warpAffine(self._panorama, half, (camera.width_px // 2, coarse), flags=flags)
            cv2.resize(sky, (camera.width_px, 2 * coarse), dst=frame[: 2 * coarse], interpolation=cv2.INTER_LINEAR)
        below = turn @ np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 2.0 * coarse], [0.0, 0.0, 1.0]])
        cv2.warpAffine(
            self._panorama,
            below,
            (camera.width_px, rows - 2 * coarse),
            dst=frame[2 * coarse : rows],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_TRANSPARENT,
        )

    def draw_objects(self, canvas: FrameCanvas, view: View, standing: Sequence[Standing] = ()) -> None:
        """Draw what stands beside the road, and what else stands in the scene, farthest first."""
        if self._layout.style.barrier:
            self._draw_barrier(canvas.frame, view)
        things = self._roadside_in_view(view)
        if standing:
            things = sorted([*things, *standing], key=lambda thing: -thing[0])
        for _, draw in things:
            draw(canvas)

    def _roadside_in_view(self, view: View) -> list[Standing]:
        """Give trees, poles and posts in view, farthest first."""
        found: list[Standing] = []
        if len(self._along) == 0:
            return found
        near = np.flatnonzero((self._along > view.along_m) & (self._along < view.along_m + _FARTHEST_OBJECT_M))
        ahead, left = ground_ahead(self._layout.route, view, self._along[near], self._lateral[near])
        heights = self._height[near]
        u, foot = project_ground(view.camera, ahead, left, np.zeros_like(ahead))
        _, top = project_ground(view.camera, ahead, left, heights)
        for order in np.argsort(-ahead):
            # a tall thing beside a camera that looks steeply down has its top behind the lens
            if ahead[order] > 2.5 and np.isfinite([u[order], top[order], foot[order]]).all():
                thing = self._layout.roadside[int(near[order])]
                place = float(u[order]), float(top[order]), float(foot[order])
                found.append((float(ahead[order]), partial(self._draw_sprite, thing=thing, place=place)))
        return found

    def _draw_sprite(self, canvas: FrameCanvas, thing: RoadsideObject, place: tuple[float, float, float]) -> None:
        (u, top, bottom), frame = place, canvas.frame
        bank = self._sprites[thing.kind]
        shapes = bank[thing.shape_seed % len(bank)]
        height = bottom - top
        # The smallest copy that still has a pixel for each of the picture's.
        sprite = next((one for one in reversed(shapes) if one.colour.shape[0] >= height), shapes[0])
        width = height * sprite.aspect
        left, right = u - 0.5 * width, u + 0.5 * width
        x0, x1 = max(0, int(np.floor(left))), min(frame.shape[1], int(np.ceil(right)))
        y0, y1 = max(0, int(np.floor(top))), min(frame.shape[0], int(np.ceil(bottom)))
        if x1 - x0 < 1 or y1 - y0 < 2:
            return
        rows, columns = sprite.colour.shape[:2]
        to_sprite = np.array(
            [
                [columns / width, 0.0, (x0 + 0.5 - left) * columns / width - 0.5],
                [0.0, rows / height, (y0 + 0.5 - top) * rows / height - 0.5],
            ]
        )
        size, flags = (x1 - x0, y1 - y0), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        own = cv2.warpAffine(sprite.colour, to_sprite, size, flags=flags, borderMode=cv2.BORDER_CONSTANT)
        hole = cv2.warpAffine(sprite.gap, to_sprite, size, flags=flags, borderValue=(255, 255, 255))
        canvas.paint(x0, y0, np.asarray(own, np.uint8), np.asarray(hole, np.uint8))

    def _draw_barrier(self, frame: Raster, view: View) -> None:
        lateral = -(self._layout.style.paved_half_width_m + 0.55)
        first = np.ceil((view.along_m + 2.0) / 2.0) * 2.0
        along = first + np.concatenate([np.arange(0.0, 30.0, 1.0), np.arange(30.0, 110.0, 4.0)])
        ahead, left = ground_ahead(self._layout.route, view, along, np.full_like(along, lateral))
        for low, high, tone in ((0.42, 0.53, 118), (0.53, 0.63, 168), (0.63, 0.74, 142)):
            outline = []
            for up, order in ((low, slice(None)), (high, slice(None, None, -1))):
                u, v = project_ground(view.camera, ahead[order], left[order], np.full_like(ahead, up))
                outline.append(np.stack([u, v], axis=1))
            points = np.concatenate(outline)
            if np.isfinite(points).all() and np.abs(points).max() < _FARTHEST_PX:
                fixed = np.round(points * 8.0).astype(np.int32)
                cv2.fillPoly(frame, [fixed], (tone, tone, tone - 4), cv2.LINE_AA, 3)
        posts = np.mod(along, 4.0) == 0.0
        ahead, left = ahead[posts], left[posts]
        u, foot = project_ground(view.camera, ahead, left, np.zeros_like(ahead))
        _, top = project_ground(view.camera, ahead, left, np.full_like(ahead, 0.6))
        for at, low, high, distance in zip(u, foot, top, ahead, strict=True):
            if np.isfinite(at) and max(abs(at), abs(low)) < _FARTHEST_PX:
                thick = max(1, round(0.1 * view.camera.focal_px / max(float(distance), 1.0)))
                cv2.line(frame, (int(at), int(low)), (int(at), int(high)), (96, 100, 102), thick, cv2.LINE_AA)


def _paint_panorama(layout: RoadLayout, light: DriveLight, camera: CameraModel) -> tuple[Raster, int]:
    """Paint all round the horizon, twice in a row, so that any window lies in one piece.

    Gives the raster and the row of the horizon in it.
    """
    rng = random_stream(layout.seed, "panorama")
    clouds_rng = random_stream(layout.seed, "clouds", light.condition)
    focal = camera.focal_px
    overlap = int(0.3 * focal)
    width = int(2.0 * np.pi * focal) + overlap
    above = int(0.5 * camera.height_px + focal * np.tan(np.radians(camera.pitch_deg + 3.0))) + 8
    above = max(above, 40)
    height = above + _BELOW_HORIZON_PX
    up = (above - np.arange(height, dtype=np.float32)) / np.float32(focal)
    sky = _sky(clouds_rng, light, up, (height, width))
    haze = sky[above - 2].mean(axis=0)
    _ridge(rng, sky, above, focal, 0.045, 900.0, np.array([120.0, 105.0, 88.0]), haze, 0.55)
    green = np.array(layout.style.grass_bgr) * 0.62
    _ridge(rng, sky, above, focal, float(rng.choice([0.012, 0.025, 0.05])), 260.0, green, haze, 0.22)
    fade = np.linspace(0.0, 1.0, overlap, dtype=np.float32)[None, :, None]
    sky[:, :overlap] = sky[:, :overlap] * fade + sky[:, -overlap:] * (1.0 - fade)  # the end runs into the beginning
    panorama = np.clip(sky[:, :-overlap], 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.concatenate([panorama, panorama], axis=1)), above


def _sky(rng: np.random.Generator, light: DriveLight, up: Field, shape: tuple[int, int]) -> Field:
    """Give the sky's colour (H, W, 3) float32, paler towards the horizon, clouded."""
    rise = np.clip(up / 0.55, 0.0, 1.0)[:, None]
    blue = np.array([205.0, 150.0, 105.0]), np.array([232.0, 222.0, 208.0])
    clear = blue[1] + (blue[0] - blue[1]) * rise**0.7
    grey = np.array([214.0, 212.0, 208.0]) + np.array([-38.0, -40.0, -42.0]) * rise
    if light.condition == "rain":
        grey = grey * 0.86
    small = (max(2, shape[0] // 4), max(2, shape[1] // 4))
    billow = fractal_noise(rng, small, 46.0, 5, 0.6)
    cover = smooth_step(billow, 1.6 - 3.0 * light.clouds, 2.6 - 3.0 * light.clouds)
    closed = cv2.resize(cover, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)[..., None]
    shade = cv2.resize(billow, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)[..., None]
    sky = clear[:, None, :] * (1.0 - closed) + (grey[:, None, :] - 9.0 * shade + 12.0) * closed
    return np.asarray(sky, np.float32)


def _ridge(
    rng: np.random.Generator,
    sky: Field,
    above: int,
    focal: float,
    height_rad: float,
    wave_px: float,
    tone: NDArray[np.float64],
    haze: Field,
    haze_share: float,
) -> None:
    """Stand a wooded or hilly ridge on the horizon of a panorama. Changes ``sky``."""
    width = sky.shape[1]
    outline = fractal_noise(rng, (2, width), wave_px, 7, 0.58)[0]
    heights = np.maximum(focal * height_rad * (0.55 + 0.42 * outline), 2.0)
    rows = np.arange(sky.shape[0], dtype=np.float32)[:, None]
    cover = np.clip(rows - (above - heights[None, :]), 0.0, 1.0)[..., None]
    leaf = 1.0 + 0.14 * smooth_noise(rng, sky.shape[:2], 4.0) + 0.12 * smooth_noise(rng, sky.shape[:2], (9.0, 16.0))
    colour = tone[None, None, :] * leaf[..., None] * (1.0 - haze_share) + haze[None, None, :] * haze_share
    sky += (np.asarray(colour, np.float32) - sky) * cover


def _paint_sprites(layout: RoadLayout, light: DriveLight) -> dict[str, list[list[_Sprite]]]:
    rng = random_stream(layout.seed, "sprites")
    green = np.array(layout.style.grass_bgr, np.float32) * np.array([0.8, 0.72, 0.66], np.float32)
    trees = [_plant(rng, green, light, trunk=True) for _ in range(_SPRITES_A_KIND)]
    bushes = [_plant(rng, green * 1.1, light, trunk=False) for _ in range(_SPRITES_A_KIND)]
    return {"tree": trees, "bush": bushes, "pole": [_pole()], "post": [_post()]}


def _plant(rng: np.random.Generator, green: Field, light: DriveLight, *, trunk: bool) -> list[_Sprite]:
    """Paint a tree or a bush: a crown of many leafy lumps, each lit from above and from the sun's side."""
    rows, columns = (448, 352) if trunk else (192, 256)
    y = np.linspace(0.0, 1.0, rows, dtype=np.float32)[:, None]
    x = np.linspace(-1.0, 1.0, columns, dtype=np.float32)[None, :]
    middle, reach = (0.42, 0.33) if trunk else (0.64, 0.26)
    shape = float(rng.uniform(0.6, 1.0))
    cover, tone = np.full((rows, columns), -1.0, np.float32), np.zeros((rows, columns), np.float32)
    for _ in range(int(rng.integers(26, 48))):
        angle, away = float(rng.uniform(0.0, 2.0 * np.pi)), float(np.sqrt(rng.random())) * 0.72
        at_x, at_y = away * np.cos(angle) * 0.85 * shape, middle + away * np.sin(angle) * reach * 1.2
        size = float(rng.uniform(0.14, 0.30))
        over_x, over_y = (x - np.float32(at_x)) / size, (y - np.float32(at_y)) / (size * 0.5)
        lump = 1.0 - np.sqrt(over_x**2 + over_y**2)
        lit = 0.55 - 0.55 * over_y - 0.3 * light.sun.left * over_x + float(rng.normal(0.0, 0.12))
        front = lump > cover
        tone[front], cover[front] = np.broadcast_to(lit, tone.shape)[front], lump[front]
    leaves = 0.5 * smooth_noise(rng, (rows, columns), 3.0) + 0.6 * smooth_noise(rng, (rows, columns), 9.0)
    frame = smooth_step(np.minimum(1.0 - np.abs(x), np.minimum(y, 1.02 - y) * 2.0) + 0.03 * leaves, 0.02, 0.12)
    alpha = smooth_step(cover + 0.16 * leaves, 0.02, 0.16) * frame
    sunny = 0.25 + 0.75 * light.sun.direct
    shade = 0.72 + sunny * 0.5 * (tone - 0.45) + (0.13 + 0.10 * sunny) * leaves + 0.2 * (0.5 - y)
    hue = np.array([rng.uniform(0.75, 1.1), rng.uniform(0.9, 1.1), rng.uniform(0.8, 1.3)], np.float32)
    colour = (green * hue)[None, None, :] * np.clip(shade, 0.22, 1.6)[..., None]
    if trunk:
        stem = smooth_step(0.055 - np.abs(x + 0.04 * np.sin(6.0 * y)), 0.0, 0.015) * (y > 0.5) * (1.0 - alpha)
        bark = np.array([50.0, 58.0, 66.0], np.float32) * (0.85 - 0.25 * x / 0.055 * light.sun.left)[..., None]
        colour += (bark * (1.0 + 0.1 * smooth_noise(rng, (rows, columns), (24.0, 3.0)))[..., None] - colour) * stem[
            ..., None
        ]
        alpha = np.maximum(alpha, stem)
    return _sprite(colour, np.asarray(alpha, np.float32))


def _pole() -> list[_Sprite]:
    cover = np.zeros((400, 60), np.float32)
    cover[:, 28:32] = 1.0
    cover[16:20, 8:52] = 1.0
    cover[38:41, 14:46] = 1.0
    return _sprite(np.full((400, 60, 3), (70.0, 76.0, 82.0), np.float32), cover)


def _post() -> list[_Sprite]:
    colour = np.full((100, 14, 3), (212.0, 214.0, 214.0), np.float32)
    colour[18:42] = (40.0, 42.0, 44.0)
    colour[24:36, 4:10] = (70.0, 120.0, 215.0)
    return _sprite(colour, np.ones((100, 14), np.float32))


def _sprite(colour: Field, cover: Field) -> list[_Sprite]:
    """Give a sprite in halving sizes, largest first."""
    covered = np.clip(colour * cover[..., None], 0, 255).astype(np.uint8)
    gap = np.repeat(np.clip(255.0 * (1.0 - cover), 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    aspect = colour.shape[1] / colour.shape[0]
    sizes = [_Sprite(covered, gap, aspect)]
    while min(covered.shape[:2]) >= 8:
        size = (covered.shape[1] // 2, covered.shape[0] // 2)
        covered = np.asarray(cv2.resize(covered, size, interpolation=cv2.INTER_AREA), np.uint8)
        gap = np.asarray(cv2.resize(gap, size, interpolation=cv2.INTER_AREA), np.uint8)
        sizes.append(_Sprite(covered, gap, aspect))
    return sizes
