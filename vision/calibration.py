"""From a track's confidences to a probability that it is what it is called.

A detector's confidence is no probability, and forty frames of one shadow are not forty witnesses. The logistic model
here was fitted on tracks whose truth is known (``walkdown train calibration``); its coefficients travel with the
weights. Source: Platt, Probabilistic outputs for support vector machines, 1999.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vision.errors import ConfigError
from vision.types import Float

FEATURES = ("bias", "best_logit", "mean_logit", "log_frames", "agreement")


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic coefficients, by class or for all.

    Attributes:
        coefficients: Class name -> one number a feature of FEATURES; ``*`` for classes that aren't named.
        source: What they were fitted on; ``none`` for a detector that brings no calibration.
        mask_logit: From this logit on a pixel belongs to a defect, so that areas come out true; see ``YoloConfig``.
    """

    coefficients: dict[str, tuple[float, ...]] = field(default_factory=dict)
    source: str = "none"
    mask_logit: float = 0.0

    def probability(self, class_name: str, confidences: Sequence[float], frames_expected: int) -> float:
        """Give the probability that a track is a defect of its class.

        Without coefficients: the mean confidence over the frames that should show it, its best third counting.
        """
        weights = self.coefficients.get(class_name) or self.coefficients.get("*")
        if weights is None:
            best = sorted(confidences, reverse=True)[: max(1, math.ceil(frames_expected / 3))]
            return float(np.mean(best))
        return _sigmoid(float(np.dot(weights, features(confidences, frames_expected))))


def features(confidences: Sequence[float], frames_expected: int) -> Float:
    """Give (len(FEATURES),) of one track."""
    ordered = sorted((min(max(c, 0.01), 0.99) for c in confidences), reverse=True)
    logits = [math.log(c / (1.0 - c)) for c in ordered]
    agreement = min(1.0, len(ordered) / max(frames_expected, 1))
    return np.array([1.0, logits[0], float(np.mean(logits[:3])), math.log(len(ordered)), agreement])


def calibration_path(weights: Path) -> Path:
    """Give where a weights file's calibration stands: beside it."""
    return weights.with_suffix(".calibration.json")


def read_calibration(path: Path) -> Calibration:
    """Read the file beside a model's weights; none there means uncalibrated.

    Raises:
        ConfigError: The file is there and is no calibration.
    """
    if not path.is_file():
        return Calibration()
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        rows = {str(name): tuple(float(v) for v in row) for name, row in document["coefficients"].items()}
        source = str(document["source"])
        mask_logit = float(document["mask_logit"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as err:
        raise ConfigError(
            f"{path} is not a calibration file: {err}; make it anew with walkdown train calibration"
        ) from err
    if tuple(document.get("features", ())) != FEATURES or any(len(row) != len(FEATURES) for row in rows.values()):
        raise ConfigError(f"{path} is for another version of walkdown: make it anew with walkdown train calibration")
    return Calibration(rows, source, mask_logit)


def _sigmoid(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-value)) if value >= 0 else math.exp(value) / (1.0 + math.exp(value))
