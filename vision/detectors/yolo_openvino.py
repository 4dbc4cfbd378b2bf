"""A YOLO on the CPU through OpenVINO: converted once, cached, and run one picture a request.

One picture a request and one thread a stream make a frame's result independent of its batch and of the number of
threads, so that one process and many workers write the same ledger.
"""

from __future__ import annotations

import os
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import openvino as ov

from vision.detectors.conversions import ConversionKey, converted, read_class_names
from vision.detectors.weights import weights_sha256
from vision.detectors.yolo_decode import Letterbox, YoloConfig, decode, letterbox_for, to_input
from vision.errors import InferenceError, ModelError, WeightsNotFound
from vision.protocols import ModelInfo
from vision.types import Detections, Frame

_FORMAT = 3  # of the cached conversion; raise it when convert_to_openvino() changes
_CAPABILITIES = {"bf16": "BF16", "fp16": "FP16"}  # OpenVINO's names of what a CPU multiplies by itself
_HINTS = {"fp32": "f32", "bf16": "bf16", "fp16": "f16", "int8": "f32"}  # of what isn't int8 in an int8 model, the last


class OpenVinoYolo:
    """A Detector over an ultralytics YOLO or YOLO-seg weights file."""

    def __init__(
        self,
        weights: Path,
        cache_dir: Path,
        config: YoloConfig,
        streams: int = 0,
        precision: str = "auto",
        int8_folder: Path | None = None,
    ) -> None:
        """Load, converting first if this machine hasn't yet.

        Args:
            weights: A ``.pt`` file.
            cache_dir: Where converted models are kept.
            config: What to keep of the output.
            streams: Pictures examined at once, each by one thread; 0 for as many as the process has cores.
            precision: ``auto`` takes bfloat16 where the CPU has it, else float32. ``int8`` takes the model that
                ``walkdown train int8`` made of these weights.
            int8_folder: Another place of that model, which has not been accepted yet.

        Raises:
            WeightsNotFound: No file there.
            ModelError: The file is no YOLO, OpenVINO can't run it, or not in that precision.
            StoreError: The converted model can't be kept in the cache.
        """
        if not weights.is_file():
            raise WeightsNotFound(f"no weights at {weights}")
        digest = weights_sha256(weights)
        self._core = ov.Core()
        self._precision = _choose_precision(self._core, precision)
        folder = (
            int8_folder or _accepted_int8(weights, cache_dir, digest)
            if precision == "int8"
            else converted(cache_dir, float_key(digest), lambda made: convert_to_openvino(weights, made))
        )
        self._config = config
        self._streams = streams or len(os.sched_getaffinity(0))
        self._model_path = folder / "model.xml"
        self._rings: dict[tuple[int, int], Iterator[Any]] = {}
        self._info = ModelInfo(weights.stem, digest, f"openvino-{self._precision}", read_class_names(folder))

    @property
    def info(self) -> ModelInfo:
        """Name, weights and classes."""
        return self._info

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Give one Detections a frame, in order; frames may differ in size.

        Raises:
            InferenceError: OpenVINO failed, or the output is not that of a YOLO.
        """
        results: list[Detections] = []
        running: deque[tuple[Any, Frame, Letterbox]] = deque()
        try:
            for frame in frames:
                height, width = frame.image.shape[:2]
                box = letterbox_for(width, height, self._config.image_size)
                if len(running) >= self._streams:
                    results.append(self._finish(*running.popleft()))
                request = next(self._requests(box))
                request.start_async({0: to_input(frame.image, box)[None]})
                running.append((request, frame, box))
            results.extend(self._finish(*one) for one in running)
        except RuntimeError as err:
            raise InferenceError(f"OpenVINO failed on {self._model_path.name}: {err}") from err
        return results

    def _finish(self, request: Any, frame: Frame, box: Letterbox) -> Detections:
        # no callbacks: Python run by OpenVINO's threads may collect garbage there, and a model that is freed by a
        # thread of its own takes the process down
        request.wait()
        prototypes = request.get_output_tensor(1).data[0] if len(request.output_tensors) > 1 else None
        rows = request.get_output_tensor(0).data[0]
        return decode(frame, box, rows, prototypes, self._info.class_names, self._config)

    def _requests(self, box: Letterbox) -> Iterator[Any]:
        """Give the requests for pictures of one size in turn: the next one is always done."""
        key = (box.height_px, box.width_px)
        if key not in self._rings:
            compiled = self._compile(box)
            self._rings[key] = cycle([compiled.create_infer_request() for _ in range(self._streams)])
        return self._rings[key]

    def _compile(self, box: Letterbox) -> Any:
        model = self._core.read_model(self._model_path)
        model.reshape([1, 3, box.height_px, box.width_px])
        options = {
            "NUM_STREAMS": str(self._streams),
            "INFERENCE_NUM_THREADS": str(self._streams),
            "INFERENCE_PRECISION_HINT": _HINTS[self._precision],
        }
        return self._core.compile_model(model, "CPU", options)


def float_key(weights_sha256: str) -> ConversionKey:
    """Name the conversion that every precision but int8 runs."""
    return ConversionKey(weights_sha256, f"ov{ov.__version__.split('-')[0]}", "float", _FORMAT)


def int8_key(weights_sha256: str) -> ConversionKey:
    """Name the int8 model that was made of some weights and accepted."""
    return ConversionKey(weights_sha256, f"ov{ov.__version__.split('-')[0]}", "int8", _FORMAT)


def _choose_precision(core: Any, asked: str) -> str:
    able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if asked == "auto":
        return "bf16" if "BF16" in able else "fp32"
    if asked in _CAPABILITIES and _CAPABILITIES[asked] not in able:
        raise ModelError(f"this CPU has no {asked}: set detector.precision to auto, fp32 or int8")
    return asked


def _accepted_int8(weights: Path, cache_dir: Path, digest: str) -> Path:
    folder = cache_dir / int8_key(digest).folder_name
    if not folder.is_dir():
        raise ModelError(
            f"no int8 form of {weights.name} was made and accepted on this machine: make it with walkdown train int8, "
            "or set detector.precision to auto"
        )
    return folder


def convert_to_openvino(weights: Path, folder: Path) -> None:
    """Write the OpenVINO form of a weights file into an empty folder.

    Raises:
        ModelError: The file is no detector.
    """
    import torch

    from vision.detectors.yolo_network import EXAMPLE_SHAPE, open_network  # torch takes seconds to import

    network = open_network(weights, "openvino")
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # OpenVINO traces with torch.jit, which torch is retiring
        model = ov.convert_model(
            network.module, example_input=torch.zeros(EXAMPLE_SHAPE), input=[-1, EXAMPLE_SHAPE[1], -1, -1]
        )
    save_openvino(model, folder)
    network.write_description(folder)


def save_openvino(model: Any, folder: Path, *, compress_to_fp16: bool = True) -> None:
    """Write ``model.xml`` and ``model.bin``.

    Raises:
        OSError: It can't be written; OpenVINO's own writer says so by a RuntimeError.
    """
    try:
        ov.save_model(model, folder / "model.xml", compress_to_fp16=compress_to_fp16)
    except RuntimeError as err:
        raise OSError(str(err)) from err
