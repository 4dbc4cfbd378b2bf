"""Train a YOLO-seg detector; a CPU that has bfloat16 does it in that, 1.9 times as fast as in float32."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import torch

from vision.errors import ConfigError, WeightsNotFound
from vision.training.labelled import LabelledClasses, leave_out_unlabelled, mosaic_within_groups
from vision.ultralytics_import import importing_ultralytics

with importing_ultralytics():
    from ultralytics import YOLO
    from ultralytics.engine import trainer as ultralytics_trainer
    from ultralytics.models.yolo.segment import SegmentationTrainer


_PICTURES_A_STEP = 32
"""Gradients of so many pictures make a step of the optimizer, where a batch has fewer."""


@dataclass(frozen=True, slots=True)
class DetectorTraining:
    """How to train a detector.

    Attributes:
        data_yaml: A YOLO-seg dataset.
        init: Weights to start from.
        out_dir: Where checkpoints and the run's figures go.
        epochs: Passes over the training images.
        image_size: Long side in pixels.
        batch_size: Images a step.
        learning_rate: Start rate; None lets ultralytics choose by the number of steps.
        device: ``cpu``, or a CUDA device number.
        workers: Loader processes.
        minutes: Train for so long, whatever ``epochs`` says; the learning rate falls over that time.
        frozen_layers: Layers from the first on that are left as they are: 10 is YOLOv8's backbone. It saves a third of
            the time where weights that know the domain learn a new class.
        seed: Of shuffling, augmentation and initialisation.
    """

    data_yaml: Path
    init: Path
    out_dir: Path
    epochs: int = 30
    image_size: int = 640
    batch_size: int = 8
    learning_rate: float | None = None
    device: str = "cpu"
    workers: int = 1
    minutes: float | None = None
    frozen_layers: int = 0
    seed: int = 0


class _Trainer(SegmentationTrainer):  # type: ignore[misc]  # ultralytics ships no types
    """SegmentationTrainer that knows which classes a picture's set labels, and that is fast on a CPU too.

    On a CPU the model is channels-last, and every core that may be used is.
    """

    model: Any
    labelled: LabelledClasses | None = None

    def set_model_attributes(self) -> None:
        super().set_model_attributes()
        self.model = self.model.to(memory_format=torch.channels_last)
        if self.device.type == "cpu":  # ultralytics leaves a core unused: half of a machine with two
            torch.set_num_threads(len(os.sched_getaffinity(0)))

    def get_model(self, cfg: Any = None, weights: Any = None, verbose: bool = True) -> Any:
        """Build the model; what ``weights`` know of the classes that both have stays."""
        model = super().get_model(cfg, weights, verbose)
        if weights is not None:
            carry_classes(weights, model, list(weights.names.values()), list(self.data["names"].values()))
        return model

    def build_dataset(self, img_path: str, mode: str = "train", batch: int | None = None) -> Any:
        dataset = super().build_dataset(img_path, mode, batch)
        by_set = self.data.get("labelled")
        if mode == "train" and by_set:
            self.labelled = LabelledClasses(by_set, list(self.data["names"].values()))
            mosaic_within_groups(dataset, self.labelled.groups(dataset.im_files))
        return dataset

    def preprocess_batch(self, batch: dict[str, Any]) -> dict[str, Any]:
        ready: dict[str, Any] = super().preprocess_batch(batch)
        if self.labelled is not None:
            leave_out_unlabelled(self.model, self.labelled, ready["im_file"])
        return ready


def carry_classes(old: Any, new: Any, old_names: Sequence[str], new_names: Sequence[str]) -> None:
    """Copy what tells each class apart from a model to one of other classes; ultralytics starts all of them anew.

    Args:
        old: A YOLO segmentation model.
        new: One of the same size; the rows of its last class layers are written.
        old_names: Classes of ``old``, by id.
        new_names: Classes of ``new``, by id.
    """
    for before, after in zip(old.model[-1].cv3, new.model[-1].cv3, strict=True):
        if before[-1].weight.shape[1:] != after[-1].weight.shape[1:]:
            return  # of another width: nothing can be carried over
        with torch.no_grad():
            for new_id, name in enumerate(new_names):
                if name in old_names:
                    old_id = list(old_names).index(name)
                    after[-1].weight[new_id] = before[-1].weight[old_id].to(after[-1].weight)
                    after[-1].bias[new_id] = before[-1].bias[old_id].to(after[-1].bias)


@contextlib.contextmanager
def _bfloat16_on_cpu() -> Iterator[None]:
    """Let the training loop autocast on the CPU; ultralytics does so on CUDA only."""

    def autocast(enabled: bool | torch.dtype, device: str = "cuda") -> Any:
        if device == "cpu":
            return torch.autocast("cpu", dtype=torch.bfloat16, enabled=_cpu_has_bfloat16())
        dtype = enabled if isinstance(enabled, torch.dtype) else None
        return torch.autocast(device, dtype=dtype, enabled=bool(enabled))

    with mock.patch.object(ultralytics_trainer, "autocast", autocast):
        yield


def _cpu_has_bfloat16() -> bool:
    """Tell whether the CPU multiplies bfloat16 itself; where it doesn't, that is many times slower than float32."""
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16") or able.get("bf16"))


def train_detector(training: DetectorTraining) -> Path:
    """Train, or go on with, a detector; an interrupted run in ``out_dir`` resumes from its last whole epoch.

    Returns:
        The final weights: the moving average after the last epoch, chosen by no validation figure, so that figures on
        the validation split stay those of data that had no say.

    Raises:
        WeightsNotFound: ``init`` isn't there.
        ConfigError: ``data_yaml`` isn't there.
    """
    if not training.data_yaml.is_file():
        raise ConfigError(f"no dataset at {training.data_yaml}: name a data.yaml or a mix file with --data")
    last = training.out_dir / "run" / "weights" / "last.pt"
    if not last.exists() and not training.init.is_file():
        raise WeightsNotFound(f"no weights at {training.init}: name a YOLO-seg file to start from with --init")
    with _bfloat16_on_cpu(), contextlib.redirect_stdout(sys.stderr):
        if last.exists() and _unfinished(last):
            YOLO(str(last)).train(trainer=_Trainer, resume=True, device=training.device)
        elif not last.exists():
            YOLO(str(training.init)).train(trainer=_Trainer, **_arguments(training))
    return last


def _unfinished(checkpoint: Path) -> bool:
    return bool(torch.load(checkpoint, map_location="cpu", weights_only=False).get("epoch", -1) >= 0)


def _arguments(training: DetectorTraining) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    if training.learning_rate is not None:
        chosen = {"optimizer": "AdamW", "lr0": training.learning_rate, "warmup_bias_lr": training.learning_rate}
    if training.minutes is not None:
        chosen["time"] = training.minutes / 60.0
    if training.device != "cpu":
        chosen["amp"] = "bf16"  # without the check of float16, which fetches a picture and a model
        chosen["deterministic"] = False
    return chosen | {
        "data": str(training.data_yaml),
        "project": str(training.out_dir),
        "name": "run",
        "exist_ok": True,
        "epochs": training.epochs,
        "imgsz": training.image_size,
        "batch": training.batch_size,
        "nbs": max(training.batch_size, _PICTURES_A_STEP),
        "device": training.device,
        "workers": training.workers,
        "freeze": training.frozen_layers or None,
        "seed": training.seed,
        "close_mosaic": max(2, training.epochs // 5),
        "warmup_epochs": min(3.0, training.epochs / 10),
        "degrees": 3.0,
        "scale": 0.4,
        "translate": 0.1,
        "hsv_v": 0.5,
        "hsv_s": 0.5,
        "cos_lr": True,
        "val": False,
        "plots": False,
        "save_period": -1,
        "cache": "ram",
        "overlap_mask": False,
    }
