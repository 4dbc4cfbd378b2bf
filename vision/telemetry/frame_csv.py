"""Reads a CSV with a latitude and a longitude for each frame, or each moment, of the footage."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vision.errors import TelemetryError
from vision.telemetry.csv_table import CsvTable, read_header, read_table, read_when
from vision.types import Float, TelemetryTrack, frozen

_LATITUDE = ("latitude", "lat", "latitude_deg", "lat_deg", "gps_latitude", "gps_lat", "gpslatitude", "latitude_wgs84")
_LONGITUDE = (
    *("longitude", "lon", "lng", "long", "longitude_deg", "lon_deg", "lng_deg"),
    *("gps_longitude", "gps_lon", "gps_lng", "gps_long", "gpslongitude", "longitude_wgs84"),
)
_ERROR = (
    *("horizontal_error_m", "horizontal_accuracy_m", "horizontal_accuracy", "position_error_m", "error_m"),
    *("accuracy_m", "accuracy", "gps_accuracy_m", "gps_accuracy", "hacc", "h_acc", "h_accuracy"),
)


class FrameCsvReader:
    """A TelemetryReader for per-frame positions in WGS 84.

    A row without a position is a frame without a fix, and so is one at exactly 0°, 0°, which receivers write before
    their first fix. An accuracy column is taken as 1 sigma radial, in metres, as Android and iOS define theirs.
    """

    name = "frame_csv"
    expects = "a CSV with 'latitude' and 'longitude', and 'frame', 'time_s' or 'utc_time'"

    def can_read(self, path: Path) -> bool:
        """Tell whether it is a CSV with a latitude or a longitude column."""
        names = read_header(path)
        return any(name in names for name in (*_LATITUDE, *_LONGITUDE))

    def read(self, path: Path) -> TelemetryTrack:
        """Read the whole file.

        Raises:
            TelemetryError: Columns are missing, a row can't be read, or fewer than two rows have a position.
        """
        table = read_table(path)
        latitude, longitude = _positions(table)
        fixed = np.flatnonzero(np.isfinite(latitude) & ((latitude != 0) | (longitude != 0)))
        if len(fixed) < 2:
            raise TelemetryError(f"{path.name} has {len(fixed)} rows with a position: at least two are needed")
        when = read_when(table.take(fixed))
        error_column = table.find(_ERROR)
        error = None
        if error_column is not None:
            error = table.numbers(error_column)[fixed]
            error[~(error > 0)] = np.nan
        return TelemetryTrack(
            source=f"{self.name} {path.name}",
            utc_ns=when.utc_ns,
            footage_ns=when.footage_ns,
            frame_index=when.frame_index,
            latitude_deg=frozen(latitude[fixed]),
            longitude_deg=frozen(longitude[fixed]),
            horizontal_error_m=None if error is None else frozen(error),
        )


def _positions(table: CsvTable) -> tuple[Float, Float]:
    """Give latitude and longitude in degrees, both NaN where there is no fix."""
    latitude_column, longitude_column = table.find(_LATITUDE), table.find(_LONGITUDE)
    if latitude_column is None or longitude_column is None:
        missing = "latitude" if latitude_column is None else "longitude"
        raise TelemetryError(
            f"{table.path.name} has no column for the {missing}: it has {', '.join(table.names)}; name one '{missing}'"
        )
    latitude, longitude = table.numbers(latitude_column), table.numbers(longitude_column)
    halves = np.flatnonzero(np.isfinite(latitude) != np.isfinite(longitude))
    if len(halves):
        raise table.row_error(int(halves[0]), "it has a latitude or a longitude, but not both")
    for values, limit, word in ((latitude, 90.0, "latitude"), (longitude, 180.0, "longitude")):
        outside = np.flatnonzero(np.abs(values) > limit)
        if len(outside):
            row = int(outside[0])
            raise table.row_error(row, f"{word} {values[row]:g} is beyond {limit:g} degrees; are the columns swapped?")
    return latitude, longitude
