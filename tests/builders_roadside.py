"""Makes signal heads, signs and drives past them with a known truth."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from benchmarks.spoiled_signs import Box
from tests.builders_position import SECOND
from vision.camera import Camera
from vision.roadside.kinds import ROADSIDE_CLASSES, HeadState
from vision.roadside.signal_phases import Lens, lit_lenses
from vision.roadside.signal_timeline import HeadView
from vision.types import Detections, Float, Image, Pose

Lamps = Callable[[float], HeadState]
"""Seconds -> what is lit."""

GERMAN: tuple[tuple[HeadState, float], ...] = (("red", 28.0), ("red_yellow", 1.0), ("green", 22.0), ("yellow", 3.0))
AMERICAN: tuple[tuple[HeadState, float], ...] = (("red", 30.0), ("green", 25.0), ("yellow", 4.0))


def cycling(phases: Sequence[tuple[HeadState, float]] = GERMAN, dark: Iterable[Lens] = ()) -> Lamps:
    """Give a head that goes through phases of some seconds each, with some lenses dark."""
    whole, gone = sum(length for _, length in phases), frozenset(dark)

    def lamps(time_s: float) -> HeadState:
        left = time_s % whole
        for state, length in phases:
            if left < length:
                return _of_lenses(lit_lenses(state) - gone)
            left -= length
        return _of_lenses(lit_lenses(phases[0][0]) - gone)

    return lamps


def flashing(state: HeadState = "yellow", period_s: float = 1.0) -> Lamps:
    """Give a head that is lit for the first half of each period."""
    return lambda time_s: state if time_s % period_s < period_s / 2.0 else "off"


def steady(state: HeadState) -> Lamps:
    """Give a head that never changes."""
    return lambda time_s: state


def watch(shown: Lamps, start_s: float, length_s: float, fps: float, **overrides: Any) -> list[HeadView]:
    """Give a head's views from one moment of its cycle on, at even times."""
    fields: dict[str, Any] = {"confidence": 0.8, "height_px": 40.0, "lamps": 0.9, "covered": 0.0}
    return [
        HeadView(pts_ns=round(frame / fps * SECOND), state=shown(start_s + frame / fps), **fields | overrides)
        for frame in range(int(length_s * fps) + 1)
    ]


CAMERA = Camera(1280, 720, 900.0, 1.4, 4.0, 0.0, 0.05, 0.3, 0.01, "file")


@dataclass(frozen=True)
class Thing:
    """A sign or a head that stands still.

    Attributes:
        class_name: As a detector calls it.
        xyz_m: Of its middle: east, north, up from the road.
        size_m: Height of its box.
        aspect: Width of its box, of its height.
    """

    class_name: str
    xyz_m: tuple[float, float, float]
    size_m: float = 0.6
    aspect: float = 1.0

    def box(self, camera: Camera, pose: Pose, nod_deg: float = 0.0) -> tuple[float, float, float, float] | None:
        """Give its box by plain rotations; None where it isn't whole in the picture."""
        heading, pitch = math.radians(pose.heading_deg), math.radians(camera.pitch_deg + nod_deg)
        east, north = self.xyz_m[0] - pose.x_m, self.xyz_m[1] - pose.y_m
        ahead = east * math.sin(heading) + north * math.cos(heading)
        right = east * math.cos(heading) - north * math.sin(heading)
        drop = camera.height_m - self.xyz_m[2]
        depth = ahead * math.cos(pitch) + drop * math.sin(pitch)
        if depth < 1.0:
            return None
        column = camera.width_px / 2 + camera.focal_px * right / depth
        row = camera.height_px / 2 + camera.focal_px * (drop * math.cos(pitch) - ahead * math.sin(pitch)) / depth
        tall = camera.focal_px * self.size_m / depth
        box = (column - tall * self.aspect / 2, row - tall / 2, column + tall * self.aspect / 2, row + tall / 2)
        inside = box[0] >= 0 and box[1] >= 0 and box[2] <= camera.width_px and box[3] <= camera.height_px
        return box if inside else None


def straight(count: int = 30, step_m: float = 3.0, speed_mps: float = 14.0) -> list[tuple[int, Pose]]:
    """Give times and poses of a drive due north from (0, 0)."""
    return [
        (round(i * step_m / speed_mps * SECOND), Pose(0.0, i * step_m, 0.0, speed_mps, i * step_m, 1.5, 0.5, True))
        for i in range(count)
    ]


def winding(count: int, step_m: float, radius_m: float) -> list[tuple[int, Pose]]:
    """Give times and poses of a drive that starts north at (0, 0) and bends all the way, right where above 0."""
    drive, x_m, y_m, heading = [], 0.0, 0.0, 0.0
    for i in range(count):
        pose = Pose(x_m, y_m, math.degrees(heading) % 360.0, 14.0, i * step_m, 1.5, 0.5, True)
        drive.append((round(i * step_m / 14.0 * SECOND), pose))
        middle = heading + step_m / radius_m / 2.0
        x_m, y_m = x_m + step_m * math.sin(middle), y_m + step_m * math.cos(middle)
        heading += step_m / radius_m
    return drive


def see(
    things: Sequence[Thing],
    drive: Sequence[tuple[int, Pose]],
    rng: np.random.Generator | None = None,
    nod_deg: float = 0.3,
    miss: float = 0.0,
    camera: Camera = CAMERA,
) -> tuple[list[tuple[Pose, Detections]], dict[tuple[int, int], int]]:
    """Give what a detector would find on a drive, and which thing each (pts_ns, row) is.

    With ``rng`` the true camera nods and sways, boxes are drawn a pixel off, and some things are missed.
    """
    frames, owner = [], {}
    for pts_ns, pose in drive:
        nod, sway = (0.0, 0.0) if rng is None else (rng.normal(0.0, nod_deg), rng.normal(0.0, 0.1))
        true_pose = replace(pose, heading_deg=pose.heading_deg + sway)
        boxes: list[Float] = []
        ids: list[int] = []
        for number, thing in enumerate(things):
            box = thing.box(camera, true_pose, nod)
            if box is None or box[3] - box[1] < 8.0 or (rng is not None and rng.uniform() < miss):
                continue
            owner[pts_ns, len(boxes)] = number
            boxes.append(np.array(box) + (0.0 if rng is None else rng.normal(0.0, 1.0, 4)))
            ids.append(ROADSIDE_CLASSES.index(thing.class_name))
        frames.append((pose, make_roadside(pts_ns, boxes, ids)))
    return frames, owner


def make_roadside(
    pts_ns: int, boxes: Sequence[Float], class_ids: Sequence[int], footage_id: str = "f" * 64
) -> Detections:
    """Give roadside detections without outlines."""
    return Detections(
        footage_id=footage_id,
        pts_ns=pts_ns,
        xyxy=np.array(boxes, dtype=np.float32).reshape(-1, 4),
        confidence=np.full(len(boxes), 0.8, dtype=np.float32),
        class_id=np.array(class_ids, dtype=np.int64),
        class_names=ROADSIDE_CLASSES,
        outlines=tuple(np.zeros((0, 2), np.float32) for _ in boxes),
    )


def _of_lenses(lit: frozenset[Lens]) -> HeadState:
    states: tuple[HeadState, ...] = ("off", "red", "red_yellow", "yellow", "green")
    return next(state for state in states if lit_lenses(state) == lit)


def draw_sign(kind: str, size_px: int = 40, light: float = 0.9) -> tuple[Image, Box]:
    """Draw a fresh sign before surroundings of light and shade, BGR, and give its box."""
    side = size_px * 3
    wood = np.random.default_rng(3).uniform(15.0, 160.0, (12, 12, 1)).astype(np.float32)
    image = np.repeat(cv2.resize(wood, (side * 4, side * 4))[:, :, None], 3, axis=2)
    low, high, middle = 4 * size_px, 8 * size_px, 6 * size_px  # drawn four times as large
    white, red, blue, black = (245.0,) * 3, (40.0, 30.0, 200.0), (160.0, 80.0, 15.0), (25.0,) * 3
    if kind == "danger":
        outer = np.array([[low, high], [high, high], [middle, low]])
        centre = outer.mean(axis=0)
        cv2.fillPoly(image, [outer.astype(np.int32)], red)
        cv2.fillPoly(image, [(centre + 0.58 * (outer - centre)).astype(np.int32)], white)
    else:
        cv2.circle(image, (middle, middle), 2 * size_px, blue if kind == "mandatory" else red, -1)
        if kind == "prohibitory":
            cv2.circle(image, (middle, middle), round(1.4 * size_px), white, -1)
    if kind == "mandatory":
        shaft, tip = 5 * size_px, 6 * size_px
        cv2.rectangle(image, (middle - size_px // 3, shaft), (middle + size_px // 3, 7 * size_px), white, -1)
        cv2.fillPoly(image, [np.array([[shaft, tip], [tip * 2 - shaft, tip], [middle, round(4.5 * size_px)]])], white)
    else:
        cv2.rectangle(image, (middle - size_px // 4, middle), (middle + size_px // 4, middle + size_px), black, -1)
    small = cv2.resize(image * light, (side, side), interpolation=cv2.INTER_AREA)
    return small.astype(np.uint8), (float(size_px), float(size_px), float(2 * size_px), float(2 * size_px))
