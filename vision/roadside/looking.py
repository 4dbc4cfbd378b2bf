"""Runs a roadside detector over whole pictures, and measures what it finds while the pixels are at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vision.errors import ModelError
from vision.protocols import Detector, ModelInfo
from vision.roadside.crop_looks import look_at
from vision.roadside.cut_out import HEAD_ROOM, SIGN_ROOM, cut_out
from vision.roadside.kinds import ROADSIDE_CLASSES, SIGNAL_STATES
from vision.roadside.looks_net import LooksNets
from vision.types import Detections, Float, Frame, RoadsideFrame, frozen

_SAME_THING = 0.6


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


def look_beside(detector: Detector, frames: Sequence[Frame], nets: LooksNets | None = None) -> list[RoadsideFrame]:
    """Give what stands beside the road in each frame, in order.

    Args:
        detector: Finds signs and heads.
        frames: Whole pictures.
        nets: Say what each shows; None to leave it at measures.

    Raises:
        InferenceError: The model failed.
    """
    found = [one_box_a_thing(_roadside_only(one)) for one in detector.detect(frames)]
    return [_with_looks(frame, one, nets) for frame, one in zip(frames, found, strict=True)]


def one_box_a_thing(found: Detections) -> Detections:
    """Leave out boxes about what a surer box is about: a head called by two states, a sign called by two kinds.

    Detectors suppress overlaps class by class; a head or a plate has one state or kind in a frame.
    """
    signal = np.array([found.class_names[index] in SIGNAL_STATES for index in found.class_id.tolist()], dtype=np.bool_)
    kept: list[int] = []
    for row in np.argsort(-found.confidence, kind="stable").tolist():
        rivals = [other for other in kept if signal[other] == signal[row]]
        if not rivals or float(_overlap(found.xyxy[row], found.xyxy[rivals]).max()) < _SAME_THING:
            kept.append(row)
    kept.sort()
    return _rows(found, kept)


def _overlap(box: NDArray[np.float32], others: NDArray[np.float32]) -> Float:
    """Give (N,) intersections of a box with others over the smaller one's area: a part of a head lies within it."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    shared = np.clip(high - low, 0.0, None).prod(axis=1)
    areas = np.minimum((box[2:] - box[:2]).prod(), (others[:, 2:] - others[:, :2]).prod(axis=1))
    return np.asarray(shared / np.maximum(areas, 1e-6), dtype=np.float64)


def _rows(found: Detections, kept: list[int]) -> Detections:
    return replace(
        found,
        xyxy=frozen(found.xyxy[kept].reshape(-1, 4)),
        confidence=frozen(found.confidence[kept]),
        class_id=frozen(found.class_id[kept]),
        outlines=tuple(found.outlines[row] for row in kept),
    )


def _with_looks(frame: Frame, found: Detections, nets: LooksNets | None) -> RoadsideFrame:
    names = [found.class_names[index] for index in found.class_id.tolist()]
    looks = [look_at(frame.image, box, name) for box, name in zip(found.xyxy, names, strict=True)]
    if nets is not None:
        for is_head, net, room in ((True, nets.head, HEAD_ROOM), (False, nets.sign, SIGN_ROOM)):
            if net is None:
                continue
            rows = [row for row, name in enumerate(names) if (name in SIGNAL_STATES) == is_head]
            shown = net.probabilities([cut_out(frame.image, found.xyxy[row], room) for row in rows])
            for row, likely in zip(rows, shown.tolist(), strict=True):
                looks[row] = replace(looks[row], shows=tuple(round(one, 4) for one in likely))
    return RoadsideFrame(found, tuple(looks))


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
