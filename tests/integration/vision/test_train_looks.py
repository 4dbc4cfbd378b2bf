"""Cut-outs are made the same again by seed; a network folded for NumPy says what torch's says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vision.roadside.cut_out import CUT_PX
from vision.roadside.look_classes import HEAD_LOOKS, SIGN_LOOKS
from vision.roadside.looks_net import evened
from vision.simulation.roadside_cut_outs import CutOuts, roadside_cut_outs
from vision.training import looks
from vision.training.looks import LooksTraining, confusion, train_looks


@pytest.fixture(scope="module")
def made() -> tuple[CutOuts, CutOuts]:
    return roadside_cut_outs([150_001], 5)


def test_cut_outs_have_a_class_each_and_are_the_same_again(made: tuple[CutOuts, CutOuts]) -> None:
    for one, again, classes in zip(made, roadside_cut_outs([150_001], 5), (SIGN_LOOKS, HEAD_LOOKS), strict=True):
        assert one.pictures.shape == (len(one.labels), CUT_PX, CUT_PX, 3)
        assert len(one.labels) >= 5
        assert set(one.labels.tolist()) <= set(range(len(classes)))
        np.testing.assert_array_equal(one.pictures, again.pictures)
        np.testing.assert_array_equal(one.labels, again.labels)


def test_training_is_the_same_again_and_learns(made: tuple[CutOuts, CutOuts]) -> None:
    labels = np.repeat(np.arange(2), 24)
    shades = np.where(labels[:, None, None, None] == 0, 40, 200) * (np.arange(CUT_PX)[None, None, :, None] > 24)
    pictures = (shades + np.zeros((48, CUT_PX, CUT_PX, 3))).astype(np.uint8)
    pictures[labels == 1, :24] = 90
    stripes = CutOuts(pictures, labels)
    net = train_looks(stripes, ("plain", "halved"), LooksTraining(epochs=16))
    assert np.trace(confusion(net, stripes)) >= 36
    again = train_looks(stripes, ("plain", "halved"), LooksTraining(epochs=16))
    np.testing.assert_array_equal(net.last[0], again.last[0])


@pytest.mark.parametrize("grid", [1, 3])
def test_the_folded_network_says_what_torch_says(grid: int) -> None:
    torch.manual_seed(3)
    network = looks._network(4, grid)
    pictures = np.random.default_rng(2).integers(0, 255, (6, CUT_PX, CUT_PX, 3)).astype(np.uint8)
    x = torch.from_numpy(np.ascontiguousarray(evened(pictures.astype(np.float32)).transpose(0, 3, 1, 2)))
    network.train()
    network(x)
    network.eval()
    with torch.no_grad():
        expected = torch.softmax(network(x), dim=1).numpy()
    folded = looks._folded(network, ("a", "b", "c", "d"), grid)
    assert folded.grid == grid
    np.testing.assert_allclose(folded.probabilities(list(pictures)), expected, atol=1e-4)
