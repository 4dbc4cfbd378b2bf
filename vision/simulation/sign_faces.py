"""The faces of traffic signs as they leave the factory: round, triangular, square, octagonal and lettered plates."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.furniture import PlannedSign
from vision.simulation.panel import Picture
from vision.simulation.random_streams import random_stream

Raster = NDArray[np.uint8]
Colour = tuple[int, int, int]
Points = Sequence[tuple[float, float]]

FACE_PX = 256
_SHIFT = 4
_WHITE: Colour = (222, 226, 226)
_RED: Colour = (40, 30, 186)
_BLUE: Colour = (164, 84, 18)
_YELLOW: Colour = (32, 176, 240)
_GREEN: Colour = (74, 104, 16)
_BLACK: Colour = (28, 26, 26)
_GREY: Colour = (146, 146, 144)
_PLATE_COLOURS: tuple[tuple[Colour, Colour], ...] = (
    (_YELLOW, _BLACK),
    (_BLUE, _WHITE),
    (_GREEN, _WHITE),
    (_WHITE, _BLACK),
)
_ARROW_DEG = {"straight": 0, "turn_right": 90, "turn_left": -90, "keep_right": 135, "keep_left": -135}


class _Face:
    """A plate being painted; coordinates run from 0 to 1 from its top left corner, in units of its height."""

    def __init__(self, aspect: float = 1.0) -> None:
        self.colour = np.zeros((FACE_PX, round(FACE_PX * aspect), 3), np.uint8)
        self.cover = np.zeros(self.colour.shape[:2], np.uint8)

    def polygon(self, points: Points, colour: Colour, *, outline: bool = False) -> None:
        fixed = np.round((np.array(points) * FACE_PX - 0.5) * 2**_SHIFT).astype(np.int32)
        cv2.fillPoly(self.colour, [fixed], colour, cv2.LINE_AA, _SHIFT)
        if outline:
            cv2.fillPoly(self.cover, [fixed], 255, cv2.LINE_AA, _SHIFT)

    def disc(self, x: float, y: float, radius: float, colour: Colour, *, outline: bool = False) -> None:
        turn = np.linspace(0.0, 2.0 * np.pi, 96, endpoint=False)
        circle = np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], axis=1)
        self.polygon([(float(a), float(b)) for a, b in circle], colour, outline=outline)

    def line(self, points: Points, width: float, colour: Colour) -> None:
        fixed = np.round((np.array(points) * FACE_PX - 0.5) * 2**_SHIFT).astype(np.int32)
        cv2.polylines(self.colour, [fixed], False, colour, max(1, round(width * FACE_PX)), cv2.LINE_AA, _SHIFT)

    def letters(self, text: str, box: tuple[float, float, float, float], colour: Colour, weight: float = 0.16) -> None:
        """Fit text into a box (left, top, right, bottom); ``weight`` is the stroke's width over the letters' height."""
        left, top, right, bottom = (value * FACE_PX for value in box)
        text = text.replace("0", "O")  # the font's zero has a stroke through it, which no sign has
        font = cv2.FONT_HERSHEY_SIMPLEX
        (wide, tall), _ = cv2.getTextSize(text, font, 4.0, 1)
        own = np.zeros((tall + 80, wide + 80), np.uint8)
        cv2.putText(own, text, (40, tall + 40), font, 4.0, 255, max(1, round(weight * tall)), cv2.LINE_AA)
        rows, columns = np.flatnonzero(own.max(axis=1)), np.flatnonzero(own.max(axis=0))
        own = own[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        scale = min((right - left) / own.shape[1], (bottom - top) / own.shape[0])
        size = max(1, round(own.shape[1] * scale)), max(1, round(own.shape[0] * scale))
        ink = cv2.resize(own, size, interpolation=cv2.INTER_AREA).astype(np.float32)[..., None] / 255.0
        x, y = round(0.5 * (left + right - size[0])), round(0.5 * (top + bottom - size[1]))
        there = self.colour[y : y + size[1], x : x + size[0]]
        np.copyto(there, (there + (np.array(colour, np.float32) - there) * ink).astype(np.uint8))

    def arrow(self, x: float, y: float, reach: float, turn_deg: float, colour: Colour) -> None:
        """Draw an arrow about a point; 0 degrees points up, 90 to the right."""
        outline = np.array(
            [(0, -1), (0.62, -0.30), (0.30, -0.30), (0.22, 1.0), (-0.22, 1.0), (-0.30, -0.30), (-0.62, -0.30)]
        )
        angle = np.radians(turn_deg)
        turned = outline @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        self.polygon([(x + reach * float(a), y + reach * float(b)) for a, b in turned], colour)

    def picture(self) -> Picture:
        share = self.cover.astype(np.float32)[..., None] / 255.0
        return Picture((self.colour * share).astype(np.uint8), self.cover)


def paint_face(sign: PlannedSign) -> Picture:
    """Paint the plate of a sign as new; it fills the picture from edge to edge."""
    if sign.motif in ("direction", "name"):
        return _lettered(sign).picture()
    face = _Face()
    if sign.kind == "prohibitory":
        _prohibitory(face, sign)
    elif sign.kind == "danger":
        _danger(face, sign)
    elif sign.kind == "mandatory":
        _mandatory(face, sign)
    else:
        _other(face, sign)
    return face.picture()


def _prohibitory(face: _Face, sign: PlannedSign) -> None:
    face.disc(0.5, 0.5, 0.498, _WHITE, outline=True)
    face.disc(0.5, 0.5, 0.482, _RED)
    face.disc(0.5, 0.5, 0.365, _WHITE)
    if sign.text is not None:
        narrow = len(sign.text) > 2
        face.letters(sign.text, (0.2, 0.34, 0.8, 0.66) if narrow else (0.235, 0.30, 0.765, 0.70), _BLACK, 0.17)
    elif sign.motif == "no_lorries":
        _lorry(face, 0.5, 0.5, 0.30, _BLACK)
    elif sign.motif == "no_lorries_overtaking":
        _lorry(face, 0.36, 0.49, 0.19, _RED)
        _car(face, 0.65, 0.52, 0.12, _BLACK)
    elif sign.motif == "no_overtaking":
        _car(face, 0.36, 0.5, 0.14, _RED)
        _car(face, 0.65, 0.5, 0.14, _BLACK)


def _car(face: _Face, x: float, y: float, half: float, colour: Colour) -> None:
    roof = [(-1.0, 0.1), (-0.6, -0.55), (0.6, -0.55), (1.0, 0.1), (1.0, 0.5), (-1.0, 0.5)]
    face.polygon([(x + half * a, y + half * b) for a, b in roof], colour)
    for side in (-0.75, 0.5):
        low = [(side, 0.5), (side + 0.25, 0.5), (side + 0.25, 0.8), (side, 0.8)]
        face.polygon([(x + half * a, y + half * b) for a, b in low], colour)


def _lorry(face: _Face, x: float, y: float, half: float, colour: Colour) -> None:
    for points in (
        [(-1.0, -0.55), (0.35, -0.55), (0.35, 0.35), (-1.0, 0.35)],
        [(0.42, -0.2), (0.8, -0.2), (1.0, 0.08), (1.0, 0.35), (0.42, 0.35)],
    ):
        face.polygon([(x + half * a, y + half * b) for a, b in points], colour)
    for wheel in (-0.6, 0.7):
        face.disc(x + half * wheel, y + half * 0.4, half * 0.2, colour)


def _danger(face: _Face, sign: PlannedSign) -> None:
    def triangle(inset: float) -> Points:
        # equilateral, as high as wide times sqrt(3) / 2, corners a little rounded off
        top, bottom, cut = 0.067 + 2.0 * inset, 0.933 - inset, 0.02
        half = (bottom - top) / np.sqrt(3.0)
        return [
            *[(0.5 - cut, top + cut), (0.5 + cut, top + cut)],
            *[(0.5 + half - 0.5 * cut, bottom - 1.5 * cut), (0.5 + half - 1.5 * cut, bottom)],
            *[(0.5 - half + 1.5 * cut, bottom), (0.5 - half + 0.5 * cut, bottom - 1.5 * cut)],
        ]

    face.polygon(triangle(0.0), _WHITE, outline=True)
    face.polygon(triangle(0.014), _RED)
    face.polygon(triangle(0.085), _WHITE)
    if sign.motif == "exclamation":
        face.polygon([(0.462, 0.40), (0.538, 0.40), (0.52, 0.68), (0.48, 0.68)], _BLACK)
        face.disc(0.5, 0.745, 0.035, _BLACK)
    elif sign.motif in ("bend_left", "bend_right"):
        side = 1.0 if sign.motif == "bend_right" else -1.0
        face.line([(0.5 - side * 0.05, 0.78), (0.5 - side * 0.05, 0.62), (0.5 + side * 0.06, 0.5)], 0.06, _BLACK)
        face.arrow(0.5 + side * 0.08, 0.48, 0.08, side * 45.0, _BLACK)
    elif sign.motif == "crossroads":
        face.line([(0.4, 0.52), (0.6, 0.76)], 0.055, _BLACK)
        face.line([(0.6, 0.52), (0.4, 0.76)], 0.055, _BLACK)
    elif sign.motif == "bumps":
        face.disc(0.41, 0.72, 0.075, _BLACK)
        face.disc(0.59, 0.72, 0.075, _BLACK)
        face.polygon([(0.3, 0.73), (0.7, 0.73), (0.7, 0.78), (0.3, 0.78)], _BLACK)
    elif sign.motif == "deer":
        face.line([(0.38, 0.74), (0.42, 0.58), (0.56, 0.56), (0.6, 0.44), (0.66, 0.46)], 0.05, _BLACK)
        face.line([(0.56, 0.56), (0.62, 0.74)], 0.035, _BLACK)
    else:  # roadworks and children: a figure or two at work or walking
        for x in (0.46,) if sign.motif == "roadworks" else (0.41, 0.57):
            face.disc(x, 0.45, 0.032, _BLACK)
            face.line([(x, 0.50), (x + 0.02, 0.62), (x - 0.06, 0.77)], 0.05, _BLACK)
            face.line([(x + 0.02, 0.62), (x + 0.08, 0.77)], 0.04, _BLACK)
            face.line([(x, 0.53), (x + 0.10, 0.62)], 0.03, _BLACK)
        if sign.motif == "roadworks":
            face.polygon([(0.56, 0.78), (0.64, 0.66), (0.72, 0.78)], _BLACK)


def _mandatory(face: _Face, sign: PlannedSign) -> None:
    face.disc(0.5, 0.5, 0.498, _WHITE, outline=True)
    face.disc(0.5, 0.5, 0.478, _BLUE)
    if sign.motif == "roundabout":
        for start in (0.0, 2.0944, 4.1888):
            arc = np.linspace(start, start + 1.5, 12)
            face.line([(0.5 + 0.24 * float(np.cos(a)), 0.5 + 0.24 * float(np.sin(a))) for a in arc], 0.07, _WHITE)
            tip = start - 0.1
            face.arrow(0.5 + 0.24 * float(np.cos(tip)), 0.5 + 0.24 * float(np.sin(tip)), 0.11, np.degrees(tip), _WHITE)
    elif sign.motif == "straight_or_right":
        face.arrow(0.42, 0.5, 0.32, 0.0, _WHITE)
        face.arrow(0.62, 0.56, 0.2, 90.0, _WHITE)
    else:
        face.arrow(0.5, 0.5, 0.34, _ARROW_DEG[sign.motif], _WHITE)


def _other(face: _Face, sign: PlannedSign) -> None:
    if sign.motif == "priority":
        for inset, colour in ((0.0, _WHITE), (0.02, _BLACK), (0.035, _WHITE), (0.13, _YELLOW)):
            low, high = inset, 1.0 - inset
            face.polygon([(0.5, low), (high, 0.5), (0.5, high), (low, 0.5)], colour, outline=inset == 0.0)
    elif sign.motif == "stop":
        for radius, colour in ((0.54, _WHITE), (0.515, _RED)):
            turn = np.pi / 8.0 + np.arange(8) * np.pi / 4.0
            corners = [(0.5 + radius * float(np.cos(a)), 0.5 + radius * float(np.sin(a))) for a in turn]
            face.polygon(corners, colour, outline=radius > 0.53)
        face.letters("STOP", (0.13, 0.36, 0.87, 0.64), _WHITE, 0.15)
    elif sign.motif == "yield":
        for inset, colour in ((0.0, _WHITE), (0.014, _RED), (0.085, _WHITE)):
            half = 0.5 - inset * np.sqrt(3.0)
            face.polygon(
                [(0.5 - half, 0.06 + inset), (0.5 + half, 0.06 + inset), (0.5, 0.926 - 2.0 * inset)],
                colour,
                outline=inset == 0.0,
            )
    elif sign.motif == "no_entry":
        face.disc(0.5, 0.5, 0.498, _WHITE, outline=True)
        face.disc(0.5, 0.5, 0.48, _RED)
        face.polygon([(0.14, 0.42), (0.86, 0.42), (0.86, 0.58), (0.14, 0.58)], _WHITE)
    else:
        face.disc(0.5, 0.5, 0.498, _WHITE, outline=True)
        for shift in (-0.10, -0.05, 0.0, 0.05, 0.10):
            face.line([(0.16 + shift, 0.84 + shift), (0.84 + shift, 0.16 + shift)], 0.02, _GREY)


def _lettered(sign: PlannedSign) -> _Face:
    rng = random_stream(sign.shape_seed, "plate")
    text = sign.text or ""
    pointed = sign.motif == "direction"
    aspect = 0.40 * len(text) + (1.2 if pointed else 0.5)
    ground, ink = _PLATE_COLOURS[int(rng.integers(len(_PLATE_COLOURS)))]
    face = _Face(aspect)
    rim, back = (0.0, 0.5) if pointed else (0.0, 0.0)
    for inset, colour in ((rim, ink), (0.05, ground)):
        low, high, right = inset, 1.0 - inset, aspect - inset
        tip = [(right - back, low), (right, 0.5), (right - back, high)] if pointed else [(right, low), (right, high)]
        face.polygon([(low, low), *tip, (low, high)], colour, outline=inset == rim)
    face.letters(text, (0.25, 0.27, aspect - (0.6 if pointed else 0.25), 0.73), ink, 0.15)
    return face
