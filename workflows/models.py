"""What ``walkdown models`` shows: the models that come with the program, and their cards."""

from __future__ import annotations

from vision.detectors.weights import weights_sha256
from vision.model_cards import read_cards
from workflows.listing import Row


def model_rows(research: bool) -> list[Row]:
    """Give a row for each shipped model.

    Args:
        research: Whether the settings allow models for research only.

    Raises:
        ModelError: A card is missing or broken.
    """
    return [
        {
            "model": card.name,
            "finds": card.finds,
            "domain": card.domain,
            "use": "by default" if card.default else "by name in the settings",
            "research_only": card.research_only,
            "usable": research or not card.research_only,
            "trained_on": [f"{one.name}: {one.licence}" for one in card.data],
            "figure": card.figure,
            "megabytes": round(card.weights.stat().st_size / 1e6, 1),
            "sha256": weights_sha256(card.weights),
            "classes": list(card.classes),
        }
        for card in read_cards()
    ]


def model_table(rows: list[Row]) -> list[Row]:
    """Give the rows as a person reads them."""
    return [
        {
            "model": row["model"],
            "finds": row["finds"],
            "use": row["use"] if row["usable"] else "research only: set models.research = true",
            "figure": row["figure"],
            "MB": row["megabytes"],
            "sha256": row["sha256"][:12],
        }
        for row in rows
    ]
