from __future__ import annotations

import pytest

from vision.line.belt import Box
from vision.line.part_defects import DefectRules, PartLook, merge_looks
from vision.line.surface_eye import Mark, box_outline

RULES = DefectRules()


def mark(box: Box, kind: str = "scratch", confidence: float = 0.8) -> Mark:
    return Mark(kind, confidence, box, box_outline(box))


def moved(box: Box, by: float) -> Box:
    return box[0] + by, box[1], box[2] + by, box[3]


def passing(*marks: Mark, looks: int = 6, on: range | None = None) -> list[PartLook]:
    """A part of 200 x 100 px that moves on by 30 px a look, with marks that move along."""
    shown = on if on is not None else range(looks)
    part = (0.0, 0.0, 200.0, 100.0)
    return [
        PartLook(n, moved(part, 30.0 * n), tuple(_moved_mark(m, 30.0 * n) for m in marks) if n in shown else ())
        for n in range(looks)
    ]


def _moved_mark(one: Mark, by: float) -> Mark:
    box = moved(one.xyxy, by)
    return Mark(one.kind, one.confidence, box, box_outline(box))


def test_a_mark_that_moves_with_the_part_is_one_defect_in_mm() -> None:
    (found,) = merge_looks(passing(mark((50.0, 40.0, 90.0, 48.0))), 0.25, RULES)
    assert found.defect.kind == "scratch"
    assert found.defect.length_mm == pytest.approx(10.0)
    assert found.defect.width_mm == pytest.approx(2.0)
    assert found.defect.area_mm2 == pytest.approx(20.0)
    assert len(found.views) == 6


def test_glare_that_stands_still_while_the_part_moves_is_no_defect() -> None:
    looks = [
        PartLook(n, moved((0.0, 0.0, 200.0, 100.0), 30.0 * n), (mark((150.0, 40.0, 162.0, 48.0)),)) for n in range(6)
    ]
    assert merge_looks(looks, 0.25, RULES) == ()


def test_what_few_looks_show_is_no_defect() -> None:
    assert merge_looks(passing(mark((50.0, 40.0, 90.0, 48.0)), on=range(1)), 0.25, RULES) == ()
    assert len(merge_looks(passing(mark((50.0, 40.0, 90.0, 48.0)), on=range(3)), 0.25, RULES)) == 1


def test_pieces_of_a_crack_are_one_and_measured_as_one() -> None:
    pieces = (mark((50.0, 40.0, 70.0, 44.0), "crack"), mark((72.0, 40.0, 90.0, 44.0), "crack"))
    (found,) = merge_looks(passing(*pieces), 0.5, RULES)
    assert found.defect.length_mm == pytest.approx(20.0)


def test_the_kind_is_the_one_with_most_confidence_behind_it() -> None:
    looks = passing(mark((50.0, 40.0, 90.0, 48.0), "stain", 0.4), on=range(3))
    looks[3:] = passing(mark((50.0, 40.0, 90.0, 48.0), "pit", 0.9))[3:]
    (found,) = merge_looks(looks, None, RULES)
    assert found.defect.kind == "pit"
    assert found.defect.length_mm is None


def test_weak_marks_are_left_out() -> None:
    assert merge_looks(passing(mark((50.0, 40.0, 90.0, 48.0), confidence=0.26)), 0.25, RULES) == ()
