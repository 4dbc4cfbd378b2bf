"""What a backbone says of a picture, and what it promises to those who build on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vision.types import Image

F32 = NDArray[np.float32]

CELL_PX = 8
"""Side of the square of the resized picture that one patch stands for."""

PADDED_TO = 16
"""Sides of the picture that the network sees are multiples of the deeper layers' stride."""


@dataclass(frozen=True, slots=True)
class PatchFeatures:
    """What the backbone says of a picture.

    Attributes:
        cells: (h, w, D) float32: one vector for each 8 x 8 pixels of the resized picture.
        resized_wh: Size that the picture was resized to, pixels.
        picture_wh: Its own size, pixels.
    """

    cells: F32
    resized_wh: tuple[int, int]
    picture_wh: tuple[int, int]

    @property
    def rows(self) -> F32:
        """(h * w, D): the cells, row by row."""
        return self.cells.reshape(-1, self.cells.shape[2])


class PictureBackbone(Protocol):
    """Describes pictures patch by patch; frozen, so that equal pictures have equal features."""

    @property
    def name(self) -> str:
        """Such as ``road``."""
        ...

    @property
    def sha256(self) -> str:
        """Hex digest of its weights: models made with others don't fit."""
        ...

    @property
    def image_size_px(self) -> int:
        """Long side that pictures are resized to."""
        ...

    def describe(self, images: Sequence[Image]) -> Iterator[PatchFeatures]:
        """Give the features of each picture, in order; pictures may differ in size.

        Raises:
            InferenceError: The network failed.
        """
        ...
