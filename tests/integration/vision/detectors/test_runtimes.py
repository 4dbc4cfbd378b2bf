"""One frame, the shipped model, every runtime of this machine: the same things in the same places."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vision.detectors.load import DetectorConfig, Precision, Runtime, load_detector
from vision.detectors.quantize import write_int8
from vision.detectors.weights import SHIPPED_ROAD
from vision.detectors.yolo_decode import YoloConfig
from vision.detectors.yolo_openvino import OpenVinoYolo
from vision.errors import ConfigError, InputError, ModelError
from vision.footage.decode import read_frames
from vision.footage.probe import probe
from vision.simulation.options import RoadSimulation
from vision.training.detection_scores import iou
from vision.types import Detections, Frame
from workflows.simulate import simulate_road

CONFIG = YoloConfig(confidence=0.25)
NEAR_PX = 2.0


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("converted")


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[Frame]:
    folder = tmp_path_factory.mktemp("drive")
    simulate_road(RoadSimulation(seed=3, length_m=40.0, defects=8), folder)
    info = probe(folder / "drive.mp4")
    return [frame for frame in read_frames(info, info.frame_pts_ns[::20]) if isinstance(frame, Frame)]


@pytest.fixture(scope="module")
def reference(cache: Path, frames: list[Frame]) -> list[Detections]:
    return load_detector(DetectorConfig(None, cache, "openvino", CONFIG, precision="fp32")).detect(frames)


def assert_same(found: Detections, expected: Detections, near_px: float) -> None:
    """Every sure find of either has one of its kind in the other, its corners near."""
    for one, other in ((found, expected), (expected, found)):
        for row in np.flatnonzero(one.confidence >= CONFIG.confidence + 0.1):
            overlap = iou(one.xyxy[row].astype(np.float64), other.xyxy.astype(np.float64))
            best = int(overlap.argmax())
            assert other.class_id[best] == one.class_id[row]
            assert np.abs(other.xyxy[best] - one.xyxy[row]).max() <= near_px
            assert abs(other.confidence[best] - one.confidence[row]) < 0.05


def test_onnx_runtime_finds_what_openvino_finds(cache: Path, frames: list[Frame], reference: list[Detections]) -> None:
    detector = load_detector(DetectorConfig(None, cache, "onnxruntime", CONFIG))
    assert detector.info.runtime == "onnxruntime-fp32"
    assert detector.info.class_names == reference[0].class_names
    assert sum(len(one) for one in reference) > 3
    for found, expected in zip(detector.detect(frames), reference, strict=True):
        assert_same(found, expected, NEAR_PX)
        assert len(found) == len(expected)
        assert all(len(a) >= 3 for a in found.outlines)


def test_torch_finds_what_openvino_finds(cache: Path, frames: list[Frame], reference: list[Detections]) -> None:
    detector = load_detector(DetectorConfig(None, cache, "torch", CONFIG, precision="fp32"))
    for found, expected in zip(detector.detect(frames), reference, strict=True):
        assert_same(found, expected, NEAR_PX)


def test_a_frame_is_seen_alike_alone_and_among_others(cache: Path, frames: list[Frame]) -> None:
    detector = load_detector(DetectorConfig(None, cache, "onnxruntime", CONFIG))
    for together, frame in zip(detector.detect(frames), frames, strict=True):
        np.testing.assert_array_equal(detector.detect([frame])[0].xyxy, together.xyxy)


def test_int8_is_refused_until_it_was_made_and_judged(cache: Path) -> None:
    with pytest.raises(ModelError, match="walkdown train int8"):
        load_detector(DetectorConfig(None, cache, "openvino", CONFIG, precision="int8"))


def test_an_int8_model_finds_most_of_what_the_float_model_does(
    cache: Path, frames: list[Frame], reference: list[Detections], tmp_path: Path
) -> None:
    import cv2

    pictures = []
    for index in range(30):
        pictures.append(tmp_path / f"{index}.jpg")
        cv2.imwrite(str(pictures[-1]), frames[index % len(frames)].image)
    made = tmp_path / "int8"
    made.mkdir()
    with pytest.raises(InputError, match="at least 30"):
        write_int8(SHIPPED_ROAD, cache, pictures[:29], 320, made)
    write_int8(SHIPPED_ROAD, cache, pictures, 320, made)
    detector = OpenVinoYolo(SHIPPED_ROAD, cache, CONFIG, precision="int8", int8_folder=made)
    assert detector.info.runtime == "openvino-int8"
    sure, met = 0, 0
    for found, expected in zip(detector.detect(frames), reference, strict=True):
        for row in np.flatnonzero(expected.confidence >= 0.5):
            sure += 1
            overlap = iou(expected.xyxy[row].astype(np.float64), found.xyxy.astype(np.float64))
            met += bool(len(overlap) and overlap.max() > 0.5)
    assert sure > 3
    assert met >= 0.7 * sure


@pytest.mark.parametrize(
    ("runtime", "precision"),
    [("onnxruntime", "fp16"), ("openvino", "auto"), ("torch", "int8"), ("tensorrt", "bf16")],
)
def test_a_precision_that_a_runtime_lacks_is_told(cache: Path, runtime: Runtime, precision: Precision) -> None:
    if precision == "auto":
        assert load_detector(DetectorConfig(None, cache, runtime)).info.runtime.startswith("openvino-")
        return
    with pytest.raises(ConfigError, match=rf"precision can't be {precision}"):
        load_detector(DetectorConfig(None, cache, runtime, precision=precision))


def test_without_a_gpu_tensorrt_and_float16_say_what_they_need(cache: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("optional: this machine has a GPU")
    with pytest.raises(ModelError, match="CUDA GPU"):
        load_detector(DetectorConfig(None, cache, "tensorrt"))
    with pytest.raises(ModelError, match="CUDA GPU"):
        load_detector(DetectorConfig(None, cache, "torch", precision="fp16"))


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime", "torch"])
def test_a_file_that_is_no_model_is_told(cache: Path, tmp_path: Path, runtime: Runtime) -> None:
    (tmp_path / "text.pt").write_text("no weights")
    with pytest.raises(ModelError, match="not an ultralytics weights file"):
        load_detector(DetectorConfig(tmp_path / "text.pt", cache, runtime))
