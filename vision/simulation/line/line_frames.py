"""Write simulated frames of parts with the outlines of their defects as a YOLO-seg set, for a surface detector."""

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
from vision.simulation.line.options import DEFECT_KINDS, MARKER_KINDS, DefectKind, MarkerKind
from vision.simulation.line.part import PartPicture, PartSeries, make_part, plan_series, raster_scale
from vision.simulation.line.planting import Wanted
from vision.simulation.line.station import Picture, Pose, StationCamera, plan_station
from vision.simulation.random_streams import random_stream

_SIZES_PX = ((960, 544), (960, 544), (1280, 720), (800, 608), (640, 480), (640, 640))
_SIDE_PX = (110.0, 1150.0)
"""Range of a part's longer side in the picture."""
_DEFECT_PX = (8.0, 120.0)
_KIND_SHARES: dict[DefectKind, float] = {"scratch": 0.24, "pit": 0.2, "stain": 0.2, "crack": 0.2, "chipped_edge": 0.16}
_MARKER_SHARES = (0.25, 0.12, 0.08, 0.55)
_LEAST_MARKED_PX = 240.0
_SOUND_SHARE = 0.35
_LEAST_PX: dict[DefectKind, float] = {"scratch": 14.0, "crack": 14.0, "pit": 6.0, "stain": 9.0, "chipped_edge": 9.0}


@dataclass(frozen=True, slots=True)
class SurfaceRules:
    """Which defects of a frame are labelled, and how.

    Attributes:
        least_side_px: Shortest allowed longer side of the outline's box in the picture.
        least_share_in_frame: Of the outline's area, the share that must lie inside the frame.
        least_thickness_px: Scratches and cracks are outlined at least that wide, since a mask of one pixel teaches
            nothing at a quarter of the picture's size.
    """

    least_side_px: float = 6.0
    least_share_in_frame: float = 0.5
    least_thickness_px: float = 3.0


def write_line_frames(
    out_dir: Path,
    seeds: Iterable[int],
    frames_per_seed: int,
    *,
    split: Literal["train", "val"] = "train",
    rules: SurfaceRules | None = None,
) -> dict[str, int]:
    """Write ``images/<split>/*.jpg``, ``labels/<split>/*.txt`` and ``data.yaml``.

    Each seed is a station of its own: belt, light, camera, and parts of one series; its frames show other parts. A
    label row is ``class x1 y1 x2 y2 ...`` with fractions of width and height. What is no defect (holes, text, labels,
    tool marks, dust, oil, reflections) has no label; a frame without defects has an empty label file.

    Args:
        out_dir: Made if missing; frames of other seeds in it are kept.
        seeds: One station each.
        frames_per_seed: Frames of each station.
        split: Which split to write to.
        rules: Which defects are labelled.

    Returns:
        Labelled defects by class name.

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
        "names": list(DEFECT_KINDS),
    }
    (out_dir / "data.yaml").write_text(yaml.safe_dump(layout, sort_keys=False), encoding="utf-8")
    counts: Counter[str] = Counter()
    for seed in seeds:
        station = _Station(seed)
        for index in range(frames_per_seed):
            picture, labels = station.frame(index, rules or SurfaceRules())
            name = f"line{seed:06d}_{index:03d}"
            quality = [cv2.IMWRITE_JPEG_QUALITY, station.jpeg_quality]
            cv2.imwrite(str(out_dir / "images" / split / f"{name}.jpg"), picture, quality)
            rows = [_label_row(kind, outline, picture) for kind, outline in labels]
            (out_dir / "labels" / split / f"{name}.txt").write_text("\n".join(rows), encoding="utf-8")
            counts.update(kind for kind, _ in labels)
    return {name: counts[name] for name in DEFECT_KINDS}


Labels = list[tuple[DefectKind, NDArray[np.float64]]]
"""Kinds with outlines, (N, 2) px, cut to the frame."""


class _Station:
    """One station whose camera sees other parts in each frame."""

    def __init__(self, seed: int) -> None:
        rng = random_stream(seed, "line frames")
        self._seed = seed
        size = _SIZES_PX[int(rng.integers(len(_SIZES_PX)))]
        self._camera = StationCamera(plan_station(rng, size, seed))
        self._mm_per_px = float(np.exp(rng.uniform(np.log(0.04), np.log(0.9))))
        self._side_px = float(np.exp(rng.uniform(*np.log(_SIDE_PX))))
        drawn = int(rng.choice(len(MARKER_KINDS), p=_MARKER_SHARES))
        self._marker: MarkerKind = MARKER_KINDS[drawn] if self._side_px > _LEAST_MARKED_PX else "none"
        length_mm = self._side_px * self._mm_per_px
        self._series = plan_series(seed, length_mm, self._mm_per_px, marker=self._marker)
        self._turned_deg = float(rng.choice([rng.uniform(0.0, 4.0), rng.uniform(4.0, 180.0)], p=(0.6, 0.4)))
        self.jpeg_quality = int(rng.integers(60, 97))

    def frame(self, index: int, rules: SurfaceRules) -> tuple[Picture, Labels]:
        """Give a picture and its labels."""
        rng = random_stream(self._seed, "line frame", index)
        look = self._camera.look
        axis = int(rng.integers(2))
        scene, gloss = self._camera.belt(float(rng.uniform(0.0, 5000.0)), axis), self._camera.empty_gloss()
        labels: Labels = []
        for pose in self._poses(rng):
            part = self._part(rng)
            self._camera.lay(scene, gloss, part, pose)
            labels += _labels(part, pose, (look.width_px, look.height_px), rules)
        smear = float(rng.choice([0.0, rng.uniform(0.5, 2.5)]))
        return self._camera.exposed(scene, gloss, index, (smear, 0.0) if axis else (0.0, smear)), labels

    def _poses(self, rng: np.random.Generator) -> Iterator[Pose]:
        """Give places of parts that don't overlap: a row of them at random phase, two rows where they are small."""
        look = self._camera.look
        reach = 1.12 * self._side_px
        rows = max(1, min(2, int(look.height_px // reach)))
        pitch = self._side_px * float(rng.uniform(1.25, 1.7))
        for row in range(rows):
            middle = look.height_px * (row + 0.5) / rows
            slack = max(0.0, 0.5 * (look.height_px / rows - reach)) if reach < look.height_px else 0.2 * look.height_px
            anchor = look.width_px * float(rng.uniform(0.2, 0.8))
            before = int((anchor + 0.4 * self._side_px) // pitch)
            for x in np.arange(anchor - before * pitch, look.width_px + 0.4 * self._side_px, pitch):
                y = middle + float(rng.uniform(-slack, slack))
                turn = float(rng.normal(0.0, 1.0) if self._turned_deg < 4.0 else rng.uniform(-1, 1) * self._turned_deg)
                yield Pose(float(x), y, turn, self._mm_per_px)

    def _part(self, rng: np.random.Generator) -> PartPicture:
        wanted: list[Wanted] = []
        if rng.random() >= _SOUND_SHARE:
            count = 1 + int(rng.poisson(0.5 + self._side_px / 350.0))
            wanted = [_wanted(rng, self._series, self._side_px) for _ in range(count)]
        number = str(int(rng.integers(0, 250)))
        marker = (self._marker, f"SN{number}" if self._marker == "qr" else number)
        return make_part(self._series, wanted, self._camera.look.face_light, rng, marker)


def _wanted(rng: np.random.Generator, series: PartSeries, side_px: float) -> Wanted:
    kind = DEFECT_KINDS[int(rng.choice(len(DEFECT_KINDS), p=[_KIND_SHARES[name] for name in DEFECT_KINDS]))]
    low = max(_DEFECT_PX[0], _LEAST_PX[kind])
    high = min(_DEFECT_PX[1] if kind != "pit" else 45.0, 0.6 * side_px)
    length_px = float(np.exp(rng.uniform(np.log(low), np.log(max(high, low + 1.0)))))
    least = float(rng.uniform(12.0, 34.0))
    return Wanted(kind, length_px * series.mm_per_px, least, raster_scale(series))


def _labels(part: PartPicture, pose: Pose, size_px: tuple[int, int], rules: SurfaceRules) -> Labels:
    labels: Labels = []
    frame = box(0.0, 0.0, *size_px)
    for defect in part.defects:
        whole = Polygon(pose.to_picture(defect.outline_mm)).buffer(0)
        if defect.kind in ("scratch", "crack"):
            thickness = defect.width_mm / pose.mm_per_px
            whole = whole.buffer(max(0.0, 0.5 * (rules.least_thickness_px - thickness)))
        seen = whole.intersection(frame)
        if seen.area <= 0.0 or seen.area < rules.least_share_in_frame * whole.area:
            continue
        largest = max(seen.geoms, key=lambda piece: piece.area) if isinstance(seen, MultiPolygon) else seen
        left, top, right, bottom = largest.bounds
        if isinstance(largest, Polygon) and max(right - left, bottom - top) >= rules.least_side_px:
            labels.append((defect.kind, np.asarray(Polygon(largest.exterior).simplify(0.3).boundary.coords)[:-1]))
    return labels


def _label_row(kind: DefectKind, outline: NDArray[np.float64], picture: Picture) -> str:
    fractions = outline / np.array([picture.shape[1], picture.shape[0]])
    values = " ".join(f"{value:.5f}" for value in np.clip(fractions, 0.0, 1.0).ravel())
    return f"{DEFECT_KINDS.index(kind)} {values}"
