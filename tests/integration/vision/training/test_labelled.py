"""What a set doesn't label is not background in its pictures."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from vision.errors import ConfigError
from vision.training.labelled import LabelledBce, LabelledClasses, mosaic_within_groups

NAMES = ("pothole", "crack", "manhole")
PICTURES = ["holes__a__0.jpg", "all__b__0.jpg", "holes__c__0.jpg"]


@pytest.fixture
def labelled() -> LabelledClasses:
    """One set labels potholes alone; the other, everything."""
    return LabelledClasses({"holes": ["pothole"], "all": list(NAMES)}, NAMES)


def test_an_unlabelled_class_teaches_nothing(labelled: LabelledClasses) -> None:
    bce = LabelledBce(torch.nn.BCEWithLogitsLoss(reduction="none"))
    bce.labelled = labelled.rows(PICTURES)
    scores = torch.zeros(3, 5, 3, requires_grad=True)

    bce(scores, torch.zeros(3, 5, 3)).sum().backward()

    assert scores.grad is not None
    taught = (scores.grad != 0).all(dim=1)
    assert taught.tolist() == [[True, False, False], [True, True, True], [True, False, False]]


def test_a_picture_of_no_known_set_labels_all(labelled: LabelledClasses) -> None:
    assert labelled.rows(["elsewhere/other__d__0.jpg"]).tolist() == [[1.0, 1.0, 1.0]]


def test_a_labelled_class_must_be_one_of_the_model() -> None:
    with pytest.raises(ConfigError, match="kerb"):
        LabelledClasses({"holes": ["kerb"]}, NAMES)


def test_a_mosaic_keeps_to_pictures_that_label_the_same(labelled: LabelledClasses) -> None:
    class Mosaic:
        n = 4

        def get_indexes(self) -> list[int]:
            return [0, 1, 2]

    mosaic = Mosaic()
    inner = SimpleNamespace(transforms=[mosaic])
    dataset = SimpleNamespace(get_image_and_label=lambda index: index, transforms=SimpleNamespace(transforms=[inner]))
    mosaic_within_groups(dataset, labelled.groups(PICTURES))

    dataset.get_image_and_label(1)
    assert set(mosaic.get_indexes()) == {1}
    dataset.get_image_and_label(2)
    chosen = {index for _ in range(50) for index in mosaic.get_indexes()}
    assert chosen == {0, 2}
