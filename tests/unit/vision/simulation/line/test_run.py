import tomllib

import cv2
import numpy as np
import pytest

from vision.errors import ConfigError
from vision.simulation.line.equipment import WATCH_REGION
from vision.simulation.line.markers import APRILTAG_DICTIONARY, ARUCO_DICTIONARY
from vision.simulation.line.options import LineSimulation
from vision.simulation.line.plant_text import plant_text
from vision.simulation.line.run import LIMITS_MM, SimulatedLine


def test_a_line_follows_from_its_seed() -> None:
    first, second = (SimulatedLine(LineSimulation(seed=4, parts=2)) for _ in range(2))

    assert np.array_equal(first.render(30), second.render(30))
    assert first.truth() == second.truth()
    assert first.truth() != SimulatedLine(LineSimulation(seed=5, parts=2)).truth()


def test_a_part_is_where_and_when_the_truth_says() -> None:
    line = SimulatedLine(LineSimulation(seed=4, parts=3))
    truth = line.truth()

    assert [part["number"] for part in truth["parts"]] == [1, 2, 3]
    for part in truth["parts"]:
        assert part["enters_s"] < part["centre_s"] < part["leaves_s"] <= truth["frame_count"] / truth["fps"]
        outline = np.array(part["outline_px_at_centre"])
        assert outline.mean(axis=0)[0] == pytest.approx(0.5 * truth["width"], abs=40)
    middle = truth["parts"][1]
    index = round(middle["centre_s"] * truth["fps"])
    with_part, without = line.render(index).astype(int), line.render(0).astype(int)
    inside = np.zeros(with_part.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.array(middle["outline_px_at_centre"]).round().astype(np.int32)], 1)
    assert np.abs(with_part - without).mean(axis=2)[inside > 0].mean() > 15.0


def test_verdicts_follow_from_the_limits_in_the_plant_file() -> None:
    line = SimulatedLine(LineSimulation(seed=2, parts=12, marker="none"))
    limits = {
        limit["defect"]: limit["max_length_mm"] for limit in tomllib.loads(plant_text(line))["part_class"][0]["limit"]
    }
    parts = line.truth()["parts"]

    assert limits == LIMITS_MM
    assert {part["verdict"] for part in parts} == {"ok", "reject"}
    for part in parts:
        beyond = [d for d in part["defects"] if d["kind"] not in limits or d["length_mm"] > limits[d["kind"]]]
        assert (part["verdict"] == "reject") == bool(beyond)
        for defect in part["defects"]:
            share = defect["length_mm"] / limits.get(defect["kind"], 1e-9)
            assert not 0.81 < share < 1.24


@pytest.mark.parametrize("marker", ["qr", "aruco", "apriltag"])
def test_a_code_says_which_part_it_is(marker: str) -> None:
    line = SimulatedLine(LineSimulation(seed=5, parts=2, marker=marker))  # type: ignore[arg-type]
    part = line.truth()["parts"][0]
    read: set[str] = set()
    for index in range(round(part["enters_s"] * 10) + 4, round(part["leaves_s"] * 10) - 4):
        picture = line.render(index)
        if marker == "qr":
            read.add(cv2.QRCodeDetector().detectAndDecode(picture)[0])
        else:
            name = ARUCO_DICTIONARY if marker == "aruco" else APRILTAG_DICTIONARY
            ids = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(name)).detectMarkers(picture)[1]
            read.update(str(value) for value in np.ravel(ids if ids is not None else []))
    assert part["part_id"] in read


def test_the_equipment_changes_its_state_once() -> None:
    line = SimulatedLine(LineSimulation(seed=1, parts=2, marker="none"))
    before, after = line.truth()["watch"]
    assert before["to_s"] == after["from_s"]
    assert before["state"] != after["state"]

    def look(time_s: float) -> np.ndarray:
        picture = line.render(round(time_s * 10)).astype(float)
        height, width = picture.shape[:2]
        left, top, right, bottom = (round(v * s) for v, s in zip(WATCH_REGION, (width, height) * 2, strict=True))
        return picture[top:bottom, left:right]

    change = before["to_s"]
    assert np.abs(look(change + 0.3) - look(change - 0.3)).mean() > 3.0 * np.abs(look(0.5) - look(change - 0.3)).mean()


def test_a_line_without_parts_is_refused() -> None:
    with pytest.raises(ConfigError, match="parts = 0"):
        LineSimulation(parts=0)
