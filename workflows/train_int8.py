"""Make an int8 model of a detector, and keep it only where it finds as well as the float model does."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vision.detectors.conversions import replace_conversion
from vision.detectors.quantize import write_int8
from vision.detectors.weights import weights_sha256
from vision.detectors.yolo_decode import YoloConfig
from vision.detectors.yolo_openvino import OpenVinoYolo, int8_key
from vision.errors import ConfigError, InputError, ModelError
from vision.protocols import Detector
from vision.training.detection_scores import tally
from vision.training.labelled_pictures import LabelledPicture, look, read_labelled
from vision.training.mix import Mix, MixSource, read_mix
from vision.training.yolo_dataset import write_yolo_dataset
from workflows.progress import Progress

MOST_LOST = 0.01
"""Of the box mAP50 of any set, by which an int8 model may fall short of the float model."""

_LEAST_CONFIDENCE = 0.01  # of what is scored: average precision counts finds down to the least sure
_PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True, slots=True)
class Int8Job:
    """What ``walkdown train int8`` is asked to do.

    Attributes:
        weights: A ``.pt`` file.
        cache_dir: Where converted models are kept.
        data: A mix file (TOML): the model is judged on the val split of each of its sets.
        data_root: Folder that the mix's paths start from; None for its own.
        pictures: Folder of pictures that ranges are measured on; None for the mix's training pictures.
        count: How many of them, evenly spread.
        image_size: Long side of the picture that the network sees, in pixels.
    """

    weights: Path
    cache_dir: Path
    data: Path
    data_root: Path | None
    pictures: Path | None
    count: int
    image_size: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Box mAP50 of the float and of the int8 model on one set, by the same decoding."""

    source: str
    pictures: int
    float_map50: float
    int8_map50: float

    @property
    def accepted(self) -> bool:
        """Whether no more is lost than may be."""
        return self.int8_map50 >= self.float_map50 - MOST_LOST


def train_int8(job: Int8Job, progress: Progress) -> list[Comparison]:
    """Quantize, compare with the float model, and keep the int8 model for ``detector.precision = "int8"``.

    Raises:
        ConfigError: ``data`` is no mix.
        InputError: There are too few pictures, or no labelled ones.
        ModelError: The model can't be quantized, or what comes out finds less well.
        StoreError: It can't be kept in the cache.
    """
    if job.data.suffix != ".toml":
        raise ConfigError("name the mix file (.toml) whose val splits the int8 model is judged on")
    mix = read_mix(job.data, job.data_root)
    chosen = _spread(_pictures(job.pictures, mix), job.count)
    job.cache_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=job.cache_dir, prefix=".int8-") as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        progress.note(f"measuring ranges on {len(chosen)} pictures")
        write_int8(job.weights, job.cache_dir, chosen, job.image_size, made)
        yolo = YoloConfig(confidence=_LEAST_CONFIDENCE, image_size=job.image_size)
        whole = OpenVinoYolo(job.weights, job.cache_dir, yolo, precision="fp32")
        small = OpenVinoYolo(job.weights, job.cache_dir, yolo, precision="int8", int8_folder=made)
        compared = [
            Comparison(source.path.name, len(labelled), map50(whole, labelled), map50(small, labelled))
            for source, labelled in _labelled(mix, Path(scratch))
        ]
        if not compared:
            raise InputError(f"{job.data} has no set with a val split: nothing to judge the int8 model on")
        if not all(one.accepted for one in compared):
            told = ", ".join(f"{one.source} {one.int8_map50:.3f} against {one.float_map50:.3f}" for one in compared)
            raise ModelError(
                f"the int8 model is refused: its box mAP50 may be {MOST_LOST} below the float model's, and is {told}"
            )
        replace_conversion(job.cache_dir, int8_key(weights_sha256(job.weights)), made)
    return compared


def map50(detector: Detector, pictures: Sequence[LabelledPicture]) -> float:
    """Give the mean over the labelled classes of the average precision of boxes at IoU 0.5."""
    names = sorted({name for picture in pictures for name in picture.names})
    tallies = tally(look(detector, pictures), names)
    return float(np.mean([one.average_precision for one in tallies.values()])) if tallies else 0.0


def _labelled(mix: Mix, scratch: Path) -> list[tuple[MixSource, list[LabelledPicture]]]:
    found = []
    for source in mix.sources:
        if not source.train_only:
            alone = scratch / f"data-{source.path.name}"
            write_yolo_dataset(Mix(mix.names, (source,)), alone)
            found.append((source, read_labelled(alone, "val", mix.names)))
    return found


def _pictures(folder: Path | None, mix: Mix) -> list[Path]:
    folders = [folder] if folder is not None else [source.path / "images" / "train" for source in mix.sources]
    return sorted(path for one in folders for path in one.glob("*") if path.suffix.lower() in _PICTURE_SUFFIXES)


def _spread(paths: Sequence[Path], count: int) -> list[Path]:
    return [paths[round(place)] for place in np.linspace(0, len(paths) - 1, min(count, len(paths)))]
