"""Words made of numbers must say the same as the numbers."""

from __future__ import annotations

import doctest
import re
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from agents.types import Quantity
from workflows import report_format
from workflows.report_format import chainage, clock, coordinates, moment, percent, quantity

finite = st.floats(-1e6, 1e6)


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(report_format).failed == 0


@given(finite)
def test_chainage_reads_back_within_half_a_metre(metres: float) -> None:
    sign, kilometres, rest = re.fullmatch(r"(-?)(\d+)\+(\d{3})", chainage(metres)).groups()  # type: ignore[union-attr]

    value = (int(kilometres) * 1000 + int(rest)) * (-1 if sign else 1)
    assert abs(value - metres) <= 0.5


@given(st.floats(0, 1e6))
def test_clock_reads_back_within_a_twentieth_of_a_second(seconds: float) -> None:
    parts = [float(part) for part in clock(seconds).split(":")]

    total = sum(part * 60**power for power, part in enumerate(reversed(parts)))
    assert abs(total - seconds) <= 0.05 + 1e-6
    assert all(part < 60 for part in parts[1:])


@given(st.floats(0, 1000), st.floats(0.001, 1000))
def test_a_quantity_stays_within_its_error_and_never_shows_no_error(value: float, error: float) -> None:
    shown, shown_error = quantity(Quantity(value=value, error=error), "m").removesuffix(" m").split(" ± ")

    assert abs(float(shown) - value) <= error
    assert float(shown_error) > 0
    assert 0.4 <= float(shown_error) / error <= 1.6


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_coordinates_read_back_within_a_tenth_of_a_metre(latitude: float, longitude: float) -> None:
    text = coordinates(latitude, longitude)

    found = re.fullmatch(r"([\d.]+)° ([NS]), ([\d.]+)° ([EW])", text)
    assert found is not None
    assert abs(float(found[1]) * (1 if found[2] == "N" else -1) - latitude) < 1e-6
    assert abs(float(found[3]) * (1 if found[4] == "E" else -1) - longitude) < 1e-6


@given(st.floats(0.0, 100.0))
def test_a_little_is_never_shown_as_nothing_nor_almost_all_as_all(share: float) -> None:
    assert (percent(share) == "0 %") == (share == 0)
    assert (percent(share) == "100 %") == (share == 100)


def test_times_are_shown_in_utc() -> None:
    paris = datetime(2025, 6, 4, 0, 30, tzinfo=timezone(timedelta(hours=2)))

    assert moment(paris) == "3 Jun 2025, 22:30 UTC" == moment(paris.astimezone(UTC))
