"""The drawings of a report as numbers: lines, marks and bands that a template puts on the page as they are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from vision.types import CoverageState

Level = Literal["high", "medium", "low", "not_graded"]
"""Severity by the upper end of its interval, so that what one camera can't tell counts as the worse."""

LEVELS: tuple[Level, ...] = ("high", "medium", "low", "not_graded")

Polygon = tuple[tuple[float, float], ...]


class Frozen(BaseModel):
    """Base of the report's values; bytes become base64 where the content is written as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")


class MapLine(Frozen):
    """A piece of route: in drawing units for paper, in [latitude, longitude] for the screen map."""

    state: CoverageState
    title: str
    points: Polygon
    latlon: Polygon


class MapMark(Frozen):
    """A finding on the map; ``numbered`` where there is room for its number on paper."""

    number: int
    level: Level
    still_open: bool
    title: str
    x: float
    y: float
    latitude_deg: float
    longitude_deg: float
    position_error_m: float | None
    numbered: bool


class MapLabel(Frozen):
    """A chainage post: where it stands, and where its words have room."""

    text: str
    x: float
    y: float
    text_x: float
    text_y: float
    latitude_deg: float
    longitude_deg: float


class MapDrawing(Frozen):
    """A map without tiles, north up, 1000 units wide. Marks stand in the order to paint: numbers over dots."""

    width: float
    height: float
    lines: tuple[MapLine, ...]
    marks: tuple[MapMark, ...]
    labels: tuple[MapLabel, ...]
    scale_bar_m: float
    scale_bar_width: float
    unplaced: int


class StripBand(Frozen):
    """Coverage along one row: ``x`` in percent of the row's width, ``lane`` 0 or 1 from the top."""

    state: CoverageState
    x1: float
    x2: float
    lane: int
    title: str


class StripMark(Frozen):
    """A finding on a strip: ``x`` in percent, ``y`` in pixels from the row's top."""

    number: int
    level: Level
    still_open: bool
    title: str
    x: float
    y: float
    numbered: bool


class StripTick(Frozen):
    """A tick of the axis along the road; ``text`` is None for one without words."""

    x: float
    text: str | None


class StripRow(Frozen):
    """One row of a strip diagram, with marks in the order to paint.

    ``width`` is the part that is road, in percent: the last row may be shorter.
    """

    start_text: str
    end_text: str
    width: float
    ticks: tuple[StripTick, ...]
    bands: tuple[StripBand, ...]
    marks: tuple[StripMark, ...]


class StripDrawing(Frozen):
    """A straight-line diagram of a road, or of a footage's time where no position is known.

    Attributes:
        title: Route, or the footage's name.
        axis: What runs from left to right.
        lateral_max_m: Half the height of the drawing in metres; None where there is no lateral axis.
        lanes: Coverage lanes, from the top: ``forward``, ``backward``, or one without a name.
        rows: In order along the road.
        unplaced: Findings of this road that can't be put on the strip.
    """

    title: str
    axis: Literal["chainage", "distance", "time"]
    lateral_max_m: float | None
    lanes: tuple[str, ...]
    rows: tuple[StripRow, ...]
    unplaced: int


class TileSource(Frozen):
    """A tile server that a reader may switch on.

    ``needs_referer``: the server refuses pages that are opened as a file, since those send no Referer. This is so of
    openstreetmap.org (https://operations.osmfoundation.org/policies/tiles/).
    """

    name: str
    url: Annotated[str, Field(pattern=r"^https://[^/{}'\";,\s]+/\S*\{z\}\S*$")]
    attribution: str
    max_zoom: int
    needs_referer: bool

    @property
    def origin(self) -> str:
        """Scheme and host: what the page's content policy must allow."""
        return "/".join(self.url.split("/")[:3])


OPENSTREETMAP = TileSource(
    name="OpenStreetMap",
    url="https://tile.openstreetmap.org/{z}/{x}/{y}.png",
    attribution="© OpenStreetMap contributors",
    max_zoom=19,
    needs_referer=True,
)
