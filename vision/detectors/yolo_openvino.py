"""A YOLO on the CPU through OpenVINO: converted once, cached, and run one picture a request.

One picture a request and one thread a stream make a frame's result independent of its batch and of the number of
threads, so that one process and many workers write the same ledger.
"""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import openvino as ov

from vision.detectors.weights import weights_sha256
from vision.detectors.yolo_decode import Letterbox, YoloConfig, decode, letterbox_for, to_input
from vision.errors import InferenceError, ModelError, StoreError, WeightsNotFound
from vision.protocols import ModelInfo
from vision.types import Detections, Frame
from vision.ultralytics_import import importing_ultralytics

_FORMAT = 2  # of the cached conversion; raise it when convert() changes


class OpenVinoYolo:
    """A Detector over an ultralytics YOLO or YOLO-seg weights file."""

    def __init__(self, weights: Path, cache_dir: Path, config: YoloConfig, streams: int = 0) -> None:
        """Load, converting first if this machine hasn't yet.

        Args:
            weights: A ``.pt`` file.
            cache_dir: Where converted models are kept.
            config: What to keep of the output.
            streams: Pictures examined at once, each by one thread; 0 for as many as the process has cores.

        Raises:
            WeightsNotFound: No file there.
            ModelError: The file is no YOLO, or OpenVINO can't run it.
            StoreError: The converted model can't be kept in the cache.
        """
        if not weights.is_file():
            raise WeightsNotFound(f"no weights at {weights}")
        digest = weights_sha256(weights)
        folder = cache_dir / f"{digest[:16]}-ov{ov.__version__.split('-')[0]}-f{_FORMAT}"
        if not (folder / "model.xml").exists():
            _convert(weights, folder)
        description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        self._config = config
        self._streams = streams or len(os.sched_getaffinity(0))
        self._core = ov.Core()
        self._model_path = folder / "model.xml"
        self._rings: dict[tuple[int, int], Iterator[Any]] = {}
        precision = "bf16" if "BF16" in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
        self._precision = precision
        names = tuple(description["names"])
        self._info = ModelInfo(weights.stem, digest, f"openvino-{precision}", names)

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
            "INFERENCE_PRECISION_HINT": self._precision,
        }
        return self._core.compile_model(model, "CPU", options)


def _convert(weights: Path, folder: Path) -> None:
    """Write the OpenVINO form of a weights file; the folder appears whole or not at all."""
    import torch

    with importing_ultralytics():
        from ultralytics import YOLO

    try:
        yolo = YOLO(str(weights))
        network = yolo.model.float().eval()
        names = [yolo.names[key] for key in sorted(yolo.names)]
    except (RuntimeError, AttributeError, KeyError, TypeError, OSError, ValueError) as err:
        raise ModelError(f"{weights} is not an ultralytics weights file that can be loaded: {err}") from err
    if yolo.task not in {"segment", "detect"}:
        raise ModelError(f"{weights} is for {yolo.task}; a detector's weights are for segment or detect")
    head = network.model[-1]
    head.export, head.format, head.dynamic, head.end2end = True, "openvino", True, False
    network = network.fuse(verbose=False) if hasattr(network, "fuse") else network
    example = torch.zeros(1, 3, 384, 640)
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # OpenVINO traces with torch.jit, which torch is retiring
        network(example)
        model = ov.convert_model(network, example_input=example, input=[-1, 3, -1, -1])
    try:
        _keep(model, {"names": names, "task": yolo.task}, folder)
    except (OSError, RuntimeError) as err:  # OpenVINO's writer raises the latter
        raise StoreError(
            f"the model converted for OpenVINO can't be kept in {folder.parent}: {err}; free some space there, or name "
            "another folder by storage.cache_dir"
        ) from err


def _keep(model: Any, description: dict[str, Any], folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        ov.save_model(model, made / "model.xml", compress_to_fp16=True)
        (made / "model.json").write_text(json.dumps(description), encoding="utf-8")
        try:
            made.rename(folder)
        except OSError:
            if not (folder / "model.xml").exists():  # another process may have finished first
                raise
