"""Laws of coverage: merging loses no metre, another pass never makes a road less seen, order doesn't matter."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders_report import make_bins
from vision.coverage import merge_coverage
from vision.types import CoverageBin, CoverageState
from workflows.report_coverage import cover_lengths, merge_stretches


@st.composite
def coverage(draw: st.DrawFn) -> list[CoverageBin]:
    bins = []
    for index in draw(st.lists(st.integers(0, 30), max_size=40)):
        route = draw(st.sampled_from([None, "R1", "R2"]))
        state: CoverageState = draw(
            st.sampled_from(["valid", "invalid"] if route is None else ["valid", "invalid", "not_driven"])
        )
        bins.append(
            CoverageBin(
                start_m=10.0 * index,
                end_m=10.0 * index + 10,
                route=route,
                state=state,
                reasons={"blurred": 1} if state == "invalid" else {},
                footage_id=None if state == "not_driven" else draw(st.sampled_from(["a", "b"])),
                carriageway=None
                if route is None or state == "not_driven"
                else draw(st.sampled_from(["forward", "backward"])),
            )
        )
    return bins


@given(coverage())
def test_merging_keeps_every_metre(bins: list[CoverageBin]) -> None:
    stretches = merge_stretches(bins, {})

    assert sum(one.length_m for one in stretches) == pytest.approx(
        sum(one.end_m - one.start_m for one in merge_coverage(bins))
    )


@given(coverage(), st.randoms())
def test_order_of_bins_does_not_matter(bins: list[CoverageBin], random: object) -> None:
    shuffled = sorted(bins, key=lambda _: random.random())  # type: ignore[attr-defined]

    assert cover_lengths(shuffled) == cover_lengths(bins)


@given(coverage(), coverage())
def test_another_pass_never_makes_less_road_validly_seen(first: list[CoverageBin], second: list[CoverageBin]) -> None:
    before, after = cover_lengths(first), cover_lengths([*first, *second])

    if before is not None:
        assert after is not None
        assert after.valid_m >= before.valid_m


def test_nothing_known_is_not_nothing_seen() -> None:
    assert cover_lengths([]) is None


def test_without_a_route_it_is_not_known_what_was_not_driven() -> None:
    covered = cover_lengths(make_bins("drive"))

    assert covered is not None
    assert covered.not_driven_m is None
    assert covered.valid_m + covered.invalid_m == pytest.approx(2600)


def test_one_valid_pass_is_enough_but_only_in_its_own_direction() -> None:
    dark = CoverageBin(0, 10, "R1", "invalid", {"too_dark": 2}, footage_id="a", carriageway="forward")
    good = replace(dark, state="valid", reasons={}, footage_id="b")
    other_way = replace(good, carriageway="backward")

    same = cover_lengths([dark, good])
    opposite = cover_lengths([dark, other_way])

    assert same is not None
    assert opposite is not None
    assert (same.valid_m, same.invalid_m) == (10, 0)
    assert (opposite.valid_m, opposite.invalid_m) == (10, 10)


def test_reasons_of_two_bad_passes_add_up() -> None:
    dark = CoverageBin(0, 10, "R1", "invalid", {"too_dark": 2}, footage_id="a", carriageway="forward")

    (stretch,) = merge_stretches([dark, replace(dark, footage_id="b", reasons={"too_dark": 1, "blurred": 5})], {})

    assert stretch.reasons == {"blurred": 5, "too_dark": 3}


def test_a_stretch_names_its_footage_and_times() -> None:
    stretches = merge_stretches(make_bins(), {make_bins()[0].footage_id or "": "drive.mp4"})
    dark = next(one for one in stretches if "too_dark" in one.reasons)

    assert dark.footage_names == ("drive.mp4",)
    assert dark.first_pts_s == pytest.approx(1590 / 11.2)
    assert dark.line[0] == make_bins()[159].line[0]
