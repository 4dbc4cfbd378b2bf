"""Patch features of a picture: two depths of a frozen YOLO, run by OpenVINO.

Middle layers describe texture and small shapes without the bias of the last ones towards the classes that the network
was trained on. Source: Roth et al., Towards Total Recall in Industrial Anomaly Detection, CVPR 2022, section 3.1.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import openvino as ov

from vision.anomaly.features import CELL_PX, F32, PatchFeatures
from vision.detectors.weights import weights_sha256
from vision.errors import InferenceError, ModelError, WeightsNotFound
from vision.types import Image
from vision.ultralytics_import import importing_ultralytics

_FORMAT = 1  # of the cached conversion; raise it when _convert() changes
_PADDED_TO = 16  # the deeper layer's stride
_LAYERS = (4, 6)
"""C2f blocks at strides 8 and 16 of a YOLOv8; see ``infra/decisions/0010``."""


class YoloBackbone:
    """A PictureBackbone over the middle layers of an ultralytics YOLO."""

    def __init__(self, weights: Path, cache_dir: Path, image_size_px: int) -> None:
        """Load, converting first if this machine hasn't yet.

        Args:
            weights: A ``.pt`` file.
            cache_dir: Where converted models are kept.
            image_size_px: Long side that pictures are resized to.

        Raises:
            WeightsNotFound: No file there.
            ModelError: The file is no YOLO with the layers that are needed.
        """
        if not weights.is_file():
            raise WeightsNotFound(f"no weights at {weights}")
        self.sha256 = weights_sha256(weights)
        self.name = weights.stem
        self.image_size_px = image_size_px
        folder = cache_dir / f"{self.sha256[:16]}-ov{ov.__version__.split('-')[0]}-patches-f{_FORMAT}"
        if not (folder / "model.xml").exists():
            _convert(weights, folder)
        streams = len(os.sched_getaffinity(0))
        options = {
            "NUM_STREAMS": str(streams),
            "INFERENCE_NUM_THREADS": str(streams),
            # distances are compared with a threshold that another machine may have set: no bfloat16 where it is quick
            "INFERENCE_PRECISION_HINT": "f32",
        }
        compiled = ov.Core().compile_model(folder / "model.xml", "CPU", options)
        self._idle = deque(compiled.create_infer_request() for _ in range(streams))

    def describe(self, images: Sequence[Image]) -> Iterator[PatchFeatures]:
        """Give the features of each picture, in order; pictures may differ in size.

        Raises:
            InferenceError: OpenVINO failed, or the features are not finite.
        """
        running: deque[tuple[Any, tuple[int, int], tuple[int, int]]] = deque()
        try:
            for image in images:
                if not self._idle:
                    yield self._finish(*running.popleft())
                picture_wh = (image.shape[1], image.shape[0])
                resized_wh = _fitted(picture_wh, self.image_size_px)
                request = self._idle.popleft()
                request.start_async({0: _to_input(image, resized_wh)[None]})
                running.append((request, resized_wh, picture_wh))
            while running:
                yield self._finish(*running.popleft())
        except RuntimeError as err:
            raise InferenceError(f"OpenVINO failed on the backbone {self.name}: {err}") from err
        finally:
            for request, _, _ in running:  # a reader that stops early leaves requests running
                request.wait()
                self._idle.append(request)

    def _finish(self, request: Any, resized_wh: tuple[int, int], picture_wh: tuple[int, int]) -> PatchFeatures:
        request.wait()
        columns, rows = (-(-side // CELL_PX) for side in resized_wh)
        output = request.get_output_tensor(0).data[0, :, :rows, :columns]
        cells = np.ascontiguousarray(output.transpose(1, 2, 0))
        self._idle.append(request)
        if not np.isfinite(cells).all():
            raise InferenceError(f"the backbone {self.name} gave values that are not finite: its weights are at fault")
        return PatchFeatures(cells, resized_wh, picture_wh)


def _fitted(picture_wh: tuple[int, int], image_size_px: int) -> tuple[int, int]:
    scale = image_size_px / max(picture_wh)
    return max(1, round(picture_wh[0] * scale)), max(1, round(picture_wh[1] * scale))


def _to_input(image: Image, resized_wh: tuple[int, int]) -> F32:
    """Give (3, H, W) float32 RGB in [0, 1], its sides padded with their mirror image to the deeper layer's stride."""
    shrinks = resized_wh[0] < image.shape[1]
    resized = cv2.resize(image, resized_wh, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    right, below = -resized_wh[0] % _PADDED_TO, -resized_wh[1] % _PADDED_TO
    padded = cv2.copyMakeBorder(resized, 0, below, 0, right, cv2.BORDER_REFLECT)
    return np.asarray(cv2.dnn.blobFromImage(padded, 1.0 / 255.0, swapRB=True)[0], dtype=np.float32)


def _convert(weights: Path, folder: Path) -> None:
    """Write the OpenVINO form of the layers needed; the folder appears whole or not at all."""
    import torch

    with importing_ultralytics():
        from ultralytics import YOLO

    class Patches(torch.nn.Module):
        """Both depths, averaged over 3 x 3 cells, the deeper one brought to the shallower one's grid, side by side."""

        def __init__(self, layers: Any) -> None:
            super().__init__()
            self.layers = layers

        def forward(self, picture: Any) -> Any:
            kept = []
            for index, layer in enumerate(self.layers):
                picture = layer(picture)
                if index in _LAYERS:
                    kept.append(torch.nn.functional.avg_pool2d(picture, 3, 1, 1, count_include_pad=False))
            shallow, deep = kept
            deep = torch.nn.functional.interpolate(deep, size=shallow.shape[-2:], mode="bilinear", align_corners=False)
            return torch.cat([shallow, deep], dim=1)

    try:
        network = YOLO(str(weights)).model.float().eval().fuse(verbose=False)
        patches = Patches(network.model[: max(_LAYERS) + 1]).eval()
        example = torch.zeros(1, 3, 128, 160)
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # OpenVINO traces with torch.jit, which torch is retiring
            shape = tuple(patches(example).shape[-2:])
            if shape != (128 // CELL_PX, 160 // CELL_PX):
                raise ModelError(f"{weights}: its layer {_LAYERS[0]} has another stride than {CELL_PX}: use a YOLOv8")
            model = ov.convert_model(patches, example_input=example, input=[-1, 3, -1, -1])
    except (RuntimeError, AttributeError, KeyError, TypeError, OSError, ValueError) as err:
        raise ModelError(f"{weights} is not an ultralytics weights file that can be loaded: {err}") from err
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        ov.save_model(model, made / "model.xml", compress_to_fp16=True)
        try:
            made.rename(folder)
        except OSError:
            if not (folder / "model.xml").exists():  # another process may have finished first
                raise
