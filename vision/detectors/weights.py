"""Find a detector's weights, the shipped ones or the user's, and say which they are."""

from __future__ import annotations

import hashlib
from pathlib import Path

from vision.errors import WeightsNotFound

SHIPPED_DIR = Path(__file__).parent.parent / "weights"
SHIPPED_ROAD = SHIPPED_DIR / "road.pt"
SHIPPED_ROADSIDE = SHIPPED_DIR / "roadside.pt"
_HASHED = ("config.json", "preprocessor_config.json", "*.safetensors", "*.bin")  # of a transformers folder
SHIPPED_SURFACE = SHIPPED_DIR / "surface.pt"


def find_weights(path: Path | None) -> Path:
    """Give what to load: the weights file or the transformers folder that is named, else the shipped road model.

    Raises:
        WeightsNotFound: It isn't there.
    """
    chosen = path or SHIPPED_ROAD
    if not is_weights(chosen):
        if path is None:
            raise WeightsNotFound(f"the shipped model is missing at {chosen}: install walkdown again")
        raise WeightsNotFound(f"no weights at {chosen}: correct detector.weights in walkdown.toml, or leave it out")
    return chosen


def find_roadside_weights(path: Path | None) -> Path | None:
    """Give the roadside model's weights file: the one named, else the shipped one, else None where none is shipped.

    Raises:
        WeightsNotFound: The one that was named isn't there.
    """
    if path is None:
        return SHIPPED_ROADSIDE if SHIPPED_ROADSIDE.is_file() else None
    if not is_weights(path):
        raise WeightsNotFound(f"no weights at {path}: correct roadside.weights in walkdown.toml, or leave it out")
    return path


def find_surface_weights(path: Path | None) -> Path | None:
    """Give the surface model's weights file: the one named, else the shipped one, else None where none is shipped.

    Raises:
        WeightsNotFound: The one that was named isn't there.
    """
    if path is None:
        return SHIPPED_SURFACE if SHIPPED_SURFACE.is_file() else None
    if not path.is_file():
        raise WeightsNotFound(f"no weights at {path}: correct line.weights in walkdown.toml, or leave it out")
    return path


def is_weights(path: Path) -> bool:
    """Tell whether there is a file, or a folder in the form that transformers saves a model in."""
    return path.is_file() or (path / "config.json").is_file()


def weights_sha256(path: Path) -> str:
    """Give the hex digest of a weights file; of a transformers folder, that of its configuration and weights."""
    if path.is_dir():
        return _folder_sha256(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _folder_sha256(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted({path for pattern in _HASHED for path in folder.glob(pattern)}):
        digest.update(f"{path.name} {weights_sha256(path)}\n".encode())
    return digest.hexdigest()
