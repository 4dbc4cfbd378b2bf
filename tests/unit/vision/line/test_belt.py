from __future__ import annotations

import numpy as np
import pytest

from vision.errors import InputError
from vision.line.belt import belt_at_start, learn_belt
from vision.plant import Region
from vision.types import Image

REGION = Region(0.05, 0.1, 0.95, 0.9)


def slatted(shift: int, seed: int = 0) -> Image:
    """A belt with dark slats every 64 px, lit from the left."""
    rng = np.random.default_rng(seed)
    image = np.full((240, 480, 3), 110.0) + rng.normal(0.0, 2.0, (240, 480, 3))
    columns = (np.arange(480) - shift) % 64 < 5
    image[:, columns] = 50.0
    return np.clip(image * np.linspace(1.1, 0.85, 480)[None, :, None], 0, 255).astype(np.uint8)


def with_part(image: Image, left: int) -> Image:
    picture = image.copy()
    picture[70:170, left : left + 150] = np.clip(1.35 * np.linspace(1.1, 0.85, 480)[left : left + 150] * 110, 0, 255)[
        None, :, None
    ]
    return picture


def test_moving_slats_are_belt_and_a_part_is_not() -> None:
    belt = learn_belt([slatted(13 * n, n) for n in range(6)], REGION)
    assert belt.boxes(slatted(7, 99), 0.03) == []
    (box,) = belt.boxes(with_part(slatted(31, 98), 200), 0.03)
    assert np.abs(np.array(box) - [200, 70, 350, 170]).max() <= 4.0


def test_a_part_near_the_regions_edge_is_not_drawn_to_it() -> None:
    belt = learn_belt([slatted(13 * n, n) for n in range(6)], REGION)
    (box,) = belt.boxes(with_part(slatted(31, 98), 40), 0.03)
    assert box[0] >= 36.0


def test_pictures_that_teach_no_belt_are_told() -> None:
    with pytest.raises(InputError, match="at least 5"):
        learn_belt([slatted(n) for n in range(4)], REGION)
    with pytest.raises(InputError, match="different sizes"):
        learn_belt([*(slatted(n) for n in range(4)), slatted(5)[:200]], REGION)


def test_a_frame_of_another_size_is_told() -> None:
    belt = learn_belt([slatted(13 * n, n) for n in range(5)], REGION)
    with pytest.raises(InputError, match="learnt at 480 x 240"):
        belt.boxes(slatted(3)[:200], 0.03)


def test_the_start_teaches_the_belt_only_while_it_is_empty() -> None:
    plain = [np.full((240, 480, 3), 90, np.uint8) + np.uint8(n % 3) for n in range(12)]
    empty = belt_at_start(plain, REGION)
    assert empty is not None
    assert len(empty.boxes(with_part(plain[0], 200), 0.03)) == 1
    assert belt_at_start([with_part(one, 10 * n) for n, one in enumerate(plain)], REGION) is None
    assert belt_at_start(plain[:3], REGION) is None
