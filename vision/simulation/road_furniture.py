"""Stands planned signs and signal heads up in the scene of one light: posts, plates, heads, lamps and their bloom."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.furniture import Lens, PlannedSign, PlannedSignal, SignalState
from vision.simulation.light import DriveLight
from vision.simulation.panel import Panel, Picture
from vision.simulation.random_streams import random_stream
from vision.simulation.road_style import RoadStyle
from vision.simulation.sign_conditions import paint_foliage, weather_face
from vision.simulation.sign_faces import paint_face
from vision.simulation.signal_faces import SignalFace, lit_colour, paint_signal
from vision.simulation.signal_program import LIT
from vision.simulation.surface_patch import DISPLAY_GAMMA, Sunlight

Float = NDArray[np.float64]

_POST_M, _SIGNAL_POST_M, _ARM_M = 0.07, 0.13, 0.11
_POST_TOP_SHARE = 0.38
"""How far a post reaches over the middle of its plate, as a share of the plate's height: not over its edge."""
_STEM_M = 0.05
_BARRIER_TOP_M = 0.74
_RETRO_REACH_M = 55.0
_RETRO_NEAREST_M = 14.0
_WORN_RETRO = {"faded": 0.4, "dirty": 0.45}


@dataclass(frozen=True, slots=True)
class Lamps:
    """What a head shows at one moment.

    Attributes:
        state: What is lit.
        gain: Share of its light that the shutter caught.
    """

    state: SignalState
    gain: float = 1.0


@dataclass(frozen=True, slots=True)
class Foot:
    """Where a thing stands, and how.

    Attributes:
        along_m: Along the road.
        lateral_m: Left of the centre line positive.
        lean_deg: Tilt to the driver's right.
        turn_deg: Anticlockwise from above, from facing straight against traffic.
    """

    along_m: float
    lateral_m: float
    lean_deg: float = 0.0
    turn_deg: float = 0.0


def stand(foot: Foot, up_m: float, size_m: tuple[float, float], sideways_m: float = 0.0) -> tuple[Float, Float, Float]:
    """Give the corners of an upright rectangle that turns and leans with its post.

    Args:
        foot: Of the post, on the ground.
        up_m: Of the rectangle's middle over the foot, before it leans.
        size_m: Width and height.
        sideways_m: Of its middle from the post, to the driver's right, before it leans.

    Returns:
        Along, lateral and up, (4,) each: top left, top right, bottom right, bottom left as the driver sees them.
    """
    right = sideways_m + np.array([-0.5, 0.5, 0.5, -0.5]) * size_m[0]
    up = up_m + np.array([0.5, 0.5, -0.5, -0.5]) * size_m[1]
    lean, turn = np.radians(foot.lean_deg), np.radians(foot.turn_deg)
    out = right * np.cos(lean) + up * np.sin(lean)
    over = up * np.cos(lean) - right * np.sin(lean)
    return foot.along_m + out * np.sin(turn), foot.lateral_m - out * np.cos(turn), over


def facing_gain(sun: Sunlight) -> float:
    """Give the display brightness of an upright surface facing traffic, against flat ground.

    It sees about half of the sky and the ground's light, and the sun by Lambert's law.
    """
    direct = max(0.0, -sun.along) * np.cos(sun.elevation_rad) / max(np.sin(sun.elevation_rad), 0.2)
    return float(np.clip(0.85 * (1.0 - sun.direct) + sun.direct * direct, 0.12, 1.5) ** DISPLAY_GAMMA)


class SignStand:
    """One sign in one light."""

    def __init__(self, sign: PlannedSign, light: DriveLight, style: RoadStyle) -> None:
        self.sign = sign
        self._night = light.condition == "night"
        gain = facing_gain(light.sun) * sign.shade
        new = paint_face(sign)
        face = weather_face(sign, new)
        self.face = _toned(face, gain)
        self._leaves = _toned(paint_foliage(sign, face), gain) if sign.condition == "obscured" else None
        self._post, self._stem = _toned(_post(), gain), _toned(_bark(), gain)
        self._foot = Foot(sign.along_m, sign.lateral_m, sign.lean_deg, sign.turn_deg)
        self._foot_m = _foot_m(style, sign.lateral_m)
        self.width_m = sign.size_m * face.cover.shape[1] / face.cover.shape[0]

    def plate(self) -> Panel:
        """Give the plate's panel."""
        sign = self.sign
        size = self.width_m, sign.size_m
        corners = stand(self._foot, sign.height_m, size)
        return Panel(self.face, *corners, key=sign.sign_id)

    def panels(self, ahead_m: float) -> list[Panel]:
        """Give its panels in drawing order, as seen from a distance."""
        sign = self.sign
        top = sign.height_m + _POST_TOP_SHARE * sign.size_m
        size = _POST_M, top - self._foot_m
        middle = 0.5 * (top + self._foot_m)
        panels = [Panel(self._post, *stand(self._beside(0.05), middle, size))]
        if sign.condition == "plate_missing":
            for up in (-0.25, 0.25):
                clamp = stand(self._foot, sign.height_m + up * sign.size_m, (0.16, 0.05))
                panels.append(Panel(self._post, *clamp))
            return panels
        plate = self.plate()
        if self._night:
            gain = _retro_gain(ahead_m) * _WORN_RETRO.get(sign.condition, 1.0)
            plate = Panel(_lighted(self.face, gain), plate.along_m, plate.lateral_m, plate.up_m, plate.key)
        panels.append(plate)
        if self._leaves is not None:
            size = 2.0 * self.width_m, 2.0 * sign.size_m
            stem = stand(self._beside(-0.25), 0.5 * sign.height_m, (_STEM_M, sign.height_m), 0.2 * self.width_m)
            panels.append(Panel(self._stem, *stem))
            panels.append(Panel(self._leaves, *stand(self._beside(-0.2), sign.height_m, size)))
        return panels

    def _beside(self, ahead_m: float) -> Foot:
        """Give a foot a little behind or before the plate's, square to the road."""
        sign = self.sign
        return Foot(sign.along_m + ahead_m, sign.lateral_m, sign.lean_deg)


class SignalStand:
    """One signal head with its post in one light."""

    def __init__(self, signal: PlannedSignal, light: DriveLight, style: RoadStyle) -> None:
        self.signal = signal
        rng = random_stream(signal.shape_seed, "stand")
        turn, lean = float(rng.normal(0.0, 6.0)), float(rng.normal(0.0, 0.8))
        self._foot = Foot(signal.along_m, signal.lateral_m, lean, turn)
        gain = facing_gain(light.sun)
        self.face: SignalFace = paint_signal(signal)
        self._dark = _toned(self.face.dark, gain)
        self._post = _toned(_post(), 0.8 * gain)
        self._foot_m = _foot_m(style, signal.post_lateral_m)
        self._bloom = {"night": 0.9, "rain": 0.45, "low_sun": 0.3}.get(light.condition, 0.22)

    def head(self) -> Panel:
        """Give the panel of the head, all lenses dark."""
        signal = self.signal
        size = self.face.width_m, self.face.height_m
        corners = stand(self._foot, signal.height_m, size)
        return Panel(self._dark, *corners, key=signal.signal_id)

    def panels(self, ahead_m: float, lamps: Lamps) -> list[Panel]:
        """Give its panels in drawing order, as seen from a distance at a moment."""
        signal = self.signal
        top = signal.height_m + 0.55
        size = _SIGNAL_POST_M, top - self._foot_m
        behind = signal.along_m + 0.15
        post = stand(Foot(behind, signal.post_lateral_m), 0.5 * (top + self._foot_m), size)
        panels = [Panel(self._post, *post)]
        reach = signal.post_lateral_m - signal.lateral_m
        if abs(reach) > 0.01:
            size = abs(reach) + 0.4, _ARM_M
            arm = stand(Foot(behind, signal.post_lateral_m - 0.5 * reach), signal.height_m + 0.1, size)
            panels.append(Panel(_turned(self._post), *arm))
        head = self.head()
        lit = [lens for lens in self.face.lenses if lens in LIT[lamps.state]]
        if not lit or lamps.gain <= 0.0:
            return [*panels, head]
        light = np.zeros_like(self._dark.colour)
        for lens in lit:
            cv2.add(light, cv2.convertScaleAbs(self.face.lenses[lens], alpha=lamps.gain), dst=light)
        picture = Picture(self._dark.colour, self._dark.cover, light)
        panels.append(Panel(picture, head.along_m, head.lateral_m, head.up_m, head.key))
        return panels + [self._halo(lens, ahead_m, lamps.gain) for lens in lit]

    def _halo(self, lens: Lens, ahead_m: float, gain: float) -> Panel:
        """Give the bloom about a lit lens: the lens's own disc, blurred by an angle that is the optics' alone."""
        signal, half = self.signal, 1.6 * self.face.lens_radius_m + 0.007 * ahead_m
        away = np.hypot(*np.mgrid[-1.0:1.0:33j, -1.0:1.0:33j])
        fall = np.clip(np.exp(-3.2 * away) - np.exp(-3.2), 0.0, None) * self._bloom * gain
        light = np.clip(fall[..., None] * lit_colour(signal, lens), 0, 255).astype(np.uint8)
        clear = Picture(np.zeros_like(light), np.zeros(light.shape[:2], np.uint8), light)
        up = signal.height_m + self.face.lens_up_m[lens]
        foot = Foot(signal.along_m - 0.05, signal.lateral_m)
        return Panel(clear, *stand(foot, up, (2.0 * half, 2.0 * half)))


def _retro_gain(ahead_m: float) -> float:
    """Give the brightness of a new plate in low beam: none close by, where the beam passes beneath it."""
    beam = 1.0 / (1.0 + np.exp(-(ahead_m - _RETRO_NEAREST_M) / 3.0))
    return float(0.95 * beam * np.exp(-max(0.0, ahead_m - 2.0 * _RETRO_NEAREST_M) / _RETRO_REACH_M))


def _foot_m(style: RoadStyle, lateral_m: float) -> float:
    """Give the height from which a post shows: over the crash barrier where it stands behind one."""
    return _BARRIER_TOP_M if style.barrier and lateral_m < -(style.paved_half_width_m + 0.55) else 0.0


def _post() -> Picture:
    x = np.linspace(-1.0, 1.0, 16)
    tone = 138.0 * (0.62 + 0.38 * np.sqrt(1.0 - 0.96 * (x - 0.25) ** 2 / 1.6))
    colour = np.repeat(tone[None, :, None], 16, axis=0) * np.array([1.0, 1.0, 0.985])
    return Picture(colour.astype(np.uint8), np.full((16, 16), 255, np.uint8))


def _bark() -> Picture:
    colour = np.full((8, 8, 3), (38, 48, 58), np.uint8)
    return Picture(colour, np.full((8, 8), 255, np.uint8))


def _turned(post: Picture) -> Picture:
    return Picture(np.ascontiguousarray(post.colour.transpose(1, 0, 2)), post.cover)


def _toned(picture: Picture, gain: float) -> Picture:
    colour = np.minimum(cv2.convertScaleAbs(picture.colour, alpha=gain), picture.cover[..., None])
    return Picture(np.asarray(colour, np.uint8), picture.cover)


def _lighted(picture: Picture, gain: float) -> Picture:
    light = cv2.convertScaleAbs(picture.colour, alpha=gain)
    return Picture(picture.colour, picture.cover, np.asarray(light, np.uint8))
