"""A detector that knows: boxes out of the simulation, so that what comes after a detector is measured alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vision.protocols import ModelInfo
from vision.simulation.drive import SimulatedDrive
from vision.simulation.roadside_frames import ROADSIDE_CLASS_NAMES, RoadsideRules, with_margin
from vision.types import Detections, Frame, frozen

_CONFIDENCE = 0.9
_LEAST_SHARE_IN_FRAME = 0.9


class TruthDetector:
    """A Detector over the frames of one simulated drive.

    A head's back is called a dark head, and a bare post a sign where its plate was: a model that errs would do so, and
    what comes after has to notice.
    """

    def __init__(self, drive: SimulatedDrive) -> None:
        self.info = ModelInfo("truth", "none", "simulation", ROADSIDE_CLASS_NAMES)
        self._drive = drive
        self._rules = RoadsideRules()
        self._names = {sign.sign_id: f"traffic_sign_{sign.kind}" for sign in drive.layout.signs}

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Give one Detections a frame, in order."""
        return [self._detect(frame) for frame in frames]

    def _detect(self, frame: Frame) -> Detections:
        time_s = frame.pts_ns / 1e9
        index = round(time_s * self._drive.options.fps)
        lamps = self._drive.lamps(time_s)
        height, width = frame.image.shape[:2]
        boxes, ids = [], []
        for key, whole in self._drive.boxes(index).items():
            box = with_margin(whole, self._rules.head_margin) if key in lamps else whole
            cut = np.clip(box, 0.0, [width, height, width, height])
            (wide, tall), size = cut[2:] - cut[:2], box[2:] - box[:2]
            if max(wide, tall) < self._rules.least_side_px or wide * tall < _LEAST_SHARE_IN_FRAME * size.prod():
                continue
            name = f"traffic_light_{lamps[key].state}" if key in lamps else self._names[key]
            boxes.append(cut)
            ids.append(ROADSIDE_CLASS_NAMES.index(name))
        return Detections(
            footage_id=frame.footage_id,
            pts_ns=frame.pts_ns,
            xyxy=frozen(np.array(boxes, np.float32).reshape(-1, 4)),
            confidence=frozen(np.full(len(boxes), _CONFIDENCE, np.float32)),
            class_id=frozen(np.array(ids, np.int64)),
            class_names=ROADSIDE_CLASS_NAMES,
            outlines=tuple(np.zeros((0, 2), np.float32) for _ in boxes),
        )
