"""Any object detector of transformers (RT-DETR, D-FINE, DETR, YOLOS) in a local folder, through torch.

The folder is what ``save_pretrained`` writes: ``config.json``, the weights and ``preprocessor_config.json``. Nothing is
fetched. Boxes come without outlines; the folder's own processor says how large a picture the network sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoImageProcessor, AutoModelForObjectDetection

from vision.detectors.nested import without_nested
from vision.detectors.weights import weights_sha256
from vision.detectors.yolo_decode import YoloConfig
from vision.detectors.yolo_torch import choose_device
from vision.errors import InferenceError, ModelError, WeightsNotFound
from vision.protocols import ModelInfo
from vision.types import Detections, Frame, frozen

_NO_OUTLINE = frozen(np.zeros((0, 2), np.float32))


class TransformersDetector:
    """A Detector over a folder that ``AutoModelForObjectDetection`` can load."""

    def __init__(self, folder: Path, config: YoloConfig, precision: str = "auto") -> None:
        """Load onto a CUDA GPU where torch sees one, else onto the CPU.

        Args:
            folder: With ``config.json``.
            config: Confidence and number of what is kept; the image size is the processor's own.
            precision: ``fp32`` or ``fp16``; ``auto`` takes float16 on a GPU.

        Raises:
            WeightsNotFound: No ``config.json`` there.
            ModelError: The folder holds no detector that can be loaded.
        """
        if not (folder / "config.json").is_file():
            raise WeightsNotFound(f"{folder} has no config.json: it is no folder of a transformers model")
        self._device, half = choose_device(precision)
        self._dtype = torch.float16 if half else torch.float32
        try:
            processors: Any = AutoImageProcessor  # its methods have no types
            self._processor: Any = processors.from_pretrained(folder, local_files_only=True)
            model: Any = AutoModelForObjectDetection.from_pretrained(folder, local_files_only=True, dtype=self._dtype)
        except (OSError, ValueError, KeyError, RuntimeError, ImportError) as err:
            first = str(err).strip().splitlines()[0]
            raise ModelError(f"{folder} is not a transformers detector that can be loaded: {first}") from err
        self._model = model.to(self._device).eval()
        self._config = config
        labels = model.config.id2label
        names = tuple(str(labels[key]) for key in sorted(labels))
        runtime = f"transformers-{self._device}-{'fp16' if half else 'fp32'}"
        self._info = ModelInfo(folder.name, weights_sha256(folder), runtime, names)

    @property
    def info(self) -> ModelInfo:
        """Name, weights and classes."""
        return self._info

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Give one Detections a frame, in order; frames may differ in size.

        Raises:
            InferenceError: The model failed, or gave values that are not finite.
        """
        return [self._detect(frame) for frame in frames]

    def _detect(self, frame: Frame) -> Detections:
        # one picture at a time: a processor that keeps the aspect pads a batch, and a picture's boxes would hang on
        # which others it is looked at with
        height, width = frame.image.shape[:2]
        try:
            with torch.inference_mode():
                given = self._processor(images=np.ascontiguousarray(frame.image[:, :, ::-1]), return_tensors="pt")
                given = given.to(self._device)
                given["pixel_values"] = given["pixel_values"].to(self._dtype)
                outputs = self._model(**given)
                if not bool(torch.isfinite(outputs.logits).all() and torch.isfinite(outputs.pred_boxes).all()):
                    raise InferenceError(f"{self._info.name} gave values that are not finite: its weights are at fault")
                found = self._processor.post_process_object_detection(
                    outputs, threshold=self._config.confidence, target_sizes=[(height, width)]
                )[0]
        except (RuntimeError, ValueError) as err:
            raise InferenceError(f"transformers failed on {self._info.name}: {err}") from err
        return self._detections(frame, found)

    def _detections(self, frame: Frame, found: Any) -> Detections:
        height, width = frame.image.shape[:2]
        xyxy = np.clip(found["boxes"].float().cpu().numpy().reshape(-1, 4), 0, [width, height, width, height])
        confidence = found["scores"].float().cpu().numpy()
        shown = np.flatnonzero((xyxy[:, 2:] > xyxy[:, :2]).all(axis=1))
        order = shown[np.argsort(-confidence[shown], kind="stable")][: self._config.max_detections]
        return without_nested(
            Detections(
                footage_id=frame.footage_id,
                pts_ns=frame.pts_ns,
                xyxy=frozen(xyxy[order].astype(np.float32)),
                confidence=frozen(confidence[order].astype(np.float32)),
                class_id=frozen(found["labels"].cpu().numpy()[order].astype(np.int64)),
                class_names=self._info.class_names,
                outlines=(_NO_OUTLINE,) * len(order),
            )
        )
