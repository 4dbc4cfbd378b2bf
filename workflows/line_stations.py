"""Which station footage shows, what looks at it there, and the name of that work by everything that it depends on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from infra.settings import Settings
from vision.detectors.load import DetectorConfig
from vision.detectors.weights import find_surface_weights, weights_sha256
from vision.detectors.yolo_decode import YoloConfig
from vision.errors import ConfigError
from vision.line.load_eyes import EyesConfig, find_station_file
from vision.line.station_inspector import LineRules
from vision.line.surface_eye import SurfaceEye
from vision.model_cards import choose_weights
from vision.plant import PartClass, Plant, Station
from vision.protocols import ModelInfo
from workflows.footage_plan import settings_key

_FORMAT = 2
"""Of what is stored of a part; raised when that changes, so that footage is looked at again."""


def station_of(names: Sequence[str], plant: Plant, named: str | None) -> Station:
    """Tell which station a footage shows.

    Args:
        names: That the plant file may know its camera by; the first one may be shown.
        plant: With its stations.
        named: By the user.

    Raises:
        ConfigError: It can't be told.
    """
    known = ", ".join(station.name for station in plant.stations)
    if named is not None:
        station = plant.station(named)
        if station is None:
            raise ConfigError(f"--station {named}: the plant file has no such station; it has {known}")
        return station
    if len(plant.stations) == 1:
        return plant.stations[0]
    for station in plant.stations:
        if station.camera is not None and station.camera in names:
            return station
    raise ConfigError(
        f"{names[0]}: which station does it show? Name one with --station ({known}), or write this name as camera at "
        "the station in the plant file"
    )


def class_of(plant: Plant, station: Station) -> PartClass:
    """Give the class of the parts that pass a station.

    Raises:
        ConfigError: The plant lacks it.
    """
    found = plant.part_class(station.part_class)
    if found is None:
        raise ConfigError(f"station {station.name}: the plant file has no part class {station.part_class!r}")
    return found


def examination_key(
    station: Station, plant: Plant, settings: Settings, eyes: EyesConfig, model: ModelInfo, surface: SurfaceEye | None
) -> str:
    """Name the work on a footage by everything that can change its results."""
    files: dict[str, str | None] = {}
    kinds = [(watch.states, "state") for watch in station.watches]
    if station.anomaly is not None:
        kinds.append((station.anomaly, "anomaly"))
    for name, kind in kinds:
        path = find_station_file(name, kind, eyes.folder)
        files[f"{kind} {name}"] = weights_sha256(path) if path is not None else None
    if station.belt is not None:
        pictures = sorted((eyes.folder / station.belt).glob("*"))
        files["belt"] = hashlib.sha256(b"".join(one.read_bytes() for one in pictures if one.is_file())).hexdigest()
    return settings_key(
        {
            "format": _FORMAT,
            "station": asdict(station),
            "part_class": asdict(class_of(plant, station)),
            "model": asdict(model),
            "line": settings.line.model_dump(mode="json"),
            "rules": asdict(LineRules()),
            "files": files,
            "surface": type(surface).__name__ if surface is not None else None,
        }
    )


def eyes_config(settings: Settings, folder: Path) -> EyesConfig:
    """Give where a station's models are, by the settings.

    Args:
        settings: Of the run.
        folder: Of the plant file.

    Raises:
        WeightsNotFound: The surface weights that the settings name aren't there.
    """
    chosen, cache_dir = settings.line, settings.storage.cache_dir / "openvino"
    weights = find_surface_weights(choose_weights(chosen.weights, settings.models.research))
    surface = None
    if weights is not None:
        yolo = YoloConfig(chosen.confidence, image_size=chosen.image_size_px)
        streams = 1 if settings.engine.chosen == "ray" else 0
        precision = settings.detector.precision_beside
        surface = DetectorConfig(weights, cache_dir, settings.detector.runtime, yolo, streams, precision)
    return EyesConfig(surface, cache_dir, folder)
