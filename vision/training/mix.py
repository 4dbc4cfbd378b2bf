"""Merge labelled image sets that name different classes into one YOLO-seg dataset on disk.

A mix is a TOML file: the classes of the model to train, then one ``[[source]]`` table a set, with a map from the
set's own class names to the model's. Boxes become polygons where a set has no outlines, and a second label folder may
refine a class (``road_br_dnit`` outlines say *crack*; its derived boxes say which kind).
"""

from __future__ import annotations

import shutil
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import yaml
from numpy.typing import NDArray

from vision.errors import ConfigError, InputError

_IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")
_SET_SEPARATOR = "__"
_ELLIPSE_POINTS = 24
_ELLIPSE_POWER = 2.0 / 3.0  # a superellipse of degree 3: between an ellipse and its box
_MIN_REFINE_IOU = 0.5

Simulator = Literal["road", "roadside", "line"]

Polygon = NDArray[np.float64]
"""(N, 2) vertices, fractions of image width and height."""


@dataclass(frozen=True, slots=True)
class MixSource:
    """One labelled set of a mix.

    Attributes:
        path: Folder with ``images/{train,val}``, ``labels/{train,val}`` and ``data.yaml``.
        classes: The set's class name -> the model's class name. A class that is not named here is dropped.
        refine_labels: Folder of boxes, beside ``labels``, whose class replaces that of the outline they cover.
        refine_yaml: The data.yaml that names the classes of ``refine_labels``.
        repeat: How often each training image is listed.
        train_only: Leave the set's val split out (simulated frames never count as validation).
        labelled: Classes of the model that all its pictures label; those that ``classes`` leads to by default.
    """

    path: Path
    classes: dict[str, str]
    refine_labels: str | None = None
    refine_yaml: str | None = None
    repeat: int = 1
    train_only: bool = False
    labelled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mix:
    """Classes of the model to train, the sets that it is trained on, and what simulated frames to add show.

    Attributes:
        names: Classes, by class id.
        sources: Labelled sets.
        simulator: ``road``: outlined distress on the road; ``roadside``: boxes about signs and signal heads.
    """

    names: tuple[str, ...]
    sources: tuple[MixSource, ...] = field(default_factory=tuple)
    simulator: Simulator = "road"


def read_mix(path: Path, data_root: Path | None = None) -> Mix:
    """Read a mix file.

    Args:
        path: The TOML file.
        data_root: Folder that relative source paths start from; the mix file's own folder by default.

    Raises:
        ConfigError: The file is no mix, or a source maps to a class that the mix doesn't have.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        names = tuple(table["names"])
        sources = tuple(_read_source(source, data_root or path.parent) for source in table.get("source", []))
        simulator = table.get("simulator", "road")
    except (OSError, KeyError, TypeError, ValueError) as err:
        raise ConfigError(f"{path} is not a training mix (names = [...], [[source]] path, classes): {err}") from err
    unknown = {name for source in sources for name in (*source.classes.values(), *source.labelled)} - set(names)
    if unknown:
        raise ConfigError(f"{path} maps to classes that its names don't list: {', '.join(sorted(unknown))}")
    if simulator not in get_args(Simulator):
        raise ConfigError(f"{path}: simulator is {simulator!r}; write one of {', '.join(get_args(Simulator))}")
    return Mix(names, sources, simulator)


def _read_source(table: dict[str, object], root: Path) -> MixSource:
    known = dict(table)
    path = root / str(known.pop("path"))
    known["labelled"] = tuple(known.get("labelled", ()))  # type: ignore[arg-type]  # a TypeError is told by the caller
    return MixSource(path=path, **known)  # type: ignore[arg-type]  # checked by the dataclass' own keyword names


def write_yolo_dataset(mix: Mix, out_dir: Path) -> dict[str, dict[str, int]]:
    """Write ``out_dir/data.yaml`` with linked images and rewritten labels.

    Args:
        mix: What to merge.
        out_dir: Made anew; anything there is removed first.

    Returns:
        Instances by class name for ``train`` and ``val``.

    Raises:
        InputError: A source folder is missing.
    """
    shutil.rmtree(out_dir, ignore_errors=True)
    counts: dict[str, Counter[str]] = {"train": Counter(), "val": Counter()}
    for source in mix.sources:
        if not (source.path / "images").is_dir():
            raise InputError(f"training set {source.path} has no images folder: correct its path in the mix")
        own_names = _class_names(source.path / "data.yaml")
        refined_names = _class_names(source.path / source.refine_yaml) if source.refine_yaml else {}
        for split in ("train",) if source.train_only else ("train", "val"):
            for image in _images(source.path / "images" / split):
                shapes = list(_shapes(source, split, image.stem, own_names, refined_names))
                counts[split].update(name for name, _ in shapes)
                rows = [_row(mix.names.index(name), polygon) for name, polygon in shapes]
                for copy in range(source.repeat if split == "train" else 1):
                    stem = _SET_SEPARATOR.join([source.path.name, image.stem, str(copy)])
                    _write_example(out_dir, split, stem, image, rows)
    layout: dict[str, object] = {"path": str(out_dir.resolve()), "train": "images/train", "val": "images/val"}
    layout |= {"names": list(mix.names), "labelled": _labelled(mix)}
    (out_dir / "data.yaml").write_text(yaml.safe_dump(layout, sort_keys=False), encoding="utf-8")
    return {split: dict(counter) for split, counter in counts.items()}


def _labelled(mix: Mix) -> dict[str, list[str]]:
    """Give the classes that each set labels: what it doesn't label is not background in its pictures."""
    by_set = {source.path.name: set(source.labelled or source.classes.values()) for source in mix.sources}
    return {name: [own for own in mix.names if own in labelled] for name, labelled in by_set.items()}


def set_of(picture: str) -> str:
    """Give the set that a picture of a merged dataset comes from."""
    return Path(picture).name.split(_SET_SEPARATOR, 1)[0]


def box_outline(x: float, y: float, width: float, height: float) -> Polygon:
    """Give a superellipse inside a box, as the outline of a defect that was labelled by its box only.

    Args:
        x: Box centre, as are ``y``, ``width`` and ``height`` a fraction of the image.
        y: Box centre.
        width: Box width.
        height: Box height.
    """
    angle = np.linspace(0.0, 2.0 * np.pi, _ELLIPSE_POINTS, endpoint=False)
    unit = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    unit = np.sign(unit) * np.abs(unit) ** _ELLIPSE_POWER
    outline = np.array([x, y]) + unit * np.array([width, height]) / 2.0
    return np.asarray(np.clip(outline, 0.0, 1.0), dtype=np.float64)


def _images(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in _IMAGE_SUFFIXES)


def _class_names(path: Path) -> dict[int, str]:
    names = yaml.safe_load(path.read_text(encoding="utf-8"))["names"]
    return dict(enumerate(names)) if isinstance(names, list) else {int(key): str(name) for key, name in names.items()}


def _label_rows(path: Path) -> Iterator[tuple[int, list[float]]]:
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        class_id, *values = line.split()
        if values:
            yield int(class_id), [float(value) for value in values]


def _shapes(
    source: MixSource, split: str, stem: str, own: dict[int, str], refined: dict[int, str]
) -> Iterator[tuple[str, Polygon]]:
    boxes: list[tuple[str, Polygon]] = []
    if source.refine_labels is not None:
        for class_id, (x, y, width, height) in _label_rows(source.path / source.refine_labels / split / f"{stem}.txt"):
            corners = np.array([[x - width / 2, y - height / 2], [x + width / 2, y + height / 2]])
            boxes.append((refined[class_id], corners))
    for class_id, values in _label_rows(source.path / "labels" / split / f"{stem}.txt"):
        polygon = box_outline(*values) if len(values) == 4 else np.array(values).reshape(-1, 2)
        name = _refined_name(polygon, boxes) or own[class_id]
        if name in source.classes:
            yield source.classes[name], polygon


def _refined_name(polygon: Polygon, boxes: list[tuple[str, Polygon]]) -> str | None:
    bounds = np.stack([polygon.min(axis=0), polygon.max(axis=0)])
    scored = [(_box_iou(bounds, box), name) for name, box in boxes]
    best_iou, best_name = max(scored, default=(0.0, None), key=lambda pair: pair[0])
    return best_name if best_iou >= _MIN_REFINE_IOU else None


def _box_iou(a: Polygon, b: Polygon) -> float:
    overlap = np.prod(np.clip(np.minimum(a[1], b[1]) - np.maximum(a[0], b[0]), 0.0, None))
    union = float(np.prod(a[1] - a[0]) + np.prod(b[1] - b[0]) - overlap)
    return float(overlap / union) if union > 0 else 0.0


def _row(class_id: int, polygon: Polygon) -> str:
    return " ".join([str(class_id), *(f"{value:.5f}" for value in polygon.ravel())])


def _write_example(out_dir: Path, split: str, stem: str, image: Path, rows: list[str]) -> None:
    image_path = out_dir / "images" / split / f"{stem}{image.suffix.lower()}"
    label_path = out_dir / "labels" / split / f"{stem}.txt"
    for path in (image_path, label_path):
        path.parent.mkdir(parents=True, exist_ok=True)
    image_path.symlink_to(image.resolve())
    label_path.write_text("\n".join(rows), encoding="utf-8")
