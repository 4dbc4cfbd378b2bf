import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.builders_furniture import make_light, make_sign, make_signal
from vision.simulation.frame_canvas import FrameCanvas
from vision.simulation.furniture import PlannedSign, PlannedSignal
from vision.simulation.light import DriveLight
from vision.simulation.projection import CameraModel, View, ground_ahead, project_ground
from vision.simulation.road_furniture import Lamps, facing_gain
from vision.simulation.road_layout import plan_road
from vision.simulation.standing_furniture import StandingFurniture
from vision.simulation.surface_patch import Sunlight

ROAD = plan_road(3, 100.0, 0)
VIEW = View(CameraModel(1.4, 3.0, 0.0, 60.0, 960, 540), 50.0, -1.8, 0.0)
GREY = 120


def drawn(
    signs: list[PlannedSign],
    signals: list[PlannedSignal],
    lamps: dict[str, Lamps] | None = None,
    light: DriveLight | None = None,
) -> tuple[FrameCanvas, dict[str, NDArray[np.float64]]]:
    furniture = StandingFurniture(ROAD, light or make_light(), signs, signals)
    canvas = FrameCanvas(np.full((540, 960, 3), GREY, np.uint8))
    for _, draw in sorted(furniture.standing(VIEW, lamps or {}, 0.0), key=lambda thing: -thing[0]):
        draw(canvas)
    return canvas, furniture.boxes(VIEW)


def changed_box(canvas: FrameCanvas, above_v: float = np.inf) -> NDArray[np.float64]:
    """Give the box (left, top, right, bottom) about what differs from the grey ground, above a row."""
    changed = np.abs(canvas.frame.astype(int) - GREY).max(axis=2) > 25
    changed[int(min(above_v, changed.shape[0])) :] = False
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float64)


@settings(max_examples=8, deadline=None)
@given(
    st.floats(60.0, 110.0),
    st.floats(-8.0, 5.0),
    st.floats(2.2, 3.5),
    st.sampled_from(["bend_left", "stop", "limit", "direction", "keep_left"]),
)
def test_a_box_lies_about_what_is_drawn(along_m: float, lateral_m: float, height_m: float, motif: str) -> None:
    kinds = {"bend_left": "danger", "limit": "prohibitory", "keep_left": "mandatory"}
    text = {"limit": "80", "direction": "LINDEN 3", "stop": "STOP"}.get(motif)
    sign = make_sign(
        along_m=along_m, lateral_m=lateral_m, height_m=height_m, kind=kinds.get(motif, "other"), motif=motif, text=text
    )
    canvas, boxes = drawn([sign], [])
    box = boxes["t0000"]
    if box[0] > 5.0 and box[2] < 955.0 and box[1] > 5.0:
        assert changed_box(canvas, above_v=box[3]) == pytest.approx(np.array([*box[:3], np.floor(box[3])]), abs=2.0)


def test_a_plate_stands_at_its_height_and_has_its_size() -> None:
    _, boxes = drawn([make_sign()], [])
    ahead, left = ground_ahead(ROAD.route, VIEW, np.array([70.0]), np.array([-6.0]))
    u, v = project_ground(VIEW.camera, ahead, left, np.array([2.4]))
    left_u, top, right_u, bottom = boxes["t0000"]
    assert (0.5 * (left_u + right_u), 0.5 * (top + bottom)) == pytest.approx((float(u[0]), float(v[0])), abs=0.6)
    assert bottom - top == pytest.approx(0.75 * VIEW.camera.focal_px / float(ahead[0]), rel=0.02)


def test_a_leaning_post_carries_its_plate_to_the_side_and_down() -> None:
    _, upright = drawn([make_sign()], [])
    _, leaning = drawn([make_sign(lean_deg=30.0, condition="leaning")], [])
    assert leaning["t0000"][0] > upright["t0000"][0] + 20.0
    assert leaning["t0000"][1] > upright["t0000"][1]


def test_what_stands_before_hides_what_stands_behind() -> None:
    behind = make_sign(along_m=80.0, lateral_m=-6.0)
    line = -1.8 + (-6.0 + 1.8) * 20.0 / 30.0  # on the way from the camera to the plate, but for the road's curve
    before = make_sign(sign_id="t0001", along_m=70.0, lateral_m=line, height_m=1.4 + 1.0 * 20.0 / 30.0, size_m=0.5)
    canvas, _ = drawn([behind, before], [])
    assert canvas.visible_share("t0001") == pytest.approx(1.0, abs=0.05)
    assert canvas.visible_share("t0000") < 0.6


def test_foliage_leaves_its_share_in_view_and_a_bare_post_has_no_plate() -> None:
    obscured = make_sign(condition="obscured", obscured_share=0.7)
    canvas, _ = drawn([obscured, make_sign(sign_id="t0001", condition="plate_missing", along_m=90.0)], [])
    assert canvas.visible_share("t0000") == pytest.approx(0.3, abs=0.1)
    assert canvas.visible_share("t0001") == 0.0


@pytest.mark.parametrize(
    ("state", "lit"), [("red", [0]), ("red_yellow", [0, 1]), ("yellow", [1]), ("green", [2]), ("off", [])]
)
def test_each_state_lights_its_lenses_and_no_other(state: str, lit: list[int]) -> None:
    head = make_signal(along_m=62.0)
    canvas, boxes = drawn([], [head], {"h0000": Lamps(state)})  # type: ignore[arg-type]
    box = boxes["h0000"]
    middle = int(0.5 * (box[0] + box[2]))
    lens_v = [0.5 * (box[1] + box[3]) + place * 0.28 / 0.9 * (box[3] - box[1]) * 0.9 for place in (-1, 0, 1)]
    shining = [
        index for index, v in enumerate(lens_v) if canvas.glow is not None and canvas.glow[int(v), middle].max() > 150
    ]
    assert shining == lit


def test_a_lamp_that_the_shutter_missed_gives_no_light() -> None:
    canvas, _ = drawn([], [make_signal()], {"h0000": Lamps("red", 0.0)})
    assert canvas.glow is None


def test_a_plate_shines_in_headlights_at_night_and_a_faded_one_less() -> None:
    night = make_light(condition="night")
    light = []
    for condition in ("sound", "faded"):
        canvas, _ = drawn([make_sign(along_m=80.0, condition=condition)], [], light=night)
        assert canvas.glow is not None
        light.append(int(canvas.glow.max()))
    assert light[0] > 150
    assert light[1] < 0.6 * light[0]
    assert drawn([make_sign()], [])[0].glow is None


def test_a_sun_ahead_leaves_signs_darker_than_a_sun_behind() -> None:
    assert facing_gain(Sunlight(1.0, 0.0, 0.2, 0.7)) < 0.6 < facing_gain(Sunlight(-1.0, 0.0, 0.6, 0.7))
