"""Train on sets that label different classes: what a set doesn't label is not background in it.

A picture of a set that labels potholes alone says nothing of the cracks in it. The classification loss leaves such
classes out, picture by picture, and mosaics are made of pictures that label the same classes.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from vision.errors import ConfigError
from vision.training.yolo_dataset import set_of


class LabelledClasses:
    """Which classes each set of a merged dataset labels.

    Args:
        by_set: Set -> names of the classes that all its pictures label.
        names: Classes of the model, by id.

    Raises:
        ConfigError: A set labels a class that the model doesn't have.
    """

    def __init__(self, by_set: Mapping[str, Sequence[str]], names: Sequence[str]) -> None:
        unknown = {name for labelled in by_set.values() for name in labelled} - set(names)
        if unknown:
            raise ConfigError(f"labelled classes that are not among the model's names: {', '.join(sorted(unknown))}")
        self._rows = {
            key: torch.tensor([name in labelled for name in names], dtype=torch.float32)
            for key, labelled in by_set.items()
        }
        self._all = torch.ones(len(names))

    def rows(self, pictures: Sequence[str]) -> Tensor:
        """Give (B, classes) float32: 1 where a picture labels a class, else 0."""
        return torch.stack([self._rows.get(set_of(picture), self._all) for picture in pictures])

    def groups(self, pictures: Sequence[str]) -> list[list[int]]:
        """Give for each picture the indexes of those that label the same classes, itself among them."""
        members: dict[tuple[float, ...], list[int]] = defaultdict(list)
        keys = [tuple(self._rows.get(set_of(picture), self._all).tolist()) for picture in pictures]
        for index, key in enumerate(keys):
            members[key].append(index)
        return [members[key] for key in keys]


class LabelledBce(nn.Module):
    """Binary cross-entropy over classes, without those that a picture doesn't label."""

    def __init__(self, bce: nn.Module) -> None:
        super().__init__()
        self.bce = bce
        self.labelled: Tensor | None = None

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor:
        """Give (B, anchors, classes) losses, of logits and targets of that shape."""
        losses: Tensor = self.bce(scores, targets)
        return losses if self.labelled is None else losses * self.labelled[:, None, :].to(losses)


def leave_out_unlabelled(model: Any, labelled: LabelledClasses, pictures: Sequence[str]) -> None:
    """Tell a model's loss which classes the pictures of the next batch label.

    Args:
        model: An ultralytics model in training.
        labelled: Of the dataset.
        pictures: Files of the batch, in order.
    """
    if getattr(model, "criterion", None) is None:
        model.criterion = model.init_criterion()
    if not isinstance(model.criterion.bce, LabelledBce):
        model.criterion.bce = LabelledBce(model.criterion.bce)
    model.criterion.bce.labelled = labelled.rows(pictures)


def mosaic_within_groups(dataset: Any, groups: Sequence[Sequence[int]]) -> None:
    """Make an ultralytics dataset's mosaics of pictures that label the same classes.

    Args:
        dataset: With its transforms built; its picture files are ``im_files``.
        groups: By picture, the indexes to choose from.
    """
    drawn = {"index": 0}
    get = dataset.get_image_and_label

    def draw(index: int) -> Any:
        drawn["index"] = index
        return get(index)

    dataset.get_image_and_label = draw
    for transform in _mosaics(dataset.transforms):
        others = int(transform.n) - 1

        def choose(others: int = others) -> list[int]:
            # called right after the picture in the middle was drawn, before any other
            return random.choices(groups[drawn["index"]], k=others)

        transform.get_indexes = choose


def _mosaics(transform: Any) -> list[Any]:
    found = [transform] if type(transform).__name__ == "Mosaic" else []
    for part in getattr(transform, "transforms", []):
        found += _mosaics(part)
    return found
