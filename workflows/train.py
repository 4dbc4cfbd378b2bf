"""Train walkdown's own models and make what ships: small weights without traces of the machine that made them."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from vision.errors import ConfigError
from vision.training.detector import DetectorTraining, train_detector
from vision.training.mix import Mix, MixSource, Simulator, read_mix
from vision.training.ship import ship_weights
from vision.training.yolo_dataset import write_yolo_dataset

_LOG = logging.getLogger("walkdown")

SIMULATED_TRAINING_SEEDS = range(100_000, 200_000)
"""Seeds that training frames come from; evaluation takes its own from 0 up, so that no test road was trained on."""


@dataclass(frozen=True, slots=True)
class DetectorJob:
    """What ``walkdown train detector`` is asked to do.

    Attributes:
        data: A mix file (TOML) or a YOLO data.yaml.
        data_root: Folder that a mix's source paths start from; None for the mix file's own.
        init: Weights to start from.
        out_dir: For the merged dataset, checkpoints and the finished weights.
        simulated_frames: Frames to render and add to the training images of a mix.
        training: Epochs, image size and so on; its paths are filled in here.
    """

    data: Path
    data_root: Path | None
    init: Path
    out_dir: Path
    simulated_frames: int
    training: DetectorTraining


def run_detector_training(job: DetectorJob) -> Path:
    """Train, or go on with an interrupted run, and give the finished half-precision weights.

    Raises:
        ConfigError: The data can't be read.
        WeightsNotFound: ``init`` isn't there.
    """
    data_yaml = _dataset(job)
    last = train_detector(replace(job.training, data_yaml=data_yaml, init=job.init, out_dir=job.out_dir))
    finished = job.out_dir / "detector.pt"
    ship_weights(last, finished)
    return finished


def _dataset(job: DetectorJob) -> Path:
    if job.data.suffix != ".toml":
        if job.simulated_frames:
            raise ConfigError("--simulated-frames adds to a mix file; this --data is a data.yaml: name a .toml mix")
        return job.data
    dataset = job.out_dir / "dataset"
    if (dataset / "data.yaml").is_file():
        return dataset / "data.yaml"  # an interrupted run goes on with the images that it began with
    mix = read_mix(job.data, job.data_root)
    if job.simulated_frames:
        rendered = job.out_dir / "simulated"
        if not rendered.is_dir():  # an interrupted run keeps the frames that it has made, once it has made them all
            unfinished = job.out_dir / "simulated.part"
            shutil.rmtree(unfinished, ignore_errors=True)
            _render(mix.simulator, unfinished, job.simulated_frames)
            unfinished.rename(rendered)
        own = MixSource(rendered, _rendered_classes(rendered, mix), train_only=mix.simulator == "road")
        mix = replace(mix, sources=(*mix.sources, own))
    if not mix.sources:
        raise ConfigError(f"{job.data} names no [[source]]: add one, or render frames with --simulated-frames")
    for warning in write_yolo_dataset(mix, dataset).warnings:
        _LOG.warning("%s", warning)
    return dataset / "data.yaml"


def _rendered_classes(rendered: Path, mix: Mix) -> dict[str, str]:
    """Give the classes of a mix that its simulated frames show and label; others are no background in them."""
    shown = yaml.safe_load((rendered / "data.yaml").read_text(encoding="utf-8"))["names"]
    return {name: name for name in shown if name in mix.names}


def _render(simulator: Simulator, out_dir: Path, frames: int) -> None:
    """Render training frames, and for a simulator whose things no set labels, some to validate on as well."""
    if simulator == "road":
        from vision.simulation.training_frames import write_training_frames

        write_training_frames(out_dir, SIMULATED_TRAINING_SEEDS[: -(-frames // 4)], 4)
        return
    if simulator == "line":
        from vision.simulation.line.line_frames import write_line_frames

        write_line_frames(out_dir, SIMULATED_TRAINING_SEEDS[: -(-frames // 4)], 4)
        write_line_frames(out_dir, SIMULATED_TRAINING_SEEDS[10_000:10_040], 3, split="val")
        return
    from vision.simulation.roadside_frames import write_roadside_frames

    write_roadside_frames(out_dir, SIMULATED_TRAINING_SEEDS[: -(-frames // 8)], 8)
    write_roadside_frames(out_dir, SIMULATED_TRAINING_SEEDS[10_000:10_015], 4, split="val")
