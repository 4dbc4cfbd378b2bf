from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vision.errors import TelemetryError
from vision.telemetry.gpx import GpxReader

HEAD = '<?xml version="1.0"?><gpx version="1.1" creator="test" xmlns="http://www.topografix.com/GPX/1/1">'


def point(latitude: float, longitude: float, time: str | None = None, more: str = "") -> str:
    stamp = f"<time>{time}</time>" if time else ""
    return f'<trkpt lat="{latitude}" lon="{longitude}">{stamp}{more}</trkpt>'


def gpx(tmp_path: Path, *points: str, segments: int = 1) -> Path:
    body = "</trkseg><trkseg>".join(["".join(points[i::segments]) for i in range(segments)])
    path = tmp_path / "drive.gpx"
    path.write_text(f"{HEAD}<trk><trkseg>{body}</trkseg></trk></gpx>")
    return path


def test_reads_places_and_times_to_the_millisecond(tmp_path: Path) -> None:
    path = gpx(
        tmp_path,
        point(19.077288, 74.682966, "2025-05-21T05:34:00Z"),
        point(19.0773, 74.683, "2025-05-21T05:34:01.250Z"),
    )
    track = GpxReader().read(path)
    assert track.utc_ns is not None
    assert track.utc_ns.tolist() == [1747805640_000_000_000, 1747805641_250_000_000]
    assert track.latitude_deg is not None
    assert track.latitude_deg.tolist() == [19.077288, 19.0773]
    assert "drive.gpx" in track.source
    with pytest.raises(ValueError, match="read-only"):
        track.latitude_deg[0] = 0.0


def test_times_in_another_zone_become_utc(tmp_path: Path) -> None:
    path = gpx(tmp_path, point(19.0, 74.0, "2025-05-21T11:04:00+05:30"), point(19.1, 74.0, "2025-05-21T11:04:01+05:30"))
    track = GpxReader().read(path)
    assert track.utc_ns is not None
    assert track.utc_ns[0] == 1747805640_000_000_000


def test_points_of_all_segments_come_in_the_order_of_their_times(tmp_path: Path) -> None:
    stamps = [f"2025-05-21T05:34:0{second}Z" for second in (3, 2, 1, 0)]
    path = gpx(tmp_path, *(point(10.0 + i, 20.0, stamp) for i, stamp in enumerate(stamps)), segments=2)
    track = GpxReader().read(path)
    assert track.latitude_deg is not None
    assert track.latitude_deg.tolist() == [13.0, 12.0, 11.0, 10.0]
    assert track.utc_ns is not None
    assert np.all(np.diff(track.utc_ns) == 1_000_000_000)


def test_points_without_a_fix_are_passed_over(tmp_path: Path) -> None:
    path = gpx(
        tmp_path,
        point(0.0, 0.0, "2025-05-21T05:34:00Z"),
        point(19.0, 74.0, "2025-05-21T05:34:01Z"),
        point(19.5, 74.0, "2025-05-21T05:34:02Z", "<fix>none</fix>"),
        point(19.0, 74.1),
        point(19.0, 74.2, "2025-05-21T05:34:04Z"),
    )
    track = GpxReader().read(path)
    assert track.longitude_deg is not None
    assert track.longitude_deg.tolist() == [74.0, 74.2]


def test_timed_waypoints_stand_in_for_a_track(tmp_path: Path) -> None:
    path = tmp_path / "drive.gpx"
    body = "".join(f'<wpt lat="19.{i}" lon="74.0"><time>2025-05-21T05:34:0{i}Z</time></wpt>' for i in range(3))
    path.write_text(f"{HEAD}{body}</gpx>")
    track = GpxReader().read(path)
    assert track.latitude_deg is not None
    assert track.latitude_deg.tolist() == [19.0, 19.1, 19.2]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("<gpx><trk>", "not well-formed"),
        ("hello", "not well-formed"),
        (f"{HEAD}</gpx>", "without a track point"),
        (f"{HEAD}<trk><trkseg>{point(19, 74)}{point(19, 75)}</trkseg></trk></gpx>", "no times"),
        (f"{HEAD}<trk><trkseg>{point(19, 74, '2025-05-21T05:34:00Z')}</trkseg></trk></gpx>", "1 usable point .*two"),
        (
            f"{HEAD}<trk><trkseg>{point(19, 74, '2025-05-21T05:34:00Z')}{point(19, 'x', '2025-05-21T05:34:01Z')}"
            "</trkseg></trk></gpx>",
            "not well-formed",
        ),
        (
            f"{HEAD}<trk><trkseg>{point(19, 74, '2025-05-21T05:34:00Z')}{point(119, 74, '2025-05-21T05:34:01Z')}"
            "</trkseg></trk></gpx>",
            "not on the globe",
        ),
    ],
)
def test_a_useless_file_says_what_is_wrong_with_it(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "drive.gpx"
    path.write_text(content)
    assert GpxReader().can_read(path)
    with pytest.raises(TelemetryError, match=says) as caught:
        GpxReader().read(path)
    assert "drive.gpx" in str(caught.value)


def test_a_file_without_the_suffix_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "track.xml"
    path.write_text(f"{HEAD}</gpx>")
    assert GpxReader().can_read(path)
    path.write_text("<kml></kml>")
    assert not GpxReader().can_read(path)
    assert not GpxReader().can_read(tmp_path)
