from __future__ import annotations

from pathlib import Path

import pytest

from vision.errors import TelemetryError
from vision.telemetry.chainage_csv import ChainageCsvReader
from vision.types import TelemetryTrack


def read(tmp_path: Path, text: str) -> TelemetryTrack:
    path = tmp_path / "run.chainage.csv"
    path.write_text(text)
    assert ChainageCsvReader().can_read(path)
    return ChainageCsvReader().read(path)


def test_reads_section_and_offsets_by_frame(tmp_path: Path) -> None:
    track = read(
        tmp_path,
        "video_frame,source_still,section,offset_m_in_section,gap_m_to_previous\n0,a,386RS,29840,\n1,b,386RS,29845,5\n",
    )
    assert track.route == "386RS"
    assert track.chainage_m is not None
    assert track.chainage_m.tolist() == [29840.0, 29845.0]
    assert track.frame_index is not None
    assert track.frame_index.tolist() == [0, 1]
    assert track.latitude_deg is None


@pytest.mark.parametrize(
    ("heading", "rows", "metres"),
    [
        ("frame,route,chainage_m", "0,B7,10.5\n1,B7,20\n", [10.5, 20.0]),
        ("time_s,Road,Offset", "0,B7,0\n1,B7,14\n", [0.0, 14.0]),
        ("frame,road_id,km", "0,B7,1.250\n1,B7,1.255\n", [1250.0, 1255.0]),
    ],
)
def test_usual_spellings(tmp_path: Path, heading: str, rows: str, metres: list[float]) -> None:
    track = read(tmp_path, f"{heading}\n{rows}")
    assert track.route == "B7"
    assert track.chainage_m is not None
    assert track.chainage_m.tolist() == metres


def test_several_sections_are_kept_by_row(tmp_path: Path) -> None:
    track = read(tmp_path, "frame,section,offset_m\n0,B7,900\n1,B7,\n2,B7,910\n3,K3,0\n")
    assert track.route is None
    assert track.routes == ("B7", "B7", "K3")
    assert track.frame_index is not None
    assert track.frame_index.tolist() == [0, 2, 3]


def test_a_road_need_not_be_named(tmp_path: Path) -> None:
    track = read(tmp_path, "frame,chainage_m\n0,1\n1,2\n")
    assert (track.route, track.routes) == (None, None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("frame,chainage_m\n0,12\n1,12+400\n", r"line 3: '12\+400'"),
        ("chainage_m,section\n0,a\n1,a\n", "doesn't say when"),
        ("frame,section,chainage_m\n0,a,1\n1,,2\n", "line 3: .*no road section"),
        ("frame,chainage_m\n0,\n1,2\n", "1 rows with an offset"),
    ],
)
def test_a_useless_table_names_the_row(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(TelemetryError, match=says):
        read(tmp_path, text)
