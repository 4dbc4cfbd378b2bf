"""A severity standard as data: what its file must hold."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PositiveFloat, model_validator

from agents.toml_files import Origin, Rules, read_rules
from agents.types import Severity

LEVELS: tuple[Severity, ...] = ("low", "medium", "high")
SHIPPED_STANDARD = "astm_d6433.toml"


class StandardOrigin(Origin):
    """Name and edition of the standard, and how wide an interval its measures get.

    ``sigmas`` is how many standard errors on either side count as still possible.
    """

    sigmas: PositiveFloat


class NearbyRule(Rules):
    """What another finding close by tells about this one.

    ``within_m`` counts from the edge of this finding (half its length, or its radius by area). ``raises_to`` are the
    least values of the two ends of the severity interval; None where the neighbour only tells the cause.
    """

    class_name: str
    within_m: PositiveFloat
    raises_to: tuple[Severity, Severity] | None = None
    because: str
    cause: str | None = None

    @model_validator(mode="after")
    def _ends_are_ordered(self) -> Self:
        if self.raises_to is not None and LEVELS.index(self.raises_to[0]) > LEVELS.index(self.raises_to[1]):
            raise ValueError("raises_to must give the lower end first")
        return self


class ClassRule(Rules):
    """What the rules of all classes have: the standard's own name for the distress, and the neighbours that count."""

    distress: str
    nearby: tuple[NearbyRule, ...] = ()

    @property
    def nearby_within_m(self) -> float:
        """How far beyond its own edge a neighbour may matter; 0 where none does."""
        return max((rule.within_m for rule in self.nearby), default=0.0)


class DiameterDepthRule(ClassRule):
    """A level for each mean diameter and depth (potholes)."""

    rule: Literal["diameter_depth"]
    diameter_edges_mm: tuple[float, ...] = Field(min_length=2)
    depth_edges_mm: tuple[float, ...] = Field(min_length=1)
    levels: tuple[tuple[Severity, ...], ...]
    wider_levels: tuple[Severity, ...]
    wider_count_area_m2: PositiveFloat

    @model_validator(mode="after")
    def _table_fits_its_edges(self) -> Self:
        for edges in (self.diameter_edges_mm, self.depth_edges_mm):
            if any(low >= high for low, high in pairwise(edges)):
                raise ValueError(f"edges {edges} must ascend")
        rows, columns = len(self.depth_edges_mm), len(self.diameter_edges_mm) - 1
        if len(self.levels) != rows or any(len(row) != columns for row in self.levels):
            raise ValueError(f"levels must have {rows} rows (depths) of {columns} columns (diameters)")
        if len(self.wider_levels) != rows:
            raise ValueError(f"wider_levels must have {rows} entries, one a depth")
        return self


class OpeningRule(ClassRule):
    """Levels by how wide a crack stands open."""

    rule: Literal["opening"]
    medium_from_mm: PositiveFloat
    high_above_mm: PositiveFloat

    @model_validator(mode="after")
    def _levels_ascend(self) -> Self:
        if self.medium_from_mm >= self.high_above_mm:
            raise ValueError("medium_from_mm must be below high_above_mm")
        return self


class UnseenRule(ClassRule):
    """Levels that rest on something that a camera at driving height doesn't see: an interval, with what is unseen."""

    rule: Literal["unseen"]
    low: Severity
    high: Severity
    unseen: str

    @model_validator(mode="after")
    def _ends_are_ordered(self) -> Self:
        if LEVELS.index(self.low) > LEVELS.index(self.high):
            raise ValueError("low must not be above high")
        return self


SeverityRule = Annotated[DiameterDepthRule | OpeningRule | UnseenRule, Field(discriminator="rule")]


class Standard(Rules):
    """Severity rules by class name, with where they are from."""

    standard: StandardOrigin
    classes: dict[str, SeverityRule]


def load_standard(path: Path | None = None) -> Standard:
    """Read a severity standard: the shipped ASTM D6433, or a user's own file.

    Raises:
        ConfigError: The file is missing or wrong; the message names file and key.
    """
    return read_rules(Standard, SHIPPED_STANDARD, path)
