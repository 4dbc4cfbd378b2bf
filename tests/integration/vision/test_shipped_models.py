from __future__ import annotations

import pytest
import torch

from vision.model_cards import ModelCard, read_cards
from vision.roadside.looks_net import read_looks_net
from vision.ultralytics_import import importing_ultralytics


@pytest.mark.parametrize("card", read_cards(), ids=lambda card: card.name)
def test_a_card_names_the_classes_that_its_weights_have(card: ModelCard) -> None:
    if card.weights.suffix == ".npz":
        assert read_looks_net(card.weights).classes == card.classes
        return
    with importing_ultralytics():
        model = torch.load(card.weights, map_location="cpu", weights_only=False)["model"]
    assert tuple(model.names[index] for index in range(len(model.names))) == card.classes
