"""Make an int8 model of a converted YOLO with NNCF, its ranges measured on real pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import openvino as ov

from vision.detectors.conversions import converted, read_class_names, write_description
from vision.detectors.weights import weights_sha256
from vision.detectors.yolo_decode import F32, letterbox_for, to_input
from vision.detectors.yolo_openvino import convert_to_openvino, float_key, save_openvino
from vision.errors import InputError, ModelError

LEAST_PICTURES = 30


def write_int8(weights: Path, cache_dir: Path, pictures: Sequence[Path], image_size: int, folder: Path) -> None:
    """Write the int8 OpenVINO form of a weights file into an empty folder.

    Args:
        weights: A ``.pt`` file.
        cache_dir: Where its float form is kept, or made.
        pictures: Such as it will see; 100 to 300 are enough.
        image_size: Long side of the picture that the network sees, in pixels.
        folder: To write into.

    Raises:
        InputError: Too few pictures, or one can't be read.
        ModelError: NNCF can't quantize the model.
    """
    if len(pictures) < LEAST_PICTURES:
        raise InputError(f"{len(pictures)} pictures to measure ranges on: at least {LEAST_PICTURES} are needed")
    import nncf  # imports torch, which takes seconds

    source = converted(cache_dir, float_key(weights_sha256(weights)), lambda made: convert_to_openvino(weights, made))
    model = ov.Core().read_model(source / "model.xml")
    try:
        quantized = nncf.quantize(
            model,
            nncf.Dataset(list(pictures), lambda path: _input(path, image_size)),
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(pictures),
            ignored_scope=_head_arithmetic(model),
        )
    except (RuntimeError, nncf.errors.InternalError, nncf.errors.ValidationError) as err:
        raise ModelError(f"NNCF can't make an int8 model of {weights.name}: {err}") from err
    save_openvino(quantized, folder)
    names = read_class_names(source)
    write_description(folder, names, "segment" if len(model.outputs) > 1 else "detect")


def _head_arithmetic(model: ov.Model) -> object:
    """Name what makes boxes of the head's distances: pixels up to the picture's size don't fit 256 steps."""
    import nncf

    head = max(
        (int(part) for op in model.get_ops() for part in op.get_friendly_name().split(".")[2:3] if part.isdigit()),
        default=None,
    )
    if head is None:
        return nncf.IgnoredScope(types=["Sigmoid"], validate=False)
    arithmetic = ("Add", "Sub", "Mul", "Div")
    patterns = [rf".*model\.{head}/.*/{one}.*" for one in arithmetic] + [rf".*model\.{head}\.dfl.*"]
    return nncf.IgnoredScope(patterns=patterns, types=["Sigmoid"], validate=False)


def _input(path: Path, image_size: int) -> F32:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise InputError(f"{path} can't be read as a picture")
    height, width = picture.shape[:2]
    return to_input(np.asarray(picture, dtype=np.uint8), letterbox_for(width, height, image_size))[None]
