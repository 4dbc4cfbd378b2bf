"""Loads what looks at a station: surface detector, anomaly model, states of equipment; what can't look says why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from vision.anomaly.features import PictureBackbone
from vision.anomaly.model import load_anomaly_model
from vision.anomaly.openvino_backbone import OpenVinoBackbone
from vision.anomaly.state import load_state_model
from vision.detectors.load import DetectorConfig, load_detector
from vision.detectors.weights import find_weights
from vision.line.station_inspector import AnomalyEye, StationEyes
from vision.line.surface_eye import DetectorEye, SurfaceEye
from vision.line.watching import WatchEye
from vision.plant import PartClass, Station
from vision.protocols import ModelInfo


@dataclass(frozen=True, slots=True)
class EyesConfig:
    """Where a station's models are.

    Attributes:
        surface: The surface detector; None where there are no weights for it.
        cache_dir: Where models converted for OpenVINO are kept.
        folder: Of the plant file: names of models and folders in it start from there.
    """

    surface: DetectorConfig | None
    cache_dir: Path
    folder: Path


@dataclass(frozen=True, slots=True)
class LoadedEyes:
    """What looks at a station, and why what should look doesn't.

    Attributes:
        eyes: For the inspector.
        models: That give results.
        missing: A sentence for each check that isn't made.
    """

    eyes: StationEyes
    models: tuple[ModelInfo, ...]
    missing: tuple[str, ...]


def load_eyes(
    station: Station, part_class: PartClass, config: EyesConfig, surface: SurfaceEye | None = None
) -> LoadedEyes:
    """Load a station's models.

    Args:
        station: Which one.
        part_class: Of the parts that pass.
        config: Where models are.
        surface: Looks at surfaces in place of the model: the truth, in an evaluation.

    Raises:
        ModelError: A model is there and is none.
        WeightsNotFound: The surface weights that the settings name aren't there.
    """
    backbones: dict[int, PictureBackbone] = {}
    models: list[ModelInfo] = []
    missing: list[str] = []
    eyes = StationEyes()
    if surface is not None:
        eyes = StationEyes(surface)
    elif station.surface:
        eyes, info, why = _surface(station, part_class, config)
        models.extend(info)
        missing.extend(why)
    if station.anomaly is not None:
        path = find_station_file(station.anomaly, "anomaly", config.folder)
        if path is None:
            missing.append(
                f"no anomaly model {station.anomaly!r}: parts aren't held against what is normal; make it with "
                f"walkdown train anomaly --station {station.name} --normal FOLDER --out {station.anomaly}"
            )
        else:
            model = load_anomaly_model(path)
            eyes = replace(eyes, anomaly=AnomalyEye(model, _backbone(model.info.image_size_px, config, backbones)))
    watches: list[WatchEye] = []
    for watch in station.watches:
        path = find_station_file(watch.states, "state", config.folder)
        if path is None:
            missing.append(
                f"{watch.name} isn't looked at: no state model {watch.states!r}; make it with walkdown train state "
                f"--station {station.name} --crop ... --state NAME=FOLDER ... --out {watch.states}.state.npz"
            )
            continue
        states = load_state_model(path)
        watches.append(WatchEye(watch, states, _backbone(states.info.image_size_px, config, backbones)))
    return LoadedEyes(replace(eyes, watches=tuple(watches)), tuple(models), tuple(missing))


def find_station_file(name: str, kind: str, folder: Path) -> Path | None:
    """Find a station's model by its name in the plant file: a file, or ``NAME.KIND.npz``, from the plant's folder."""
    given = Path(name).expanduser()
    for path in (folder / given, folder / f"{name}.{kind}.npz"):
        if path.is_file():
            return path
    return None


def _surface(
    station: Station, part_class: PartClass, config: EyesConfig
) -> tuple[StationEyes, list[ModelInfo], list[str]]:
    if config.surface is None:
        why = "no surface model: set line.weights to one"
        return StationEyes(unmade=(why,)), [], [f"parts of {station.name} can't be judged: {why}"]
    detector = load_detector(config.surface)
    names = detector.info.class_names
    wanted = part_class.defects or names
    unknown = sorted({*wanted, *(limit.defect for limit in part_class.limits)} - set(names))
    unmade = tuple(f"{kind}: {detector.info.name} doesn't find this kind of defect" for kind in unknown)
    missing = [f"parts of {station.name} can't be judged fully: {one}" for one in unmade]
    return StationEyes(DetectorEye(detector, frozenset(wanted)), unmade=unmade), [detector.info], missing


def _backbone(size_px: int, config: EyesConfig, loaded: dict[int, PictureBackbone]) -> PictureBackbone:
    if size_px not in loaded:
        loaded[size_px] = OpenVinoBackbone(find_weights(None), config.cache_dir, size_px)
    return loaded[size_px]
