"""Places and measures as columns; findings and sightings share their names."""

from __future__ import annotations

from typing import Literal, Protocol

from sqlalchemy import ColumnElement, func
from sqlmodel import col

from infra.tables import FootageRow
from vision.types import Measure, Place


class PlaceColumns(Protocol):
    """What a row with a place has. ``position_error_m`` is None where there is no place."""

    latitude_deg: float | None
    longitude_deg: float | None
    position_error_m: float | None
    route: str | None
    chainage_m: float | None
    lateral_m: float | None
    heading_deg: float | None
    carriageway: str | None


def place_of(row: PlaceColumns) -> Place | None:
    """Give the place of a row."""
    if row.position_error_m is None:
        return None
    return Place(
        row.latitude_deg, row.longitude_deg, row.position_error_m, row.route, row.chainage_m, row.lateral_m,
        row.heading_deg, carriageway_of(row.carriageway),
    )  # fmt: skip


def place_values(place: Place | None) -> dict[str, float | str | None]:
    """Give the columns of a place."""
    return {
        "latitude_deg": place.latitude_deg if place else None,
        "longitude_deg": place.longitude_deg if place else None,
        "position_error_m": place.position_error_m if place else None,
        "route": place.route if place else None,
        "chainage_m": place.chainage_m if place else None,
        "lateral_m": place.lateral_m if place else None,
        "heading_deg": place.heading_deg if place else None,
        "carriageway": place.carriageway if place else None,
    }


def measure_of(value: float | None, error: float | None) -> Measure | None:
    """Give the measure of two columns."""
    return None if value is None or error is None else Measure(value, error)


def carriageway_of(name: str | None) -> Literal["forward", "backward"] | None:
    """Give the direction that a column names."""
    return "forward" if name == "forward" else "backward" if name == "backward" else None


def observed_at() -> ColumnElement[object]:
    """Order footage in time: when it was recorded, or else first met."""
    return func.coalesce(col(FootageRow.recorded_at), col(FootageRow.added_at))
