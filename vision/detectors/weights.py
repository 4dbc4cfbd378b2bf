"""Find a detector's weights, the shipped ones or the user's, and say which they are."""

from __future__ import annotations

import hashlib
from pathlib import Path

from vision.errors import WeightsNotFound

SHIPPED_DIR = Path(__file__).parent.parent / "weights"
SHIPPED_ROAD = SHIPPED_DIR / "road.pt"
SHIPPED_ROADSIDE = SHIPPED_DIR / "roadside.pt"
SHIPPED_SURFACE = SHIPPED_DIR / "surface.pt"


def find_weights(path: Path | None) -> Path:
    """Give the weights file to load: the one named, else the shipped road model.

    Raises:
        WeightsNotFound: It isn't there.
    """
    chosen = path or SHIPPED_ROAD
    if not chosen.is_file():
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
    if not path.is_file():
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


def weights_sha256(path: Path) -> str:
    """Give the hex digest of a weights file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
