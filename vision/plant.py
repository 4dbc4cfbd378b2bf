"""A plant: the lines, stations and assets that plant.toml names, and what each kind of part may bear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["low", "medium", "high"]
Travel = Literal["right", "left", "up", "down"]
PartIdKind = Literal["qr", "aruco", "apriltag", "count"]


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the picture, in fractions of its width and height from the upper left corner."""

    left: float
    top: float
    right: float
    bottom: float

    def in_pixels(self, width_px: int, height_px: int) -> tuple[int, int, int, int]:
        """Give left, top, right, bottom in whole pixels, half-open; at least one pixel each way."""
        left = min(round(self.left * width_px), width_px - 1)
        top = min(round(self.top * height_px), height_px - 1)
        right = max(round(self.right * width_px), left + 1)
        bottom = max(round(self.bottom * height_px), top + 1)
        return left, top, right, bottom


@dataclass(frozen=True, slots=True)
class Limit:
    """What is acceptable of one kind of defect on a part; what exceeds any bound rejects the part.

    Attributes:
        defect: The kind, as the surface detector calls it.
        severity: Of a defect beyond the limit.
        max_length_mm: Along its longest axis.
        max_width_mm: Across that.
        max_area_mm2: Of its outline.
        max_count: Defects of this kind on one part.
    """

    defect: str
    severity: Level = "medium"
    max_length_mm: float | None = None
    max_width_mm: float | None = None
    max_area_mm2: float | None = None
    max_count: int | None = None


@dataclass(frozen=True, slots=True)
class PartClass:
    """A kind of part; a kind of defect without a limit is never acceptable on it.

    Attributes:
        name: Unique in the plant.
        limits: Of kinds of defects, one each.
        defects: Kinds that are looked for; empty: all that the surface model finds.
    """

    name: str
    limits: tuple[Limit, ...]
    defects: tuple[str, ...] = ()

    def limit(self, defect: str) -> Limit | None:
        """Give the limit of a kind of defect, if there is one."""
        return next((limit for limit in self.limits if limit.defect == defect), None)


@dataclass(frozen=True, slots=True)
class Watch:
    """Equipment on a fixed crop, whose state is told by a few-shot model.

    Attributes:
        name: Such as ``pump P-3 leak``.
        region: Where in the picture.
        states: Name or file of the state model.
        sound: States that are as they should be; any other is a finding.
        severity: Of that finding.
    """

    name: str
    region: Region
    states: str
    sound: tuple[str, ...]
    severity: Level


@dataclass(frozen=True, slots=True)
class Station:
    """One fixed camera over a line.

    Attributes:
        name: Unique in the plant.
        line: Name of its line.
        asset: What stands there, such as ``Conveyor C-07``.
        criticality: Of the asset.
        part_class: Name of the kind of part that passes.
        region: Where parts are seen.
        mm_per_px: At the belt's plane; None where sizes can't be said in mm.
        travel: The way that parts move in the picture.
        part_id: What tells one part from another; ``count`` numbers them.
        surface: Whether the surface detector looks at parts.
        belt: Folder with pictures of the empty belt; None to learn it from the footage's beginning.
        anomaly: Name or file of a trained anomaly model.
        camera: Footage or stream of this station.
        watches: Equipment in the picture.
    """

    name: str
    line: str
    asset: str
    criticality: Level
    part_class: str
    region: Region
    mm_per_px: float | None
    travel: Travel
    part_id: PartIdKind
    surface: bool
    belt: str | None = None
    anomaly: str | None = None
    camera: str | None = None
    watches: tuple[Watch, ...] = ()


@dataclass(frozen=True, slots=True)
class Plant:
    """A factory; at least one station, each name once, each station's part class among the classes."""

    name: str
    stations: tuple[Station, ...]
    part_classes: tuple[PartClass, ...]

    def station(self, name: str) -> Station | None:
        """Give the station of a name, if the plant has it."""
        return next((station for station in self.stations if station.name == name), None)

    def part_class(self, name: str) -> PartClass | None:
        """Give the part class of a name, if the plant has it."""
        return next((one for one in self.part_classes if one.name == name), None)
