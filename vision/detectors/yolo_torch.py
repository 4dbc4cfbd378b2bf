"""Any ultralytics detector through torch: batched and in half precision on a GPU, and the reference on a CPU."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vision.detectors.nested import without_nested
from vision.detectors.weights import weights_sha256
from vision.detectors.yolo_decode import YoloConfig
from vision.errors import InferenceError, ModelError, WeightsNotFound
from vision.protocols import ModelInfo
from vision.types import Detections, Frame, frozen
from vision.ultralytics_import import importing_ultralytics

with importing_ultralytics():
    from ultralytics import YOLO


class TorchYolo:
    """A Detector over any ultralytics weights file for ``detect`` or ``segment``."""

    def __init__(self, weights: Path, config: YoloConfig, device: str) -> None:
        """Load onto a device.

        Args:
            weights: A ``.pt`` file.
            config: What to keep of the output.
            device: ``cpu``, ``cuda`` or ``cuda:N``.

        Raises:
            WeightsNotFound: No file there.
            ModelError: The file is no detector, or the device isn't there.
        """
        if not weights.is_file():
            raise WeightsNotFound(f"no weights at {weights}")
        if device.startswith("cuda") and not torch.cuda.is_available():
            raise ModelError("detector.runtime asks for CUDA, but torch sees no GPU: set it to auto or openvino")
        try:
            self._yolo: Any = YOLO(str(weights))
            names = tuple(self._yolo.names[key] for key in sorted(self._yolo.names))
        except (RuntimeError, AttributeError, KeyError, TypeError, OSError, ValueError) as err:
            raise ModelError(f"{weights} is not an ultralytics weights file that can be loaded: {err}") from err
        if self._yolo.task not in {"segment", "detect"}:
            raise ModelError(f"{weights} is for {self._yolo.task}; a detector's weights are for segment or detect")
        self._config = config
        self._device = device
        self._half = device.startswith("cuda")
        runtime = f"torch-{device}-{'fp16' if self._half else 'fp32'}"
        self._info = ModelInfo(weights.stem, weights_sha256(weights), runtime, names)

    @property
    def info(self) -> ModelInfo:
        """Name, weights and classes."""
        return self._info

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Give one Detections a frame, in order.

        Raises:
            InferenceError: torch failed.
        """
        if not frames:
            return []
        try:
            results = self._yolo.predict(
                [np.ascontiguousarray(frame.image) for frame in frames],
                conf=self._config.confidence,
                iou=self._config.iou,
                imgsz=self._config.image_size,
                max_det=self._config.max_detections,
                device=self._device,
                half=self._half,
                verbose=False,
            )
        except RuntimeError as err:
            raise InferenceError(f"torch failed on {self._info.name}: {err}") from err
        return [self._detections(frame, result) for frame, result in zip(frames, results, strict=True)]

    def _detections(self, frame: Frame, result: Any) -> Detections:
        boxes = result.boxes.cpu().numpy()
        count = len(boxes)
        polygons = result.masks.xy if result.masks is not None else [np.zeros((0, 2))] * count
        found = Detections(
            footage_id=frame.footage_id,
            pts_ns=frame.pts_ns,
            xyxy=frozen(boxes.xyxy.reshape(count, 4).astype(np.float32)),
            confidence=frozen(boxes.conf.reshape(count).astype(np.float32)),
            class_id=frozen(boxes.cls.reshape(count).astype(np.int64)),
            class_names=self._info.class_names,
            outlines=tuple(frozen(np.asarray(polygon, dtype=np.float32).reshape(-1, 2)) for polygon in polygons),
        )
        return without_nested(found)
