"""Runs a roadside detector over whole pictures, and measures what it finds while the pixels are at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vision.errors import ModelError
from vision.protocols import Detector, ModelInfo
from vision.roadside.crop_looks import look_at
from vision.roadside.kinds import ROADSIDE_CLASSES
from vision.types import Detections, Frame, RoadsideFrame, frozen


def check_classes(info: ModelInfo) -> None:
    """Make sure that a model finds anything beside the road.

    Raises:
        ModelError: None of its classes is a roadside class.
    """
    if not set(info.class_names) & set(ROADSIDE_CLASSES):
        raise ModelError(
            f"{info.name} is no roadside model: it finds {', '.join(info.class_names)}, none of "
            f"{', '.join(ROADSIDE_CLASSES)}; correct roadside.weights in walkdown.toml"
        )


def look_beside(detector: Detector, frames: Sequence[Frame]) -> list[RoadsideFrame]:
    """Give what stands beside the road in each frame, in order.

    Raises:
        InferenceError: The model failed.
    """
    return [
        _with_looks(frame, _roadside_only(found)) for frame, found in zip(frames, detector.detect(frames), strict=True)
    ]


def _with_looks(frame: Frame, found: Detections) -> RoadsideFrame:
    names = [found.class_names[index] for index in found.class_id.tolist()]
    looks = tuple(look_at(frame.image, box, name) for box, name in zip(found.xyxy, names, strict=True))
    return RoadsideFrame(found, looks)


def _roadside_only(found: Detections) -> Detections:
    """Leave out classes that don't stand beside the road, and number the others as ROADSIDE_CLASSES does."""
    names = [found.class_names[index] for index in found.class_id.tolist()]
    kept = [row for row, name in enumerate(names) if name in ROADSIDE_CLASSES]
    return replace(
        found,
        xyxy=frozen(found.xyxy[kept].reshape(-1, 4)),
        confidence=frozen(found.confidence[kept]),
        class_id=frozen(np.array([ROADSIDE_CLASSES.index(names[row]) for row in kept], dtype=np.int64)),
        class_names=ROADSIDE_CLASSES,
        outlines=tuple(found.outlines[row] for row in kept),
    )
