"""Any ultralytics detector through torch: batched and in half precision on a GPU, and the reference on a CPU."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from vision.detectors.nested import without_nested
from vision.detectors.weights import weights_sha256
from vision.detectors.yolo_decode import YoloConfig
from vision.detectors.yolo_network import open_yolo
from vision.errors import InferenceError, ModelError, WeightsNotFound
from vision.protocols import ModelInfo
from vision.types import Detections, Frame, frozen


class TorchYolo:
    """A Detector over any ultralytics weights file for ``detect`` or ``segment``."""

    def __init__(
        self, weights: Path, config: YoloConfig, precision: str = "auto", device: Literal["auto", "cpu"] = "auto"
    ) -> None:
        """Load onto a device.

        Args:
            weights: A ``.pt`` file.
            config: What to keep of the output.
            precision: ``fp32`` or ``fp16``; ``auto`` takes float16 on a GPU.
            device: ``auto`` takes a CUDA GPU where torch sees one.

        Raises:
            WeightsNotFound: No file there.
            ModelError: The file is no detector, or the device doesn't do that precision.
        """
        if not weights.is_file():
            raise WeightsNotFound(f"no weights at {weights}")
        self._device, self._half = choose_device(precision, device)
        self._yolo, names = open_yolo(weights)
        self._config = config
        runtime = f"torch-{self._device}-{'fp16' if self._half else 'fp32'}"
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


def choose_device(precision: str, device: Literal["auto", "cpu"] = "auto") -> tuple[str, bool]:
    """Give torch's device, and whether it computes in float16.

    Raises:
        ModelError: float16 is asked for without a GPU: a CPU does it many times slower than float32.
    """
    chosen = "cuda" if device == "auto" and torch.cuda.is_available() else "cpu"
    if precision == "fp16" and chosen == "cpu":
        raise ModelError('detector.precision = "fp16" needs a CUDA GPU with torch: set it to auto')
    return chosen, chosen == "cuda" and precision != "fp32"
