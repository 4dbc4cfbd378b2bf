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
from vision.roadside.reading import SignReader
from vision.types import Detections, Float, Frame, Int, RoadsideFrame, frozen

_SAME_THING = 0.6
_CUT_PX = 2.0


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


class SegmentLooker:
    """Looks beside the road along one segment: at every second frame, and at each while something is in sight.

    Most of a road has nothing beside it. Where something comes in sight it is looked at from then on in every frame, as
    a flashing lamp needs. Which frames are looked at depends on the segment alone, not on how its frames are batched.
    """

    def __init__(
        self,
        detector: Detector,
        nets: LooksNets | None,
        reader: SignReader | None,
        sample_pts_ns: Int,
        to_row: int | None = None,
    ) -> None:
        """Begin a segment.

        Args:
            detector: Finds signs and heads.
            nets: Say what each shows; None to leave it at measures.
            reader: Reads signs; None to leave them unread.
            sample_pts_ns: (M,) the segment's frames, ascending.
            to_row: Only what lies above this row is looked at; None for whole pictures.
        """
        self._detector, self._nets, self._reader = detector, nets, reader
        self._number = {pts_ns: number for number, pts_ns in enumerate(sample_pts_ns.tolist())}
        self._to_row = to_row
        self._in_sight: dict[int, bool] = {}

    def look(self, frames: Sequence[Frame]) -> list[RoadsideFrame]:
        """Give what stands beside the road in those of the segment's next frames that are looked at, by time.

        Raises:
            InferenceError: The model failed.
        """
        second = [frame for frame in frames if self._number[frame.pts_ns] % 2 == 0]
        seen = self._look(second)
        # a frame whose neighbour before was refused is looked at: nobody knows what was in sight
        between = [
            frame
            for frame in frames
            if self._number[frame.pts_ns] % 2 and self._in_sight.get(self._number[frame.pts_ns] - 1, True)
        ]
        return sorted([*seen, *self._look(between)], key=lambda one: one.detections.pts_ns)

    def _look(self, frames: Sequence[Frame]) -> list[RoadsideFrame]:
        seen = look_beside(self._detector, frames, self._nets, self._reader, self._to_row) if frames else []
        self._in_sight |= {self._number[one.detections.pts_ns]: len(one.detections) > 0 for one in seen}
        return seen


def look_beside(
    detector: Detector,
    frames: Sequence[Frame],
    nets: LooksNets | None = None,
    reader: SignReader | None = None,
    to_row: int | None = None,
) -> list[RoadsideFrame]:
    """Give what stands beside the road in each frame, in order.

    Args:
        detector: Finds signs and heads.
        frames: Whole pictures.
        nets: Say what each shows; None to leave it at measures.
        reader: Reads signs; None to leave them unread.
        to_row: Only what lies above this row is looked at; what it cuts is left out. None for whole pictures.

    Raises:
        InferenceError: The model failed.
    """
    upper = [Frame(frame.footage_id, frame.pts_ns, frame.image[:to_row]) for frame in frames]
    found = [one_box_a_thing(_roadside_only(one)) for one in detector.detect(upper)]
    found = [_not_cut(one, frame.image.shape[0], to_row) for one, frame in zip(found, frames, strict=True)]
    return [_with_looks(frame, one, nets, reader) for frame, one in zip(frames, found, strict=True)]


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


def _not_cut(found: Detections, height_px: int, to_row: int | None) -> Detections:
    """Leave out what goes on below the row that the picture was cut at."""
    if to_row is None or to_row >= height_px:
        return found
    return _rows(found, np.flatnonzero(found.xyxy[:, 3] < to_row - _CUT_PX).tolist())


def _rows(found: Detections, kept: list[int]) -> Detections:
    return replace(
        found,
        xyxy=frozen(found.xyxy[kept].reshape(-1, 4)),
        confidence=frozen(found.confidence[kept]),
        class_id=frozen(found.class_id[kept]),
        outlines=tuple(found.outlines[row] for row in kept),
    )


def _with_looks(frame: Frame, found: Detections, nets: LooksNets | None, reader: SignReader | None) -> RoadsideFrame:
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
    for row, name in enumerate(names):
        said = reader.read(frame.image, found.xyxy[row], name) if reader is not None else None
        if said is not None:
            looks[row] = replace(looks[row], text=said[0], text_confidence=round(said[1], 4))
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
