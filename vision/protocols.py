"""What a vision part promises to the parts that use it. Implementations live in files of their own, one each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from vision.types import Detections, Frame, TelemetryTrack

In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which model gave a result: stored with every result.

    Attributes:
        name: Such as ``road-yolov8n-seg``.
        weights_sha256: Hex digest of the weights file that was loaded.
        runtime: Such as ``openvino-bf16`` or ``torch-cuda-fp16``.
        class_names: By class id.
    """

    name: str
    weights_sha256: str
    runtime: str
    class_names: tuple[str, ...]


class Detector(Protocol):
    """Finds things in frames."""

    @property
    def info(self) -> ModelInfo:
        """Name, weights and classes."""
        ...

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Give one Detections a frame, in order.

        Raises:
            InferenceError: The model failed.
        """
        ...


class TelemetryReader(Protocol):
    """Reads one telemetry format. One file per source; ``vision/telemetry/read.py`` lists them."""

    name: str

    def can_read(self, path: Path) -> bool:
        """Tell from suffix and first bytes whether the file is of this format."""
        ...

    def read(self, path: Path) -> TelemetryTrack:
        """Read the whole file.

        Raises:
            TelemetryError: It is of this format but holds no usable track; the message says why and what to do.
        """
        ...


@dataclass(frozen=True, slots=True)
class Resources:
    """What one worker of a stage needs."""

    cpus: float = 1.0
    gpus: float = 0.0


class Stage(Protocol[In_contra, Out_co]):
    """A step of work that knows nothing of what runs it.

    ``setup`` is called once in the process that will call ``process``; a stage can be pickled before ``setup``.
    """

    name: str
    resources: Resources
    batch_size: int

    def setup(self) -> None:
        """Load models and open files."""
        ...

    def process(self, batch: Sequence[In_contra]) -> Sequence[Out_co]:
        """Give one result an input, in order."""
        ...
