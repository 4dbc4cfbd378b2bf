"""Write simulated frames with their true outlines as a YOLO-seg set, for training a detector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon, box

from vision.errors import InputError
from vision.simulation.distractors import distractor_outline
from vision.simulation.light import plan_light
from vision.simulation.options import CLASS_NAMES, SOUND_CLASS_NAMES, ConditionName
from vision.simulation.projection import CameraModel, View, ground_ahead, project_to_image
from vision.simulation.random_streams import random_stream
from vision.simulation.render import RoadRenderer
from vision.simulation.road_layout import MARGIN_M, Crowding, RoadLayout, plan_road

TRAINED_CLASS_NAMES = CLASS_NAMES + SOUND_CLASS_NAMES
"""What is labelled: distress, and sound things that a detector takes for it unless it knows them."""

_CONDITIONS: tuple[ConditionName, ...] = ("day", "night", "rain", "low_sun")
_CONDITION_SHARES = (0.72, 0.07, 0.11, 0.10)
_SIZES_PX = ((640, 384), (640, 480), (768, 480), (960, 540), (960, 600), (1280, 720))
_FARTHEST_M = {"pothole": 30.0, "surface_damage": 26.0, "alligator_crack": 20.0, "patch": 26.0, "manhole": 30.0}
_FARTHEST_SINGLE_CRACK_M = 15.0
_NIGHT_REACH = 0.6
_CROWDING: Crowding = {"manhole": 10.0, "patch": 4.0}  # a detector learns what is no defect from seeing it often


@dataclass(frozen=True, slots=True)
class LabelRules:
    """Which defects of a frame are labelled.

    Attributes:
        least_side_px: Shortest allowed longer side of the outline's box in the picture.
        least_thickness_px: Shortest allowed shorter side.
        least_share_in_frame: Of the outline's area in the picture plane, the share that must lie inside the frame.
    """

    least_side_px: float = 10.0
    least_thickness_px: float = 3.0
    least_share_in_frame: float = 0.5


def write_training_frames(
    out_dir: Path,
    seeds: Iterable[int],
    frames_per_seed: int,
    *,
    split: Literal["train", "val"] = "train",
    conditions: tuple[ConditionName, ...] = _CONDITIONS,
    rules: LabelRules | None = None,
) -> dict[str, int]:
    """Write ``images/<split>/*.jpg``, ``labels/<split>/*.txt`` and ``data.yaml``.

    Each seed is a road of its own in one light, seen by one camera of random mounting, field of view and picture
    size; its frames stand some metres apart, so that each defect shows in two or three of them at different
    distances. A label row is ``class x1 y1 x2 y2 ...`` with fractions of width and height. Patches and manhole
    covers are labelled as well. A frame with nothing labelled has an empty label file.

    Args:
        out_dir: Made if missing; frames of other seeds in it are kept.
        seeds: One road each.
        frames_per_seed: Frames of each road.
        split: Which split to write to.
        conditions: Lights to choose from, in their usual shares.
        rules: Which defects count as visible.

    Returns:
        Labelled instances by class name.

    Raises:
        InputError: ``frames_per_seed`` is below 1.
    """
    if frames_per_seed < 1:
        raise InputError(f"frames_per_seed = {frames_per_seed} must be at least 1")
    for kind in ("images", "labels"):
        (out_dir / kind / split).mkdir(parents=True, exist_ok=True)
    layout = {
        "path": str(out_dir.resolve()),
        "train": "images/train",
        "val": "images/val",
        "names": list(TRAINED_CLASS_NAMES),
    }
    (out_dir / "data.yaml").write_text(yaml.safe_dump(layout, sort_keys=False), encoding="utf-8")
    counts: Counter[str] = Counter()
    for seed in seeds:
        counts.update(_write_road(out_dir, seed, frames_per_seed, split, conditions, rules or LabelRules()))
    return {name: counts[name] for name in TRAINED_CLASS_NAMES}


def _write_road(
    out_dir: Path, seed: int, frames: int, split: str, conditions: tuple[ConditionName, ...], rules: LabelRules
) -> Counter[str]:
    rng = random_stream(seed, "training frames")
    shares = np.array([_CONDITION_SHARES[_CONDITIONS.index(name)] for name in conditions])
    condition = conditions[int(rng.choice(len(conditions), p=shares / shares.sum()))]
    spacing_m = float(rng.uniform(4.0, 9.0))
    length_m = max(30.0, frames * spacing_m)
    road = plan_road(seed, length_m, max(1, round(length_m / float(rng.uniform(3.5, 9.0)))), crowding=_CROWDING)
    camera = _random_camera(rng)
    light = plan_light(seed, 1, condition)
    renderer = RoadRenderer(road, light, camera, seed)
    quality = int(rng.integers(55, 95))
    speed = float(rng.uniform(3.0, 22.0))
    counts: Counter[str] = Counter()
    for index in range(frames):
        view = _random_view(rng, road, camera, MARGIN_M - 4.0 + (index + float(rng.random())) * spacing_m)
        image = renderer.render(view, speed, index)
        name = f"sim{seed:06d}_{index:03d}"
        cv2.imwrite(str(out_dir / "images" / split / f"{name}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        reach = _NIGHT_REACH if condition == "night" else 1.0
        rows = []
        for class_name, outline in _things(road, renderer):
            seen = visible_outline(road, view, class_name, outline, rules, reach)
            if seen is not None:
                counts[class_name] += 1
                rows.append(_label_row(TRAINED_CLASS_NAMES.index(class_name), seen, camera))
        (out_dir / "labels" / split / f"{name}.txt").write_text("\n".join(rows), encoding="utf-8")
    return counts


def _things(road: RoadLayout, renderer: RoadRenderer) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Give the class and outline, (N, 2) (along_m, lateral_m), of all that is to be labelled."""
    for defect in road.defects:
        yield defect.class_name, renderer.drawn_defects[defect.defect_id].outline
    for item in road.distractors:
        if item.kind in SOUND_CLASS_NAMES:
            yield item.kind, distractor_outline(item)


def _random_camera(rng: np.random.Generator) -> CameraModel:
    width, height = _SIZES_PX[int(rng.integers(len(_SIZES_PX)))]
    survey = rng.random() < 0.4  # looking down at the road, the horizon near the top edge or above it
    fov = float(rng.uniform(42.0, 65.0) if survey else rng.uniform(52.0, 88.0))
    half_height_deg = float(np.degrees(np.arctan(np.tan(np.radians(fov / 2.0)) * height / width)))
    pitch = half_height_deg * float(rng.uniform(0.7, 1.25) if survey else rng.uniform(0.0, 0.6))
    return CameraModel(float(rng.uniform(1.05, 2.4)), pitch, float(rng.normal(0.0, 0.6)), fov, width, height)


def _random_view(rng: np.random.Generator, road: RoadLayout, camera: CameraModel, along_m: float) -> View:
    shaken = CameraModel(
        camera.height_m,
        camera.pitch_deg + float(rng.normal(0.0, 0.4)),
        camera.roll_deg + float(rng.normal(0.0, 0.4)),
        camera.horizontal_fov_deg,
        camera.width_px,
        camera.height_px,
    )
    side = -1.0 if rng.random() < 0.9 else 1.0
    lateral = side * 0.5 * road.style.lane_width_m + float(rng.normal(0.0, 0.35))
    return View(shaken, along_m, lateral, float(rng.normal(0.0, 0.03)))


def visible_outline(
    road: RoadLayout,
    view: View,
    class_name: str,
    outline: NDArray[np.float64],
    rules: LabelRules,
    reach: float = 1.0,
) -> NDArray[np.float64] | None:
    """Give the part of an outline that lies in the picture, (N, 2) pixels; None where it can't be seen well.

    Args:
        road: Where it lies.
        view: The camera.
        class_name: Of what the outline is about: how far it can be told depends on it.
        outline: (N, 2) (along_m, lateral_m) as drawn.
        rules: What counts as seen well.
        reach: Factor on the greatest distance, below 1 in the dark.
    """
    ahead, _ = ground_ahead(road.route, view, outline[:, 0], outline[:, 1])
    farthest = reach * _FARTHEST_M.get(class_name, _FARTHEST_SINGLE_CRACK_M)
    if float(ahead.min()) > farthest or float(ahead.max()) < 0.5:
        return None
    # A long crack is cut at the distance up to which it shows, and at the camera.
    kept = np.clip(outline[:, 0], view.along_m + 0.8, view.along_m + 1.3 * farthest)
    u, v = project_to_image(road.route, view, kept, outline[:, 1])
    if not np.isfinite(u).all():
        return None
    whole = Polygon(np.stack([u, v], axis=1)).buffer(0)
    inside = whole.intersection(box(0.0, 0.0, view.camera.width_px, view.camera.height_px))
    part = max(inside.geoms, key=lambda piece: piece.area) if isinstance(inside, MultiPolygon) else inside
    if not isinstance(part, Polygon) or part.is_empty or part.area < rules.least_share_in_frame * whole.area:
        return None
    left, top, right, bottom = part.bounds
    long_side, short_side = max(right - left, bottom - top), min(right - left, bottom - top)
    if long_side < rules.least_side_px or short_side < rules.least_thickness_px:
        return None
    simple = part.simplify(0.4)
    edge = simple.exterior if isinstance(simple, Polygon) else part.exterior
    return np.asarray(edge.coords[:-1], np.float64)


def _label_row(class_id: int, outline: NDArray[np.float64], camera: CameraModel) -> str:
    fractions = np.clip(outline / np.array([camera.width_px, camera.height_px]), 0.0, 1.0)
    return " ".join([str(class_id), *(f"{value:.5f}" for value in fractions.ravel())])
