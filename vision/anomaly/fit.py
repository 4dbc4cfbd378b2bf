"""Learn what a station's normal pictures look like, and from where on a picture is none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

import numpy as np

from vision.anomaly.features import CELL_PX, F32, PatchFeatures, PictureBackbone
from vision.anomaly.heat import heat_map, picture_score
from vision.anomaly.memory import MemorySize, PatchMemory, remember
from vision.anomaly.model import AnomalyModel, StationModelInfo
from vision.anomaly.pictures import StationPictures, check_normals
from vision.anomaly.threshold import choose_threshold
from vision.types import Float

LEAST_NORMALS = 20
_HEAT_QUANTILE = 0.995


@dataclass(frozen=True, slots=True)
class AnomalyTraining:
    """How to learn a station.

    Attributes:
        station: Its name.
        false_alarm_rate: Share of normal pictures that may be called anomalies.
        folds: Into how many runs of neighbouring pictures the normals are cut; each is scored by a model of the rest.
        image_size_px: Long side that pictures are resized to.
        memory: How many patches are remembered.
        sampled_patches: Of each kept-out picture, for the spread of normal patches.
    """

    station: str
    false_alarm_rate: float = 0.01
    folds: int = 5
    image_size_px: int = 448
    memory: MemorySize = field(default_factory=MemorySize)
    sampled_patches: int = 200

    @property
    def sha256(self) -> str:
        """Hex digest of these settings."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode("utf-8")).hexdigest()


def fit_anomaly(
    pictures: StationPictures,
    backbone: PictureBackbone,
    training: AnomalyTraining,
    advance: Callable[[], None] = lambda: None,
) -> AnomalyModel:
    """Learn a station from its normal pictures.

    Args:
        pictures: Normal ones.
        backbone: That describes pictures; the model works with no other.
        training: How.
        advance: Called once a picture and once a fold.

    Raises:
        InputError: Fewer than 20 different pictures.
        ConfigError: The false-alarm rate is no rate.
        InferenceError: The backbone failed.
    """
    check_normals(pictures, training.station, LEAST_NORMALS)
    described: list[PatchFeatures] = []
    for features in backbone.describe(pictures.images):
        described.append(features)
        advance()
    fold_of = neighbouring_folds(len(described), training.folds)
    memories = []
    for fold in range(training.folds):
        rest = [one.rows for one, its in zip(described, fold_of, strict=True) if its != fold]
        memories.append(remember(rest, training.memory))
        advance()
    samples = _kept_out_samples(described, fold_of, memories, training)
    scores, heats = _kept_out_scores(described, fold_of, memories, samples)
    whole = remember([one.rows for one in described], training.memory)
    info = StationModelInfo(
        kind="anomaly",
        station=training.station,
        backbone=backbone.name,
        backbone_sha256=backbone.sha256,
        image_size_px=backbone.image_size_px,
        pictures=len(pictures),
        pictures_sha256=pictures.sha256,
        made_at=datetime.now(UTC).replace(microsecond=0),
        settings_sha256=training.sha256,
    )
    return AnomalyModel(
        info,
        _told_spread(whole, samples),
        choose_threshold(scores, training.false_alarm_rate),
        usual_heat=float(np.quantile(heats, _HEAT_QUANTILE)),
    )


def neighbouring_folds(count: int, folds: int) -> tuple[int, ...]:
    """Give the fold of each of ``count`` pictures: runs of neighbours, since shots of one part follow each other."""
    return tuple(index * folds // count for index in range(count))


@dataclass(frozen=True, slots=True)
class _Samples:
    """Patches of one kept-out picture, with their distances to a memory that it had no part in."""

    fold: int
    rows: F32
    distances: F32


def _kept_out_samples(
    described: Sequence[PatchFeatures],
    fold_of: Sequence[int],
    memories: Sequence[PatchMemory],
    training: AnomalyTraining,
) -> list[_Samples]:
    random = np.random.default_rng(training.memory.seed)
    samples = []
    for features, fold in zip(described, fold_of, strict=True):
        count = min(training.sampled_patches, len(features.rows))
        rows = features.rows[random.choice(len(features.rows), count, replace=False)]
        distances, _ = memories[fold].nearest(rows)
        samples.append(_Samples(fold, rows, distances))
    return samples


def _kept_out_scores(
    described: Sequence[PatchFeatures],
    fold_of: Sequence[int],
    memories: Sequence[PatchMemory],
    samples: Sequence[_Samples],
) -> tuple[Float, F32]:
    """Score each picture, and sample its heat map, by a memory whose patches and spread come from the other folds."""
    scores = np.empty(len(described))
    heats = []
    for fold, memory in enumerate(memories):
        told = _told_spread(memory, [one for one in samples if one.fold != fold])
        for index, features in enumerate(described):
            if fold_of[index] == fold:
                odd = told.distances(features.rows).reshape(features.cells.shape[:2])
                scores[index] = picture_score(odd)
                heats.append(heat_map(odd, features)[::CELL_PX, ::CELL_PX].ravel())
    return scores, np.concatenate(heats)


def _told_spread(memory: PatchMemory, samples: Sequence[_Samples]) -> PatchMemory:
    return memory.with_spread(
        np.concatenate([one.rows for one in samples]), np.concatenate([one.distances for one in samples])
    )
