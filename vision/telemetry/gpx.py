"""Reads GPX 1.0 and 1.1 tracks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gpxpy
import gpxpy.gpx
import numpy as np

from vision.errors import TelemetryError
from vision.telemetry.csv_table import utc_nanoseconds
from vision.types import TelemetryTrack, frozen


class GpxReader:
    """A TelemetryReader for the points of all tracks of a GPX file, by time.

    Times are UTC, as the schema demands (https://www.topografix.com/GPX/1/1/, type wptType). Where the file has no
    tracks, timed way-points are taken, as some dash cameras write them. Points without a time, with ``<fix>none</fix>``
    or at exactly 0°, 0° are passed over. The file's HDOP isn't a length, so it gives no error in metres.
    """

    name = "gpx"
    expects = "a GPX track with times"

    def can_read(self, path: Path) -> bool:
        """Tell by the suffix, or by a ``<gpx`` near the file's start."""
        if not path.is_file():
            return False
        if path.suffix.lower() == ".gpx":
            return True
        try:
            with path.open("rb") as file:
                return b"<gpx" in file.read(2048)
        except OSError:
            return False

    def read(self, path: Path) -> TelemetryTrack:
        """Read the whole file.

        Raises:
            TelemetryError: It can't be read, isn't XML or GPX, has no points, no times, or one usable point only.
        """
        points = list(_points(_parse(path)))
        if not points:
            raise TelemetryError(
                f"{path.name} is a GPX file without a track point: record the drive again, or export it"
            )
        timed = [point for point in points if point.time is not None]
        if not timed:
            raise TelemetryError(
                f"{path.name} has {len(points)} points but no times (a planned route?): export the recorded track"
            )
        usable = [p for p in timed if p.type_of_gpx_fix != "none" and (p.latitude, p.longitude) != (0.0, 0.0)]
        if len(usable) < 2:
            raise TelemetryError(
                f"{path.name} has {len(usable)} usable point{'' if len(usable) == 1 else 's'} with a time: "
                "at least two are needed to follow a drive"
            )
        utc_ns = np.array([utc_nanoseconds(point.time) for point in usable], dtype=np.int64)
        latitude = np.array([point.latitude for point in usable], dtype=np.float64)
        longitude = np.array([point.longitude for point in usable], dtype=np.float64)
        outside = np.flatnonzero((np.abs(latitude) > 90.0) | (np.abs(longitude) > 180.0))
        if len(outside):
            at = outside[0]
            raise TelemetryError(f"{path.name}: point lat={latitude[at]:g} lon={longitude[at]:g} is not on the globe")
        order = np.argsort(utc_ns, kind="stable")
        return TelemetryTrack(
            source=f"{self.name} {path.name}",
            utc_ns=frozen(utc_ns[order]),
            latitude_deg=frozen(latitude[order]),
            longitude_deg=frozen(longitude[order]),
        )


def _parse(path: Path) -> Any:
    try:
        content = path.read_bytes()
    except OSError as err:
        raise TelemetryError(f"{path.name} can't be read: {err.strerror or err}") from err
    if not content.strip():
        raise TelemetryError(f"{path.name} is empty: record the drive again, or export it")
    try:
        return gpxpy.parse(content)
    except (gpxpy.gpx.GPXException, ValueError, LookupError) as err:
        raise TelemetryError(
            f"{path.name} is not well-formed GPX ({err}): it may be cut off or damaged; export it again"
        ) from err


def _points(document: Any) -> Iterator[Any]:
    """Give the points of every track, or the way-points of a file without tracks."""
    in_tracks = [point for track in document.tracks for segment in track.segments for point in segment.points]
    yield from in_tracks or document.waypoints or (point for route in document.routes for point in route.points)
