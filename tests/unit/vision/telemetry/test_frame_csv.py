from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vision.errors import TelemetryError
from vision.telemetry.frame_csv import FrameCsvReader
from vision.types import TelemetryTrack

SECOND = 1_000_000_000
MORNING = 1747805640 * SECOND


def read(tmp_path: Path, text: str) -> TelemetryTrack:
    path = tmp_path / "drive.frames.csv"
    path.write_bytes(text.encode())
    assert FrameCsvReader().can_read(path)
    return FrameCsvReader().read(path)


def test_reads_positions_by_frame_and_passes_over_frames_without_a_fix(tmp_path: Path) -> None:
    track = read(tmp_path, "video_frame,lat,lon\n0,19.1,74.1\n1,,\n2,0,0\n3,19.4,74.4\n")
    assert track.frame_index is not None
    assert track.frame_index.tolist() == [0, 3]
    assert track.latitude_deg is not None
    assert track.latitude_deg.tolist() == [19.1, 19.4]
    assert track.utc_ns is None


@pytest.mark.parametrize(
    ("heading", "separator"),
    [
        ("frame,latitude,longitude", ","),
        ("Frame Number;GPS Latitude;GPS Longitude", ";"),
        ("FRAME_INDEX\tLat\tLng", "\t"),
        ("\ufeffframe,latitude_deg,longitude_deg", ","),
        ("frame_id,Lat (deg),Lon (deg)", ","),
    ],
)
def test_usual_spellings_and_separators(tmp_path: Path, heading: str, separator: str) -> None:
    rows = "\r\n".join(separator.join(cells) for cells in (("0", "19.1", "74.1"), ("1", "19.2", "74.2")))
    track = read(tmp_path, f"{heading}\r\n{rows}\r\n\r\n")
    assert track.longitude_deg is not None
    assert track.longitude_deg.tolist() == [74.1, 74.2]


def test_decimal_commas_where_semicolons_separate(tmp_path: Path) -> None:
    track = read(tmp_path, "time_s;latitude;longitude\n0,0;19,5;74,25\n0,5;19,6;74,5\n")
    assert track.footage_ns is not None
    assert track.footage_ns.tolist() == [0, SECOND // 2]
    assert track.longitude_deg is not None
    assert track.longitude_deg.tolist() == [74.25, 74.5]


@pytest.mark.parametrize(
    ("column", "cells", "kind", "expected"),
    [
        ("time_s", ("0", "1.5"), "footage_ns", [0, 1_500_000_000]),
        ("time_ms", ("0", "1500"), "footage_ns", [0, 1_500_000_000]),
        ("pts_ns", ("0", "1500000000"), "footage_ns", [0, 1_500_000_000]),
        ("Time(seconds)", ("0.3", "0.4"), "footage_ns", [300_000_000, 400_000_000]),
        ("timestamp", ("1747805640", "1747805641.25"), "utc_ns", [MORNING, MORNING + 1_250_000_000]),
        ("timestamp", ("1747805640000", "1747805641250"), "utc_ns", [MORNING, MORNING + 1_250_000_000]),
        ("timestamp_ms", ("1747805640000", "1747805641250"), "utc_ns", [MORNING, MORNING + 1_250_000_000]),
        ("utc_time", ("2025-05-21T05:34:00Z", "2025-05-21 05:34:01.25"), "utc_ns", [MORNING, MORNING + 1_250_000_000]),
        ("time", ("2025-05-21T11:04:00+05:30", "2025-05-21T11:04:01+05:30"), "utc_ns", [MORNING, MORNING + SECOND]),
    ],
)  # fmt: skip
def test_times_are_told_by_their_size_and_form(
    tmp_path: Path, column: str, cells: tuple[str, str], kind: str, expected: list[int]
) -> None:
    track = read(tmp_path, f"{column},lat,lon\n{cells[0]},19.1,74.1\n{cells[1]},19.2,74.2\n")
    values = getattr(track, kind)
    assert values is not None
    assert np.allclose(values - np.array(expected), 0, atol=300)  # a float of Unix seconds is good to 0.2 us


def test_time_in_the_footage_goes_before_frame_number_and_that_before_utc(tmp_path: Path) -> None:
    rows = "0,0.0,2025-05-21T05:34:00Z,19.1,74.1\n9,3.0,2025-05-21T05:34:03Z,19.2,74.2\n"
    assert read(tmp_path, f"video_frame,video_time_s,utc_time,lat,lon\n{rows}").footage_ns is not None
    assert read(tmp_path, f"video_frame,other,utc_time,lat,lon\n{rows}").frame_index is not None
    assert read(tmp_path, f"other,another,utc_time,lat,lon\n{rows}").utc_ns is not None


def test_a_stated_accuracy_is_kept_and_a_missing_one_is_unknown(tmp_path: Path) -> None:
    track = read(tmp_path, "frame,lat,lon,accuracy\n0,19.1,74.1,3.5\n1,19.2,74.2,\n2,19.3,74.3,0\n")
    assert track.horizontal_error_m is not None
    assert track.horizontal_error_m[0] == 3.5
    assert np.isnan(track.horizontal_error_m[1:]).all()
    assert read(tmp_path, "frame,lat,lon\n0,19.1,74.1\n1,19.2,74.2\n").horizontal_error_m is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("frame,latitude,speed\n0,19.1,3\n", "no column for the longitude.*speed"),
        ("lat,lon\n19.1,74.1\n19.2,74.2\n", "doesn't say when.*frame.*time_s.*utc_time"),
        ("frame,lat,lon\n", "no rows"),
        ("frame,lat,lon\n0,19.1,74.1\n1,19.x,74.2\n", "line 3: '19.x' in column lat is not a number"),
        ("frame,lat,lon\n0,19.1,74.1\n\n1,19.2,74.2\none,19.2,74.2\n", "line 5: 'one'"),
        ("frame,lat,lon\n0,19.1,74.1\n1.5,19.2,74.2\n", "line 3: '1.5' .*frame number"),
        ("frame,lat,lon\n0,19.1,74.1\n-1,19.2,74.2\n", "line 3: '-1'"),
        ("time,lat,lon\n2025-05-21T05:34:00Z,19.1,74.1\nlater,19.2,74.2\n", "line 3: 'later'.*ISO"),
        ("time_s,lat,lon\n0,19.1,74.1\n,19.2,74.2\n", "line 3: .*blank"),
        ("frame,lat,lon\n0,19.1,74.1\n1,19.2\n", "line 3: 2 cells where the heading has 3"),
        ("frame,lat,lon\n0,19.1,74.1\n1,19.2,\n", "line 3: .*not both"),
        ("frame,lat,lon\n0,119.1,19.1\n1,74.2,19.2\n", "line 2: latitude 119.1.*swapped"),
        ("frame,lat,lon\n0,19.1,74.1\n1,,\n", "1 rows with a position"),
    ],
)
def test_a_useless_table_names_the_column_or_the_row(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(TelemetryError, match=says) as caught:
        read(tmp_path, text)
    assert "drive.frames.csv" in str(caught.value)


def test_a_file_that_is_not_text_says_so(tmp_path: Path) -> None:
    path = tmp_path / "drive.csv"
    path.write_bytes(b"frame,lat,lon\n0,\xff\xfe,1\n")
    with pytest.raises(TelemetryError, match="UTF-8"):
        FrameCsvReader().read(path)
