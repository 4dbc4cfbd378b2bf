"""Training pictures are cut so that each thing is whole in a tile."""

from __future__ import annotations

import numpy as np
import pytest

from vision.ground_plane import polygon_area
from vision.training.tiles import Outline, TileRules, cut_tiles

RULES = TileRules(100, empty_share=0.0)


def _square(left: float, top: float, side: float) -> Outline:
    return np.array([[left, top], [left + side, top], [left + side, top + side], [left, top + side]])


@pytest.mark.parametrize("seed", range(20))
def test_each_thing_is_whole_in_a_tile(seed: int) -> None:
    rng = np.random.default_rng(seed)
    things = [_square(*rng.uniform(0, [560, 360]), rng.uniform(3, 40)) for _ in range(8)]

    tiles = cut_tiles(600, 400, things, RULES, rng)

    whole = set()
    for tile in tiles:
        assert 0 <= tile.left <= 500
        assert 0 <= tile.top <= 300
        assert (tile.width, tile.height) == (100, 100)
        for index, outline in tile.outlines:
            assert outline.min() >= -1e-9
            assert outline.max() <= 100 + 1e-9
            if polygon_area(outline) == pytest.approx(polygon_area(things[index])):
                np.testing.assert_allclose(outline, things[index] - [tile.left, tile.top])
                whole.add(index)
    assert whole == set(range(8))


def test_a_picture_no_larger_than_a_tile_stays_whole() -> None:
    (tile,) = cut_tiles(100, 60, [_square(5, 5, 10)], RULES, np.random.default_rng(0))
    assert (tile.left, tile.top, tile.width, tile.height) == (0, 0, 100, 60)
    assert [index for index, _ in tile.outlines] == [0]


def test_a_thing_that_a_tile_shows_less_than_half_of_is_not_labelled() -> None:
    things = [_square(0, 0, 20), _square(90, 0, 40)]
    rng = np.random.default_rng(3)
    for _ in range(50):
        for tile in cut_tiles(400, 100, things, RULES, rng):
            for index, outline in tile.outlines:
                assert polygon_area(outline) >= 0.5 * polygon_area(things[index]) - 1e-6


def test_a_thing_larger_than_a_tile_is_labelled_by_what_the_tile_shows_of_it() -> None:
    (tile,) = cut_tiles(1000, 1000, [_square(100, 100, 700)], RULES, np.random.default_rng(0))
    ((index, outline),) = tile.outlines
    assert index == 0
    assert polygon_area(outline) > 0.9 * 100 * 100


def test_a_picture_that_shows_nothing_gives_one_tile() -> None:
    assert [tile.outlines for tile in cut_tiles(500, 500, [], RULES, np.random.default_rng(0))] == [()]
