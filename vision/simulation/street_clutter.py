"""What else stands in a street, for training frames: house fronts, vehicles, hoardings, the backs of other signs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.camera_effects import HAZE_BGR
from vision.simulation.frame_canvas import FrameCanvas
from vision.simulation.furniture import plan_sign
from vision.simulation.light import DriveLight
from vision.simulation.panel import Air, Panel, Picture, draw_panel
from vision.simulation.projection import View
from vision.simulation.random_streams import smooth_noise
from vision.simulation.road_furniture import Foot, facing_gain, stand
from vision.simulation.road_layout import RoadLayout
from vision.simulation.scenery import Standing
from vision.simulation.sign_faces import paint_face

Colour = NDArray[np.float32]

_WALLS_BGR = (
    *((150.0, 178.0, 196.0), (190.0, 196.0, 200.0), (74.0, 88.0, 140.0), (120.0, 150.0, 170.0)),
    *((168.0, 160.0, 150.0), (96.0, 104.0, 112.0), (60.0, 70.0, 78.0), (110.0, 170.0, 210.0)),
)
_CARS_BGR = (
    *((40.0, 40.0, 42.0), (170.0, 172.0, 174.0), (214.0, 216.0, 216.0), (60.0, 50.0, 46.0)),
    *((110.0, 62.0, 34.0), (34.0, 30.0, 130.0), (40.0, 180.0, 220.0)),
)
_WORDS = ("OPEN", "SALE", "TILES", "GARAGE", "BAKERY", "HOTEL 24", "TYRES", "CAFE", "BANK", "PARK 80")
_TAIL_LAMP_BGR = (30.0, 26.0, 150.0)
_BRAKE_LIGHT_BGR = (70.0, 60.0, 255.0)
_HEADLIGHT_BGR = (225.0, 240.0, 250.0)


class StreetClutter:
    """One frame's clutter in one light."""

    def __init__(self, rng: np.random.Generator, layout: RoadLayout, light: DriveLight, view: View) -> None:
        self._layout = layout
        self._light = light
        gain = facing_gain(light.sun)
        self._things: list[tuple[float, list[Panel]]] = []
        for side in (-1.0, 1.0):
            if rng.random() < 0.5:
                self._things += _house_row(rng, layout, view, side, gain)
        self._things += _vehicles(rng, layout, view, gain, night=light.condition == "night")
        for _ in range(int(rng.poisson(0.5))):
            self._things.append(_hoarding(rng, layout, view, gain))
        for _ in range(int(rng.poisson(0.5))):
            self._things.append(_sign_back(rng, layout, view, gain))
        for _ in range(int(rng.poisson(0.5))):
            self._things.append(_side_head(rng, layout, view, gain))

    def standing(self, view: View, speed_mps: float) -> list[Standing]:
        """Give what is in view; the frame's own view."""
        light = self._light
        air = Air(light.haze_m, HAZE_BGR.get(light.condition, (0.0, 0.0, 0.0)), speed_mps * light.exposure_s)
        return [(ahead, partial(self._draw, view=view, panels=panels, air=air)) for ahead, panels in self._things]

    def _draw(self, canvas: FrameCanvas, view: View, panels: Sequence[Panel], air: Air) -> None:
        for panel in panels:
            draw_panel(canvas, self._layout.route, view, panel, air)


def _house_row(
    rng: np.random.Generator, layout: RoadLayout, view: View, side: float, gain: float
) -> list[tuple[float, list[Panel]]]:
    """Line one side with houses: each a front along the road and a gable towards the camera."""
    found = []
    away = side * (layout.style.paved_half_width_m + float(rng.uniform(3.0, 9.0)))
    ahead = float(rng.uniform(4.0, 30.0))
    side_gain = gain * float(rng.uniform(0.6, 1.15))
    while ahead < float(rng.uniform(60.0, 140.0)):
        length, height = float(rng.uniform(8.0, 22.0)), float(rng.uniform(5.0, 15.0))
        wall = np.array(_WALLS_BGR[int(rng.integers(len(_WALLS_BGR)))], np.float32)
        near, far = view.along_m + ahead, view.along_m + ahead + length
        left_end, right_end = (near, far) if side > 0.0 else (far, near)  # as the driver sees them
        along = np.array([left_end, right_end, right_end, left_end])
        up = np.array([height, height, 0.0, 0.0])
        front = Panel(_wall(rng, wall * side_gain, length, height), along, np.full(4, away), up)
        depth = float(rng.uniform(6.0, 12.0))
        outer = away + side * depth
        left, right = (outer, away) if side > 0.0 else (away, outer)
        gable = Panel(
            _wall(rng, wall * gain, depth, height), np.full(4, near), np.array([left, right, right, left]), up
        )
        found.append((ahead + length, [front, gable]))
        ahead += length + float(rng.choice([0.0, rng.uniform(2.0, 12.0)]))
    return found


def _wall(rng: np.random.Generator, tone: Colour, length_m: float, height_m: float) -> Picture:
    """Paint a wall with rows of windows."""
    rows, columns = 192, int(np.clip(192 * length_m / height_m, 96, 512))
    stain = 1.0 + 0.06 * smooth_noise(rng, (rows, columns), 40.0) + 0.03 * smooth_noise(rng, (rows, columns), 3.0)
    colour = tone * stain[..., None]
    storeys, bays = max(1, round(height_m / 3.0)), max(1, round(length_m / float(rng.uniform(2.2, 3.6))))
    tall, wide = rows / storeys, columns / bays
    frame = np.clip(tone * float(rng.choice([0.6, 1.35])), 0, 240)
    for storey in range(storeys):
        for bay in range(bays):
            y0, x0 = int((storey + 0.22) * tall), int((bay + 0.25) * wide)
            y1, x1 = int((storey + 0.80) * tall), int((bay + 0.75) * wide)
            colour[y0 - 1 : y1 + 1, x0 - 1 : x1 + 1] = frame
            colour[y0:y1, x0:x1] = np.array([70.0, 62.0, 54.0]) * float(rng.uniform(0.4, 1.9))
    if rng.random() < 0.5:
        colour[: int(0.16 * rows)] = np.array([58.0, 62.0, 92.0]) * float(rng.uniform(0.5, 1.2))  # a roof's edge
    return _solid(colour)


def _vehicles(
    rng: np.random.Generator, layout: RoadLayout, view: View, gain: float, *, night: bool
) -> list[tuple[float, list[Panel]]]:
    lane, found = layout.style.lane_width_m, []
    places = ((-0.5 * lane, False, 0.5), (0.5 * lane, True, 0.4), (-layout.style.paved_half_width_m - 1.2, False, 0.2))
    for lateral, oncoming, chance in places:
        for _ in range(2):
            if rng.random() < chance:
                ahead = float(rng.uniform(8.0, 22.0) if rng.random() < 0.3 else rng.uniform(22.0, 90.0))
                van = bool(rng.random() < 0.25)
                size = (2.05, 2.6) if van else (1.8, 1.48)
                picture = _vehicle(rng, gain, van=van, oncoming=oncoming, lights=night or bool(rng.random() < 0.4))
                foot = Foot(view.along_m + ahead, lateral + float(rng.normal(0.0, 0.2)))
                corners = stand(foot, 0.5 * size[1], size)
                found.append((ahead, [Panel(picture, *corners)]))
    return found


def _vehicle(rng: np.random.Generator, gain: float, *, van: bool, oncoming: bool, lights: bool) -> Picture:
    """Paint a vehicle from behind or from its front: body, window, plate, tyres and lamps."""
    rows, columns = 144, 176
    y = np.linspace(0.0, 1.0, rows, dtype=np.float32)[:, None]
    x = np.linspace(-1.0, 1.0, columns, dtype=np.float32)[None, :]
    body = np.array(_CARS_BGR[int(rng.integers(len(_CARS_BGR)))], np.float32) * gain
    narrow = 0.03 if van else 0.30
    half = 0.97 - narrow * np.clip((0.48 - y) / 0.42, 0.0, 1.0)
    cover = ((np.abs(x) < half) & (y > 0.03) & (y < 0.9)).astype(np.float32)
    tyres = (np.abs(np.abs(x) - 0.78) < 0.13) & (y >= 0.85)
    cover = cv2.GaussianBlur(np.maximum(cover, tyres.astype(np.float32)), (0, 0), 1.0)
    colour = body * (1.12 - 0.45 * y - 0.12 * x**2)[..., None]
    colour[(y > 0.1) & (y < (0.36 if van else 0.44)) & (np.abs(x) < half - 0.12)] = np.array([52.0, 46.0, 42.0]) * gain
    colour[(y > 0.78) & (np.abs(x) < 2.0)] *= 0.45
    colour[tyres] = 18.0
    colour[(y > 0.62) & (y < 0.70) & (np.abs(x) < 0.24)] = 205.0 * gain
    lamps = (np.abs(np.abs(x) - 0.80) < 0.14) & (y > 0.50) & (y < 0.62)
    colour[lamps] = np.array(_HEADLIGHT_BGR if oncoming else _TAIL_LAMP_BGR) * gain * 0.9
    dark = Picture((np.clip(colour, 0, 255) * cover[..., None]).astype(np.uint8), (255.0 * cover).astype(np.uint8))
    if not lights:
        return dark
    shine = cv2.GaussianBlur(lamps.astype(np.float32), (0, 0), 3.0) * 1.4
    light = np.clip(shine[..., None] * np.array(_HEADLIGHT_BGR if oncoming else _BRAKE_LIGHT_BGR), 0, 255)
    return Picture(dark.colour, dark.cover, light.astype(np.uint8))


def _hoarding(rng: np.random.Generator, layout: RoadLayout, view: View, gain: float) -> tuple[float, list[Panel]]:
    """Stand up an advertisement: a board with a word, and shapes that a careless eye takes for a sign."""
    board = np.full((128, 256, 3), rng.uniform(20.0, 235.0, 3), np.uint8)
    for _ in range(int(rng.integers(0, 3))):
        middle = int(rng.uniform(20, 236)), int(rng.uniform(20, 108))
        cv2.circle(board, middle, int(rng.uniform(8, 30)), rng.uniform(0.0, 255.0, 3).tolist(), -1, cv2.LINE_AA)
    word, ink = _WORDS[int(rng.integers(len(_WORDS)))], rng.uniform(0.0, 255.0, 3).tolist()
    cv2.putText(board, word, (12, int(rng.uniform(50, 110))), cv2.FONT_HERSHEY_SIMPLEX, 1.6, ink, 5, cv2.LINE_AA)
    ahead = float(rng.uniform(10.0, 80.0))
    side = float(rng.choice([-1.0, 1.0]))
    lateral = side * (layout.style.paved_half_width_m + float(rng.uniform(2.0, 7.0)))
    size = float(rng.uniform(1.2, 4.0)), float(rng.uniform(0.8, 2.4))
    up = float(rng.uniform(1.2, 4.0))
    corners = stand(Foot(view.along_m + ahead, lateral, 0.0, float(rng.normal(0.0, 15.0))), up, size)
    return ahead, [Panel(_solid(board.astype(np.float32) * np.float32(gain)), *corners)]


def _sign_back(rng: np.random.Generator, layout: RoadLayout, view: View, gain: float) -> tuple[float, list[Panel]]:
    """Stand up a sign that faces the other way: a grey plate on a post."""
    ahead = float(rng.uniform(8.0, 70.0))
    name = f"back{int(rng.integers(2**31))}"
    sign = replace(plan_sign(layout.seed, layout.style, name, view.along_m + ahead), condition="sound")
    face = paint_face(sign)
    tone = np.float32(gain * rng.uniform(95.0, 150.0))
    plate = Picture(np.repeat((face.cover * (tone / 255.0)).astype(np.uint8)[..., None], 3, axis=2), face.cover)
    post = _solid(np.full((8, 8, 3), 110.0 * gain, np.float32))
    place = sign.along_m, abs(sign.lateral_m)
    size = sign.size_m * face.cover.shape[1] / face.cover.shape[0], sign.size_m
    panels = [
        Panel(plate, *stand(Foot(*place, sign.lean_deg, sign.turn_deg), sign.height_m, size)),
        Panel(post, *stand(Foot(*place, sign.lean_deg), 0.5 * sign.height_m, (0.07, sign.height_m))),
    ]
    return ahead, panels


def _side_head(rng: np.random.Generator, layout: RoadLayout, view: View, gain: float) -> tuple[float, list[Panel]]:
    """Stand up a signal head for the crossing road: a narrow dark box with its visors in profile, no lens in sight."""
    cover = np.zeros((180, 96), np.uint8)
    side = int(rng.choice([-1, 1]))
    cover[:, 30:66] = 255
    for lens in range(3):
        top = 8 + 58 * lens
        outer = 48 + side * 46
        cv2.fillPoly(cover, [np.array([[48, top], [outer, top + 4], [outer, top + 14], [48, top + 46]])], 255)
    tone = np.array([32.0, 34.0, 32.0]) * gain * float(rng.uniform(0.8, 1.8))
    colour = (cover[..., None] / 255.0 * tone).astype(np.uint8)
    ahead = float(rng.uniform(10.0, 70.0))
    lateral = float(rng.choice([-1.0, 1.0])) * (layout.style.paved_half_width_m + float(rng.uniform(0.6, 3.0)))
    up, place = float(rng.uniform(2.4, 3.2)), view.along_m + ahead
    post = _solid(np.full((8, 8, 3), 90.0 * gain, np.float32))
    panels = [
        Panel(post, *stand(Foot(place + 0.1, lateral), 0.5 * (up + 0.5), (0.13, up + 0.5))),
        Panel(Picture(colour, cover), *stand(Foot(place, lateral), up, (0.48, 0.9), side * 0.12)),
    ]
    return ahead, panels


def _solid(colour: Colour | NDArray[np.float64]) -> Picture:
    return Picture(np.clip(colour, 0, 255).astype(np.uint8), np.full(colour.shape[:2], 255, np.uint8))
