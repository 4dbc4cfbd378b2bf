from __future__ import annotations

from pathlib import Path

import pytest

from vision.errors import ConfigError
from vision.site_file import read_site

SITE = """
[site]
name = "Ahilyanagar"
kind = "road"

[[route]]
name = "SH-10"
start_chainage_m = 1200
lane_width_m = 3.5
centre_line = [[74.68, 19.07], [74.69, 19.07], [74.69, 19.08]]
"""


def test_reads_a_site_file(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(SITE)
    site = read_site(path)
    assert (site.name, site.kind) == ("Ahilyanagar", "road")
    route = site.route("SH-10")
    assert route is not None
    assert (route.start_chainage_m, route.lane_width_m) == (1200.0, 3.5)
    assert (site.driving_side, route.lanes, route.oneway, route.centre_line_error_m) == (None, None, False, 1.0)
    assert route.longitude_deg.tolist() == [74.68, 74.69, 74.69]
    # 0.01 degrees of longitude at 19.07 N are 1052.4 m on WGS 84, and of latitude 1106.9 m.
    assert route.end_chainage_m == pytest.approx(1200 + 1052.4 + 1106.9, abs=0.2)
    assert site.route("A1") is None


def test_reads_lanes(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    lanes = "lanes = 3\noneway = true\ncentre_line_error_m = 0.2\nlane_width_m"
    path.write_text(SITE.replace("lane_width_m", lanes).replace("[[route]]", 'driving_side = "left"\n[[route]]'))
    site = read_site(path)
    route = site.routes[0]
    assert (site.driving_side, route.lanes, route.oneway, route.centre_line_error_m) == ("left", 3, True, 0.2)


@pytest.mark.parametrize(
    "content",
    [
        '{"type": "LineString", "coordinates": [[74.68, 19.07, 600.0], [74.69, 19.07, 601.0]]}',
        '{"type": "Feature", "properties": {}, "geometry": {"type": "LineString", '
        '"coordinates": [[74.68, 19.07], [74.68, 19.07], [74.69, 19.07]]}}',
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": '
        '{"type": "Point", "coordinates": [74, 19]}}, {"type": "Feature", "properties": {}, "geometry": '
        '{"type": "LineString", "coordinates": [[74.68, 19.07], [74.69, 19.07]]}}]}',
    ],
)
def test_a_centre_line_may_lie_in_a_geojson_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "line.geojson").write_text(content)
    path = tmp_path / "site.toml"
    path.write_text('[site]\nname = "x"\nkind = "road"\n[[route]]\nname = "A"\ncentre_line_file = "line.geojson"\n')
    route = read_site(path).routes[0]
    assert route.longitude_deg.tolist() == [74.68, 74.69]
    assert (route.start_chainage_m, route.lane_width_m) == (0.0, None)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[site]", "[sight]", "unknown key 'sight'"),
        ('kind = "road"', 'kind = "factory"', "'factory'.*road"),
        ('name = "Ahilyanagar"', "", r"\[site\]: name is missing"),
        ("lane_width_m", "lane_width", "route 1: unknown key 'lane_width'"),
        ("lane_width_m = 3.5", "lane_width_m = 35", "no lane"),
        ("start_chainage_m = 1200", 'start_chainage_m = "km 1"', "not a number of metres"),
        ("[74.68, 19.07], [74.69, 19.07], [74.69, 19.08]", "[74.68, 19.07]", "has 1 point"),
        ("[74.68, 19.07], [74.69, 19.07], [74.69, 19.08]", "", "has 0 points"),
        ("[74.68, 19.07], [74.69, 19.07], [74.69, 19.08]", "[74.68, 19.07], [74.68, 19.07]", "has 1 point"),
        ("[74.68, 19.07]", "[51.0, 119.07]", "swapped: write longitude first"),
        ("[74.68, 19.07]", "[274.68, 19.07]", "not on the globe"),
        ("[74.68, 19.07]", "[74.68]", "longitude, latitude"),
        ("[74.68, 19.07]", '["74.68", "19.07"]', "longitude, latitude"),
        ("centre_line =", "centre_line_file = 'line.geojson'\ncentre_line =", "either"),
        ('kind = "road"', 'kind = "road"\ndriving_side = "middle"', "driving_side is 'middle'"),
        ("lane_width_m", "lanes = 0\nlane_width_m", "lanes = 0 must be"),
        ("lane_width_m", "oneway = 1\nlane_width_m", "oneway = 1; write true or false"),
        ("lane_width_m", "centre_line_error_m = -1\nlane_width_m", "must lie from 0 to 50"),
        ("[[route]]", "[route]", "two pairs of brackets"),
        ('kind = "road"', 'kind = "road', "not TOML"),
    ],
)
def test_a_site_file_that_makes_no_sense_says_where(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = tmp_path / "site.toml"
    assert old in SITE
    path.write_text(SITE.replace(old, new, 1))
    with pytest.raises(ConfigError, match=says):
        read_site(path)


def test_two_routes_of_one_name_and_none_at_all_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(SITE + SITE[SITE.index("[[route]]") :])
    with pytest.raises(ConfigError, match="two routes are named 'SH-10'"):
        read_site(path)
    path.write_text(SITE[: SITE.index("[[route]]")])
    with pytest.raises(ConfigError, match=r"no \[\[route\]\]"):
        read_site(path)
    with pytest.raises(ConfigError, match="can't be read"):
        read_site(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "can't be read"), ("{", "not JSON"), ("[]", "0 LineStrings"), ('{"type": "Point"}', "0")],
)
def test_a_useless_centre_line_file_says_so(tmp_path: Path, content: str | None, says: str) -> None:
    path = tmp_path / "site.toml"
    path.write_text('[site]\nname = "x"\nkind = "road"\n[[route]]\nname = "A"\ncentre_line_file = "line.geojson"\n')
    if content is not None:
        (tmp_path / "line.geojson").write_text(content)
    with pytest.raises(ConfigError, match=says) as caught:
        read_site(path)
    assert "line.geojson" in str(caught.value)
