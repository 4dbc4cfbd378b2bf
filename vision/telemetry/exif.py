"""Reads the GPS positions in geotagged stills: a folder of them, or one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from vision.errors import TelemetryError
from vision.telemetry.csv_table import utc_nanoseconds
from vision.types import TelemetryTrack, frozen

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp")


@dataclass(frozen=True, slots=True)
class _Geotag:
    """One still's position in WGS 84, its 1 sigma radial error in metres (NaN: not said), its UTC time if it says."""

    latitude_deg: float
    longitude_deg: float
    horizontal_error_m: float
    utc_ns: int | None


class ExifReader:
    """A TelemetryReader for stills with a GPS position in EXIF, or in XMP where EXIF has none.

    Tags as in CIPA DC-008 (Exif 3.0), section 4.6.6. The time is the GPS time (UTC), else the camera's time where it
    states its zone; a camera's time without a zone isn't used. ``GPSHPositioningError`` is taken as 1 sigma radial.
    Stills without a position are passed over. Every position carries its file's name, so that footage made of the same
    stills is matched by name and needs no clock.
    """

    name = "exif"
    expects = "an image, or a folder of images, with GPS positions in EXIF"

    def can_read(self, path: Path) -> bool:
        """Tell whether it is a geotagged image, or a folder that holds one."""
        return any(_geotag(image) is not None for image in _images(path))

    def read(self, path: Path) -> TelemetryTrack:
        """Read every image's tags.

        Raises:
            TelemetryError: No image has a position.
        """
        images = _images(path)
        tags = [(index, _geotag(image)) for index, image in enumerate(images)]
        tagged = [(index, tag) for index, tag in tags if tag is not None]
        if not tagged:
            raise TelemetryError(
                f"none of the {len(images)} images in {path.name} has a GPS position: geotag them first"
            )
        utc_ns = [tag.utc_ns for _, tag in tagged if tag.utc_ns is not None]
        all_timed = len(utc_ns) == len(tagged)
        return TelemetryTrack(
            source=f"{self.name} {path.name}",
            utc_ns=frozen(np.array(utc_ns, dtype=np.int64)) if all_timed else None,
            frame_index=None if all_timed else frozen(np.array([index for index, _ in tagged], dtype=np.int64)),
            latitude_deg=frozen(np.array([tag.latitude_deg for _, tag in tagged])),
            longitude_deg=frozen(np.array([tag.longitude_deg for _, tag in tagged])),
            horizontal_error_m=frozen(np.array([tag.horizontal_error_m for _, tag in tagged])),
            image_names=tuple(images[index].name for index, _ in tagged),
        )


def _images(path: Path) -> list[Path]:
    """Give the images of a folder by name, or the one image."""
    candidates = sorted(path.iterdir()) if path.is_dir() else [path]
    return [file for file in candidates if file.suffix.lower() in IMAGE_SUFFIXES and file.is_file()]


def _geotag(image: Path) -> _Geotag | None:
    """Read one still's tags; None where it has no position, or can't be opened (decoding will say so)."""
    try:
        with Image.open(image) as opened:
            exif = opened.getexif()
            gps = exif.get_ifd(IFD.GPSInfo)
            camera = {**exif, **exif.get_ifd(IFD.Exif)}
            position = _exif_position(gps) or _xmp_position(opened.info.get("xmp", b""))
    except (OSError, SyntaxError, ValueError):
        return None
    if position is None or position == (0.0, 0.0):
        return None
    error_m = _number(gps.get(GPS.GPSHPositioningError))
    return _Geotag(*position, error_m if error_m is not None and error_m > 0 else float("nan"), _utc_ns(gps, camera))


def _exif_position(gps: Mapping[int, Any]) -> tuple[float, float] | None:
    latitude = _degrees(gps.get(GPS.GPSLatitude), gps.get(GPS.GPSLatitudeRef), 90.0)
    longitude = _degrees(gps.get(GPS.GPSLongitude), gps.get(GPS.GPSLongitudeRef), 180.0)
    return None if latitude is None or longitude is None else (latitude, longitude)


def _degrees(parts: Any, hemisphere: Any, limit: float) -> float | None:
    """Give signed degrees from (degrees, minutes, seconds) and N, S, E or W; None for anything else."""
    if not isinstance(parts, tuple) or len(parts) != 3 or not isinstance(hemisphere, str):
        return None
    numbers = [_number(part) for part in parts]
    sign = {"N": 1.0, "E": 1.0, "S": -1.0, "W": -1.0}.get(hemisphere.strip("\0 ").upper())
    if sign is None or any(number is None for number in numbers):
        return None
    value = sum((number or 0.0) / scale for number, scale in zip(numbers, (1.0, 60.0, 3600.0), strict=True))
    return sign * value if 0.0 <= value <= limit else None


def _xmp_position(xmp: bytes) -> tuple[float, float] | None:
    """Read ``exif:GPSLatitude`` and its like, written ``D,M.mN`` or ``D,M,SN`` (XMP part 2, section 2.2)."""
    values = []
    for tag, limit in ((b"GPSLatitude", 90.0), (b"GPSLongitude", 180.0)):
        pattern = rb"exif:" + tag + rb"(?:=\"|>)(\d+),(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?([NSEW])"
        match = re.search(pattern, xmp)
        if match is None:
            return None
        degrees, minutes, seconds, hemisphere = match.groups()
        parts = (float(degrees), float(minutes), float(seconds or 0.0))
        value = _degrees(parts, hemisphere.decode(), limit)
        if value is None:
            return None
        values.append(value)
    return values[0], values[1]


def _utc_ns(gps: Mapping[int, Any], camera: Mapping[int, Any]) -> int | None:
    """Give the time of the still in nanoseconds since 1970 UTC, if it says."""
    date, clock = gps.get(GPS.GPSDateStamp), gps.get(GPS.GPSTimeStamp)
    if isinstance(date, str) and isinstance(clock, tuple) and len(clock) == 3:
        day = _moment(date.replace("-", ":") + " 00:00:00")
        hours, minutes, seconds = (_number(part) for part in clock)
        if day is not None and hours is not None and minutes is not None and seconds is not None:
            return utc_nanoseconds(day + timedelta(hours=hours, minutes=minutes, seconds=seconds))
    zone = camera.get(Base.OffsetTimeOriginal) or camera.get(Base.OffsetTime)
    taken = _moment(camera.get(Base.DateTimeOriginal))
    if taken is None or not isinstance(zone, str):
        return None
    try:
        return utc_nanoseconds(datetime.fromisoformat(f"{taken.isoformat()}{zone.strip(chr(0) + ' ')}"))
    except ValueError:
        return None


def _moment(text: Any) -> datetime | None:
    """Read EXIF's ``YYYY:MM:DD HH:MM:SS``."""
    try:
        return datetime.strptime(text.strip("\0 "), "%Y:%m:%d %H:%M:%S") if isinstance(text, str) else None
    except ValueError:
        return None


def _number(value: Any) -> float | None:
    """Give a finite number; None for a missing one, or for a rational over zero."""
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if np.isfinite(number) else None
