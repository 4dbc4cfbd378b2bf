"""The state of equipment on a fixed crop, told from a few pictures of each state: gauge in the green, guard closed.

Nearest mean among the states, each feature weighed by how little it varies within a state (diagonal linear discriminant
analysis; Dudoit, Fridlyand and Speed, 2002, found it the steadiest where pictures are fewer than features). What is far
from every state is unknown: a hand before the gauge is no reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from vision.anomaly.features import F32, PatchFeatures, PictureBackbone
from vision.anomaly.model import StationModelInfo, check_backbone, read_station_file, write_station_file
from vision.anomaly.threshold import Threshold
from vision.errors import ConfigError, InputError, ModelError
from vision.types import Float, Image, frozen

_GRID = 4
"""Rows and columns that a crop's features are averaged in: coarse enough for a shake, fine enough for a needle."""
_PLAIN_SHARE = 0.4
"""Of the way to the nearest other state: what lies nearer is plainly of its own. A hand in the way lies further."""

_ARRAYS = ("means", "deviation")


@dataclass(frozen=True, slots=True)
class Crop:
    """The part of a station's picture that shows the equipment; pixels, half-open."""

    x1: int
    y1: int
    x2: int
    y2: int

    def __post_init__(self) -> None:
        if not (0 <= self.x1 < self.x2 and 0 <= self.y1 < self.y2):
            raise ConfigError(f"crop {self} encloses nothing: give x1,y1,x2,y2 with x1 < x2 and y1 < y2")

    def __str__(self) -> str:
        """Write it as it is typed."""
        return f"{self.x1},{self.y1},{self.x2},{self.y2}"

    @classmethod
    def parse(cls, text: str) -> Crop:
        """Read ``x1,y1,x2,y2``.

        Raises:
            ConfigError: It is no crop.
        """
        try:
            x1, y1, x2, y2 = (int(part) for part in text.split(","))
        except ValueError as err:
            raise ConfigError(f"crop {text!r} is not four whole numbers: give x1,y1,x2,y2 in pixels") from err
        return cls(x1, y1, x2, y2)

    def of(self, image: Image) -> Image:
        """Cut it out of a picture.

        Raises:
            InputError: The picture doesn't reach so far.
        """
        height, width = image.shape[:2]
        if self.x2 > width or self.y2 > height:
            raise InputError(f"crop {self} reaches out of a picture of {width} x {height} pixels")
        return image[self.y1 : self.y2, self.x1 : self.x2]


@dataclass(frozen=True, slots=True)
class StateReading:
    """What a model made of one picture.

    Attributes:
        state: Name of the state; None for unknown, far from all.
        probability: Of ``state``, or of the nearest state where it is unknown, given that it is one of them.
        distance: To the nearest state's mean; see ``StateModel.threshold``.
    """

    state: str | None
    probability: float
    distance: float


@dataclass(frozen=True, slots=True)
class KeptOut:
    """How a state's model did on pictures kept out of it, in k folds.

    Attributes:
        pictures: Of all states.
        right: Read as their own state.
        unknown: Read as unknown.
        wrong: Read as another state.
        log_loss: Mean of -log(probability of the own state).
    """

    pictures: int
    right: int
    unknown: int
    wrong: int
    log_loss: float


@dataclass(frozen=True, slots=True)
class StateModel:
    """States of one piece of equipment.

    Attributes:
        info: What it was made from.
        crop: Where in the picture it is.
        states: S names.
        means: (S, D) float32: the mean descriptor of each.
        deviation: (D,) float32: standard deviation within a state.
        temperature: Of the softmax over squared distances, fitted on kept-out pictures.
        threshold: A picture further than this from every mean is unknown, see ``known_within``.
        kept_out: How well it reads pictures that it didn't see.
    """

    info: StationModelInfo
    crop: Crop
    states: tuple[str, ...]
    means: F32
    deviation: F32
    temperature: float
    threshold: Threshold
    kept_out: KeptOut

    def __post_init__(self) -> None:
        if self.means.shape != (len(self.states), len(self.deviation)):
            raise ModelError(
                f"means of {len(self.states)} states have shape {self.means.shape}, expected "
                f"({len(self.states)}, {len(self.deviation)})"
            )

    def read(self, images: Sequence[Image], backbone: PictureBackbone) -> Iterator[StateReading]:
        """Tell the state on each picture, in order.

        Args:
            images: Whole pictures of the station; the crop is cut here.
            backbone: The one that the model was made with.

        Raises:
            InputError: A picture is smaller than the crop.
            ModelError: Another backbone.
            InferenceError: The backbone failed.
        """
        check_backbone(self.info, backbone)
        limits = known_within(self.means, self.deviation, self.threshold.value)
        for features in backbone.describe([self.crop.of(image) for image in images]):
            squared = squared_distances(descriptor(features)[None], self.means, self.deviation)
            nearest = int(squared[0].argmin())
            distance = float(np.sqrt(squared[0, nearest]))
            known = distance <= limits[nearest]
            probability = float(probabilities(squared, self.temperature)[0, nearest])
            yield StateReading(self.states[nearest] if known else None, probability, distance)

    def save(self, path: Path) -> None:
        """Write the file; it is replaced whole or not at all.

        Raises:
            ModelError: It can't be written.
        """
        about = {
            "crop": asdict(self.crop),
            "states": list(self.states),
            "temperature": self.temperature,
            "threshold": asdict(self.threshold),
            "kept_out": asdict(self.kept_out),
        }
        write_station_file(path, self.info, about, {"means": self.means, "deviation": self.deviation})


def load_state_model(path: Path) -> StateModel:
    """Read a state's model.

    Raises:
        WeightsNotFound: No file there.
        ModelError: The file is no state model of this version.
    """
    info, about, arrays = read_station_file(path, "state", _ARRAYS)
    try:
        return StateModel(
            info,
            Crop(**about["crop"]),
            tuple(about["states"]),
            arrays["means"],
            arrays["deviation"],
            float(about["temperature"]),
            Threshold(**about["threshold"]),
            KeptOut(**about["kept_out"]),
        )
    except (KeyError, TypeError, ValueError) as err:
        raise ModelError(f"{path} is not a station's state model: {err}; make it anew") from err


def descriptor(features: PatchFeatures) -> F32:
    """Average a crop's patches in a grid: (_GRID * _GRID * D,) float32. A crop of fewer cells repeats them."""
    rows, columns, _ = features.cells.shape
    parts = [
        features.cells[top:bottom, left:right].mean(axis=(0, 1))
        for top, bottom in _spans(rows)
        for left, right in _spans(columns)
    ]
    return frozen(np.concatenate(parts).astype(np.float32))


def known_within(means: F32, deviation: F32, threshold: float) -> Float:
    """Give (S,) how far from each state's mean a picture may lie and still be of that state.

    The threshold holds for pictures like those learnt from. Where states differ by much, what is put back a little
    elsewhere lies beyond it and is still plainly of one state: within a share of the way to the nearest other.
    """
    between = np.sqrt(squared_distances(means, means, deviation))
    np.fill_diagonal(between, np.inf)
    return np.asarray(np.maximum(threshold, _PLAIN_SHARE * between.min(axis=1)), dtype=np.float64)


def _spans(count: int) -> list[tuple[int, int]]:
    edges = [count * part // _GRID for part in range(_GRID + 1)]
    return [(min(low, count - 1), max(high, min(low, count - 1) + 1)) for low, high in pairwise(edges)]


def squared_distances(descriptors: F32, means: F32, deviation: F32) -> Float:
    """Give the mean over features of the squared distance in standard deviations: (N, S) float64."""
    difference = (descriptors[:, None].astype(np.float64) - means[None]) / deviation
    return np.asarray(np.square(difference).mean(axis=2), dtype=np.float64)


def probabilities(squared: Float, temperature: float) -> Float:
    """Give (N, S) probabilities that sum to 1 over the states."""
    logits = -(squared - squared.min(axis=1, keepdims=True)) / temperature
    weights = np.exp(logits)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float64)
