"""Fit the calibration of a detector on tracks whose truth is known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from vision.calibration import FEATURES, Calibration, features
from vision.errors import InputError
from vision.types import Float

_RIDGE = 0.5  # a few hundred tracks would otherwise fit their own noise
_MIN_TRACKS = 30
_MIN_OWN_TRACKS = 10


@dataclass(frozen=True, slots=True)
class LabelledTrack:
    """A track and whether a defect of its kind was really there."""

    class_name: str
    confidences: tuple[float, ...]
    frames_expected: int
    true: bool


def fit_calibration(tracks: Sequence[LabelledTrack], source: str, mask_logit: float) -> Calibration:
    """Fit one logistic model for all classes, and from there one for each class with enough tracks.

    A class's own model is drawn towards the model for all, so that few tracks move it little, and a class that is
    always right gets its due although it has no wrong tracks to be told from.

    Raises:
        InputError: Under 30 tracks, or all of one outcome: nothing can be fitted.
    """
    if len(tracks) < _MIN_TRACKS or len({track.true for track in tracks}) < 2:
        raise InputError(f"{len(tracks)} labelled tracks of one or two outcomes can't calibrate: use more drives")
    start = np.zeros(len(FEATURES))
    everything = _fit(tracks, start, free_bias=True)
    coefficients = {"*": everything}
    for name in sorted({track.class_name for track in tracks}):
        own = [track for track in tracks if track.class_name == name]
        if len(own) >= _MIN_OWN_TRACKS:
            coefficients[name] = _fit(own, np.array(everything), free_bias=False)
    return Calibration(coefficients, source, mask_logit)


def write_calibration(calibration: Calibration, path: Path) -> None:
    """Write the file that stands beside the weights."""
    rows = {name: [round(value, 4) for value in row] for name, row in calibration.coefficients.items()}
    document = {
        "source": calibration.source,
        "mask_logit": calibration.mask_logit,
        "features": list(FEATURES),
        "coefficients": rows,
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _fit(tracks: Sequence[LabelledTrack], prior: Float, *, free_bias: bool) -> tuple[float, ...]:
    """Fit logistic weights with a ridge around (F,) ``prior``; a free bias is drawn nowhere."""
    inputs = np.array([features(track.confidences, track.frames_expected) for track in tracks])
    truth = np.array([track.true for track in tracks], dtype=np.float64)
    drawn = np.full(len(FEATURES), _RIDGE)
    drawn[0] = 0.0 if free_bias else _RIDGE

    def loss(weights: Float) -> float:
        margin = inputs @ weights
        likelihood = np.logaddexp(0.0, margin) - truth * margin
        return float(likelihood.sum() + drawn @ np.square(weights - prior))

    # every piece of evidence may only speak for a defect, never against it: more frames can't make it less likely
    bounds = [(None, None)] + [(0.0, None)] * (len(FEATURES) - 1)
    found = minimize(loss, prior, method="L-BFGS-B", bounds=bounds)
    return tuple(float(value) for value in found.x)
