"""Small convolutional networks that say what a cut-out shows, in NumPy alone: a sign's condition, a head's lamps.

Plain 3 x 3 convolutions with normalisation folded in, means over the whole picture or over parts of it, one linear
layer: about 100 000 weights, which no runtime would run faster than a matrix product does for the few of a frame.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vision.errors import ModelError, WeightsNotFound
from vision.roadside.cut_out import CUT_PX
from vision.roadside.look_classes import HEAD_LOOKS, SIGN_LOOKS
from vision.types import Image

F32 = NDArray[np.float32]

_WEIGHTS_DIR = Path(__file__).parent.parent / "weights"
SHIPPED_SIGN_LOOKS = _WEIGHTS_DIR / "sign-looks.npz"
SHIPPED_HEAD_LOOKS = _WEIGHTS_DIR / "head-looks.npz"
_STRIDES_KEY, _CLASSES_KEY = "strides", "classes"


@dataclass(frozen=True, slots=True)
class LooksNet:
    """One network.

    Attributes:
        classes: What it tells apart, in the order of its outputs.
        convolutions: (9 * channels in, channels out) weights, rows, columns and channels in of the window in this
            order, and (channels out,) offsets, each.
        strides: Of each convolution.
        last: (grid * grid * channels, classes) and (classes,) of the linear layer over means of the picture's parts.
        sha256: Of the file that it was read from; empty where it was read from none.
    """

    classes: tuple[str, ...]
    convolutions: tuple[tuple[F32, F32], ...]
    strides: tuple[int, ...]
    last: tuple[F32, F32]
    sha256: str = ""

    @property
    def grid(self) -> int:
        """Parts that rows and columns are each cut into before the means are taken."""
        return math.isqrt(len(self.last[0]) // self.convolutions[-1][0].shape[1])

    def probabilities(self, pictures: Sequence[Image]) -> F32:
        """Give (N, classes) probabilities.

        Args:
            pictures: N of (CUT_PX, CUT_PX, 3) uint8 BGR, see ``cut_out``.
        """
        if not len(pictures):
            return np.zeros((0, len(self.classes)), np.float32)
        x = evened(np.asarray(pictures, np.float32).reshape(-1, CUT_PX, CUT_PX, 3))
        for (weights, offsets), stride in zip(self.convolutions, self.strides, strict=True):
            x = np.maximum(_windows(x, stride) @ weights + offsets, 0.0)
        scores = _means(x, self.grid) @ self.last[0] + self.last[1]
        likely = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(likely / likely.sum(axis=1, keepdims=True), np.float32)

    def save(self, path: Path) -> None:
        """Write it in half precision; a file that is there is replaced whole."""
        arrays: dict[str, NDArray[np.generic]] = {
            _STRIDES_KEY: np.array(self.strides),
            _CLASSES_KEY: np.array(self.classes),
        }
        for index, (weights, offsets) in enumerate((*self.convolutions, self.last)):
            arrays[f"weights{index}"] = weights.astype(np.float16)
            arrays[f"offsets{index}"] = offsets.astype(np.float16)
        part = path.with_suffix(".part.npz")
        np.savez(part, **arrays)  # type: ignore[arg-type]  # numpy's stub takes the names for its own option
        part.replace(path)


def read_looks_net(path: Path) -> LooksNet:
    """Read a network.

    Raises:
        WeightsNotFound: There is no such file.
        ModelError: It holds none.
    """
    try:
        content = path.read_bytes()
        with np.load(path, allow_pickle=False) as arrays:
            strides = tuple(int(stride) for stride in arrays[_STRIDES_KEY])
            layers = [
                (arrays[f"weights{index}"].astype(np.float32), arrays[f"offsets{index}"].astype(np.float32))
                for index in range(len(strides) + 1)
            ]
            classes = tuple(str(name) for name in arrays[_CLASSES_KEY])
    except FileNotFoundError as err:
        raise WeightsNotFound(f"{path}: no such file; walkdown train looks makes one") from err
    except (OSError, ValueError, KeyError) as err:
        raise ModelError(f"{path}: no looks network ({err})") from err
    return LooksNet(classes, tuple(layers[:-1]), strides, layers[-1], hashlib.sha256(content).hexdigest())


@dataclass(frozen=True, slots=True)
class LooksNets:
    """The networks that look; ``sign`` is None where a sign's condition is left to its measures."""

    sign: LooksNet | None
    head: LooksNet

    @property
    def sha256(self) -> str:
        """Name both files by their content."""
        return f"{self.sign.sha256 if self.sign is not None else None} {self.head.sha256}"


def shipped_looks_nets(*, sign: bool) -> LooksNets:
    """Read the networks that walkdown ships.

    Args:
        sign: Also the one for signs, which calls many a sound real sign faulty: see its card.

    Raises:
        WeightsNotFound: One isn't there.
        ModelError: One is none, or tells other things apart than this version of walkdown.
    """
    return LooksNets(
        _shipped(SHIPPED_SIGN_LOOKS, SIGN_LOOKS) if sign else None, _shipped(SHIPPED_HEAD_LOOKS, HEAD_LOOKS)
    )


def _shipped(path: Path, classes: tuple[str, ...]) -> LooksNet:
    net = read_looks_net(path)
    if net.classes != classes:
        raise ModelError(
            f"{path} tells {', '.join(net.classes)} apart, not {', '.join(classes)}: install walkdown again"
        )
    return net


def evened(pictures: F32) -> F32:
    """Take light and contrast off each picture: (N, H, W, 3) of 0 to 255, to mean 0 and a spread of about 1."""
    mean = pictures.mean(axis=(1, 2, 3), keepdims=True)
    spread = pictures.std(axis=(1, 2, 3), keepdims=True)
    return np.asarray((pictures - mean) / (spread + 4.0), np.float32)


def _means(x: F32, grid: int) -> F32:
    """Give (N, grid * grid * channels) means over equal parts of the picture, row by row."""
    count, height, width, channels = x.shape
    parts = x.reshape(count, grid, height // grid, grid, width // grid, channels)
    return np.asarray(parts.mean(axis=(2, 4)).reshape(count, -1), np.float32)


def _windows(x: F32, stride: int) -> F32:
    """Give (N, rows, columns, 9 * channels): each place's 3 x 3 surroundings, zeros beyond the edge."""
    count, height, width, channels = x.shape
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    rows, columns = -(-height // stride), -(-width // stride)
    parts = [
        padded[:, dy : dy + stride * rows : stride, dx : dx + stride * columns : stride][:, :rows, :columns]
        for dy in range(3)
        for dx in range(3)
    ]
    return np.concatenate(parts, axis=3).reshape(count, rows, columns, 9 * channels)
