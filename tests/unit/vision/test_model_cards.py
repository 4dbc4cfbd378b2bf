from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from vision.detectors.weights import SHIPPED_DIR, SHIPPED_ROAD, SHIPPED_ROADSIDE
from vision.errors import ConfigError, ModelError
from vision.model_cards import card_of, choose_weights, read_cards


def test_each_shipped_model_has_a_card_and_no_default_is_for_research_only() -> None:
    cards = read_cards()
    assert {SHIPPED_ROAD, SHIPPED_ROADSIDE} <= {card.weights for card in cards if card.default}
    assert not any(card.default and card.research_only for card in cards)
    assert all(card.research_only == ("research" in card.name) for card in cards)
    for card in cards:
        assert card.text.startswith(f"# Model card: `{card.weights.name}`")
        assert card.data


def test_weights_without_a_card_or_with_a_broken_one_are_told(tmp_path: Path) -> None:
    (tmp_path / "mine.pt").write_bytes(b"")
    with pytest.raises(ModelError, match=r"mine\.pt has no card"):
        read_cards(tmp_path)
    (tmp_path / "mine.md").write_text("# Model card")
    with pytest.raises(ModelError, match="TOML between"):
        read_cards(tmp_path)
    text = (SHIPPED_DIR / "road.md").read_text().replace("figure =", "figures =", 1)
    (tmp_path / "mine.md").write_text(text)
    with pytest.raises(ModelError, match="its keys are"):
        read_cards(tmp_path)


def test_a_name_that_no_model_has_lists_those_that_there_are() -> None:
    with pytest.raises(ConfigError, match="road, roadside"):
        card_of("rails")


def test_models_for_research_are_refused_unless_allowed(tmp_path: Path) -> None:
    for given in (tmp_path / "roadside-research", SHIPPED_DIR / "roadside-research.pt"):
        with pytest.raises(ConfigError, match=r"models\.research = true"):
            choose_weights(given, research=False)
        assert choose_weights(given, research=True) == SHIPPED_DIR / "roadside-research.pt"


def test_a_name_or_a_file_of_ones_own_chooses_weights(tmp_path: Path) -> None:
    assert choose_weights(None, research=False) is None
    assert choose_weights(tmp_path / "road", research=False) == SHIPPED_ROAD
    own = tmp_path / "road"
    shutil.copy(SHIPPED_ROAD, own)
    assert choose_weights(own, research=False) == own
    assert choose_weights(tmp_path / "missing.pt", research=False) == tmp_path / "missing.pt"
