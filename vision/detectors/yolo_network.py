"""Open an ultralytics weights file as a plain torch network, ready to be converted for another runtime."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from vision.detectors.conversions import write_description
from vision.errors import ModelError
from vision.ultralytics_import import importing_ultralytics

with importing_ultralytics():
    from ultralytics import YOLO

EXAMPLE_SHAPE = (1, 3, 384, 640)
_OPSET = 17


@dataclass(frozen=True, slots=True)
class YoloNetwork:
    """A network whose forward pass gives rows of boxes, scores and coefficients, and mask prototypes where it has any.

    Attributes:
        module: The torch module, its layers fused, in float32.
        names: Classes, by id.
        task: ``segment`` or ``detect``.
    """

    module: Any
    names: tuple[str, ...]
    task: str

    def write_description(self, folder: Path) -> None:
        """Write beside a conversion what its file doesn't say."""
        write_description(folder, self.names, self.task)


def open_yolo(weights: Path) -> tuple[Any, tuple[str, ...]]:
    """Give ultralytics' own model of a weights file, and its classes.

    Raises:
        ModelError: The file is no detector.
    """
    try:
        yolo: Any = YOLO(str(weights))
        names = tuple(yolo.names[key] for key in sorted(yolo.names))
    except (RuntimeError, AttributeError, KeyError, TypeError, OSError, ValueError) as err:
        raise ModelError(f"{weights} is not an ultralytics weights file that can be loaded: {err}") from err
    if yolo.task not in {"segment", "detect"}:
        raise ModelError(f"{weights} is for {yolo.task}; a detector's weights are for segment or detect")
    return yolo, names


def open_network(weights: Path, export_format: str) -> YoloNetwork:
    """Give a network to convert.

    Args:
        weights: A ``.pt`` file.
        export_format: ``openvino`` or ``onnx``: the head writes what that runtime can take.

    Raises:
        ModelError: The file is no detector.
    """
    yolo, names = open_yolo(weights)
    network = yolo.model.float().eval()
    head = network.model[-1]
    head.export, head.format, head.dynamic, head.end2end = True, export_format, True, False
    network = network.fuse(verbose=False) if hasattr(network, "fuse") else network
    with torch.inference_mode():
        network(torch.zeros(EXAMPLE_SHAPE))  # makes the anchors, which tracing takes as they are
    return YoloNetwork(network, names, yolo.task)


def write_onnx(weights: Path, path: Path, *, half: bool = False) -> None:
    """Write a network as ONNX, for pictures of any batch, height and width in whole strides, and its description.

    Args:
        weights: A ``.pt`` file.
        path: The ``.onnx`` file.
        half: In float16 between a float32 input and float32 outputs.

    Raises:
        ModelError: The file is no detector, or torch can't export it.
    """
    network = open_network(weights, "onnx")
    module: Any = _HalfInside(network.module) if half else network.module
    outputs = ["rows", "prototypes"] if network.task == "segment" else ["rows"]
    sizes = {"pictures": {0: "batch", 2: "height", 3: "width"}, "rows": {0: "batch", 2: "anchors"}}
    if network.task == "segment":
        sizes["prototypes"] = {0: "batch", 2: "mask_height", 3: "mask_width"}
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch is retiring the exporter that traces; the new one fixes the sizes
            torch.onnx.export(
                module,
                (torch.zeros(EXAMPLE_SHAPE),),
                str(path),
                input_names=["pictures"],
                output_names=outputs,
                dynamic_axes=sizes,
                opset_version=_OPSET,
                dynamo=False,
            )
    except (RuntimeError, torch.onnx.errors.OnnxExporterError) as err:
        raise ModelError(f"{weights} can't be exported to ONNX: {err}") from err
    network.write_description(path.parent)


class _HalfInside(torch.nn.Module):
    """Runs a network in float16 between a float32 input and float32 outputs."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.module = module.half()

    def forward(self, pictures: torch.Tensor) -> Any:
        outputs = self.module(pictures.half())
        return tuple(one.float() for one in outputs) if isinstance(outputs, tuple | list) else outputs.float()
