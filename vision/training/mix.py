"""Say which labelled image sets a model is trained on: a mix.

A mix is a TOML file: the classes of the model to train, then one ``[[source]]`` table a set, with a map from the
set's own class names to the model's. A second label folder may refine a class (``road_br_dnit`` outlines say *crack*;
its derived boxes say which kind).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from vision.errors import ConfigError

_LEAST_TILE_PX = 64

Simulator = Literal["road", "roadside", "line"]


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
        simulator: ``road``: outlined distress on the road; ``roadside``: boxes about signs and signal heads; ``line``:
            outlined defects of parts on a factory line.
        tile_px: Side of the tiles that larger training pictures are cut into; 0 leaves them whole.
    """

    names: tuple[str, ...]
    sources: tuple[MixSource, ...] = field(default_factory=tuple)
    simulator: Simulator = "road"
    tile_px: int = 0


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
        tile_px = table.get("tile_px", 0)
    except (OSError, KeyError, TypeError, ValueError) as err:
        raise ConfigError(f"{path} is not a training mix (names = [...], [[source]] path, classes): {err}") from err
    unknown = {name for source in sources for name in (*source.classes.values(), *source.labelled)} - set(names)
    if unknown:
        raise ConfigError(f"{path} maps to classes that its names don't list: {', '.join(sorted(unknown))}")
    if simulator not in get_args(Simulator):
        raise ConfigError(f"{path}: simulator is {simulator!r}; write one of {', '.join(get_args(Simulator))}")
    if not isinstance(tile_px, int) or not (tile_px == 0 or tile_px >= _LEAST_TILE_PX):
        raise ConfigError(f"{path}: tile_px is {tile_px!r}; write 0 for whole pictures, or {_LEAST_TILE_PX} or more")
    return Mix(names, sources, simulator, tile_px)


def _read_source(table: dict[str, object], root: Path) -> MixSource:
    known = dict(table)
    path = root / str(known.pop("path"))
    known["labelled"] = tuple(known.get("labelled", ()))  # type: ignore[arg-type]  # a TypeError is told by the caller
    return MixSource(path=path, **known)  # type: ignore[arg-type]  # checked by the dataclass' own keyword names
