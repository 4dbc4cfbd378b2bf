"""How odd a patch is: by distance, and by how far normal ones stray there."""

from __future__ import annotations

import numpy as np
import pytest

from vision.anomaly.memory import MemorySize, PatchMemory, remember
from vision.errors import ModelError


def patches(count: int, seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Give half smooth patches around 0 and half rough ones around 10, which vary five times as much."""
    random = np.random.default_rng(seed)
    smooth = random.normal(0.0, 0.1, (count // 2, 4))
    rough = random.normal(10.0, 0.5, (count // 2, 4))
    return np.concatenate([smooth, rough]).astype(np.float32)


def test_a_remembered_patch_is_not_odd() -> None:
    rows = patches(100, 0)
    raw, nearest = remember([rows], MemorySize(patches=100)).nearest(rows)
    assert raw == pytest.approx(np.zeros(100), abs=1e-5)
    assert sorted(nearest) == list(range(100))


def test_the_same_distance_is_odder_where_normal_patches_stray_less() -> None:
    memory = remember([patches(400, 0)], MemorySize(patches=40))
    kept_out = patches(400, 1)
    told = memory.with_spread(kept_out, memory.nearest(kept_out)[0])
    smooth, rough = np.zeros((1, 4), np.float32), np.full((1, 4), 10.0, np.float32)
    step = np.float32(3.0)
    assert told.distances(smooth - step) > 1.5 * told.distances(rough + step)
    assert told.distances(patches(400, 2)).mean() == pytest.approx(1.0, abs=0.3)


def test_a_feature_that_never_varied_shows_when_it_does() -> None:
    rows = patches(200, 0)
    rows[:, 3] = 5.0
    memory = remember([rows], MemorySize(patches=50))
    changed = rows[:1].copy()
    changed[0, 3] = 6.0
    assert memory.distances(changed)[0] > 10.0 * max(memory.distances(rows[:1])[0], 0.1)


def test_shapes_that_do_not_fit_are_refused() -> None:
    memory = remember([patches(20, 0)], MemorySize(patches=5))
    with pytest.raises(ModelError, match="expected"):
        PatchMemory(memory.mean[:2], memory.deviation, memory.patches, memory.spread, 1.0)
