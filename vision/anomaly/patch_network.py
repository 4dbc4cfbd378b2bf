"""The network that describes patches: middle layers of a YOLO and of EfficientNet-Lite0, side by side.

Middle layers describe texture and small shapes without the bias of the last ones towards the classes that the network
was trained on. Source: Roth et al., Towards Total Recall in Industrial Anomaly Detection, CVPR 2022, section 3.1. The
one network learnt roads, the other all sorts of things (ImageNet): together they tell odd tiles better than either
(``infra/decisions/0011``).
"""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import Any

import openvino as ov
import torch

from vision.anomaly.features import CELL_PX
from vision.anomaly.lite0 import find_lite0
from vision.errors import ModelError
from vision.ultralytics_import import importing_ultralytics

_YOLO_LAYERS = (4, 6)
"""C2f blocks at strides 8 and 16 of a YOLOv8; see ``infra/decisions/0010``."""
_LITE_BLOCKS = (4, 10)
"""The last blocks at strides 8 and 16 of EfficientNet-Lite0."""
_LITE_MEAN, _LITE_SCALE = 127.0, 128.0


def convert(weights: Path, folder: Path) -> None:
    """Write the OpenVINO form, ``model.xml``; the folder appears whole or not at all.

    It takes (1, 3, H, W) float32 RGB in [0, 1], H and W multiples of ``PADDED_TO``, and gives (1, D, H / 8, W / 8).

    Raises:
        ModelError: The weights are of no YOLO with the layers that are needed, or EfficientNet-Lite0 isn't installed.
    """
    lite = _load_lite()
    with importing_ultralytics():
        from ultralytics import YOLO
    try:
        yolo = YOLO(str(weights)).model.float().eval().fuse(verbose=False)
        patches = _Patches(yolo.model[: max(_YOLO_LAYERS) + 1], lite).eval()
        example = torch.zeros(1, 3, 128, 160)
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # OpenVINO traces with torch.jit, which torch is retiring
            shape = tuple(patches(example).shape[-2:])
            if shape != (128 // CELL_PX, 160 // CELL_PX):
                raise ModelError(
                    f"{weights}: its layer {_YOLO_LAYERS[0]} has another stride than {CELL_PX}: use a YOLOv8"
                )
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


class _Patches(torch.nn.Module):
    """Both depths of both networks, averaged over 3 x 3 cells, on the shallower ones' grid, side by side."""

    def __init__(self, yolo: Any, lite: Any) -> None:
        super().__init__()
        self.yolo = yolo
        self.lite = lite

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        kept = [*_depths(self.yolo, picture, _YOLO_LAYERS), *self._lite_depths(picture)]
        grid = kept[0].shape[-2:]
        return torch.cat([_on_grid(one, grid) for one in kept], dim=1)

    def _lite_depths(self, picture: torch.Tensor) -> list[torch.Tensor]:
        scaled = (picture * 255.0 - _LITE_MEAN) / _LITE_SCALE
        stem = self.lite._swish(self.lite._bn0(self.lite._conv_stem(scaled)))
        return _depths(self.lite._blocks[: max(_LITE_BLOCKS) + 1], stem, _LITE_BLOCKS)


def _depths(layers: Any, picture: torch.Tensor, kept: tuple[int, ...]) -> list[torch.Tensor]:
    given = []
    for index, layer in enumerate(layers):
        picture = layer(picture)
        if index in kept:
            given.append(torch.nn.functional.avg_pool2d(picture, 3, 1, 1, count_include_pad=False))
    return given


def _on_grid(features: torch.Tensor, grid: torch.Size) -> torch.Tensor:
    return torch.nn.functional.interpolate(features, size=grid, mode="bilinear", align_corners=False)


def _load_lite() -> Any:
    weights = find_lite0()
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    return network.eval()
