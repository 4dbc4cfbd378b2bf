"""Measure a detector on labelled pictures that it did not train on, each set by itself."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path

from vision.errors import ConfigError
from vision.training.mix import Mix, read_mix
from vision.training.yolo_dataset import write_yolo_dataset
from vision.ultralytics_import import importing_ultralytics


@dataclass(frozen=True, slots=True)
class ClassScore:
    """Average precision of one class on one set.

    Attributes:
        source: The set.
        class_name: Class, or ``all``.
        images: Pictures of the set.
        instances: Labelled defects.
        precision: At the confidence with the best F1.
        recall: There.
        box_map50: Average precision of boxes at IoU 0.5.
        mask_map50: Of outlines at IoU 0.5.
    """

    source: str
    class_name: str
    images: int
    instances: int
    precision: float
    recall: float
    box_map50: float
    mask_map50: float


def evaluate_detector(weights: Path, data: Path, data_root: Path | None, image_size: int) -> list[ClassScore]:
    """Score a detector on the val split of every source of a mix.

    Raises:
        ConfigError: ``data`` is no mix.
    """
    if data.suffix != ".toml":
        raise ConfigError("name the mix file (.toml) whose val splits are to be scored")
    mix = read_mix(data, data_root)
    scores: list[ClassScore] = []
    with tempfile.TemporaryDirectory() as scratch:
        for source in mix.sources:
            if not source.train_only:
                alone = Path(scratch) / source.path.name
                counts = write_yolo_dataset(Mix(mix.names, (source,)), alone).instances
                scores.extend(_score(weights, alone, source.path.name, counts["val"], image_size))
    return scores


def _score(weights: Path, dataset: Path, source: str, counts: dict[str, int], image_size: int) -> Sequence[ClassScore]:
    with importing_ultralytics():
        from ultralytics import YOLO

    images = len(list((dataset / "images" / "val").iterdir()))
    with redirect_stdout(sys.stderr):  # its progress bars write to standard output, which is for the result
        result = YOLO(str(weights)).val(
            data=str(dataset / "data.yaml"),
            imgsz=image_size,
            device="cpu",
            verbose=False,
            plots=False,
            workers=0,
            project=str(dataset / "runs"),
        )
    rows = [
        ClassScore(
            source,
            result.names[class_id],
            images,
            counts.get(result.names[class_id], 0),
            float(result.box.p[index]),
            float(result.box.r[index]),
            float(result.box.ap50[index]),
            float(result.seg.ap50[index]),
        )
        for index, class_id in enumerate(result.box.ap_class_index)
    ]
    whole = ClassScore(
        source,
        "all",
        images,
        sum(counts.values()),
        float(result.box.mp),
        float(result.box.mr),
        float(result.box.map50),
        float(result.seg.map50),
    )
    return [*rows, whole]


def as_rows(scores: Sequence[ClassScore]) -> list[dict[str, object]]:
    """Give the scores as plain rows, rounded for print."""
    return [
        {key: round(value, 3) if isinstance(value, float) else value for key, value in asdict(score).items()}
        for score in scores
    ]
