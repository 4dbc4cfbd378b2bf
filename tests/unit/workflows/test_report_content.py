"""What a report's content refuses, and that it survives being written as JSON."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.builders_report import make_facts, make_footage, make_picture, make_report
from workflows.report_content import ReportContent, ReportPicture
from workflows.report_drawings import OPENSTREETMAP, TileSource


def test_content_with_pictures_survives_json() -> None:
    content = make_report(count=3)

    again = ReportContent.model_validate_json(content.model_dump_json())

    assert again.findings == content.findings
    assert again.bins == content.bins


def test_numbers_must_be_ranks() -> None:
    content = make_report(count=3)

    with pytest.raises(ValidationError, match="numbered 1, 2, 3"):
        ReportContent.model_validate({**dict(content), "findings": content.findings[::-1]})


@pytest.mark.parametrize("name", ["../f1.jpg", "a/b.jpg", ".hidden.jpg", "f1.html", "f1.jpg\n", ""])
def test_evidence_names_stay_within_their_folder(name: str) -> None:
    picture = make_picture(make_facts(), "view")

    with pytest.raises(ValidationError, match="file_name"):
        ReportPicture(**{**dict(picture), "file_name": name})


@pytest.mark.parametrize(
    "url",
    ["http://tiles.example/{z}/{x}/{y}.png", "https://x'; script-src */{z}/{x}/{y}", "https://tiles.example/a.png"],
)
def test_tile_addresses_can_not_widen_the_content_policy(url: str) -> None:
    with pytest.raises(ValidationError, match="url"):
        TileSource(**{**dict(OPENSTREETMAP), "url": url})


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="recorded_at"):
        make_footage(recorded_at="2025-06-03T07:15:00")
