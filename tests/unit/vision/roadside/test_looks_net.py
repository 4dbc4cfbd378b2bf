"""The looks networks: what is written is read again, what isn't one is refused, light and contrast change nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vision.errors import ModelError, WeightsNotFound
from vision.roadside.cut_out import CUT_PX, HEAD_ROOM, cut_out
from vision.roadside.looks_net import LooksNet, evened, read_looks_net


def make_net(classes: tuple[str, ...] = ("a", "b", "c")) -> LooksNet:
    rng = np.random.default_rng(5)

    def layer(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
        weights = rng.normal(0.0, 0.3, (rows, columns)).astype(np.float16).astype(np.float32)
        return weights, rng.normal(0.0, 0.1, columns).astype(np.float16).astype(np.float32)

    return LooksNet(classes, (layer(27, 4), layer(36, 6)), (2, 1), layer(6, len(classes)))


def pictures(count: int) -> list[np.ndarray]:
    return list(np.random.default_rng(1).integers(0, 255, (count, CUT_PX, CUT_PX, 3)).astype(np.uint8))


def test_a_network_is_read_as_it_was_written(tmp_path: Path) -> None:
    net = make_net()
    net.save(tmp_path / "net.npz")
    again = read_looks_net(tmp_path / "net.npz")
    np.testing.assert_array_equal(again.probabilities(pictures(3)), net.probabilities(pictures(3)))
    assert again.classes == net.classes
    assert len(again.sha256) == 64


def test_probabilities_sum_to_one_one_row_a_picture_and_don_t_depend_on_their_neighbours() -> None:
    net = make_net()
    shown = net.probabilities(pictures(4))
    assert shown.shape == (4, 3)
    np.testing.assert_allclose(shown.sum(axis=1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(net.probabilities(pictures(4)[2:3])[0], shown[2], rtol=1e-4)
    assert net.probabilities([]).shape == (0, 3)


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsNotFound, match="train looks makes one"):
        read_looks_net(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("no network")
    with pytest.raises(ModelError, match="no looks network"):
        read_looks_net(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", strides=np.array([1]))
    with pytest.raises(ModelError, match="no looks network"):
        read_looks_net(tmp_path / "other.npz")


def test_light_and_contrast_are_taken_off() -> None:
    picture = np.random.default_rng(1).uniform(0.0, 255.0, (1, CUT_PX, CUT_PX, 3)).astype(np.float32)
    np.testing.assert_allclose(evened(0.4 * picture + 60.0), evened(picture), atol=0.12)


def test_a_cut_out_is_square_about_its_box_and_goes_on_beyond_the_frame() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[20:60, 40:60] = 255
    cut = cut_out(image, np.array([40, 20, 60, 60], np.float32), HEAD_ROOM)
    assert cut.shape == (CUT_PX, CUT_PX, 3)
    assert cut[CUT_PX // 2, CUT_PX // 2].min() == 255
    assert cut[CUT_PX // 2, 1].max() == 0
    edge = cut_out(image + 7, np.array([90, 90, 120, 130], np.float32), 1.5)
    assert (edge == 7).all()
