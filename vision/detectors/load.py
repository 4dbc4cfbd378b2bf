"""Make the detector that the settings ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from vision.detectors.weights import find_weights
from vision.detectors.yolo_decode import YoloConfig
from vision.errors import ConfigError
from vision.protocols import Detector

Runtime = Literal["auto", "openvino", "onnxruntime", "torch", "tensorrt"]
Precision = Literal["auto", "fp32", "bf16", "fp16", "int8"]

_PRECISIONS: dict[Runtime, tuple[Precision, ...]] = {
    "openvino": ("fp32", "bf16", "fp16", "int8"),
    "onnxruntime": ("fp32",),
    "torch": ("fp32", "fp16"),
    "tensorrt": ("fp32", "fp16"),
}


@dataclass(frozen=True, slots=True)
class DetectorConfig:
    """Which detector to load, and where it runs.

    Attributes:
        weights: A ``.pt`` file, or a folder of a transformers detector; None for the shipped road model.
        cache_dir: Where converted models are kept.
        runtime: ``auto`` takes torch where it sees a CUDA GPU, else OpenVINO, else ONNX Runtime.
        yolo: What to keep of the network's output.
        streams: Pictures at once on the CPU; 0 for as many as there are cores.
        precision: Of the arithmetic; ``auto`` takes the quickest that the device has without calibration.
    """

    weights: Path | None
    cache_dir: Path
    runtime: Runtime = "auto"
    yolo: YoloConfig = field(default_factory=YoloConfig)
    streams: int = 0
    precision: Precision = "auto"


def load_detector(config: DetectorConfig) -> Detector:
    """Load the model.

    Raises:
        ConfigError: The runtime doesn't have that precision.
        WeightsNotFound: The weights aren't there.
        ModelError: They are no detector, or the runtime can't run them.
        StoreError: What they are converted to can't be kept.
    """
    weights = find_weights(config.weights)
    detector = _load_folder(weights, config) if weights.is_dir() else _load_yolo(weights, config)
    if config.yolo.tile_px:
        from vision.detectors.tiled import TiledDetector

        return TiledDetector(detector, config.yolo)
    return detector


def _load_folder(folder: Path, config: DetectorConfig) -> Detector:
    from vision.detectors.transformers_detector import TransformersDetector

    if config.runtime not in ("auto", "torch"):
        raise ConfigError(f'{folder} is a transformers detector, which torch runs: set detector.runtime = "auto"')
    if config.precision not in ("auto", *_PRECISIONS["torch"]):
        raise ConfigError(f"torch runs in {_listed('torch')}: detector.precision can't be {config.precision}")
    return TransformersDetector(folder, config.yolo, config.precision)


def _load_yolo(weights: Path, config: DetectorConfig) -> Detector:
    runtime = choose_runtime(config.runtime)
    if config.precision not in ("auto", *_PRECISIONS[runtime]):
        raise ConfigError(
            f"detector.precision can't be {config.precision} with the runtime {runtime}, which has {_listed(runtime)}"
        )
    if runtime == "openvino":
        from vision.detectors.yolo_openvino import OpenVinoYolo

        return OpenVinoYolo(weights, config.cache_dir, config.yolo, config.streams, config.precision)
    if runtime == "onnxruntime":
        from vision.detectors.yolo_onnxruntime import OnnxRuntimeYolo

        return OnnxRuntimeYolo(weights, config.cache_dir, config.yolo, config.streams)
    if runtime == "tensorrt":
        from vision.detectors.yolo_tensorrt import TensorRtYolo

        return TensorRtYolo(weights, config.cache_dir, config.yolo, config.precision)
    from vision.detectors.yolo_torch import TorchYolo

    return TorchYolo(weights, config.yolo, config.precision)


def choose_runtime(runtime: Runtime) -> Runtime:
    """Give what ``auto`` comes to on this machine."""
    if runtime != "auto":
        return runtime
    if _has_nvidia_driver() and _torch_sees_cuda():
        return "torch"
    return "openvino" if find_spec("openvino") is not None else "onnxruntime"


def _listed(runtime: Runtime) -> str:
    return ", ".join(_PRECISIONS[runtime])


def _has_nvidia_driver() -> bool:
    """Tell cheaply whether asking torch, which takes seconds to import, can be worth it."""
    return Path("/proc/driver/nvidia/version").exists() or Path("/dev/dxg").exists()


def _torch_sees_cuda() -> bool:
    import torch

    return torch.cuda.is_available()
