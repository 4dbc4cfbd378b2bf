from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from vision.errors import TelemetryError
from vision.telemetry.exif import ExifReader

PLACE = {
    GPS.GPSLatitudeRef: "S",
    GPS.GPSLatitude: (30.0, 1.0, 12.0),
    GPS.GPSLongitudeRef: "W",
    GPS.GPSLongitude: (51.0, 30.0, 0.0),
}
TIME = {GPS.GPSDateStamp: "2025:05:21", GPS.GPSTimeStamp: (5.0, 34.0, 0.5)}


def still(path: Path, gps: dict[Any, Any] | None = None, camera: dict[Any, Any] | None = None) -> Path:
    picture = Image.new("RGB", (8, 8))
    exif = picture.getexif()
    if gps is not None:
        exif.get_ifd(IFD.GPSInfo).update(gps)
    if camera is not None:
        exif.get_ifd(IFD.Exif).update(camera)
    picture.save(path, exif=exif.tobytes())
    return path


def test_reads_the_place_the_time_and_the_error_of_one_image(tmp_path: Path) -> None:
    path = still(tmp_path / "a.jpg", {**PLACE, **TIME, GPS.GPSHPositioningError: 3.5})
    track = ExifReader().read(path)
    assert track.latitude_deg is not None
    assert track.longitude_deg is not None
    assert track.latitude_deg[0] == pytest.approx(-30.02)
    assert track.longitude_deg[0] == pytest.approx(-51.5)
    assert track.utc_ns is not None
    assert track.utc_ns.tolist() == [1747805640_500_000_000]
    assert track.horizontal_error_m is not None
    assert track.horizontal_error_m.tolist() == [3.5]
    assert track.image_names == ("a.jpg",)


def test_a_folder_gives_its_geotagged_images_in_order_of_their_names(tmp_path: Path) -> None:
    for name, minutes in (("b.jpg", 2.0), ("a.jpg", 1.0), ("d.png", 4.0)):
        still(tmp_path / name, {**PLACE, **TIME, GPS.GPSLatitude: (30.0, minutes, 0.0)})
    still(tmp_path / "c.jpg")
    (tmp_path / "broken.jpg").write_bytes(b"not a picture")
    (tmp_path / "notes.txt").write_text("hello")
    track = ExifReader().read(tmp_path)
    assert track.image_names == ("a.jpg", "b.jpg", "d.png")
    assert track.latitude_deg is not None
    assert np.allclose(track.latitude_deg, [-30 - 1 / 60, -30 - 2 / 60, -30 - 4 / 60])
    assert track.horizontal_error_m is not None
    assert np.isnan(track.horizontal_error_m).all()


def test_a_camera_time_counts_only_with_its_zone(tmp_path: Path) -> None:
    with_zone = {Base.DateTimeOriginal: "2025:05:21 11:04:00", Base.OffsetTimeOriginal: "+05:30"}
    track = ExifReader().read(still(tmp_path / "a.jpg", PLACE, with_zone))
    assert track.utc_ns is not None
    assert track.utc_ns.tolist() == [1747805640_000_000_000]
    track = ExifReader().read(still(tmp_path / "b.jpg", PLACE, {Base.DateTimeOriginal: "2025:05:21 11:04:00"}))
    assert track.utc_ns is None
    assert track.frame_index is not None


@pytest.mark.parametrize(
    "gps",
    [
        {},
        {**PLACE, GPS.GPSLatitudeRef: ""},
        {**PLACE, GPS.GPSLatitude: (120.0, 0.0, 0.0)},
        {**PLACE, GPS.GPSLatitude: (0.0, 0.0, 0.0), GPS.GPSLongitude: (0.0, 0.0, 0.0)},
        {GPS.GPSLatitude: (30.0, 1.0, 12.0)},
    ],
)
def test_an_image_without_a_whole_position_is_not_telemetry(tmp_path: Path, gps: dict[Any, Any]) -> None:
    path = still(tmp_path / "a.jpg", gps)
    assert not ExifReader().can_read(path)
    with pytest.raises(TelemetryError, match="none of the 1 images"):
        ExifReader().read(path)


def test_xmp_stands_in_where_exif_has_no_position(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    xmp = b'<x:xmpmeta><rdf:Description exif:GPSLatitude="0,4.21601S" exif:GPSLongitude="34,22,30E"/></x:xmpmeta>'
    Image.new("RGB", (8, 8)).save(path, xmp=xmp)
    track = ExifReader().read(path)
    assert track.latitude_deg is not None
    assert track.longitude_deg is not None
    assert track.latitude_deg[0] == pytest.approx(-4.21601 / 60)
    assert track.longitude_deg[0] == pytest.approx(34.375)
