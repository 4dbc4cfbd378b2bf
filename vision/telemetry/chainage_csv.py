"""Reads a CSV with the chainage of each frame: a road section and an offset along it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vision.errors import TelemetryError
from vision.telemetry.csv_table import read_header, read_table, read_when
from vision.types import TelemetryTrack, frozen

_METRES = (
    *("chainage_m", "chainage", "offset_m_in_section", "offset_m", "offset", "section_offset_m", "section_offset"),
    *("station_m", "stationing_m", "stationing", "station", "position_on_route_m"),
)
_KILOMETRES = ("chainage_km", "offset_km", "station_km", "stationing_km", "km", "kp", "pk")
_ROUTE = (
    *("route", "section", "road", "route_name", "section_name", "road_name", "route_id", "section_id", "road_id"),
    *("route_no", "section_no", "road_no", "link"),
)


class ChainageCsvReader:
    """A TelemetryReader for survey runs that are located by road section and offset, not by GNSS.

    Offsets count metres from the start of the section; gaps between rows are taken as real. A file may cover several
    sections. A row without an offset is a frame without a place.
    """

    name = "chainage_csv"
    expects = "a CSV with 'chainage_m' (and 'route'), and 'frame', 'time_s' or 'utc_time'"

    def can_read(self, path: Path) -> bool:
        """Tell whether it is a CSV with a column of offsets along a road."""
        names = read_header(path)
        return any(name in names for name in (*_METRES, *_KILOMETRES))

    def read(self, path: Path) -> TelemetryTrack:
        """Read the whole file.

        Raises:
            TelemetryError: Columns are missing, a row can't be read, or fewer than two rows have an offset.
        """
        table = read_table(path)
        metres, kilometres = table.find(_METRES), table.find(_KILOMETRES)
        if metres is not None:
            chainage = table.numbers(metres)
        elif kilometres is not None:
            chainage = table.numbers(kilometres) * 1000.0
        else:
            raise TelemetryError(
                f"{path.name} has no column of offsets: it has {', '.join(table.names)}; name one 'chainage_m'"
            )
        placed = np.flatnonzero(np.isfinite(chainage))
        if len(placed) < 2:
            raise TelemetryError(f"{path.name} has {len(placed)} rows with an offset: at least two are needed")
        when = read_when(table.take(placed))
        route_column = table.find(_ROUTE)
        names = [] if route_column is None else [table.texts(route_column)[row] for row in placed]
        if any(names) and not all(names):
            raise table.row_error(int(placed[names.index("")]), "it has an offset but no road section")
        return TelemetryTrack(
            source=f"{self.name} {path.name}",
            utc_ns=when.utc_ns,
            footage_ns=when.footage_ns,
            frame_index=when.frame_index,
            chainage_m=frozen(chainage[placed]),
            route=names[0] if len(set(names)) == 1 and names[0] else None,
            routes=tuple(names) if len(set(names)) > 1 else None,
        )
