from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD

from vision.errors import TelemetryError
from vision.telemetry.read import READERS, find_sidecar, read_track

GPX = (
    '<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>'
    '<trkpt lat="1" lon="2"><time>2025-05-21T05:34:00Z</time></trkpt>'
    '<trkpt lat="1" lon="3"><time>2025-05-21T05:34:01Z</time></trkpt></trkseg></trk></gpx>'
)
FRAMES = "frame,lat,lon\n0,1,2\n1,1,3\n"
CHAINAGE = "frame,route,chainage_m\n0,B7,1\n1,B7,2\n"


def geotagged(path: Path) -> Path:
    picture = Image.new("RGB", (8, 8))
    exif = picture.getexif()
    exif.get_ifd(IFD.GPSInfo).update(
        {
            GPS.GPSLatitudeRef: "N",
            GPS.GPSLatitude: (1.0, 0.0, 0.0),
            GPS.GPSLongitudeRef: "E",
            GPS.GPSLongitude: (2.0, 0.0, 0.0),
        }
    )
    picture.save(path, exif=exif)
    return path


@pytest.mark.parametrize(
    ("name", "content", "source"),
    [
        ("track.gpx", GPX, "gpx track.gpx"),
        ("track.xml", GPX, "gpx track.xml"),
        ("track.csv", FRAMES, "frame_csv track.csv"),
        ("track.csv", CHAINAGE, "chainage_csv track.csv"),
        ("track.csv", "frame,lat,lon,chainage_m\n0,1,2,5\n1,1,3,6\n", "frame_csv track.csv"),
    ],
)
def test_the_content_picks_the_reader(tmp_path: Path, name: str, content: str, source: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    assert read_track(path).source == source


def test_geotagged_stills_are_a_track(tmp_path: Path) -> None:
    geotagged(tmp_path / "a.jpg")
    assert read_track(tmp_path).source == f"exif {tmp_path.name}"


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "empty"), (b"a,b\n1,2\n", "no column that says where: it has a, b"), (b"\x00\x01", "no known")],
)
def test_an_unknown_format_says_which_are_known(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    with pytest.raises(TelemetryError, match=says) as caught:
        read_track(path)
    for reader in READERS:
        assert reader.name in str(caught.value)


def test_a_missing_file_and_a_folder_without_positions_say_so(tmp_path: Path) -> None:
    with pytest.raises(TelemetryError, match="no telemetry file"):
        read_track(tmp_path / "none.gpx")
    with pytest.raises(TelemetryError, match="no image in the folder"):
        read_track(tmp_path)


def test_a_sidecar_is_found_best_first(tmp_path: Path) -> None:
    footage = tmp_path / "drive.mp4"
    footage.touch()
    (tmp_path / "other.gpx").write_text(GPX)
    assert find_sidecar(footage) is None
    for name, content in (
        ("drive.chainage.csv", CHAINAGE),
        ("drive.csv", FRAMES),
        ("DRIVE.GPX", GPX),
        ("drive.frames.csv", FRAMES),
    ):
        (tmp_path / name).write_text(content)
        assert find_sidecar(footage) == tmp_path / name


def test_a_csv_that_says_nothing_of_places_is_no_sidecar(tmp_path: Path) -> None:
    footage = tmp_path / "drive.mp4"
    footage.touch()
    (tmp_path / "drive.csv").write_text("finding,severity\n1,high\n")
    assert find_sidecar(footage) is None


def test_geotagged_stills_are_their_own_sidecar(tmp_path: Path) -> None:
    folder = tmp_path / "drive"
    folder.mkdir()
    Image.new("RGB", (8, 8)).save(folder / "a.jpg")
    assert find_sidecar(folder) is None
    tagged = geotagged(folder / "b.jpg")
    assert find_sidecar(folder) == folder
    assert find_sidecar(tagged) == tagged
    assert find_sidecar(folder / "a.jpg") is None
    (tmp_path / "drive.gpx").write_text(GPX)
    assert find_sidecar(folder) == tmp_path / "drive.gpx"
