"""Cut training pictures into tiles, so that small things are learnt at their own size and in little time.

A sign of 20 px in a picture of 2048 px is a speck once the picture is made to fit the network. A tile keeps its pixels,
and costs a fraction of the picture that it comes from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Outline = NDArray[np.float64]
"""(N, 2) vertices in pixels of a picture or of a tile."""


@dataclass(frozen=True, slots=True)
class TileRules:
    """How pictures are cut.

    Attributes:
        side_px: Of a tile; a picture that is no larger stays whole.
        least_visible_share: A thing of which a tile shows less is not labelled in it.
        empty_share: How likely a picture gives another tile at a random place, which may show nothing.
    """

    side_px: int
    least_visible_share: float = 0.5
    empty_share: float = 0.7


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a picture.

    Attributes:
        left: Of the picture's columns, the first.
        top: Of the picture's rows, the first.
        width: In pixels.
        height: In pixels.
        outlines: Index of each thing shown, with its outline in pixels from the tile's corner.
        whole: Indexes of those that no edge of the tile cuts.
    """

    left: int
    top: int
    width: int
    height: int
    outlines: tuple[tuple[int, Outline], ...]
    whole: frozenset[int]


def cut_tiles(
    width: int, height: int, outlines: Sequence[Outline], rules: TileRules, rng: np.random.Generator
) -> list[Tile]:
    """Choose tiles so that each thing is in one of them, at a random place in it.

    Args:
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
        outlines: Of the things in it, in pixels.
        rules: How to cut.
        rng: Where the tiles lie.
    """
    if max(width, height) <= rules.side_px:
        return [Tile(0, 0, width, height, tuple(enumerate(outlines)), frozenset(range(len(outlines))))]
    size = min(rules.side_px, width), min(rules.side_px, height)
    tiles: list[Tile] = []
    shown: set[int] = set()
    for index in rng.permutation(len(outlines)):
        if int(index) not in shown:
            tiles.append(_tile_about(outlines[index], (width, height), size, outlines, rules, rng))
            shown |= tiles[-1].whole
    if not tiles or rng.random() < rules.empty_share:
        left, top = (int(rng.integers(0, whole - part + 1)) for whole, part in zip((width, height), size, strict=True))
        tiles.append(_tile(left, top, size, outlines, rules))
    return tiles


def _tile_about(
    outline: Outline,
    picture: tuple[int, int],
    size: tuple[int, int],
    outlines: Sequence[Outline],
    rules: TileRules,
    rng: np.random.Generator,
) -> Tile:
    """Place a tile so that it holds a thing whole, or where that is larger than a tile, a part of it."""
    corner = []
    for axis in range(2):
        low, high = sorted((float(outline[:, axis].max()) - size[axis], float(outline[:, axis].min())))
        last = picture[axis] - size[axis]
        corner.append(round(float(np.clip(rng.uniform(low, high), 0, last))))
    return _tile(corner[0], corner[1], size, outlines, rules)


def _tile(left: int, top: int, size: tuple[int, int], outlines: Sequence[Outline], rules: TileRules) -> Tile:
    frame = shapely.box(left, top, left + size[0], top + size[1])
    corner = np.array([left, top], dtype=np.float64)
    inside: list[tuple[int, Outline]] = []
    whole: set[int] = set()
    for index, outline in enumerate(outlines):
        if bool(((outline >= corner) & (outline <= corner + size)).all()):
            whole.add(index)
            inside.append((index, outline - corner))
        elif (part := _part(outline, frame, rules.least_visible_share)) is not None:
            inside.append((index, part - corner))
    return Tile(left, top, *size, tuple(inside), frozenset(whole))


def _part(outline: Outline, frame: shapely.Polygon, least_share: float) -> Outline | None:
    if len(outline) < 3:
        return None
    whole = shapely.make_valid(shapely.Polygon(outline))
    part = shapely.intersection(whole, frame)
    too_large = whole.area > frame.area  # no tile shows such a thing by half
    if part.area <= 0.0 or (not too_large and part.area < least_share * whole.area):
        return None
    polygons = [piece for piece in shapely.get_parts(part) if piece.geom_type == "Polygon"]
    return np.asarray(max(polygons, key=lambda piece: piece.area).exterior.coords, dtype=np.float64)
