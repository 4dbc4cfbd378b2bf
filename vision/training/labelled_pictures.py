"""Let a detector look at the labelled pictures of a YOLO dataset on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vision.errors import InputError
from vision.protocols import Detector
from vision.training.detection_scores import Boxes, Picture
from vision.types import Detections, Float, Frame

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A picture file and the boxes of its labels.

    Attributes:
        path: The picture.
        boxes: (N, 4) x1, y1, x2, y2 as fractions of the picture.
        names: Kind of each.
    """

    path: Path
    boxes: Float
    names: tuple[str, ...]


def read_labelled(dataset: Path, split: str, names: Sequence[str]) -> list[LabelledPicture]:
    """List the pictures of a split as ``write_yolo_dataset`` lays them, with the boxes about their outlines.

    Raises:
        InputError: There are none.
    """
    pictures = sorted((dataset / "images" / split).glob("*"))
    if not pictures:
        raise InputError(f"{dataset} has no pictures in images/{split}: nothing can be measured on it")
    return [_read(path, dataset / "labels" / split / f"{path.stem}.txt", names) for path in pictures]


def look(detector: Detector, pictures: Sequence[LabelledPicture]) -> list[Picture]:
    """Give what the detector finds in each picture, beside its labels.

    Raises:
        InputError: A picture can't be read.
        InferenceError: The model failed.
    """
    looked: list[Picture] = []
    for chunk in _chunks(pictures):
        frames = [labelled_frame(picture, len(looked) + place) for place, picture in enumerate(chunk)]
        for picture, frame, found in zip(chunk, frames, detector.detect(frames), strict=True):
            height, width = frame.image.shape[:2]
            corners = picture.boxes * np.array([width, height] * 2, dtype=np.float64)
            looked.append(Picture(_found(found), Boxes(corners, picture.names, np.ones(len(picture.names)))))
    return looked


def _chunks(pictures: Sequence[LabelledPicture]) -> Iterator[Sequence[LabelledPicture]]:
    for start in range(0, len(pictures), _AT_ONCE):
        yield pictures[start : start + _AT_ONCE]


def labelled_frame(picture: LabelledPicture, number: int) -> Frame:
    """Read a picture as a frame; its number stands for a time.

    Raises:
        InputError: It can't be read.
    """
    image = cv2.imread(str(picture.path), cv2.IMREAD_COLOR)
    if image is None:
        raise InputError(f"{picture.path} can't be read as a picture")
    return Frame("labelled", number, np.asarray(image, dtype=np.uint8))


def _found(found: Detections) -> Boxes:
    names = tuple(found.class_names[index] for index in found.class_id.tolist())
    return Boxes(found.xyxy.astype(np.float64), names, found.confidence.astype(np.float64))


def _read(path: Path, label: Path, names: Sequence[str]) -> LabelledPicture:
    boxes: list[Float] = []
    kinds: list[str] = []
    for line in label.read_text(encoding="utf-8").splitlines() if label.exists() else []:
        first, *rest = line.split()
        points = np.array([float(value) for value in rest]).reshape(-1, 2)
        boxes.append(np.concatenate([points.min(axis=0), points.max(axis=0)]))
        kinds.append(names[int(first)])
    return LabelledPicture(path, np.array(boxes, dtype=np.float64).reshape(-1, 4), tuple(kinds))
