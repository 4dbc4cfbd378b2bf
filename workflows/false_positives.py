"""Show what a detector finds where a set has no label: for a person to say which of it is there all the same."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.errors import ConfigError, StoreError
from vision.evidence import render_closeup
from vision.protocols import Detector
from vision.training.labelled_pictures import labelled_frame, read_labelled
from vision.training.mix import Mix, MixSource, read_mix
from vision.training.yolo_dataset import write_yolo_dataset
from vision.types import Detections
from workflows.progress import Progress

_SEED = 1
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class FalsePositives:
    """How to look for them.

    Attributes:
        confidence: Detections below it don't count.
        overlap: Of a found box, the share that labels of any class may cover at most.
        count: So many are shown, chosen at random.
    """

    confidence: float = 0.25
    overlap: float = 0.1
    count: int = 50


def show_false_positives(
    detector: Detector, data: Path, data_root: Path | None, out_dir: Path, rules: FalsePositives, progress: Progress
) -> list[dict[str, object]]:
    """Write pictures of them, and give rows that tell how many there are of each class in each set's val split.

    Args:
        detector: To look with.
        data: A mix.
        data_root: Where its paths start from.
        out_dir: For ``SET-CLASS-0.61-PICTURE.jpg``; made if missing.
        rules: What counts, and how many to show.
        progress: Told of each picture.

    Raises:
        ConfigError: ``data`` is no mix.
        StoreError: The folder can't be written.
    """
    if data.suffix != ".toml":
        raise ConfigError("name the mix file (.toml) whose val splits are to be looked at")
    mix = read_mix(data, data_root)
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as scratch:
        for source in (one for one in mix.sources if not one.train_only):
            found = list(_unlabelled(detector, mix, source, Path(scratch), rules, progress))
            for name in mix.names:
                own = [one for one in found if one[1] == name]
                if own:
                    rows.append({"set": source.path.name, "class": name, "found without a label": len(own)})
            picked = np.random.default_rng(_SEED).permutation(len(found))[: rules.count]
            _write(out_dir, source.path.name, [found[int(index)] for index in picked])
    return rows


Found = tuple[Path, str, float, NDArray[np.float32], NDArray[np.float32]]
"""Picture, class, confidence, box, outline."""


def _unlabelled(
    detector: Detector, mix: Mix, source: MixSource, scratch: Path, rules: FalsePositives, progress: Progress
) -> Iterator[Found]:
    dataset = scratch / source.path.name
    write_yolo_dataset(Mix(mix.names, (source,)), dataset)
    pictures = read_labelled(dataset, "val", mix.names)
    progress.start(source.path.name, len(pictures))
    for start in range(0, len(pictures), _AT_ONCE):
        some = pictures[start : start + _AT_ONCE]
        frames = [labelled_frame(one, start + place) for place, one in enumerate(some)]
        for one, frame, detections in zip(some, frames, detector.detect(frames), strict=True):
            height, width = frame.image.shape[:2]
            for row in _free_of(detections, one.boxes * [width, height, width, height], rules):
                name = detections.class_names[int(detections.class_id[row])]
                confidence = float(detections.confidence[row])
                yield one.path.resolve(), name, confidence, detections.xyxy[row], detections.outlines[row]
        progress.advance(len(some))


def _free_of(detections: Detections, labels: NDArray[np.float64], rules: FalsePositives) -> Iterator[int]:
    for row in range(len(detections)):
        if detections.confidence[row] >= rules.confidence and covered(detections.xyxy[row], labels) <= rules.overlap:
            yield row


def covered(box: NDArray[np.float32], labels: NDArray[np.float64]) -> float:
    """Give the greatest share of a box that one of the labels' boxes, (N, 4), covers; 0 without labels."""
    if not len(labels):
        return 0.0
    low, high = np.maximum(box[:2], labels[:, :2]), np.minimum(box[2:], labels[:, 2:])
    common = np.prod(np.clip(high - low, 0.0, None), axis=1)
    return float(common.max() / max(float(np.prod(box[2:] - box[:2])), 1e-9))


def _write(out_dir: Path, source: str, found: Sequence[Found]) -> None:
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        for picture, name, confidence, box, outline in found:
            image = np.asarray(cv2.imread(str(picture)), np.uint8)
            points = [(float(x), float(y)) for x, y in outline]
            jpeg = render_closeup(image, points, [float(edge) for edge in box])
            (out_dir / f"{source}-{name}-{confidence:.2f}-{picture.stem}.jpg").write_bytes(jpeg)
    except OSError as err:
        raise StoreError(f"pictures can't be written to {out_dir}: {err.strerror or err}") from err
