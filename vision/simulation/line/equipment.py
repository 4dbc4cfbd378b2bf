"""Equipment in a corner of a station's picture whose state changes once: a lamp, a gauge, a guard, a pump."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.random_streams import Field, random_stream, smooth_noise

EquipmentKind = Literal["lamp", "gauge", "guard", "pump"]
EQUIPMENT_KINDS: tuple[EquipmentKind, ...] = get_args(EquipmentKind)

WATCH_REGION = (0.03, 0.01, 0.15, 0.16)
"""Where it stands: left, top, right, bottom as fractions of the picture."""

_NAMES = {"lamp": "lamp H-1", "gauge": "gauge PI-4", "guard": "guard G-2", "pump": "pump P-3"}
_STATES = {
    "lamp": ("green", "red"),
    "gauge": ("in_range", "high"),
    "guard": ("closed", "open"),
    "pump": ("dry", "leaking"),
}
_SEVERITIES = {"lamp": "medium", "gauge": "medium", "guard": "high", "pump": "high"}
_STEEL, _DARK, _PAPER = (120, 122, 124), (30, 30, 32), (222, 226, 228)


@dataclass(frozen=True, slots=True)
class PlannedWatch:
    """A piece of equipment and when it stops being sound.

    Attributes:
        kind: What it is.
        name: Of this piece.
        sound: State until the change.
        faulty: State from then on.
        changes_s: Footage time of the change.
        severity: Of the faulty state.
    """

    kind: EquipmentKind
    name: str
    sound: str
    faulty: str
    changes_s: float
    severity: str

    def state(self, time_s: float) -> str:
        """Give the state at a footage time."""
        return self.sound if time_s < self.changes_s else self.faulty


def plan_watch(seed: int, duration_s: float) -> PlannedWatch:
    """Choose a piece of equipment, and a change in the middle of the run."""
    rng = random_stream(seed, "equipment")
    kind = EQUIPMENT_KINDS[int(rng.integers(len(EQUIPMENT_KINDS)))]
    sound, faulty = _STATES[kind]
    changes = round(duration_s * float(rng.uniform(0.4, 0.7)), 2)
    return PlannedWatch(kind, _NAMES[kind], sound, faulty, changes, _SEVERITIES[kind])


def equipment_picture(watch: PlannedWatch, state: str, size_px: tuple[int, int]) -> Field:
    """Draw the equipment as it is in some state: (height, width, 3) float32 BGR, 0 to 1.

    Args:
        watch: What to draw.
        state: One of its two.
        size_px: Width and height.
    """
    wide, high = size_px
    canvas = np.full((high, wide, 3), (74, 78, 82), np.uint8)
    _DRAW[watch.kind](canvas, state == watch.sound)
    grain = smooth_noise(random_stream(7, watch.kind), (high, wide), 2.0) * np.float32(0.01)
    return np.asarray(canvas.astype(np.float32) / np.float32(255.0) + grain[..., None], np.float32)


def _draw_lamp(canvas: NDArray[np.uint8], sound: bool) -> None:
    high, wide = canvas.shape[:2]
    for share, tone, lit in ((0.3, (70, 220, 90), sound), (0.7, (60, 60, 245), not sound)):
        centre = (int(share * wide), high // 2)
        cv2.circle(canvas, centre, int(0.3 * high), _DARK, -1, cv2.LINE_AA)
        off = tuple(value // 5 for value in tone)
        cv2.circle(canvas, centre, int(0.24 * high), tone if lit else off, -1, cv2.LINE_AA)
        if lit:
            cv2.circle(canvas, centre, int(0.1 * high), (245, 250, 250), -1, cv2.LINE_AA)


def _draw_gauge(canvas: NDArray[np.uint8], sound: bool) -> None:
    high, wide = canvas.shape[:2]
    centre, radius = (wide // 2, high // 2), int(0.44 * high)
    cv2.circle(canvas, centre, radius, _STEEL, -1, cv2.LINE_AA)
    cv2.circle(canvas, centre, int(0.88 * radius), _PAPER, -1, cv2.LINE_AA)
    inner = (int(0.72 * radius),) * 2
    cv2.ellipse(canvas, centre, inner, 0, 200, 290, (70, 170, 80), 4, cv2.LINE_AA)
    cv2.ellipse(canvas, centre, inner, 0, 290, 370, (60, 60, 210), 4, cv2.LINE_AA)
    turn = np.radians(245 if sound else 345)
    tip = (int(centre[0] + 0.7 * radius * np.cos(turn)), int(centre[1] + 0.7 * radius * np.sin(turn)))
    cv2.line(canvas, centre, tip, _DARK, 3, cv2.LINE_AA)
    cv2.circle(canvas, centre, 4, _DARK, -1, cv2.LINE_AA)


def _draw_guard(canvas: NDArray[np.uint8], sound: bool) -> None:
    high, wide = canvas.shape[:2]
    cv2.rectangle(canvas, (4, 4), (wide - 5, high - 5), _DARK, -1)
    first = 8 if sound else int(0.62 * wide)
    cv2.rectangle(canvas, (first, 8), (wide - 9, high - 9), (40, 190, 225), -1)
    for x in range(first + 6, wide - 12, 9):
        cv2.line(canvas, (x, 14), (x, high - 15), (25, 90, 110), 2, cv2.LINE_AA)
    if not sound:
        cv2.circle(canvas, (int(0.3 * wide), high // 2), int(0.22 * high), _STEEL, 5, cv2.LINE_AA)


def _draw_pump(canvas: NDArray[np.uint8], sound: bool) -> None:
    high, wide = canvas.shape[:2]
    floor = int(0.66 * high)
    cv2.rectangle(canvas, (0, floor), (wide, high), (96, 100, 104), -1)
    cv2.rectangle(canvas, (int(0.15 * wide), int(0.25 * high)), (int(0.6 * wide), floor), (150, 90, 40), -1)
    cv2.circle(canvas, (int(0.68 * wide), int(0.45 * high)), int(0.2 * high), _STEEL, -1, cv2.LINE_AA)
    cv2.line(canvas, (int(0.68 * wide), int(0.3 * high)), (int(0.68 * wide), 0), _STEEL, 7, cv2.LINE_AA)
    if not sound:
        pool = (int(0.62 * wide), int(0.84 * high))
        cv2.ellipse(canvas, pool, (int(0.3 * wide), int(0.12 * high)), 0, 0, 360, (28, 24, 20), -1, cv2.LINE_AA)
        cv2.ellipse(canvas, pool, (int(0.12 * wide), int(0.03 * high)), 0, 0, 360, (150, 140, 130), -1, cv2.LINE_AA)
        cv2.line(canvas, (int(0.68 * wide), int(0.6 * high)), (int(0.68 * wide), pool[1]), (28, 24, 20), 3, cv2.LINE_AA)


_DRAW = {"lamp": _draw_lamp, "gauge": _draw_gauge, "guard": _draw_guard, "pump": _draw_pump}
