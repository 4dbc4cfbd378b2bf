from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.builders_furniture import make_sign
from vision.simulation.panel import Picture
from vision.simulation.sign_conditions import paint_foliage, weather_face
from vision.simulation.sign_faces import paint_face

SIGNS = {
    "prohibitory": make_sign(),
    "danger": make_sign(kind="danger", motif="exclamation", text=None),
    "mandatory": make_sign(kind="mandatory", motif="keep_right", text=None),
    "other": make_sign(kind="other", motif="priority", text=None),
}


def saturation(picture: Picture) -> float:
    hsv = cv2.cvtColor(picture.colour, cv2.COLOR_BGR2HSV)
    return float(hsv[..., 1][picture.cover > 250].mean())


def coloured(picture: Picture, hues: tuple[int, int]) -> NDArray[np.bool_]:
    """Give where a picture has a strong colour between two hues, in OpenCV's half degrees."""
    hsv = cv2.cvtColor(picture.colour, cv2.COLOR_BGR2HSV)
    low, high = hues
    hue = hsv[..., 0]
    within = (hue >= low) & (hue <= high) if low <= high else (hue >= low) | (hue <= high)
    return np.asarray(within & (hsv[..., 1] > 130) & (picture.cover > 250))


@pytest.mark.parametrize(
    ("kind", "hues", "least"),
    [
        ("prohibitory", (170, 8), 0.35),
        ("danger", (170, 8), 0.25),
        ("mandatory", (100, 120), 0.5),
        ("other", (15, 30), 0.4),
    ],
)
def test_each_kind_has_its_colour(kind: str, hues: tuple[int, int], least: float) -> None:
    face = paint_face(SIGNS[kind])
    assert coloured(face, hues).sum() > least * (face.cover > 250).sum()


@pytest.mark.parametrize(
    ("kind", "share"), [("prohibitory", np.pi / 4), ("danger", 0.433), ("mandatory", np.pi / 4), ("other", 0.5)]
)
def test_each_kind_has_its_shape(kind: str, share: float) -> None:
    face = paint_face(SIGNS[kind])
    assert face.cover.mean() / 255.0 == pytest.approx(share, abs=0.03)
    assert np.flatnonzero(face.cover.max(axis=0) > 127).size >= 0.96 * face.cover.shape[1]


@pytest.mark.parametrize("kind", list(SIGNS))
def test_a_faded_plate_has_lost_most_of_its_colour_and_a_sound_one_little(kind: str) -> None:
    new = paint_face(SIGNS[kind])
    for seed in range(3):
        sound = weather_face(replace(SIGNS[kind], shape_seed=seed), new)
        faded = weather_face(replace(SIGNS[kind], shape_seed=seed, condition="faded"), new)
        assert saturation(sound) > 0.8 * saturation(new)
        assert saturation(faded) < 0.6 * saturation(new)


@pytest.mark.parametrize("condition", ["dirty", "graffiti"])
def test_dirt_and_paint_change_the_face_and_keep_the_outline(condition: str) -> None:
    new = paint_face(SIGNS["prohibitory"])
    for seed in range(3):
        worn = weather_face(replace(SIGNS["prohibitory"], shape_seed=seed, condition=condition), new)
        changed = np.abs(worn.colour.astype(int) - new.colour).max(axis=2) > 40
        assert changed.sum() > 0.10 * (new.cover > 250).sum()
        assert np.array_equal(worn.cover, new.cover)


def test_a_bent_plate_is_smaller_than_a_flat_one() -> None:
    new = paint_face(SIGNS["mandatory"])
    for seed in range(4):
        bent = weather_face(replace(SIGNS["mandatory"], shape_seed=seed, condition="bent"), new)
        assert 0.45 < bent.cover.mean() / new.cover.mean() < 0.97


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.4, 0.8), st.sampled_from(list(SIGNS)))
def test_foliage_hides_the_planned_share_of_the_plate(seed: int, share: float, kind: str) -> None:
    sign = replace(SIGNS[kind], condition="obscured", obscured_share=share, shape_seed=seed)
    face = paint_face(sign)
    leaves = paint_foliage(sign, face).cover.astype(float) / 255.0
    rows, columns = face.cover.shape
    before = leaves[rows // 2 : rows // 2 + rows, columns // 2 : columns // 2 + columns]
    assert before[face.cover > 127].mean() == pytest.approx(share, abs=0.08)


def test_a_lettered_plate_is_as_long_as_its_text() -> None:
    short = paint_face(make_sign(kind="other", motif="direction", text="LINDEN 3"))
    long = paint_face(make_sign(kind="other", motif="direction", text="STEINBACH 12"))
    assert long.cover.shape[1] > short.cover.shape[1] > 3 * short.cover.shape[0]
