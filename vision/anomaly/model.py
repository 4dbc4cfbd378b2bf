"""One small file a station: what is normal there, the threshold, and what it was made from.

The file is a NumPy ``.npz`` without pickled objects: arrays, and a JSON text under ``about``.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vision.anomaly.features import F32, PictureBackbone
from vision.anomaly.heat import heat_map, picture_score
from vision.anomaly.memory import PatchMemory
from vision.anomaly.threshold import Threshold
from vision.errors import ModelError, WeightsNotFound
from vision.types import Image, frozen

_FORMAT = 1
_ARRAYS = ("mean", "deviation", "patches", "spread")


@dataclass(frozen=True, slots=True)
class StationModelInfo:
    """What a station's model was made from.

    Attributes:
        kind: What the file is for.
        station: Name of the station.
        backbone: Name of the network whose features it remembers.
        backbone_sha256: Hex digest of that network's weights.
        image_size_px: Long side that pictures are resized to.
        pictures: How many it learnt from.
        pictures_sha256: Hex digest over theirs.
        made_at: Aware UTC time.
        settings_sha256: Hex digest of the settings it was made with.
    """

    kind: Literal["anomaly", "state"]
    station: str
    backbone: str
    backbone_sha256: str
    image_size_px: int
    pictures: int
    pictures_sha256: str
    made_at: datetime
    settings_sha256: str


@dataclass(frozen=True, slots=True)
class Anomaly:
    """What a model made of one picture.

    Attributes:
        score: How odd its oddest patches are; 1 is the usual distance of a normal patch.
        anomalous: Whether the score is above the station's threshold.
        heat: (H, W) float32, the same at each pixel.
    """

    score: float
    anomalous: bool
    heat: F32


@dataclass(frozen=True, slots=True)
class AnomalyModel:
    """A station's normal patches and threshold.

    Attributes:
        info: What it was made from.
        memory: Normal patches.
        threshold: From where on a picture is an anomaly.
        usual_heat: Heat that 99.5 % of the area of kept-out normal pictures stays below: colours begin there.
    """

    info: StationModelInfo
    memory: PatchMemory
    threshold: Threshold
    usual_heat: float

    def examine(self, images: Sequence[Image], backbone: PictureBackbone) -> Iterator[Anomaly]:
        """Score pictures of the station, in order.

        Raises:
            ModelError: The backbone is not the one that the model was made with.
            InferenceError: The backbone failed.
        """
        check_backbone(self.info, backbone)
        for features in backbone.describe(images):
            odd = self.memory.distances(features.rows).reshape(features.cells.shape[:2])
            score = picture_score(odd)
            yield Anomaly(score, score > self.threshold.value, heat_map(odd, features))

    def save(self, path: Path) -> None:
        """Write the file; it is replaced whole or not at all.

        Raises:
            ModelError: It can't be written.
        """
        about = {"threshold": asdict(self.threshold), "usual_heat": self.usual_heat, "unit": self.memory.unit}
        write_station_file(path, self.info, about, {name: getattr(self.memory, name) for name in _ARRAYS})


def load_anomaly_model(path: Path) -> AnomalyModel:
    """Read a station's model.

    Raises:
        WeightsNotFound: No file there.
        ModelError: The file is no anomaly model of this version.
    """
    info, about, arrays = read_station_file(path, "anomaly", _ARRAYS)
    try:
        memory = PatchMemory(**{name: arrays[name] for name in _ARRAYS}, unit=float(about["unit"]))
        return AnomalyModel(info, memory, Threshold(**about["threshold"]), float(about["usual_heat"]))
    except (KeyError, TypeError, ValueError) as err:
        raise ModelError(f"{path} is not a station's anomaly model: {err}; make it anew") from err


def check_backbone(info: StationModelInfo, backbone: PictureBackbone) -> None:
    """Make sure that a model meets the features that it was made with.

    Raises:
        ModelError: It doesn't.
    """
    if info.backbone_sha256 != backbone.sha256 or info.image_size_px != backbone.image_size_px:
        raise ModelError(
            f"the model of station {info.station} was made with the backbone {info.backbone} "
            f"({info.backbone_sha256[:12]}, {info.image_size_px} px), not {backbone.name} ({backbone.sha256[:12]}, "
            f"{backbone.image_size_px} px): train it anew, or name the weights that it was made with"
        )


def write_station_file(
    path: Path, info: StationModelInfo, about: Mapping[str, Any], arrays: Mapping[str, np.ndarray[Any, Any]]
) -> None:
    """Write arrays and what they are.

    Raises:
        ModelError: The file can't be written.
    """
    text = json.dumps({"format": _FORMAT, "info": asdict(info), **about}, default=datetime.isoformat)
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, about=np.array(text), **arrays)
        part.replace(path)
    except OSError as err:
        raise ModelError(f"{path} can't be written: {err}; choose a folder that you may write to") from err


def read_station_file(
    path: Path, kind: Literal["anomaly", "state"], names: Sequence[str]
) -> tuple[StationModelInfo, dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    """Read what ``write_station_file`` wrote: who it is, what else was said of it, and its arrays, read-only.

    Raises:
        WeightsNotFound: No file there.
        ModelError: The file is of no such kind, or of another version.
    """
    if not path.is_file():
        raise WeightsNotFound(f"no station model at {path}: make it with walkdown train {kind}")
    try:
        with np.load(path, allow_pickle=False) as stored:
            about = json.loads(str(stored["about"]))
            arrays = {name: frozen(stored[name]) for name in names if name in stored}
        info = dict(about.pop("info"))
        info["made_at"] = datetime.fromisoformat(info["made_at"])
        known = StationModelInfo(**info)
        version = about.pop("format")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile, EOFError) as err:
        raise ModelError(f"{path} is not a station's model: {err}; make it with walkdown train {kind}") from err
    if version != _FORMAT or known.kind != kind:
        raise ModelError(
            f"{path} is a station's {known.kind} model, version {version}; a {kind} model of version {_FORMAT} is "
            f"needed: make it with walkdown train {kind}"
        )
    return known, about, arrays
