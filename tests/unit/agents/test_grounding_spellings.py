"""However a person writes a place or a date, it is read, and checked."""

from __future__ import annotations

import pytest

from tests.builders_grounding import ONE, problems


@pytest.mark.parametrize(
    "written", ["12+300", "km 12.3", "km 12.300", "12.3 km", "chainage 12300 m", "chainage 12,300", "km 12+300"]
)
def test_every_way_to_write_a_chainage_is_read(written: str) -> None:
    assert problems(f"The pothole lies at {written}.", *ONE) == ()
    assert problems(f"The alligator cracking lies at {written}.", "f-0003") != ()


@pytest.mark.parametrize(
    "written",
    [
        "2025-03-15",
        "15 March 2025",
        "March 15, 2025",
        "15th of March 2025",
        "15.03.2025",
        "15/03/2025",
        "15 Mar",
        "15 Mar 2025",
        "2025/3/15",
    ],
)
def test_every_way_to_write_a_date_is_read(written: str) -> None:
    assert problems(f"Patch it by {written}.", *ONE) == ()
    assert problems(f"Patch it by {written}.", "f-0003") != ()
