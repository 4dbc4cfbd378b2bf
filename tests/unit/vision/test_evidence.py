"""Evidence pictures: the defect is marked, stays visible, and the files stay small."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vision.errors import InputError
from vision.evidence import render_closeup, render_evidence
from vision.types import Image

BOX = (500.0, 400.0, 700.0, 480.0)


def road(width: int = 1280, height: int = 720) -> Image:
    """Give something like asphalt under a grey sky, read-only as decoded frames are."""
    generator = np.random.default_rng(1)
    coarse = generator.normal(0.0, 14.0, (height // 4 + 1, width // 4 + 1)).astype(np.float32)
    grain = cv2.resize(coarse, (width, height)) + generator.normal(0.0, 4.0, (height, width))
    grey = np.clip(105.0 + grain, 0, 255)
    grey[: height // 4] = 190
    image = np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)
    image.setflags(write=False)
    return image


def ellipse(box: Sequence[float]) -> list[tuple[float, float]]:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    rx, ry = (box[2] - box[0]) / 2, (box[3] - box[1]) / 2
    return [(x + rx * math.cos(i / 20 * math.pi), y + ry * math.sin(i / 20 * math.pi)) for i in range(40)]


def decoded(jpeg: bytes) -> Image:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image, np.uint8)


def is_line(image: Image) -> NDArray[np.bool_]:
    """Tell which pixels are of the bright line's colour."""
    blue, green, red = (image[..., channel].astype(int) for channel in range(3))
    return np.asarray((blue - red > 60) & (green - red > 40), np.bool_)


def test_the_context_is_the_whole_frame_at_most_960_wide() -> None:
    jpeg = render_evidence(road(), ellipse(BOX), BOX, "3 pothole")
    assert decoded(jpeg).shape == (540, 960, 3)
    assert len(jpeg) <= 60_000
    assert decoded(render_evidence(road(640, 480), [], (100, 200, 200, 260), "3")).shape == (480, 640, 3)


def test_the_closeup_is_small_and_of_the_cards_shape() -> None:
    jpeg = render_closeup(road(), ellipse(BOX), BOX)
    height, width = decoded(jpeg).shape[:2]
    assert abs(width - 480) <= 1
    assert abs(height - 360) <= 1
    assert len(jpeg) <= 30_000


def test_a_picture_full_of_detail_is_made_to_fit() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (1080, 1920, 3), dtype=np.uint8)
    assert len(render_evidence(noise, [], BOX, "noise")) <= 60_000


def test_the_same_input_gives_the_same_bytes() -> None:
    assert render_evidence(road(), ellipse(BOX), BOX, "a") == render_evidence(road(), ellipse(BOX), BOX, "a")
    assert render_closeup(road(), ellipse(BOX), BOX) == render_closeup(road(), ellipse(BOX), BOX)


def test_the_line_runs_around_the_defect_and_leaves_it_to_be_seen() -> None:
    image = road()
    shown = decoded(render_evidence(image, ellipse(BOX), BOX, "3 pothole"))
    filled = np.zeros(shown.shape[:2], np.uint8)
    cv2.fillPoly(filled, [(np.array(ellipse(BOX)) * 0.75).round().astype(np.int32)], 1)
    defect = cv2.erode(filled, np.ones((3, 3), np.uint8)) > 0  # JPEG lets colours run by a pixel
    near = cv2.dilate(filled, np.ones((19, 19), np.uint8)) > 0
    line = is_line(shown)
    assert not line[defect].any()
    plain = cv2.resize(image, (960, 540), interpolation=cv2.INTER_AREA)
    assert np.abs(shown.astype(int) - plain.astype(int))[defect].mean() < 6
    assert line[near & (filled == 0)].mean() > 0.1
    assert not line[~near].any()


def test_a_thin_crack_is_not_painted_over() -> None:
    image = road().copy()
    crack = [(x, 500 + 20 * math.sin(x / 30)) for x in range(300, 900, 6)]
    cv2.polylines(image, [np.array(crack).round().astype(np.int32)], False, (10, 10, 10), 2)
    outline = [(x, y - 2) for x, y in crack] + [(x, y + 2) for x, y in reversed(crack)]
    shown = decoded(render_closeup(image, outline, (300, 478, 900, 522)))
    plain = decoded(render_closeup(image, [], (300, 478, 900, 522)))
    dark = plain.max(axis=2) < 50
    dark[:, :70] = dark[:, -70:] = False  # the ticks of the plain picture
    assert dark.sum() > 300
    assert (shown.max(axis=2)[dark] < 90).mean() > 0.95


def test_a_box_without_an_outline_gets_its_corners_ticked() -> None:
    line = is_line(decoded(render_evidence(road(), [], BOX, "sign")))
    rows, columns = np.nonzero(line)
    left, top, right, bottom = (value * 0.75 for value in BOX)
    assert columns.min() == pytest.approx(left - 4, abs=3)
    assert columns.max() == pytest.approx(right + 4, abs=3)
    assert rows.min() == pytest.approx(top - 4, abs=3)
    assert rows.max() == pytest.approx(bottom + 4, abs=3)
    middle = slice(int(left + 40), int(right - 40))
    assert not line[:, middle].any()


def test_ticks_of_a_box_as_large_as_the_picture_stay_inside() -> None:
    line = is_line(decoded(render_evidence(road(), [], (0, 0, 1280, 720), "")))
    assert line.sum() > 100


@settings(max_examples=25, deadline=None)
@given(
    st.floats(min_value=0.0, max_value=0.9),
    st.floats(min_value=0.0, max_value=0.9),
    st.floats(min_value=0.02, max_value=0.5),
    st.sampled_from(["7", "12 alligator crack, 4.1 ± 0.6 m²"]),
)
def test_the_plate_names_the_defect_without_covering_it(x: float, y: float, size: float, label: str) -> None:
    image = np.full((480, 800, 3), 105, np.uint8)
    box = (800 * x, 480 * y, min(800 * (x + size), 800.0), min(480 * (y + size), 480.0))
    bare, named = (decoded(render_evidence(image, [], box, text)).astype(int) for text in ("", label))
    changed = np.abs(named - bare).max(axis=2) > 40
    assert changed.sum() > 150
    left, top, right, bottom = (round(value) for value in box)
    assert not changed[top + 1 : bottom - 1, left + 1 : right - 1].any()


def test_a_plate_that_must_cover_something_covers_a_corner() -> None:
    image = np.full((480, 800, 3), 105, np.uint8)
    bare, named = (decoded(render_evidence(image, [], (0, 0, 800, 480), text)).astype(int) for text in ("", "wide"))
    rows, columns = np.nonzero(np.abs(named - bare).max(axis=2) > 40)
    assert rows.max() < 60
    assert columns.max() < 200


def test_labels_in_any_script_are_written_somehow() -> None:
    for label in ("Ø 0,6 m – größer", "рытвина", "坑洞", "m² × 3 ≥ 2 …", "two\nlines"):
        assert decoded(render_evidence(road(), [], BOX, label)).size > 0


def test_a_far_defect_is_enlarged_with_its_surroundings() -> None:
    image = np.array(road())
    image[300:306, 700:708] = (0, 0, 220)  # the defect
    image[290:310, 770:780] = (220, 0, 0)  # a landmark 70 px beside it
    shown = decoded(render_closeup(image, [], (700, 300, 708, 306)))
    red = (shown[..., 2].astype(int) - shown[..., 0] > 90).sum()
    assert red > 3 * 8 * 6
    assert (shown[..., 0].astype(int) - shown[..., 2] > 90).any()


@settings(max_examples=40, deadline=None)
@given(
    st.integers(min_value=20, max_value=900),
    st.integers(min_value=20, max_value=900),
    st.tuples(*[st.floats(min_value=-0.2, max_value=1.2)] * 4),
    st.booleans(),
)
def test_any_box_inside_any_picture_can_be_shown(
    width: int, height: int, parts: tuple[float, float, float, float], outlined: bool
) -> None:
    image = np.full((height, width, 3), 100, np.uint8)
    xs, ys = sorted((parts[0] * width, parts[2] * width)), sorted((parts[1] * height, parts[3] * height))
    box = (xs[0], ys[0], xs[1], ys[1])
    outline = ellipse(box) if outlined else []
    seen = min(xs[1], width) > max(xs[0], 0) and min(ys[1], height) > max(ys[0], 0)
    if not seen:
        with pytest.raises(InputError, match="no area inside"):
            render_closeup(image, outline, box)
        return
    context, closeup = (
        decoded(render_evidence(image, outline, box, "1 pothole")),
        decoded(render_closeup(image, outline, box)),
    )
    assert context.shape == image.shape
    assert closeup.shape[0] <= 361
    assert closeup.shape[1] <= 481
