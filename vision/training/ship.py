"""Make weights fit to ship: half precision, no optimizer, no paths of the machine that trained them."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import torch

from vision.ultralytics_import import importing_ultralytics

with importing_ultralytics():
    import ultralytics

_KEPT_ARGUMENTS = ("task", "imgsz", "batch", "epochs", "seed", "lr0", "optimizer", "mask_ratio", "overlap_mask")


def ship_weights(checkpoint: Path, out: Path) -> None:
    """Write a checkpoint's moving average as a small weights file that ``ultralytics.YOLO`` loads.

    Args:
        checkpoint: From training, finished or not.
        out: The file to write; replaced whole.
    """
    trained = torch.load(checkpoint, map_location="cpu", weights_only=False)
    model = deepcopy(trained.get("ema") or trained["model"]).half().eval()
    for parameter in model.parameters():
        parameter.requires_grad = False
    arguments = {key: value for key, value in dict(trained.get("train_args", {})).items() if key in _KEPT_ARGUMENTS}
    model.args = arguments
    model.pt_path = None
    if hasattr(model, "criterion"):
        model.criterion = None
    model = model.to(memory_format=torch.contiguous_format)
    shipped = {
        "model": model,
        "ema": None,
        "epoch": -1,
        "train_args": arguments,
        "version": ultralytics.__version__,
        "license": "AGPL-3.0",
    }
    part = out.with_suffix(".part")
    torch.save(shipped, part)
    part.replace(out)
