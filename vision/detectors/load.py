"""Make the detector that the settings ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from vision.detectors.weights import find_weights
from vision.detectors.yolo_decode import YoloConfig
from vision.protocols import Detector

Runtime = Literal["auto", "openvino", "torch", "torch-cuda"]


@dataclass(frozen=True, slots=True)
class DetectorConfig:
    """Which detector to load, and where it runs.

    Attributes:
        weights: A ``.pt`` file; None for the shipped road model.
        cache_dir: Where models converted for OpenVINO are kept.
        runtime: ``auto`` takes a CUDA GPU if torch sees one, else OpenVINO.
        yolo: What to keep of the network's output.
        streams: Pictures at once on the CPU; 0 for as many as there are cores.
    """

    weights: Path | None
    cache_dir: Path
    runtime: Runtime = "auto"
    yolo: YoloConfig = field(default_factory=YoloConfig)
    streams: int = 0


def load_detector(config: DetectorConfig) -> Detector:
    """Load the model.

    Raises:
        WeightsNotFound: The weights aren't there.
        ModelError: They are no detector, or the runtime can't run them.
    """
    weights = find_weights(config.weights)
    runtime = _choose(config.runtime)
    if runtime == "openvino":
        from vision.detectors.yolo_openvino import OpenVinoYolo

        return OpenVinoYolo(weights, config.cache_dir, config.yolo, config.streams)
    from vision.detectors.yolo_torch import TorchYolo

    return TorchYolo(weights, config.yolo, "cuda" if runtime == "torch-cuda" else "cpu")


def _choose(runtime: Runtime) -> Runtime:
    if runtime != "auto":
        return runtime
    return "torch-cuda" if _has_nvidia_driver() and _torch_sees_cuda() else "openvino"


def _has_nvidia_driver() -> bool:
    """Tell cheaply whether asking torch, which takes seconds to import, can be worth it."""
    return Path("/proc/driver/nvidia/version").exists() or Path("/dev/dxg").exists()


def _torch_sees_cuda() -> bool:
    import torch

    return torch.cuda.is_available()
