"""A YOLO on the CPU through ONNX Runtime: the second way to run without a GPU, where OpenVINO can't be had."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as errors

from vision.detectors.conversions import ConversionKey, converted, read_class_names
from vision.detectors.weights import weights_sha256
from vision.detectors.yolo_decode import YoloConfig, decode, letterbox_for, to_input
from vision.errors import InferenceError, ModelError, WeightsNotFound
from vision.protocols import ModelInfo
from vision.types import Detections, Frame

_FORMAT = 1  # of the cached conversion; raise it when what write_onnx() writes changes
_FAILURES = (
    errors.Fail, errors.InvalidArgument, errors.InvalidGraph, errors.InvalidProtobuf, errors.NoSuchFile,
    errors.NotImplemented, errors.RuntimeException, RuntimeError,
)  # fmt: skip  # which have no class of their own in common


class OnnxRuntimeYolo:
    """A Detector over an ultralytics YOLO or YOLO-seg weights file."""

    def __init__(self, weights: Path, cache_dir: Path, config: YoloConfig, threads: int = 0) -> None:
        """Load, converting first if this machine hasn't yet.

        Args:
            weights: A ``.pt`` file.
            cache_dir: Where converted models are kept.
            config: What to keep of the output.
            threads: That work on one picture; 0 for as many as the process has cores.

        Raises:
            WeightsNotFound: No file there.
            ModelError: The file is no YOLO, or ONNX Runtime can't run it.
            StoreError: The converted model can't be kept in the cache.
        """
        if not weights.is_file():
            raise WeightsNotFound(f"no weights at {weights}")
        digest = weights_sha256(weights)
        folder = converted(
            cache_dir, ConversionKey(digest, "onnx", "fp32", _FORMAT), lambda made: _write(weights, made)
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or len(os.sched_getaffinity(0))
        options.log_severity_level = 3
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
        except _FAILURES as err:
            raise ModelError(f"ONNX Runtime can't load {weights.name}: {err}") from err
        self._config = config
        names = read_class_names(folder)
        self._info = ModelInfo(weights.stem, digest, "onnxruntime-fp32", names)

    @property
    def info(self) -> ModelInfo:
        """Name, weights and classes."""
        return self._info

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Give one Detections a frame, in order; frames may differ in size.

        Raises:
            InferenceError: ONNX Runtime failed, or the output is not that of a YOLO.
        """
        return [self._detect(frame) for frame in frames]

    def _detect(self, frame: Frame) -> Detections:
        height, width = frame.image.shape[:2]
        box = letterbox_for(width, height, self._config.image_size)
        try:
            outputs = self._session.run(None, {"pictures": to_input(frame.image, box)[None]})
        except _FAILURES as err:
            raise InferenceError(f"ONNX Runtime failed on {self._info.name}: {err}") from err
        rows, *others = [np.asarray(one[0], dtype=np.float32) for one in outputs]
        return decode(frame, box, rows, others[0] if others else None, self._info.class_names, self._config)


def _write(weights: Path, folder: Path) -> None:
    from vision.detectors.yolo_network import write_onnx  # torch takes seconds to import

    write_onnx(weights, folder / "model.onnx")
