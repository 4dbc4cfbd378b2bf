"""Which detector looks beside the road, and how what it finds is judged, by the settings."""

from __future__ import annotations

from infra.settings import Settings
from vision.calibration import calibration_path, read_calibration
from vision.detectors.load import DetectorConfig
from vision.detectors.weights import find_roadside_weights
from vision.detectors.yolo_decode import YoloConfig
from vision.model_cards import choose_weights
from vision.roadside.sightings import RoadsideJudging
from vision.roadside.sign_condition import SignRules
from workflows.locate import RoadsideEyes


def roadside_config(settings: Settings) -> DetectorConfig | None:
    """Give the roadside detector's config; None where none is to look, or there are no weights for it.

    Raises:
        WeightsNotFound: The weights that the settings name aren't there.
    """
    chosen = settings.roadside
    weights = (
        find_roadside_weights(choose_weights(chosen.weights, settings.models.research)) if chosen.enabled else None
    )
    if weights is None:
        return None
    return DetectorConfig(
        weights=weights,
        cache_dir=settings.storage.cache_dir / "openvino",
        runtime=settings.detector.runtime,
        yolo=YoloConfig(chosen.confidence, image_size=chosen.image_size_px),
        streams=1 if settings.engine.chosen == "ray" else 0,
        precision=settings.detector.precision_beside,
    )


def roadside_judging(settings: Settings) -> RoadsideJudging:
    """Give how finds are judged, by the settings."""
    return RoadsideJudging(signs=SignRules(by=settings.roadside.signs_by))


def roadside_eyes(config: DetectorConfig | None, settings: Settings) -> RoadsideEyes | None:
    """Give how that detector's finds are judged, with the calibration that stands beside its weights.

    Raises:
        ConfigError: The calibration is there and is none.
    """
    if config is None or config.weights is None:
        return None
    return RoadsideEyes(read_calibration(calibration_path(config.weights)), roadside_judging(settings))
