"""Pictures of a station, and a backbone small enough for unit tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from vision.anomaly.features import CELL_PX, PatchFeatures
from vision.types import Image


class BlockStatistics:
    """A backbone without a network: level, contrast and slopes of each block, at the picture's own size."""

    def __init__(self, sha256: str = "b" * 64, image_size_px: int = 96) -> None:
        self.name = "blocks"
        self.sha256 = sha256
        self.image_size_px = image_size_px

    def describe(self, images: Sequence[Image]) -> Iterator[PatchFeatures]:
        for image in images:
            rows, columns = image.shape[0] // CELL_PX, image.shape[1] // CELL_PX
            grey = image.mean(axis=2)[: rows * CELL_PX, : columns * CELL_PX].astype(np.float32)
            blocks = grey.reshape(rows, CELL_PX, columns, CELL_PX).transpose(0, 2, 1, 3)
            slopes = (np.abs(np.diff(blocks, axis=axis)).mean(axis=(2, 3)) for axis in (2, 3))
            cells = np.stack([blocks.mean(axis=(2, 3)), blocks.std(axis=(2, 3)), *slopes], axis=2)
            size = (columns * CELL_PX, rows * CELL_PX)
            yield PatchFeatures(cells.astype(np.float32), size, (image.shape[1], image.shape[0]))


def make_texture(seed: int, width_px: int = 96, height_px: int = 96) -> Image:
    """Draw brushed metal: streaks down the picture, grain, and a light that shifts a little from shot to shot."""
    random = np.random.default_rng(seed)
    streaks = np.repeat(random.normal(0.0, 6.0, (1, width_px)), height_px, axis=0)
    grain = random.normal(0.0, 4.0, (height_px, width_px))
    light = 120.0 + random.normal(0.0, 4.0) + np.linspace(-8.0, 8.0, width_px)[None]
    grey = np.clip(cv2.GaussianBlur(streaks + grain, (0, 0), 0.8) + light, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2))


def with_blob(image: Image, x: int = 60, y: int = 36, radius: int = 9) -> Image:
    """Drill a dark hole into a texture."""
    marked = image.copy()
    cv2.circle(marked, (x, y), radius, (25, 25, 25), -1)
    return marked


def make_gauge(seed: int, angle_deg: float, size_px: int = 96) -> Image:
    """Draw a dial on brushed metal whose needle stands at an angle, shaken by a pixel or two."""
    random = np.random.default_rng(seed)
    image = make_texture(seed, size_px, size_px)
    centre = size_px / 2 + random.normal(0.0, 1.0, 2)
    angle = np.radians(angle_deg + random.normal(0.0, 3.0))
    tip = centre + 0.4 * size_px * np.array([np.cos(angle), -np.sin(angle)])
    cv2.circle(image, tuple(int(v) for v in centre), int(0.45 * size_px), (230, 230, 230), -1)
    cv2.line(image, tuple(int(v) for v in centre), tuple(int(v) for v in tip), (20, 20, 20), 4)
    return image


def write_pictures(folder: Path, images: Sequence[Image], stem: str = "shot") -> Path:
    """Write pictures as PNG and give their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, image in enumerate(images):
        assert cv2.imwrite(str(folder / f"{stem}_{index}.png"), image)
    return folder
