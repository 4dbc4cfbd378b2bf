"""Learn the states of equipment from a few pictures of each, and how far the reading may be trusted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import cv2
import numpy as np
from scipy.optimize import minimize_scalar

from vision.anomaly.features import F32, PictureBackbone
from vision.anomaly.model import StationModelInfo
from vision.anomaly.pictures import StationPictures
from vision.anomaly.state import Crop, KeptOut, StateModel, descriptor, known_within, probabilities, squared_distances
from vision.anomaly.threshold import choose_threshold
from vision.errors import ConfigError, InputError
from vision.types import Float, Image, Int, frozen

LEAST_PICTURES = 5
"""Of a state: fewer can't be told from each other's accidents."""
_FOLDS = 5
_SHRINKAGE = 0.5
"""Of the deviation within states towards its mean over features; few pictures know each feature's own only roughly."""
_SHAKE = 0.02
"""Of the crop's longer side: by so much the camera, or what is put back before it, may stand elsewhere."""

_TEMPERATURES = (1e-3, 1e2)
_LEAST_PROBABILITY = 1e-12


@dataclass(frozen=True, slots=True)
class StateTraining:
    """How to learn the states of one piece of equipment.

    Attributes:
        station: Its name.
        crop: Where in the picture it is.
        unknown_rate: Share of pictures of the known states that may be called unknown.
        image_size_px: Long side that the crop is resized to.
    """

    station: str
    crop: Crop
    unknown_rate: float = 0.02
    image_size_px: int = 160

    @property
    def sha256(self) -> str:
        """Hex digest of these settings."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode("utf-8")).hexdigest()


def fit_state(
    pictures: Mapping[str, StationPictures],
    backbone: PictureBackbone,
    training: StateTraining,
    advance: Callable[[], None] = lambda: None,
) -> StateModel:
    """Learn the states.

    Args:
        pictures: By state.
        backbone: That describes the crop; the model works with no other.
        training: How.
        advance: Called once a picture.

    Raises:
        ConfigError: Fewer than two states.
        InputError: A state has fewer than 5 pictures, one picture stands for two states, or the crop reaches out.
        InferenceError: The backbone failed.
    """
    _check(pictures)
    states = tuple(pictures)
    described: list[F32] = []
    for one in pictures.values():
        for image in one.images:
            shown = [*_as_filmed(training.crop.of(image)), *_shaken(image, training.crop)]
            described.extend(descriptor(features) for features in backbone.describe(shown))
            advance()
    rows = np.stack(described)
    copies = len(rows) // sum(len(one) for one in pictures.values())
    label = np.repeat(np.arange(len(states)), [copies * len(one) for one in pictures.values()])
    squared = _kept_out_distances(rows, label, len(states), copies)
    own = np.sqrt(squared[np.arange(len(label)), label])
    threshold = choose_threshold(own, training.unknown_rate)
    temperature = _fit_temperature(squared, label)
    means, deviation = _means_and_deviation(rows, label, len(states))
    digest = "".join(one.sha256 for one in pictures.values())
    info = StationModelInfo(
        kind="state",
        station=training.station,
        backbone=backbone.name,
        backbone_sha256=backbone.sha256,
        image_size_px=backbone.image_size_px,
        pictures=len(label) // copies,
        pictures_sha256=hashlib.sha256(digest.encode("ascii")).hexdigest(),
        made_at=datetime.now(UTC).replace(microsecond=0),
        settings_sha256=training.sha256,
    )
    limits = known_within(means, deviation, threshold.value)
    kept_out = _summary(squared[::copies], label[::copies], limits, temperature)
    return StateModel(info, training.crop, states, frozen(means), frozen(deviation), temperature, threshold, kept_out)


def _check(pictures: Mapping[str, StationPictures]) -> None:
    if len(pictures) < 2:
        raise ConfigError("one state can't be told from another: give --state NAME=FOLDER at least twice")
    for name, one in pictures.items():
        if len(one) < LEAST_PICTURES:
            raise InputError(
                f"{one.folder}: {len(one)} pictures of state {name} can be used: at least {LEAST_PICTURES} different "
                f"ones are needed, take {LEAST_PICTURES - len(one)} more"
            )
    owner: dict[bytes, str] = {}
    for name, one in pictures.items():
        for path, image in zip(one.paths, one.images, strict=True):
            other = owner.setdefault(hashlib.sha256(image.tobytes()).digest(), name)
            if other != name:
                raise InputError(f"{path}: the same picture stands for {other} and for {name}; take it out of one")


def _as_filmed(crop: Image) -> list[Image]:
    """Give a picture as it is, and as a camera's video shows the same: coarser, softer, a little darker or lighter.

    Photographs taken one by one are alike to the grain; without these, each frame of a film would be unlike them.
    """
    _, coarse = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, 35])
    softer = cv2.GaussianBlur(crop, (0, 0), 1.0)
    _, both = cv2.imencode(".jpg", softer, [cv2.IMWRITE_JPEG_QUALITY, 35])
    shown = [cv2.imdecode(one, cv2.IMREAD_COLOR) for one in (coarse, both)]
    lit = [cv2.convertScaleAbs(softer, alpha=alpha) for alpha in (0.93, 1.07)]
    return [np.ascontiguousarray(crop), *(np.asarray(one, np.uint8) for one in (*shown, softer, *lit))]


def _shaken(image: Image, crop: Crop) -> list[Image]:
    """Give what the crop shows when the camera, or what it looks at, stands a little elsewhere."""
    height, width = image.shape[:2]
    step = max(1, round(_SHAKE * max(crop.x2 - crop.x1, crop.y2 - crop.y1)))
    shaken = []
    for right, down in ((step, 0), (-step, 0), (0, step), (0, -step)):
        left = min(max(crop.x1 + right, 0), width - (crop.x2 - crop.x1))
        top = min(max(crop.y1 + down, 0), height - (crop.y2 - crop.y1))
        moved = Crop(left, top, left + crop.x2 - crop.x1, top + crop.y2 - crop.y1).of(image)
        shaken.append(np.asarray(cv2.GaussianBlur(moved, (0, 0), 1.0), np.uint8))
    return shaken


def _kept_out_distances(rows: F32, label: Int, count: int, copies: int = 1) -> Float:
    """Give (N, S) squared distances of each picture to means that it and its copies had no part in.

    Args:
        rows: (N, D) descriptors, those of one picture's copies in a run.
        label: (N,) state of each.
        count: Of states.
        copies: Rows of one picture.
    """
    squared = np.empty((len(rows), count))
    fold_of = np.empty(len(rows), np.int64)
    for state in range(count):
        own = np.flatnonzero(label == state)
        picture = np.arange(len(own)) // copies
        fold_of[own] = picture * _FOLDS // (len(own) // copies)  # runs of neighbours, within each state
    for fold in range(_FOLDS):
        out = fold_of == fold
        means, deviation = _means_and_deviation(rows[~out], label[~out], count)
        squared[out] = squared_distances(rows[out], means, deviation)
    return squared


def _means_and_deviation(rows: F32, label: Int, count: int) -> tuple[F32, F32]:
    means = np.stack([rows[label == state].mean(axis=0, dtype=np.float64) for state in range(count)])
    freedom = max(1, len(rows) - count)
    variance = np.square(rows - means[label]).sum(axis=0) / freedom
    shrunk = (1.0 - _SHRINKAGE) * variance + _SHRINKAGE * variance.mean()
    # pictures without any noise (drawn ones) have no deviation: any difference then counts
    deviation = np.sqrt(np.maximum(shrunk, np.finfo(np.float32).tiny))
    return means.astype(np.float32), deviation.astype(np.float32)


def _fit_temperature(squared: Float, label: Int) -> float:
    """Fit the softmax on kept-out pictures, with Platt's targets (Probabilistic outputs for SVMs, 1999, section 2.2).

    They are short of 1 by what n pictures can't know, so that pictures all read rightly don't make a reading certain.
    """
    count = squared.shape[1]
    right = (np.bincount(label, minlength=count) + 1.0) / (np.bincount(label, minlength=count) + 2.0)
    target = np.repeat(((1.0 - right) / (count - 1))[label][:, None], count, axis=1)
    target[np.arange(len(label)), label] = right[label]

    def loss(log_temperature: float) -> float:
        given = probabilities(squared, float(np.exp(log_temperature)))
        return float(-(target * np.log(np.maximum(given, _LEAST_PROBABILITY))).sum(axis=1).mean())

    low, high = np.log(_TEMPERATURES)
    return float(np.exp(minimize_scalar(loss, bounds=(float(low), float(high)), method="bounded").x))


def _summary(squared: Float, label: Int, limits: Float, temperature: float) -> KeptOut:
    nearest = squared.argmin(axis=1)
    known = np.sqrt(squared.min(axis=1)) <= limits[nearest]
    right = int((known & (nearest == label)).sum())
    unknown = int((~known).sum())
    own = probabilities(squared, temperature)[np.arange(len(label)), label]
    loss = float(-np.log(np.maximum(own, _LEAST_PROBABILITY)).mean())
    return KeptOut(len(label), right, unknown, len(label) - right - unknown, loss)
