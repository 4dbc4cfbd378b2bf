"""A detector of transformers in a local folder, made here from a configuration with random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    DFineConfig,
    DFineForObjectDetection,
    ResNetConfig,
    RTDetrConfig,
    RTDetrForObjectDetection,
    RTDetrImageProcessor,
    RTDetrResNetConfig,
)

from vision.detectors.load import DetectorConfig, load_detector
from vision.detectors.yolo_decode import YoloConfig
from vision.errors import ConfigError, ModelError, WeightsNotFound
from vision.types import Frame

NAMES = {0: "pothole", 1: "longitudinal_crack", 2: "manhole"}
EVERYTHING = YoloConfig(confidence=0.001)
SMALL = {
    "id2label": NAMES,
    "label2id": {name: key for key, name in NAMES.items()},
    "d_model": 32,
    "encoder_hidden_dim": 32,
    "encoder_in_channels": [32, 64, 128],
    "encoder_ffn_dim": 32,
    "encoder_attention_heads": 2,
    "decoder_in_channels": [32, 32, 32],
    "decoder_ffn_dim": 32,
    "decoder_layers": 2,
    "decoder_attention_heads": 2,
    "num_queries": 20,
    "num_denoising": 0,
}


def rt_detr() -> RTDetrForObjectDetection:
    backbone = RTDetrResNetConfig(
        embedding_size=16, hidden_sizes=[16, 32, 64, 128], depths=[1, 1, 1, 1], layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    return RTDetrForObjectDetection(RTDetrConfig(backbone_config=backbone, **SMALL))


def d_fine() -> DFineForObjectDetection:
    backbone = ResNetConfig(
        embedding_size=16, hidden_sizes=[16, 32, 64, 128], depths=[1, 1, 1, 1], layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    return DFineForObjectDetection(DFineConfig(backbone_config=backbone, **SMALL))


@pytest.fixture(scope="module", params=[rt_detr, d_fine], ids=["rt-detr", "d-fine"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("model") / "tiny"
    request.param().save_pretrained(path)
    RTDetrImageProcessor(size={"height": 128, "width": 128}).save_pretrained(path)
    return path


def make_frame(width: int, height: int, seed: int = 0) -> Frame:
    return Frame("f", seed, np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8))


def test_its_boxes_lie_in_the_picture_and_bear_its_own_names(folder: Path, tmp_path: Path) -> None:
    detector = load_detector(DetectorConfig(folder, tmp_path, yolo=EVERYTHING))
    assert detector.info.class_names == tuple(NAMES.values())
    assert detector.info.runtime.startswith("transformers-")
    frames = [make_frame(320, 200, 1), make_frame(100, 240, 2)]
    together = detector.detect(frames)
    assert sum(len(found) for found in together) > 0
    for frame, found in zip(frames, together, strict=True):
        height, width = frame.image.shape[:2]
        assert (found.xyxy >= 0).all()
        assert (found.xyxy <= [width, height, width, height]).all()
        assert (np.diff(found.confidence) <= 0).all()
        assert found.pts_ns == frame.pts_ns
        np.testing.assert_array_equal(detector.detect([frame])[0].xyxy, found.xyxy)


def test_it_sees_red_where_red_is(folder: Path, tmp_path: Path) -> None:
    """Frames are blue, green, red; these networks learn on red, green, blue."""
    from transformers import AutoImageProcessor, AutoModelForObjectDetection

    frame = make_frame(128, 128, 3)
    found = load_detector(DetectorConfig(folder, tmp_path, yolo=EVERYTHING)).detect([frame])[0]
    processor = AutoImageProcessor.from_pretrained(folder)
    given = processor(images=np.ascontiguousarray(frame.image[:, :, ::-1]), return_tensors="pt")
    with torch.no_grad():
        outputs = AutoModelForObjectDetection.from_pretrained(folder)(**given)
    expected = processor.post_process_object_detection(outputs, threshold=0.001, target_sizes=[(128, 128)])[0]
    assert float(found.confidence[0]) == pytest.approx(float(expected["scores"].max()), abs=1e-4)


def test_the_hash_follows_the_weights(folder: Path, tmp_path: Path) -> None:
    from vision.detectors.weights import weights_sha256

    before = weights_sha256(folder)
    assert load_detector(DetectorConfig(folder, tmp_path)).info.weights_sha256 == before
    changed = folder / "config.json"
    text = changed.read_text()
    changed.write_text(text + "\n")
    assert weights_sha256(folder) != before
    changed.write_text(text)


def test_a_folder_that_is_no_detector_is_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsNotFound):
        load_detector(DetectorConfig(tmp_path, tmp_path))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="not a transformers detector"):
        load_detector(DetectorConfig(tmp_path, tmp_path))
    with pytest.raises(ConfigError, match="torch runs"):
        load_detector(DetectorConfig(folder, tmp_path, "openvino"))
