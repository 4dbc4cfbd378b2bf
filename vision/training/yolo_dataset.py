"""Write the labelled sets of a mix as one YOLO-seg dataset on disk.

Boxes become outlines where a set has none. What can't be used (a picture that can't be read, a broken label) is left
out and told, a line each; the rest is written.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray

from vision.errors import InputError
from vision.training.mix import Mix, MixSource
from vision.training.tiles import TileRules, cut_tiles

_IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")
_SET_SEPARATOR = "__"
_ELLIPSE_POINTS = 24
_ELLIPSE_POWER = 2.0 / 3.0  # a superellipse of degree 3: between an ellipse and its box
_MIN_REFINE_IOU = 0.5
_BEYOND = 0.02  # of the picture: how far a label may reach over its edge by rounding
_TILE_SEED = 1

Polygon = NDArray[np.float64]
"""(N, 2) vertices, fractions of image width and height."""


@dataclass(slots=True)
class WrittenDataset:
    """What a merged dataset holds.

    Attributes:
        instances: Labelled things by class name, for ``train`` and ``val``.
        warnings: What was left out and why, and classes that nothing shows: a line each.
    """

    instances: dict[str, dict[str, int]] = field(default_factory=lambda: {"train": {}, "val": {}})
    warnings: list[str] = field(default_factory=list)


def write_yolo_dataset(mix: Mix, out_dir: Path) -> WrittenDataset:
    """Write ``out_dir/data.yaml`` with linked images (or their tiles) and rewritten labels.

    Args:
        mix: What to merge.
        out_dir: Made anew; anything there is removed first.

    Raises:
        InputError: A source folder is missing, names no such class, or no picture of the mix can be used.
    """
    sets = [_LabelledSet(source) for source in mix.sources]
    shutil.rmtree(out_dir, ignore_errors=True)
    written = WrittenDataset()
    writer = _Writer(out_dir, TileRules(mix.tile_px) if mix.tile_px else None)
    counts: dict[str, Counter[str]] = {"train": Counter(), "val": Counter()}
    for labelled in sets:
        for split in ("train",) if labelled.source.train_only else ("train", "val"):
            for image in _images(labelled.source.path / "images" / split):
                try:
                    shapes = labelled.shapes(split, image.stem)
                    rows = [(mix.names.index(name), polygon) for name, polygon in shapes]
                    writer.write(split, image, rows, labelled.source)
                except _Unusable as err:
                    written.warnings.append(f"{err}: the picture {image.name} is left out")
                    continue
                counts[split].update(name for name, _ in shapes)
    if mix.sources and not writer.pictures:
        raise InputError(f"no picture of the training sets can be used; the first: {written.warnings[:1] or 'none'}")
    if writer.pictures["train"]:
        absent = [name for name in mix.names if not counts["train"][name]]
        written.warnings += [f"no training picture shows {name}: the model will not learn it" for name in absent]
    layout: dict[str, object] = {"path": str(out_dir.resolve()), "train": "images/train", "val": "images/val"}
    layout |= {"names": list(mix.names), "labelled": _labelled(mix)}
    (out_dir / "data.yaml").write_text(yaml.safe_dump(layout, sort_keys=False), encoding="utf-8")
    written.instances = {split: dict(counter) for split, counter in counts.items()}
    return written


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


class _Unusable(Exception):  # not an error of the run: the picture is left out and told
    """One picture or label that can't be used."""


def _images(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in _IMAGE_SUFFIXES)


class _LabelledSet:
    """One source's labels, read into the model's classes."""

    def __init__(self, source: MixSource) -> None:
        if not (source.path / "images").is_dir():
            raise InputError(f"training set {source.path} has no images folder: correct its path in the mix")
        self.source = source
        self._own = _class_names(source.path / "data.yaml")
        self._refined = _class_names(source.path / source.refine_yaml) if source.refine_yaml else {}
        known = {*self._own.values(), *self._refined.values()}
        unknown = sorted(set(source.classes) - known)
        if unknown:
            raise InputError(
                f"training set {source.path} has no class {', '.join(unknown)}: correct [source.classes] in the mix; "
                f"it has {', '.join(sorted(known))}"
            )

    def shapes(self, split: str, stem: str) -> list[tuple[str, Polygon]]:
        """Give what a picture shows: the model's class names, with outlines as fractions of the picture."""
        source = self.source
        boxes: list[tuple[str, Polygon]] = []
        if source.refine_labels is not None:
            for name, values in _label_rows(source.path / source.refine_labels / split / f"{stem}.txt", self._refined):
                x, y, width, height = values
                boxes.append((name, np.array([[x - width / 2, y - height / 2], [x + width / 2, y + height / 2]])))
        shapes: list[tuple[str, Polygon]] = []
        for own, values in _label_rows(source.path / "labels" / split / f"{stem}.txt", self._own):
            polygon = box_outline(*values) if len(values) == 4 else np.array(values).reshape(-1, 2)
            name = _refined_name(polygon, boxes) or own
            if name in source.classes:
                shapes.append((source.classes[name], polygon))
        return shapes


def _class_names(path: Path) -> dict[int, str]:
    try:
        names = yaml.safe_load(path.read_text(encoding="utf-8"))["names"]
        listed = dict(enumerate(names)) if isinstance(names, list) else names
        return {int(key): str(name) for key, name in listed.items()}
    except (OSError, KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError) as err:
        raise InputError(f"{path} doesn't say `names: [...]`, the classes by id: {err}") from err


def _label_rows(path: Path, names: dict[int, str]) -> Iterator[tuple[str, list[float]]]:
    if not path.exists():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if line.strip():
            try:
                yield _label_row(line, names)
            except ValueError as err:
                raise _Unusable(f"{path}, line {number}: {err}") from err


def _label_row(line: str, names: dict[int, str]) -> tuple[str, list[float]]:
    first, *rest = line.split()
    values = [float(value) for value in rest]
    if int(first) not in names:
        raise ValueError(f"class {first} is not in data.yaml (0 to {max(names, default=-1)})")
    if len(values) != 4 and (len(values) < 6 or len(values) % 2):
        raise ValueError(f"{len(values)} numbers after the class; a box has 4, an outline 3 pairs or more")
    if not all(-_BEYOND <= value <= 1.0 + _BEYOND for value in values):
        raise ValueError("coordinates are fractions of the picture, 0 to 1")
    return names[int(first)], [min(1.0, max(0.0, value)) for value in values]


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


class _Writer:
    """Writes examples: whole pictures by a link, or the tiles that training pictures are cut into."""

    def __init__(self, out_dir: Path, tiles: TileRules | None) -> None:
        self._out_dir = out_dir
        self._tiles = tiles
        self._rng = np.random.default_rng(_TILE_SEED)
        self.pictures: Counter[str] = Counter()

    def write(self, split: str, image: Path, rows: list[tuple[int, Polygon]], source: MixSource) -> None:
        """Write a picture as often as its set asks.

        Raises:
            _Unusable: The picture can't be read.
        """
        tiles = self._tiles if split == "train" else None
        picture = cv2.imread(str(image), cv2.IMREAD_COLOR if tiles else cv2.IMREAD_REDUCED_GRAYSCALE_8)
        if picture is None:
            raise _Unusable(f"{image} can't be read as a picture")
        self.pictures[split] += 1
        for copy in range(source.repeat if split == "train" else 1):
            stem = _SET_SEPARATOR.join([source.path.name, image.stem, str(copy)])
            if tiles is None:
                self._make_room(split, stem, image.suffix.lower(), rows).symlink_to(image.resolve())
            else:
                self._write_tiles(stem, np.asarray(picture, dtype=np.uint8), rows, tiles)

    def _write_tiles(
        self, stem: str, picture: NDArray[np.uint8], rows: list[tuple[int, Polygon]], rules: TileRules
    ) -> None:
        height, width = picture.shape[:2]
        outlines = [polygon * np.array([width, height], dtype=np.float64) for _, polygon in rows]
        for number, tile in enumerate(cut_tiles(width, height, outlines, rules, self._rng)):
            shown = [(rows[index][0], outline / [tile.width, tile.height]) for index, outline in tile.outlines]
            part = picture[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width]
            path = self._make_room("train", f"{stem}_{number}", ".jpg", shown)
            cv2.imwrite(str(path), part, [cv2.IMWRITE_JPEG_QUALITY, 95])

    def _make_room(self, split: str, stem: str, suffix: str, rows: list[tuple[int, Polygon]]) -> Path:
        """Write an example's label; give where its picture is to be."""
        image_path = self._out_dir / "images" / split / f"{stem}{suffix}"
        label_path = self._out_dir / "labels" / split / f"{stem}.txt"
        for path in (image_path, label_path):
            path.parent.mkdir(parents=True, exist_ok=True)
        label_path.write_text("\n".join(_row(class_id, polygon) for class_id, polygon in rows), encoding="utf-8")
        return image_path
