"""Write simulated frames with boxes about traffic signs and signal heads as a YOLO set, for a roadside detector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray

from vision.errors import InputError
from vision.simulation.frame_canvas import FrameCanvas
from vision.simulation.furniture import PlannedSign, PlannedSignal, SignalState, plan_sign, plan_signal
from vision.simulation.light import DriveLight, plan_light
from vision.simulation.options import ConditionName
from vision.simulation.projection import CameraModel, View
from vision.simulation.random_streams import random_stream
from vision.simulation.render import RoadRenderer
from vision.simulation.road_furniture import Lamps
from vision.simulation.road_layout import MARGIN_M, RoadLayout, plan_road
from vision.simulation.standing_furniture import StandingFurniture
from vision.simulation.street_clutter import StreetClutter

ROADSIDE_CLASS_NAMES = (
    "traffic_light_off",
    "traffic_light_red",
    "traffic_light_red_yellow",
    "traffic_light_yellow",
    "traffic_light_green",
    "traffic_sign_prohibitory",
    "traffic_sign_danger",
    "traffic_sign_mandatory",
    "traffic_sign_other",
)
"""The roadside model's classes, in the order of its class ids."""

_CONDITION_SHARES: dict[ConditionName, float] = {"day": 0.70, "night": 0.10, "rain": 0.10, "low_sun": 0.10}
_SIZES_PX = ((1024, 440), (960, 564), (960, 540), (1280, 720), (768, 448), (640, 384))
_SIZE_SHARES = (0.30, 0.27, 0.18, 0.05, 0.10, 0.10)
_STATE_SHARES: dict[SignalState, float] = {
    "off": 0.14,
    "red": 0.24,
    "red_yellow": 0.17,
    "yellow": 0.20,
    "green": 0.25,
}
_SIDE_PX = (27.0, 0.55)
"""Median and spread (1 sigma of the logarithm) of an object's longer side in the picture."""
_ROAD_M = 40.0
_BESIDE_ROAD_M = (0.5, 7.0)
_EMPTY_SHARE = 0.06


@dataclass(frozen=True, slots=True)
class RoadsideRules:
    """Which signs and heads of a frame are labelled.

    Attributes:
        least_side_px: Shortest allowed longer side of the box, cut to the frame.
        least_visible_share: Of plate or head, the share that nothing hides and no edge cuts off.
        plates: Whether lettered plates (directions, names) count as ``traffic_sign_other``.
        head_margin: Added to the box of a head on either side, then above and below it, as shares of its height.
            People box heads with room to spare: over the training part of the DTLD pictures re-annotated with states
            the median box is 0.59 as wide as high, while housings are 0.36 and backplates about 0.5.
    """

    least_side_px: float = 8.0
    least_visible_share: float = 0.5
    plates: bool = True
    head_margin: tuple[float, float] = (0.12, 0.08)


def write_roadside_frames(
    out_dir: Path,
    seeds: Iterable[int],
    frames_per_seed: int,
    *,
    split: Literal["train", "val"] = "train",
    conditions: tuple[ConditionName, ...] = tuple(_CONDITION_SHARES),
    rules: RoadsideRules | None = None,
) -> dict[str, int]:
    """Write ``images/<split>/*.jpg``, ``labels/<split>/*.txt`` and ``data.yaml``.

    Each seed is a road in one light, seen by one camera of random mounting, field of view and picture size; each frame
    has signs, heads and clutter of its own. A label row is ``class x y width height``, the box's middle and size as
    fractions of the picture. A sign keeps its class in any condition; a bare post, a head's back and what the rules
    leave out have no label. A head's class is what is lit in that frame, be it by fault or by flicker.

    Args:
        out_dir: Made if missing; frames of other seeds in it are kept.
        seeds: One road each.
        frames_per_seed: Frames of each road.
        split: Which split to write to.
        conditions: Lights to choose from, in their usual shares.
        rules: Which objects are labelled.

    Returns:
        Labelled objects by class name.

    Raises:
        InputError: ``frames_per_seed`` is below 1.
    """
    if frames_per_seed < 1:
        raise InputError(f"frames_per_seed = {frames_per_seed} must be at least 1")
    for kind in ("images", "labels"):
        (out_dir / kind / split).mkdir(parents=True, exist_ok=True)
    names = list(ROADSIDE_CLASS_NAMES)
    layout = {"path": str(out_dir.resolve()), "train": "images/train", "val": "images/val", "names": names}
    (out_dir / "data.yaml").write_text(yaml.safe_dump(layout, sort_keys=False), encoding="utf-8")
    counts: Counter[str] = Counter()
    for seed in seeds:
        rng = random_stream(seed, "roadside frames")
        shares = np.array([_CONDITION_SHARES[name] for name in conditions])
        street = _Street(rng, seed, conditions[int(rng.choice(len(conditions), p=shares / shares.sum()))])
        quality = int(rng.integers(55, 95))
        for index in range(frames_per_seed):
            image, labels = street.frame(index, rules or RoadsideRules())
            name = f"roadside{seed:06d}_{index:03d}"
            cv2.imwrite(str(out_dir / "images" / split / f"{name}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, quality])
            rows = [_label_row(label, box, image) for label, box in labels]
            (out_dir / "labels" / split / f"{name}.txt").write_text("\n".join(rows), encoding="utf-8")
            counts.update(label for label, _ in labels)
    return {name: counts[name] for name in ROADSIDE_CLASS_NAMES}


Labels = list[tuple[str, NDArray[np.float64]]]
"""Class names with boxes (left, top, right, bottom) in pixels, cut to the frame."""


class _Street:
    """One road in one light, to be furnished anew for each frame."""

    def __init__(self, rng: np.random.Generator, seed: int, condition: ConditionName) -> None:
        self._rng = rng
        self._road = plan_road(seed, _ROAD_M, 2)
        self._camera = _random_camera(rng)
        self._light = _random_exposure(rng, plan_light(seed, 1, condition))
        self._renderer = RoadRenderer(self._road, self._light, self._camera, seed)
        self._speed_mps = float(rng.uniform(0.0, 16.0))

    def frame(self, index: int, rules: RoadsideRules) -> tuple[NDArray[np.uint8], Labels]:
        """Give a picture, (H, W, 3) uint8 BGR, and its labels."""
        rng = self._rng
        view = _random_view(rng, self._road, self._camera)
        signs, signals, lamps = _furnish(rng, self._road, view, index)
        furniture = StandingFurniture(self._road, self._light, signs, signals)
        clutter = StreetClutter(rng, self._road, self._light, view)
        things = [*clutter.standing(view, self._speed_mps), *furniture.standing(view, lamps, self._speed_mps)]
        image, canvas = self._renderer.render_scene(view, self._speed_mps, index, things)
        labels: Labels = []
        boxes = furniture.boxes(view)
        for signal in signals:
            if signal.signal_id in boxes:
                boxes[signal.signal_id] = with_margin(boxes[signal.signal_id], rules.head_margin)
        names = {sign.sign_id: f"traffic_sign_{sign.kind}" for sign in signs if rules.plates or not _is_plate(sign)}
        faces = [signal for signal in signals if signal.fault != "seen_from_behind"]
        names |= {signal.signal_id: f"traffic_light_{lamps[signal.signal_id].state}" for signal in faces}
        for key, name in names.items():
            box = _labelled_box(canvas, key, boxes.get(key), rules)
            if box is not None:
                labels.append((name, box))
        return image, labels


def _is_plate(sign: PlannedSign) -> bool:
    return sign.motif in ("direction", "name")


def with_margin(box: NDArray[np.float64], margin: tuple[float, float]) -> NDArray[np.float64]:
    """Give a head's box as people draw it, see ``RoadsideRules.head_margin``."""
    aside, above = (share * (box[3] - box[1]) for share in margin)
    return np.asarray(box + np.array([-aside, -above, aside, above]))


def _labelled_box(
    canvas: FrameCanvas, key: str, box: NDArray[np.float64] | None, rules: RoadsideRules
) -> NDArray[np.float64] | None:
    """Give a thing's box cut to the frame; None where the rules leave it out."""
    if box is None or canvas.visible_share(key) < rules.least_visible_share:
        return None
    height, width = canvas.frame.shape[:2]
    cut = np.clip(box, 0.0, [width, height, width, height])
    side = max(cut[2] - cut[0], cut[3] - cut[1])
    return cut if side >= rules.least_side_px and min(cut[2] - cut[0], cut[3] - cut[1]) > 1.0 else None


def _label_row(label: str, box: NDArray[np.float64], image: NDArray[np.uint8]) -> str:
    left, top, right, bottom = box / np.array([image.shape[1], image.shape[0]] * 2)
    values = 0.5 * (left + right), 0.5 * (top + bottom), right - left, bottom - top
    return " ".join([str(ROADSIDE_CLASS_NAMES.index(label)), *(f"{value:.6f}" for value in values)])


def _random_camera(rng: np.random.Generator) -> CameraModel:
    width, height = _SIZES_PX[int(rng.choice(len(_SIZES_PX), p=_SIZE_SHARES))]
    fov = float(rng.uniform(45.0, 80.0))
    return CameraModel(
        float(rng.uniform(1.1, 2.2)), float(rng.uniform(-3.0, 8.0)), float(rng.normal(0.0, 0.6)), fov, width, height
    )


def _random_exposure(rng: np.random.Generator, light: DriveLight) -> DriveLight:
    """Expose a drive as cameras on the street do, often for the sky and too dark for what stands before it."""
    if light.condition == "night":
        return replace(light, brightness=light.brightness * float(rng.uniform(0.8, 1.5)))
    return replace(light, brightness=light.brightness * float(np.clip(rng.lognormal(-0.25, 0.4), 0.28, 1.6)))


def _random_view(rng: np.random.Generator, road: RoadLayout, camera: CameraModel) -> View:
    shaken = replace(
        camera,
        pitch_deg=camera.pitch_deg + float(rng.normal(0.0, 0.6)),
        roll_deg=camera.roll_deg + float(rng.normal(0.0, 0.6)),
    )
    side = -1.0 if rng.random() < 0.9 else 1.0
    lateral = side * 0.5 * road.style.lane_width_m + float(rng.normal(0.0, 0.35))
    return View(shaken, MARGIN_M - 10.0 + float(rng.random()) * _ROAD_M, lateral, float(rng.normal(0.0, 0.05)))


def _furnish(
    rng: np.random.Generator, road: RoadLayout, view: View, index: int
) -> tuple[list[PlannedSign], list[PlannedSignal], dict[str, Lamps]]:
    """Choose what stands in a frame, and what its heads show."""
    if rng.random() < _EMPTY_SHARE:
        return [], [], {}
    signs: list[PlannedSign] = []
    for number in range(int(rng.poisson(2.1))):
        sign = plan_sign(road.seed, road.style, f"f{index}.{number}", 0.0)
        signs.append(_place_sign(rng, road, view, sign))
        if rng.random() < 0.22:  # another plate below it on the same post
            below = plan_sign(road.seed, road.style, f"f{index}.{number}b", signs[-1].along_m)
            height = signs[-1].height_m - 0.5 * (signs[-1].size_m + below.size_m) - 0.02
            lean, turn = signs[-1].lean_deg, signs[-1].turn_deg
            lateral = signs[-1].lateral_m
            signs.append(replace(below, lateral_m=lateral, height_m=height, lean_deg=lean, turn_deg=turn))
    signals: list[PlannedSignal] = []
    lamps: dict[str, Lamps] = {}
    for number in range(int(rng.poisson(1.3)) + int(not signs)):
        state = list(_STATE_SHARES)[int(rng.choice(len(_STATE_SHARES), p=list(_STATE_SHARES.values())))]
        gain = float(rng.choice([1.0, rng.uniform(0.5, 1.0)]))
        for twin in range(1 + int(rng.random() < 0.55)):  # a junction has heads at both sides and overhead
            signal = plan_signal(road.seed, road.style, f"f{index}.{number}.{twin}", 0.0)
            along = signals[-1].along_m + float(rng.normal(0.0, 0.6)) if twin else None
            signals.append(_place_signal(rng, road, view, signal, along))
            lamps[signal.signal_id] = Lamps(state if rng.random() < 0.93 else "off", gain)
    return signs, signals, lamps


def _distance_m(rng: np.random.Generator, view: View, size_m: float) -> float:
    """Choose how far away a thing of some size stands, by its size in the picture."""
    side_px = float(np.clip(rng.lognormal(np.log(_SIDE_PX[0]), _SIDE_PX[1]), 7.0, 150.0))
    return float(np.clip(view.camera.focal_px * size_m / side_px, 4.0, 130.0))


def _lateral_m(rng: np.random.Generator, road: RoadLayout, view: View, ahead_m: float) -> float:
    """Choose a place beside the road that the camera sees at this distance, on the right more often."""
    side = -1.0 if rng.random() < 0.7 else 1.0
    beside = side * (road.style.paved_half_width_m + float(rng.uniform(*_BESIDE_ROAD_M)))
    reach = 0.92 * ahead_m * 0.5 * view.camera.width_px / view.camera.focal_px
    return float(np.clip(beside, view.lateral_m - reach, view.lateral_m + reach))


def _place_sign(rng: np.random.Generator, road: RoadLayout, view: View, sign: PlannedSign) -> PlannedSign:
    ahead = _distance_m(rng, view, sign.size_m)
    lateral = _lateral_m(rng, road, view, ahead)
    height = sign.height_m + float(rng.choice([0.0, rng.uniform(-1.2, 1.5)]))
    turn = sign.turn_deg + float(rng.choice([0.0, rng.normal(0.0, 18.0)]))
    return replace(sign, along_m=view.along_m + ahead, lateral_m=lateral, height_m=height, turn_deg=turn)


def _place_signal(
    rng: np.random.Generator, road: RoadLayout, view: View, signal: PlannedSignal, along_m: float | None
) -> PlannedSignal:
    ahead = _distance_m(rng, view, 0.95) if along_m is None else max(4.0, along_m - view.along_m)
    lateral = _lateral_m(rng, road, view, ahead)
    post = lateral
    if abs(signal.lateral_m - signal.post_lateral_m) > 0.01:
        lateral = view.lateral_m + float(rng.uniform(-0.3, 0.3)) * ahead
    return replace(signal, along_m=view.along_m + ahead, lateral_m=lateral, post_lateral_m=post)
