"""The models that come with walkdown, by what their cards say: ``vision/weights/NAME.md`` stands beside its weights.

A card begins with a block of TOML between two lines of ``+++``: what a program wants to know of the model.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vision.detectors.weights import SHIPPED_DIR
from vision.errors import ConfigError, ModelError

_FENCE = "+++"
_SUFFIXES = (".pt", ".npz")
_KEYS = {"finds", "domain", "default", "research_only", "figure", "classes", "data"}


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """A set that a model was trained on, and its licence in words."""

    name: str
    licence: str


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a shipped model's card says.

    Attributes:
        name: By which settings may call it, such as ``roadside-research``.
        weights: The file.
        finds: In words.
        domain: Such as ``road``.
        default: Whether walkdown uses it unless told otherwise.
        research_only: Whether a set that it was trained on forbids more, or states no licence.
        figure: What is measured of it, in one line; the text says the rest.
        classes: By class id.
        data: What it was trained on.
        text: The card without its first block, Markdown.
    """

    name: str
    weights: Path
    finds: str
    domain: str
    default: bool
    research_only: bool
    figure: str
    classes: tuple[str, ...]
    data: tuple[TrainingSet, ...]
    text: str


def read_cards(folder: Path = SHIPPED_DIR) -> tuple[ModelCard, ...]:
    """Give the cards of the models in a folder: those by default first, then by name.

    Raises:
        ModelError: Weights have no card, or a card isn't in the form that it must have.
    """
    cards = [_read_card(path) for path in sorted(folder.iterdir()) if path.suffix in _SUFFIXES]
    return tuple(sorted(cards, key=lambda card: (not card.default, card.name)))


def card_of(name: str, folder: Path = SHIPPED_DIR) -> ModelCard:
    """Give the card of a model.

    Raises:
        ConfigError: No model of that name is shipped.
        ModelError: See ``read_cards``.
    """
    cards = read_cards(folder)
    found = next((card for card in cards if card.name == name), None)
    if found is None:
        raise ConfigError(f"no model {name!r} comes with walkdown; it brings {', '.join(card.name for card in cards)}")
    return found


def choose_weights(given: Path | None, research: bool, folder: Path = SHIPPED_DIR) -> Path | None:
    """Give the weights file that a setting means: a file, or the name of a shipped model.

    Args:
        given: The setting: an absolute path, whose last part may be a shipped model's name; None for the default.
        research: Whether models for research only may be used.
        folder: Of the shipped models.

    Raises:
        ConfigError: The model is for research only, and that isn't allowed.
    """
    if given is None:
        return None
    name = given.stem if given.parent.resolve() == folder.resolve() else given.name
    shipped = next((card for card in read_cards(folder) if card.name == name), None)
    if shipped is None or (given.is_file() and given.parent.resolve() != folder.resolve()):
        return given
    if shipped.research_only and not research:
        sets = ", ".join(f"{one.name} ({one.licence})" for one in shipped.data)
        raise ConfigError(
            f"the model {shipped.name} is for research only, as it was trained on {sets}: set models.research = true "
            "in walkdown.toml if that is what you do"
        )
    return shipped.weights


def _read_card(weights: Path) -> ModelCard:
    path = weights.with_suffix(".md")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as err:
        raise ModelError(f"{weights.name} has no card {path.name} beside it: {err.strerror or err}") from err
    try:
        if lines[0] != _FENCE:
            raise ValueError("its first line is no +++")
        end = lines.index(_FENCE, 1)
        table: dict[str, Any] = tomllib.loads("\n".join(lines[1:end]))
        if set(table) != _KEYS:
            raise ValueError(f"its keys are {', '.join(sorted(table))}, not {', '.join(sorted(_KEYS))}")
        data = tuple(TrainingSet(one["set"], one["licence"]) for one in table["data"])
    except (ValueError, IndexError, KeyError, TypeError) as err:
        raise ModelError(f"the card {path} doesn't begin with a block of TOML between +++ lines: {err}") from err
    return ModelCard(
        weights.stem, weights, table["finds"], table["domain"], table["default"], table["research_only"],
        table["figure"], tuple(table["classes"]), data, "\n".join(lines[end + 1 :]).strip() + "\n",
    )  # fmt: skip
