"""A detector that learns a new class keeps what it knew of the others."""

from __future__ import annotations

import torch
from torch import nn

from vision.training.detector import carry_classes


class Head(nn.Module):
    """The class layers of a YOLO head, at two scales."""

    def __init__(self, classes: int, width: int = 8) -> None:
        super().__init__()
        self.cv3 = nn.ModuleList(nn.Sequential(nn.Conv2d(4, width, 1), nn.Conv2d(width, classes, 1)) for _ in range(2))


def model(classes: int, width: int = 8) -> nn.Module:
    whole = nn.Module()
    whole.model = nn.ModuleList([nn.Identity(), Head(classes, width)])
    return whole


def test_rows_of_shared_classes_go_along_wherever_they_stand() -> None:
    old, new = model(2), model(3)
    before = [layer[-1].weight.detach().clone() for layer in new.model[-1].cv3]
    carry_classes(old, new, ["pothole", "crack"], ["patch", "crack", "pothole"])
    for scale, untouched in enumerate(before):
        taught, learnt = old.model[-1].cv3[scale][-1], new.model[-1].cv3[scale][-1]
        torch.testing.assert_close(learnt.weight[1], taught.weight[1])
        torch.testing.assert_close(learnt.weight[2], taught.weight[0])
        torch.testing.assert_close(learnt.bias[2], taught.bias[0])
        torch.testing.assert_close(learnt.weight[0], untouched[0])


def test_a_model_of_another_width_is_left_alone() -> None:
    old, new = model(2), model(2, width=6)
    before = new.model[-1].cv3[0][-1].weight.detach().clone()
    carry_classes(old, new, ["pothole", "crack"], ["pothole", "crack"])
    torch.testing.assert_close(new.model[-1].cv3[0][-1].weight, before)
