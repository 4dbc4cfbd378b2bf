"""Measure a detector on labelled pictures that it did not train on, each set by itself."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vision.errors import ConfigError
from vision.training.mix import Mix, read_mix
from vision.training.yolo_dataset import write_yolo_dataset
from vision.types import Float
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
        box_f1: F1 of boxes at IoU 0.5, at the one confidence for all classes that is best for the whole set, as the
            CRDDC counts it (Arya et al., Crowdsensing-based Road Damage Detection Challenge, 2022): for ``all``, true
            and false boxes of all classes together.
        f1_confidence: That confidence.
    """

    source: str
    class_name: str
    images: int
    instances: int
    precision: float
    recall: float
    box_map50: float
    mask_map50: float
    box_f1: float
    f1_confidence: float


CRACK_KINDS = ("longitudinal_crack", "transverse_crack", "alligator_crack")
"""Where a set tells them apart by a heuristic only, they are scored as one as well."""

ANY_CRACK = "any crack"


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
                counts = write_yolo_dataset(Mix(mix.names, (source,)), alone).instances["val"]
                scores.extend(_score(weights, alone, source.path.name, counts, image_size))
                kinds = [mix.names.index(kind) for kind in CRACK_KINDS if counts.get(kind)]
                if len(kinds) > 1:
                    scores.append(_score_merged(weights, alone, source.path.name, counts, kinds, image_size))
    return scores


def _validate(weights: Path, dataset: Path, image_size: int, validator: type[Any] | None = None) -> Any:
    with importing_ultralytics():
        from ultralytics import YOLO

    with redirect_stdout(sys.stderr):  # its progress bars write to standard output, which is for the result
        return YOLO(str(weights)).val(
            validator=validator,
            data=str(dataset / "data.yaml"),
            imgsz=image_size,
            device="cpu",
            verbose=False,
            plots=False,
            workers=0,
            project=str(dataset / "runs"),
            agnostic_nms=validator is not None,
        )


def _score_merged(
    weights: Path, dataset: Path, source: str, counts: dict[str, int], kinds: Sequence[int], image_size: int
) -> ClassScore:
    """Score several classes as if they were one."""
    from vision.training.merged_validation import merging_validator

    result = _validate(weights, dataset, image_size, merging_validator(kinds))
    at = list(result.box.ap_class_index).index(kinds[0])
    own = result.names[kinds[0]], sum(counts.get(result.names[kind], 0) for kind in kinds)
    f1 = best_f1(result.box.p_curve[[at]], result.box.r_curve[[at]], np.array([own[1]], np.float64))
    return ClassScore(
        source,
        ANY_CRACK,
        len(list((dataset / "images" / "val").iterdir())),
        own[1],
        float(result.box.p[at]),
        float(result.box.r[at]),
        float(result.box.ap50[at]),
        float(result.seg.ap50[at]),
        f1.whole,
        f1.confidence,
    )


@dataclass(frozen=True, slots=True)
class BestF1:
    """F1 at the confidence that is best for all classes together: of all, of each, and that confidence."""

    whole: float
    by_class: tuple[float, ...]
    confidence: float


def best_f1(precision: Float, recall: Float, instances: Float) -> BestF1:
    """Give F1 over all classes together at its best confidence.

    Args:
        precision: (C, N) by class, at N confidences from 0 to 1, evenly spaced.
        recall: (C, N) likewise.
        instances: (C,) labelled things of each class.
    """
    if not len(instances):
        return BestF1(0.0, (), 0.0)
    right = recall * instances[:, None]
    found = right / np.maximum(precision, 1e-9)
    together = 2.0 * right.sum(axis=0) / np.maximum(found.sum(axis=0) + instances.sum(), 1e-9)
    at = int(together.argmax())
    each = 2.0 * right[:, at] / np.maximum(found[:, at] + instances, 1e-9)
    confidence = at / max(len(together) - 1, 1)
    return BestF1(float(together[at]), tuple(float(one) for one in each), confidence)


def _score(weights: Path, dataset: Path, source: str, counts: dict[str, int], image_size: int) -> Sequence[ClassScore]:
    images = len(list((dataset / "images" / "val").iterdir()))
    result = _validate(weights, dataset, image_size)
    labelled = np.array([counts.get(result.names[one], 0) for one in result.box.ap_class_index], np.float64)
    f1 = best_f1(np.asarray(result.box.p_curve), np.asarray(result.box.r_curve), labelled)
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
            f1.by_class[index],
            f1.confidence,
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
        f1.whole,
        f1.confidence,
    )
    return [*rows, whole]


def as_rows(scores: Sequence[ClassScore]) -> list[dict[str, object]]:
    """Give the scores as plain rows, rounded for print."""
    return [
        {key: round(value, 3) if isinstance(value, float) else value for key, value in asdict(score).items()}
        for score in scores
    ]
