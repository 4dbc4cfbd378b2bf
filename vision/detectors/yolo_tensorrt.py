"""A YOLO on an NVIDIA GPU through TensorRT: an engine built once for this GPU, cached, and run over batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vision.detectors.conversions import ConversionKey, converted, read_class_names
from vision.detectors.weights import weights_sha256
from vision.detectors.yolo_decode import F32, Letterbox, YoloConfig, decode, letterbox_for, to_input
from vision.detectors.yolo_network import write_onnx
from vision.errors import InferenceError, ModelError, WeightsNotFound
from vision.protocols import ModelInfo
from vision.types import Detections, Frame

_FORMAT = 1  # of the cached engine; raise it when _build() changes
_MOST_AT_ONCE = 8
_LEAST_SIDE = 32
_INPUT = "pictures"


class TensorRtYolo:
    """A Detector over an ultralytics YOLO or YOLO-seg weights file."""

    def __init__(self, weights: Path, cache_dir: Path, config: YoloConfig, precision: str = "auto") -> None:
        """Load, building the engine first if this machine hasn't yet, which takes minutes.

        Args:
            weights: A ``.pt`` file.
            cache_dir: Where engines are kept; each is for one kind of GPU and one image size.
            config: What to keep of the output.
            precision: ``fp32`` or ``fp16``; ``auto`` takes float16.

        Raises:
            WeightsNotFound: No file there.
            ModelError: No GPU, no TensorRT, or an engine can't be built of these weights.
            StoreError: The engine can't be kept in the cache.
        """
        if not weights.is_file():
            raise WeightsNotFound(f"no weights at {weights}")
        if not torch.cuda.is_available():
            raise ModelError('detector.runtime = "tensorrt" needs a CUDA GPU, and torch sees none: set it to auto')
        self._trt = _import_tensorrt()
        self._logger = self._trt.Logger(self._trt.Logger.ERROR)
        half = precision != "fp32"
        digest = weights_sha256(weights)
        folder = converted(
            cache_dir,
            ConversionKey(
                digest,
                f"trt{self._trt.__version__}-sm{''.join(str(part) for part in torch.cuda.get_device_capability())}",
                f"{'fp16' if half else 'fp32'}-{config.image_size}px",
                _FORMAT,
            ),
            lambda made: self._build(weights, made, config.image_size, half=half),
        )
        self._runtime = self._trt.Runtime(self._logger)
        self._engine = self._runtime.deserialize_cuda_engine((folder / "model.engine").read_bytes())
        if self._engine is None:
            raise ModelError(f"TensorRT can't load its engine in {folder}: remove that folder and run again")
        self._context = self._engine.create_execution_context()
        names = [self._engine.get_tensor_name(index) for index in range(self._engine.num_io_tensors)]
        self._outputs = [name for name in ("rows", "prototypes") if name in names]
        self._config = config
        runtime = f"tensorrt-cuda-{'fp16' if half else 'fp32'}"
        self._info = ModelInfo(weights.stem, digest, runtime, read_class_names(folder))

    @property
    def info(self) -> ModelInfo:
        """Name, weights and classes."""
        return self._info

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Give one Detections a frame, in order; frames may differ in size.

        Raises:
            InferenceError: TensorRT failed, or the output is not that of a YOLO.
        """
        results: list[Detections] = []
        for box, batch in _batches(frames, self._config.image_size):
            try:
                outputs = self._run(np.stack([to_input(frame.image, box) for frame in batch]))
            except RuntimeError as err:  # torch's, of the GPU
                raise InferenceError(f"TensorRT failed on {self._info.name}: {err}") from err
            for row, frame in enumerate(batch):
                prototypes = outputs[1][row] if len(outputs) > 1 else None
                results.append(decode(frame, box, outputs[0][row], prototypes, self._info.class_names, self._config))
        return results

    def _run(self, pictures: F32) -> list[F32]:
        given = torch.from_numpy(pictures).cuda()
        if not self._context.set_input_shape(_INPUT, tuple(given.shape)):
            raise RuntimeError(f"the engine takes no pictures of shape {tuple(given.shape)}")
        self._context.set_tensor_address(_INPUT, given.data_ptr())
        outputs = [
            torch.empty(tuple(self._context.get_tensor_shape(name)), dtype=torch.float32, device="cuda")
            for name in self._outputs
        ]
        for name, output in zip(self._outputs, outputs, strict=True):
            self._context.set_tensor_address(name, output.data_ptr())
        stream = torch.cuda.current_stream()
        if not self._context.execute_async_v3(stream.cuda_stream):
            raise RuntimeError("the engine could not be run")
        stream.synchronize()
        return [output.cpu().numpy() for output in outputs]

    def _build(self, weights: Path, folder: Path, image_size: int, *, half: bool) -> None:
        onnx = folder / "model.onnx"
        write_onnx(weights, onnx, half=half)
        builder = self._trt.Builder(self._logger)
        network = builder.create_network(_strongly_typed(self._trt))
        parser = self._trt.OnnxParser(network, self._logger)
        if not parser.parse(onnx.read_bytes()):
            raise ModelError(f"TensorRT can't read {weights.name}: {parser.get_error(0)}")
        options = builder.create_builder_config()
        profile = builder.create_optimization_profile()
        profile.set_shape(
            _INPUT,
            (1, 3, _LEAST_SIDE, _LEAST_SIDE),
            (_MOST_AT_ONCE, 3, _whole_strides(image_size * 9 / 16), image_size),
            (_MOST_AT_ONCE, 3, image_size, image_size),
        )
        options.add_optimization_profile(profile)
        engine = builder.build_serialized_network(network, options)
        if engine is None:
            raise ModelError(f"TensorRT can't build an engine of {weights.name}")
        (folder / "model.engine").write_bytes(engine)
        onnx.unlink()


def _import_tensorrt() -> Any:
    try:
        import tensorrt
    except ImportError as err:
        raise ModelError('detector.runtime = "tensorrt" needs the package tensorrt: pip install tensorrt') from err
    return tensorrt


def _strongly_typed(trt: Any) -> int:
    """Give the flags by which a network computes in the types that its ONNX states; from TensorRT 11 it always does."""
    flag = getattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
    return 0 if flag is None else 1 << int(flag)


def _whole_strides(side: float) -> int:
    return max(_LEAST_SIDE, round(side / _LEAST_SIDE) * _LEAST_SIDE)


def _batches(frames: Sequence[Frame], image_size: int) -> Iterator[tuple[Letterbox, list[Frame]]]:
    """Give runs of frames of one size, in order, no more at once than the engine takes."""
    sized = [(letterbox_for(frame.image.shape[1], frame.image.shape[0], image_size), frame) for frame in frames]
    for box, group in groupby(sized, key=lambda one: one[0]):
        batch = [frame for _, frame in group]
        for start in range(0, len(batch), _MOST_AT_ONCE):
            yield box, batch[start : start + _MOST_AT_ONCE]
