"""Cut-outs of simulated signs and signal heads with what is true of each: what the looks networks are trained on.

A narrow camera looks straight at one sign or head beside a simulated road, so that a picture of a few thousand pixels
does in place of a whole frame. Boxes are drawn a little off, as a detector draws them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.roadside.cut_out import CUT_PX, HEAD_ROOM, SIGN_ROOM, cut_out
from vision.roadside.look_classes import HEAD_LOOKS, SIGN_LOOKS, HeadLook, SignLook
from vision.simulation.furniture import PlannedSign, SignalFault, SignalState, plan_sign, plan_signal
from vision.simulation.light import DriveLight, plan_light
from vision.simulation.options import ConditionName
from vision.simulation.projection import CameraModel, View
from vision.simulation.random_streams import random_stream
from vision.simulation.render import RoadRenderer
from vision.simulation.road_furniture import Lamps
from vision.simulation.road_layout import MARGIN_M, RoadLayout, plan_road
from vision.simulation.roadside_frames import RoadsideRules, with_margin
from vision.simulation.standing_furniture import StandingFurniture
from vision.simulation.street_clutter import StreetClutter

_Name = TypeVar("_Name", bound=str)

_SIZE_PX = (256, 448)
_HORIZON_ROW = 412
_ROAD_M = 40.0
_LIGHTS: dict[ConditionName, float] = {"day": 0.76, "rain": 0.12, "low_sun": 0.12}
_FOCAL_PX = (450.0, 1250.0)
_SIGN_SHARES: dict[SignLook, float] = {
    "sound": 0.36, "faded": 0.11, "bent": 0.12, "leaning": 0.10, "graffiti": 0.10,
    "obscured": 0.08, "plate_missing": 0.04, "dirty": 0.09,
}  # fmt: skip
_HEAD_SHARES: dict[HeadLook, float] = {
    "off": 0.27, "red": 0.18, "red_yellow": 0.15, "yellow": 0.17, "green": 0.18, "nothing": 0.05,
}  # fmt: skip
_LIT: dict[HeadLook, SignalState] = {
    "red": "red", "red_yellow": "red_yellow", "yellow": "yellow", "green": "green",
}  # fmt: skip
_DARK = Lamps("off")
_BEHIND_SHARE = 0.12
_SIGN_VIEWS, _HEAD_VIEWS = 2, 3
_SIGN_SIDE_PX, _HEAD_SIDE_PX = (30.0, 0.55), (26.0, 0.60)
"""Median and spread (1 sigma of the logarithm) of the longer side in the picture."""
_OFF, _SCALED = 0.05, 0.08
"""1 sigma of a box's middle and of its size, of its size."""


@dataclass(frozen=True, slots=True)
class CutOuts:
    """Pictures with what they show.

    Attributes:
        pictures: (N, CUT_PX, CUT_PX, 3) uint8 BGR.
        labels: (N,) int64, rows of the names that they were made for.
    """

    pictures: NDArray[np.uint8]
    labels: NDArray[np.int64]


def roadside_cut_outs(seeds: Iterable[int], per_seed: int) -> tuple[CutOuts, CutOuts]:
    """Make cut-outs of signs and of heads; a seed is a road in one light, seen through one lens.

    Args:
        seeds: One street each.
        per_seed: Signs of each, and as many heads; each gives a few cut-outs.

    Returns:
        Signs, whose labels are rows of ``SIGN_LOOKS``, and heads, whose labels are rows of ``HEAD_LOOKS``.
    """
    made: tuple[list[tuple[NDArray[np.uint8], int]], list[tuple[NDArray[np.uint8], int]]] = [], []
    for seed in seeds:
        street = _Street(seed)
        for index in range(per_seed):
            made[0].extend(street.sign(index))
            made[1].extend(street.head(index))
    return _gathered(made[0]), _gathered(made[1])


def _gathered(made: list[tuple[NDArray[np.uint8], int]]) -> CutOuts:
    pictures = np.array([picture for picture, _ in made], np.uint8).reshape(-1, CUT_PX, CUT_PX, 3)
    return CutOuts(pictures, np.array([label for _, label in made], np.int64))


class _Street:
    """One road in one light, through one lens."""

    def __init__(self, seed: int) -> None:
        self._rng = rng = random_stream(seed, "cut-outs")
        self._road: RoadLayout = plan_road(seed, _ROAD_M, 0)
        names = list(_LIGHTS)
        light = plan_light(seed, 1, names[int(rng.choice(len(names), p=list(_LIGHTS.values())))])
        gain = float(np.clip(rng.lognormal(-0.12, 0.28), 0.45, 1.4))
        self._light: DriveLight = replace(light, brightness=light.brightness * gain)
        self._focal = float(rng.uniform(*_FOCAL_PX))
        width, height = _SIZE_PX
        fov = 2.0 * float(np.degrees(np.arctan(0.5 * width / self._focal)))
        up = float(np.degrees(np.arctan((_HORIZON_ROW - 0.5 * height) / self._focal)))
        self._camera = CameraModel(float(rng.uniform(1.1, 2.0)), -up, 0.0, fov, width, height)
        # the sky is painted up to what a camera tilted down sees and as much again: tell it of one that is
        self._renderer = RoadRenderer(self._road, self._light, replace(self._camera, pitch_deg=up), seed)
        self._quality = (int(rng.integers(35, 90)), int(rng.integers(36, 96)))

    def sign(self, index: int) -> Iterator[tuple[NDArray[np.uint8], int]]:
        """Give a sign's cut-outs from a few places, each with its look's row; fewer where it leaves the picture."""
        rng = self._rng
        look = _choose(rng, _SIGN_SHARES)
        planned = _with_condition(rng, plan_sign(self._road.seed, self._road.style, f"c{index}", 0.0), look)
        turn = planned.turn_deg + float(rng.normal(0.0, 5.0))
        height = planned.height_m + float(rng.choice([0.0, rng.uniform(-0.8, 1.0)]))
        planned = replace(planned, along_m=self._somewhere(), turn_deg=turn, height_m=height)
        signs = [planned]
        if rng.random() < 0.15:  # another plate below it on the same post
            below = plan_sign(self._road.seed, self._road.style, f"c{index}b", planned.along_m)
            low = planned.height_m - 0.5 * (planned.size_m + below.size_m) - 0.02
            signs.append(replace(below, lateral_m=planned.lateral_m, height_m=low, lean_deg=planned.lean_deg))
        furniture = StandingFurniture(self._road, self._light, signs, [])
        for _ in range(_SIGN_VIEWS):
            view = self._aim(planned.along_m, planned.lateral_m, planned.size_m, _SIGN_SIDE_PX)
            picture, box = self._picture(view, furniture, {}, index), furniture.boxes(view).get(planned.sign_id)
            if box is not None and _is_inside(box, picture):
                yield self._finish(picture, box, SIGN_ROOM), SIGN_LOOKS.index(look)

    def head(self, index: int) -> Iterator[tuple[NDArray[np.uint8], int]]:
        """Give a head's cut-outs from a few places, each with its look's row; fewer where it leaves the picture."""
        rng = self._rng
        planned = plan_signal(self._road.seed, self._road.style, f"c{index}", 0.0)
        behind = rng.random() < _BEHIND_SHARE
        fault: SignalFault = "seen_from_behind" if behind else "none"
        planned = replace(planned, fault=fault, lens=None, along_m=self._somewhere())
        furniture = StandingFurniture(self._road, self._light, [], [planned])
        for _ in range(_HEAD_VIEWS):
            look: HeadLook = "behind" if behind else _choose(rng, _HEAD_SHARES)
            view = self._aim(planned.along_m, planned.lateral_m, 0.95, _HEAD_SIDE_PX)
            shown = StandingFurniture(self._road, self._light, [], []) if look == "nothing" else furniture
            picture = self._picture(view, shown, {planned.signal_id: self._lamps(look)}, index)
            box = furniture.boxes(view).get(planned.signal_id)
            if box is None:
                continue
            box = with_margin(box, RoadsideRules().head_margin)
            if _is_inside(box, picture):
                yield self._finish(picture, box, HEAD_ROOM), HEAD_LOOKS.index(look)

    def _somewhere(self) -> float:
        return MARGIN_M + float(self._rng.uniform(0.0, 1.0)) * _ROAD_M

    def _lamps(self, look: HeadLook) -> Lamps:
        lit = _LIT.get(look)
        return Lamps(lit, float(self._rng.choice([1.0, self._rng.uniform(0.4, 1.0)]))) if lit is not None else _DARK

    def _aim(self, along_m: float, lateral_m: float, size_m: float, side_px: tuple[float, float]) -> View:
        """Look at a place from a distance that gives a thing its size in the picture."""
        rng = self._rng
        side = float(np.clip(rng.lognormal(np.log(side_px[0]), side_px[1]), 10.0, 130.0))
        ahead = float(np.clip(self._focal * size_m / side, 5.0, MARGIN_M))
        own = -0.5 * self._road.style.lane_width_m + float(rng.normal(0.0, 0.3))
        yaw = float(np.arctan2(lateral_m - own, ahead)) + float(rng.normal(0.0, 20.0)) / self._focal
        return View(self._camera, along_m - ahead, own, yaw)

    def _picture(
        self, view: View, furniture: StandingFurniture, lamps: dict[str, Lamps], index: int
    ) -> NDArray[np.uint8]:
        rng = self._rng
        speed = float(rng.uniform(0.0, 16.0))
        things = furniture.standing(view, lamps, speed)
        if rng.random() < 0.3:
            things = [*StreetClutter(rng, self._road, self._light, view).standing(view, speed), *things]
        return self._renderer.render_scene(view, speed, index, things)[0]

    def _finish(self, picture: NDArray[np.uint8], box: NDArray[np.float64], room: float) -> NDArray[np.uint8]:
        """Compress the picture as footage is, and cut along a box that is a little off."""
        rng = self._rng
        quality = int(rng.integers(min(self._quality), max(self._quality) + 1))
        packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        picture = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
        size = box[2:] - box[:2]
        middle = 0.5 * (box[:2] + box[2:]) + rng.normal(0.0, _OFF, 2) * size
        size = size * np.exp(rng.normal(0.0, _SCALED, 2))
        off = np.concatenate([middle - 0.5 * size, middle + 0.5 * size]).astype(np.float32)
        return cut_out(picture, off, room)


def _with_condition(rng: np.random.Generator, sign: PlannedSign, look: SignLook) -> PlannedSign:
    lean = float(rng.normal(0.0, 1.5))
    if look == "leaning":
        lean = float(rng.choice([-1.0, 1.0])) * float(rng.uniform(10.0, 36.0))
    share = float(rng.uniform(0.35, 0.8)) if look == "obscured" else 0.0
    return replace(sign, condition=look, lean_deg=lean, obscured_share=share)


def _is_inside(box: NDArray[np.float64], picture: NDArray[np.uint8]) -> bool:
    return bool(box.min() > 1.0 and box[2] < picture.shape[1] - 1 and box[3] < picture.shape[0] - 1)


def _choose(rng: np.random.Generator, shares: dict[_Name, float]) -> _Name:
    names, weights = list(shares), np.array(list(shares.values()))
    return names[int(rng.choice(len(names), p=weights / weights.sum()))]
