"""Learn a station from folders of its pictures: what is normal there, or the states of equipment on a crop."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vision.anomaly.fit import AnomalyTraining, fit_anomaly
from vision.anomaly.fit_state import StateTraining, fit_state
from vision.anomaly.model import AnomalyModel
from vision.anomaly.openvino_backbone import OpenVinoBackbone
from vision.anomaly.pictures import StationPictures, read_pictures
from vision.anomaly.state import StateModel
from vision.detectors.weights import find_weights
from vision.errors import ConfigError
from workflows.progress import Progress

UNKNOWN = "unknown"

_LOG = logging.getLogger("walkdown")


@dataclass(frozen=True, slots=True)
class BackboneChoice:
    """Which network describes pictures.

    Attributes:
        weights: An ultralytics YOLOv8 file; None for the shipped road model.
        cache_dir: Where models converted for OpenVINO are kept.
    """

    weights: Path | None
    cache_dir: Path

    def load(self, image_size_px: int) -> OpenVinoBackbone:
        """Load it for pictures of one size.

        Raises:
            WeightsNotFound: The weights aren't there.
            ModelError: They are of no YOLOv8.
        """
        return OpenVinoBackbone(find_weights(self.weights), self.cache_dir / "openvino", image_size_px)


def train_anomaly(normal: Path, training: AnomalyTraining, choice: BackboneChoice, progress: Progress) -> AnomalyModel:
    """Learn what is normal at a station.

    Args:
        normal: Folder of normal pictures, or a pattern of names in one.
        training: How.
        choice: Which network describes pictures.
        progress: Told of each picture.

    Raises:
        InputError: No such folder, too few pictures that can be read, or all identical.
        ModelError: The backbone can't be used.
    """
    pictures = read_pictures(normal)
    say_what_is_odd(pictures, progress)
    backbone = choice.load(training.image_size_px)
    progress.start("learn", len(pictures) + training.folds)
    model = fit_anomaly(pictures, backbone, training, progress.advance)
    progress.note(f"station {training.station}: {model.threshold}")
    return model


def train_state(
    folders: Mapping[str, Path], training: StateTraining, choice: BackboneChoice, progress: Progress
) -> StateModel:
    """Learn the states of one piece of equipment.

    Raises:
        ConfigError: Fewer than two states.
        InputError: A folder is missing or holds too few pictures, or the crop reaches out of one.
        ModelError: The backbone can't be used.
    """
    pictures = {}
    for name, folder in folders.items():
        pictures[name] = read_pictures(folder)
        say_what_is_odd(pictures[name], progress)
    backbone = choice.load(training.image_size_px)
    progress.start("learn", sum(len(one) for one in pictures.values()))
    model = fit_state(pictures, backbone, training, progress.advance)
    kept = model.kept_out
    progress.note(
        f"station {training.station}: of {kept.pictures} kept-out pictures {kept.right} read rightly, "
        f"{kept.unknown} unknown, {kept.wrong} wrongly; {model.threshold}"
    )
    return model


def parse_states(texts: Sequence[str]) -> dict[str, Path]:
    """Read ``NAME=FOLDER``, once for each state.

    Raises:
        ConfigError: One is of another form, or a name comes twice.
    """
    folders: dict[str, Path] = {}
    for text in texts:
        name, equals, folder = text.partition("=")
        if not equals or not name.strip() or not folder.strip():
            raise ConfigError(f"--state {text} is not NAME=FOLDER, such as closed=pictures/guard-closed")
        if name.strip() == UNKNOWN:
            raise ConfigError(f"--state {text}: {UNKNOWN} is what a picture far from all states is called; rename it")
        if name.strip() in folders:
            raise ConfigError(f"--state {name.strip()} is given twice: put its pictures in one folder")
        folders[name.strip()] = Path(folder.strip())
    return folders


def model_path(station: str, kind: Literal["anomaly", "state"]) -> Path:
    """Give where a station's model goes unless said otherwise: the working directory.

    Raises:
        ConfigError: The station's name can't be part of a file's name.
    """
    if not station.strip() or set(station) & set("/\\\0"):
        raise ConfigError(f"station name {station!r} can't be part of a file name: choose another, or give --out")
    return Path(f"{station.strip()}.{kind}.npz")


def say_what_is_odd(pictures: StationPictures, progress: Progress) -> None:
    """Name each picture that was left out, and count them."""
    for failure in pictures.failures:
        progress.note(failure.message)
    if pictures.failures:
        progress.note(f"{pictures.folder}: {len(pictures.failures)} pictures can't be read and are left out")
    if pictures.copies:
        progress.note(f"{pictures.folder}: {pictures.copies} pictures are copies of others and are left out")
    for warning in pictures.warnings:
        _LOG.warning("%s", warning)
