"""Patch features of pictures by a frozen network that OpenVINO runs."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import openvino as ov

from vision.anomaly.features import CELL_PX, F32, PADDED_TO, PatchFeatures
from vision.anomaly.lite0 import sha256_with_lite0
from vision.errors import InferenceError, WeightsNotFound
from vision.types import Image

_FORMAT = 2  # of the cached conversion; raise it when what patch_network.convert() writes changes


class OpenVinoBackbone:
    """A PictureBackbone over the middle layers of an ultralytics YOLO and of EfficientNet-Lite0."""

    def __init__(self, weights: Path, cache_dir: Path, image_size_px: int) -> None:
        """Load, converting first if this machine hasn't yet.

        Args:
            weights: A ``.pt`` file of a YOLO.
            cache_dir: Where converted models are kept.
            image_size_px: Long side that pictures are resized to.

        Raises:
            WeightsNotFound: No file there.
            ModelError: The file is no YOLO with the layers that are needed, or EfficientNet-Lite0 isn't installed.
        """
        if not weights.is_file():
            raise WeightsNotFound(f"no weights at {weights}")
        self.sha256 = sha256_with_lite0(weights)
        self.name = f"{weights.stem}+lite0"
        self.image_size_px = image_size_px
        folder = cache_dir / f"{self.sha256[:16]}-ov{ov.__version__.split('-')[0]}-patches-f{_FORMAT}"
        if not (folder / "model.xml").exists():
            from vision.anomaly.patch_network import convert  # torch takes seconds to import

            convert(weights, folder)
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
    right, below = -resized_wh[0] % PADDED_TO, -resized_wh[1] % PADDED_TO
    padded = cv2.copyMakeBorder(resized, 0, below, 0, right, cv2.BORDER_REFLECT)
    return np.asarray(cv2.dnn.blobFromImage(padded, 1.0 / 255.0, swapRB=True)[0], dtype=np.float32)
