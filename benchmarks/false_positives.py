"""Draw what a detector finds and a set's labels don't have, to be judged by eye: the labels may leave things out.

Run it with ``python -m benchmarks.false_positives --images DIR --labels DIR --names crack,pothole --classes
longitudinal_crack,transverse_crack,alligator_crack --label-classes crack --out DIR``. It picks a number of false
positives at random among those above a confidence, writes numbered crops on sheets (``sheet-1.png`` ...) with the find
outlined in red and labels in green, and ``false-positives.csv`` to write a verdict into.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vision.detectors.load import DetectorConfig, load_detector
from vision.detectors.yolo_decode import YoloConfig
from vision.footage.stills import decode_picture
from vision.training.yolo_dataset import Polygon, box_outline
from vision.types import Detections, Frame, Image, frozen

_CELL_PX = 320
_A_ROW, _A_SHEET = 5, 10
_MARGIN = 0.35  # of the find's longer side, on each side


@dataclass(frozen=True, slots=True)
class FalsePositive:
    """A find that no label covers.

    Attributes:
        picture: Its file.
        name: What the detector calls it.
        confidence: Of the detector.
        outline: (N, 2) pixels.
        labels: Outlines of the picture's labels of those classes, pixels.
    """

    picture: Path
    name: str
    confidence: float
    outline: Polygon
    labels: tuple[Polygon, ...]


def false_positives(
    found: Detections, picture: Path, classes: frozenset[str], labels: tuple[Polygon, ...], least_iou: float
) -> list[FalsePositive]:
    """Give the finds of some classes whose box no label's box meets at an IoU of ``least_iou``, best first come."""
    free = list(range(len(labels)))
    missed: list[FalsePositive] = []
    for index in np.argsort(-found.confidence):
        name = found.class_names[int(found.class_id[index])]
        if name not in classes:
            continue
        scored = [(_box_iou(found.xyxy[index], labels[one]), one) for one in free]
        best, label = max(scored, default=(0.0, -1))
        if best >= least_iou:
            free.remove(label)
            continue
        outline = found.outlines[index] if len(found.outlines[index]) else _corners(found.xyxy[index])
        confidence = float(found.confidence[index])
        missed.append(FalsePositive(picture, name, confidence, np.asarray(outline, dtype=np.float64), labels))
    return missed


def draw(one: FalsePositive, number: int) -> Image:
    """Give a square crop, (320, 320, 3) uint8 BGR, with the find and the labels about it outlined."""
    image = decode_picture(one.picture).copy()
    for label in one.labels:
        cv2.polylines(image, [label.astype(np.int32)], True, (0, 200, 0), 1, cv2.LINE_AA)
    cv2.polylines(image, [one.outline.astype(np.int32)], True, (0, 0, 255), 1, cv2.LINE_AA)
    low, high = one.outline.min(axis=0), one.outline.max(axis=0)
    side = float(np.clip((1.0 + 2.0 * _MARGIN) * max(high - low), 64.0, min(image.shape[:2])))
    corner = np.clip((low + high) / 2.0 - side / 2.0, 0.0, np.array(image.shape[1::-1]) - side).astype(int)
    crop = image[corner[1] : corner[1] + int(side), corner[0] : corner[0] + int(side)]
    cell = cv2.resize(crop, (_CELL_PX, _CELL_PX), interpolation=cv2.INTER_CUBIC)
    text = f"{number} {one.name} {one.confidence:.2f}"
    cell[:24] //= 3
    cv2.putText(cell, text, (6, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
    return np.asarray(cell, dtype=np.uint8)


def _corners(xyxy: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Polygon:
    left, top, right, bottom = (float(value) for value in xyxy)
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def _box_iou(xyxy: np.ndarray[tuple[int, ...], np.dtype[np.float32]], label: Polygon) -> float:
    low, high = label.min(axis=0), label.max(axis=0)
    overlap = float(np.prod(np.clip(np.minimum(xyxy[2:], high) - np.maximum(xyxy[:2], low), 0.0, None)))
    return overlap / (float(np.prod(xyxy[2:] - xyxy[:2])) + float(np.prod(high - low)) - overlap)


def _read_labels(path: Path, ids: frozenset[int], size: tuple[int, int]) -> tuple[Polygon, ...]:
    if not path.exists():
        return ()
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    kept = [[float(value) for value in row[1:]] for row in rows if int(row[0]) in ids]
    outlines = [box_outline(*row) if len(row) == 4 else np.array(row).reshape(-1, 2) for row in kept]
    return tuple(outline * np.array(size, dtype=np.float64) for outline in outlines)


def main() -> None:
    """Write the sheets and the table; print how many false positives there are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--names", required=True, help="the set's classes by id")
    parser.add_argument("--classes", required=True, help="classes of the model whose finds are looked at")
    parser.add_argument("--label-classes", required=True, help="classes of the set that would be right")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=None)
    parser.add_argument("--image-size", type=int, default=640)
    parser.add_argument("--confidence", type=float, default=0.25)
    parser.add_argument("--iou", type=float, default=0.1, help="a find that meets a label by less is a false positive")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    names = asked.names.split(",")
    ids = frozenset(names.index(name) for name in asked.label_classes.split(","))
    classes = frozenset(asked.classes.split(","))
    cache = Path.home() / ".cache" / "walkdown" / "openvino"
    config = DetectorConfig(asked.weights, cache, yolo=YoloConfig(asked.confidence, image_size=asked.image_size))
    detector = load_detector(config)
    everything: list[FalsePositive] = []
    for path in sorted(asked.images.iterdir()):
        image = decode_picture(path)
        labels = _read_labels(asked.labels / f"{path.stem}.txt", ids, (image.shape[1], image.shape[0]))
        (found,) = detector.detect([Frame(path.stem, 0, frozen(image))])
        everything += false_positives(found, path, classes, labels, asked.iou)
    rng = np.random.default_rng(asked.seed)
    chosen = [everything[index] for index in rng.permutation(len(everything))[: asked.count]]
    write_sheets(chosen, asked.out)
    print(f"{len(everything)} finds of {', '.join(sorted(classes))} that no label meets; {len(chosen)} drawn")


def write_sheets(chosen: list[FalsePositive], out: Path) -> None:
    """Write ``sheet-N.png`` and ``false-positives.csv``."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "false-positives.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["number", "picture", "class", "confidence", "verdict"])
        for number, one in enumerate(chosen, start=1):
            writer.writerow([number, one.picture.name, one.name, f"{one.confidence:.2f}", ""])
    cells = [draw(one, number) for number, one in enumerate(chosen, start=1)]
    blank = np.zeros((_CELL_PX, _CELL_PX, 3), dtype=np.uint8)
    for sheet in range(0, len(cells), _A_SHEET):
        part = cells[sheet : sheet + _A_SHEET]
        part += [blank] * (-len(part) % _A_ROW)
        rows = [np.hstack(part[row : row + _A_ROW]) for row in range(0, len(part), _A_ROW)]
        cv2.imwrite(str(out / f"sheet-{sheet // _A_SHEET + 1}.png"), np.vstack(rows))


if __name__ == "__main__":
    main()
