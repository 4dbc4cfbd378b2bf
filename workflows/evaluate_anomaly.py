"""Measure a station's models on pictures that they did not learn from."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vision.anomaly.features import F32, PictureBackbone
from vision.anomaly.heat import overlay
from vision.anomaly.measures import Mask, auroc, auroc_interval, region_overlap
from vision.anomaly.model import AnomalyModel, load_anomaly_model
from vision.anomaly.pictures import StationPictures, read_pictures
from vision.anomaly.state import load_state_model
from vision.errors import InputError
from vision.types import Float
from workflows.progress import Progress
from workflows.train_anomaly import UNKNOWN, BackboneChoice, say_what_is_odd

_PIXEL_STEP = 7
"""Every so many pixels count for the pixel-wise AUROC; neighbours say the same."""


@dataclass(frozen=True, slots=True)
class AnomalyEvaluation:
    """What to measure.

    Attributes:
        model: A station's anomaly model.
        normal: Folder of normal pictures that it didn't learn from, or a pattern of names in one.
        defects: Folders of defective ones, likewise; each is scored by itself and all together.
        masks: Folder of masks, 0 where sound, named as the picture with ``.png``.
        heat_maps: Where to write each picture with its heat map over it, a folder for each set; None for nowhere.
    """

    model: Path
    normal: Path
    defects: tuple[Path, ...]
    masks: Path | None = None
    heat_maps: Path | None = None


@dataclass(frozen=True, slots=True)
class _Scored:
    scores: Float
    flagged: int
    heats: tuple[F32, ...]
    masks: tuple[Mask | None, ...]


def evaluate_anomaly(evaluation: AnomalyEvaluation, choice: BackboneChoice, progress: Progress) -> list[dict[str, Any]]:
    """Score a station's model; one row for the normals, one a folder of defects, one for all of those.

    Raises:
        InputError: A folder is missing, a mask doesn't fit, or the normals are those that the model learnt from.
        WeightsNotFound: The model or the backbone isn't there.
        ModelError: They don't belong together.
    """
    model = load_anomaly_model(evaluation.model)
    normal = read_pictures(evaluation.normal)
    defects = [read_pictures(folder) for folder in evaluation.defects]
    for pictures in (normal, *defects):
        say_what_is_odd(pictures, progress)
    if normal.sha256 == model.info.pictures_sha256:
        raise InputError(
            f"{evaluation.normal}: the model learnt from these very pictures, so they can't measure it: name normal "
            f"pictures that were kept out"
        )
    backbone = choice.load(model.info.image_size_px)
    count = len(normal) + sum(len(one) for one in defects)
    progress.start("examine", count)
    begun = time.perf_counter()
    folders = [_heat_folder(evaluation.heat_maps, n, one) for n, one in enumerate((normal, *defects))]
    sound = _examine(model, backbone, normal, None, folders[0], progress)
    faulty = [
        _examine(model, backbone, one, evaluation.masks, folder, progress)
        for one, folder in zip(defects, folders[1:], strict=True)
    ]
    progress.note(f"{count / (time.perf_counter() - begun):.1f} pictures a second, heat maps included")
    progress.note(f"station {model.info.station}: {model.threshold}")
    rows = [_row(str(pictures.folder), sound, [one]) for pictures, one in zip(defects, faulty, strict=True)]
    if len(rows) > 1:
        rows.append(_row("all defects", sound, faulty))
    first = {"set": str(normal.folder), "pictures": len(sound.scores), "flagged": _share(sound)}
    return [first | dict.fromkeys(list(rows[0])[3:]), *rows] if rows else [first]


def evaluate_state(
    model_path: Path, folders: Mapping[str, Path], choice: BackboneChoice, progress: Progress
) -> list[dict[str, Any]]:
    """Read the state on pictures whose state is known; a folder of none of the states should come out unknown.

    Raises:
        InputError: A folder is missing, or the crop reaches out of a picture.
        WeightsNotFound: The model or the backbone isn't there.
        ModelError: They don't belong together.
    """
    model = load_state_model(model_path)
    sets = {name: read_pictures(folder) for name, folder in folders.items()}
    backbone = choice.load(model.info.image_size_px)
    progress.start("examine", sum(len(one) for one in sets.values()))
    rows: list[dict[str, Any]] = []
    for name, pictures in sets.items():
        say_what_is_odd(pictures, progress)
        row: dict[str, Any] = {"set": name, "pictures": len(pictures), **dict.fromkeys(model.states, 0), UNKNOWN: 0}
        for reading in model.read(pictures.images, backbone):
            row[reading.state or UNKNOWN] += 1
            progress.advance()
        rows.append(row)
    return rows


def _examine(
    model: AnomalyModel,
    backbone: PictureBackbone,
    pictures: StationPictures,
    masks: Path | None,
    heat_maps: Path | None,
    progress: Progress,
) -> _Scored:
    scores, heats, flagged, known = [], [], 0, []
    for path, image, found in zip(
        pictures.paths, pictures.images, model.examine(pictures.images, backbone), strict=True
    ):
        scores.append(found.score)
        heats.append(found.heat)
        flagged += found.anomalous
        known.append(_read_mask(masks / f"{path.stem}.png", found.heat) if masks else None)
        if heat_maps is not None:
            _write(heat_maps / f"{path.stem}.jpg", overlay(image, found.heat, model.usual_heat))
        progress.advance()
    return _Scored(np.array(scores), flagged, tuple(heats), tuple(known))


def _row(name: str, sound: _Scored, faulty: Sequence[_Scored]) -> dict[str, Any]:
    scores = np.concatenate([one.scores for one in faulty])
    low, high = auroc_interval(sound.scores, scores)
    masked = [
        (heat, mask)
        for one in faulty
        for heat, mask in zip(one.heats, one.masks, strict=True)
        if mask is not None and mask.any()
    ]
    heats = [*sound.heats, *(heat for heat, _ in masked)]
    masks = [*(np.zeros(heat.shape, np.bool_) for heat in sound.heats), *(mask for _, mask in masked)]
    return {
        "set": name,
        "pictures": len(scores),
        "flagged": round(sum(one.flagged for one in faulty) / len(scores), 3),
        "auroc": round(auroc(sound.scores, scores), 3),
        "auroc_low": round(low, 3),
        "auroc_high": round(high, 3),
        "masked": len(masked),
        "pixel_auroc": round(_pixel_auroc(heats, masks), 3) if masked else None,
        "region_overlap": round(region_overlap(heats, masks), 3) if masked else None,
    }


def _pixel_auroc(heats: Sequence[F32], masks: Sequence[Mask]) -> float:
    normal = np.concatenate([heat[~mask][::_PIXEL_STEP] for heat, mask in zip(heats, masks, strict=True)])
    defective = np.concatenate([heat[mask] for heat, mask in zip(heats, masks, strict=True)])
    return auroc(normal, defective[::_PIXEL_STEP] if len(defective) > 100 * _PIXEL_STEP else defective)


def _share(scored: _Scored) -> float:
    return round(scored.flagged / len(scored.scores), 3)


def _heat_folder(heat_maps: Path | None, number: int, pictures: StationPictures) -> Path | None:
    """Give a folder of its own for each set, since pictures of two sets may have one name."""
    if heat_maps is None:
        return None
    name = "".join(letter for letter in pictures.folder.name if letter not in "*?[]").strip("_")
    return heat_maps / f"{number}-{name}"


def _read_mask(path: Path, heat: F32) -> Mask | None:
    if not path.is_file():
        return None
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if mask is None or mask.shape != heat.shape:
        size = "can't be read" if mask is None else f"is {mask.shape[1]} x {mask.shape[0]}"
        raise InputError(f"{path}: the mask {size}; its picture is {heat.shape[1]} x {heat.shape[0]}")
    return np.asarray(mask > 127, dtype=np.bool_)


def _write(path: Path, picture: np.ndarray[Any, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), picture):
        raise InputError(f"{path} can't be written: choose a folder with room that you may write to")
