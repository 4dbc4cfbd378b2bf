"""Picks the reader for a telemetry file by its content, and finds the file beside the footage."""

from __future__ import annotations

from pathlib import Path

from vision.errors import TelemetryError
from vision.protocols import TelemetryReader
from vision.telemetry.chainage_csv import ChainageCsvReader
from vision.telemetry.csv_table import CSV_SUFFIXES, read_header
from vision.telemetry.exif import IMAGE_SUFFIXES, ExifReader
from vision.telemetry.frame_csv import FrameCsvReader
from vision.telemetry.gpx import GpxReader
from vision.types import TelemetryTrack

READERS: tuple[TelemetryReader, ...] = (GpxReader(), FrameCsvReader(), ChainageCsvReader(), ExifReader())
"""The first that can read a file does; a CSV with positions and chainage is read for its positions."""

_KNOWN = "; ".join(
    f"{reader.name} ({reader.expects})" for reader in (GpxReader, FrameCsvReader, ChainageCsvReader, ExifReader)
)

_SIDECAR_ENDINGS = (".frames.csv", ".gpx", ".csv", ".chainage.csv")
"""Best first: positions by frame need no clock, a GPX does; chainage gives no latitude."""


def read_track(path: Path) -> TelemetryTrack:
    """Read a telemetry file, or the geotags of an image or a folder of images.

    Raises:
        TelemetryError: There is no such file, no reader knows its format, or it holds no usable track.
    """
    if not path.exists():
        raise TelemetryError(f"there is no telemetry file {path}")
    for reader in READERS:
        if reader.can_read(path):
            return reader.read(path)
    raise TelemetryError(f"{_why_unknown(path)}; walkdown reads {_KNOWN}")


def find_sidecar(footage: Path) -> Path | None:
    """Find the telemetry that belongs to footage, where nobody names it.

    Beside ``drive.mp4`` (or a folder ``drive``) that is ``drive.frames.csv``, ``drive.gpx``, ``drive.csv`` or
    ``drive.chainage.csv``, the first there is, whatever the case of its letters. A CSV counts only if it has columns
    that say where. Failing those, a geotagged image or a folder of them is its own telemetry.
    """
    folder, is_folder = footage.parent, footage.is_dir()
    stem = footage.name if is_folder else footage.stem
    beside = {file.name.lower(): file for file in sorted(folder.iterdir())} if folder.is_dir() else {}
    for ending in _SIDECAR_ENDINGS:
        file = beside.get(f"{stem}{ending}".lower())
        if file is None or file == footage or not file.is_file():
            continue
        if file.suffix.lower() != ".csv" or any(reader.can_read(file) for reader in READERS):
            return file
    if (is_folder or footage.suffix.lower() in IMAGE_SUFFIXES) and ExifReader().can_read(footage):
        return footage
    return None


def _why_unknown(path: Path) -> str:
    if path.is_dir():
        return f"no image in the folder {path.name} has a GPS position"
    if path.stat().st_size == 0:
        return f"{path.name} is empty"
    if path.suffix.lower() in CSV_SUFFIXES and any(names := read_header(path)):
        return f"{path.name} has no column that says where: it has {', '.join(names[:20])}"
    return f"{path.name} is of no known telemetry format"
