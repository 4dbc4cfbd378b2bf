"""A station learnt with the shipped weights' features: synthetic metal, and real tiles where the pack is there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.builders_anomaly import make_gauge, make_texture, with_blob, write_pictures
from vision.anomaly.fit import AnomalyTraining, fit_anomaly
from vision.anomaly.fit_state import StateTraining, fit_state
from vision.anomaly.measures import auroc
from vision.anomaly.memory import MemorySize
from vision.anomaly.openvino_backbone import OpenVinoBackbone
from vision.anomaly.pictures import read_pictures
from vision.anomaly.state import Crop
from vision.detectors.weights import SHIPPED_ROAD
from vision.errors import ModelError, WeightsNotFound


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> OpenVinoBackbone:
    return OpenVinoBackbone(SHIPPED_ROAD, tmp_path_factory.mktemp("converted"), 192)


def test_a_picture_has_the_same_features_alone_and_among_others(backbone: OpenVinoBackbone) -> None:
    images = [make_texture(0, 180, 120), make_texture(1, 64, 250), make_texture(2, 180, 120)]
    together = list(backbone.describe(images))
    for image, one in zip(images, together, strict=True):
        alone = next(backbone.describe([image]))
        assert (alone.cells == one.cells).all()
        assert one.picture_wh == (image.shape[1], image.shape[0])
        columns, rows = (-(-side // 8) for side in one.resized_wh)
        assert one.cells.shape[:2] == (rows, columns)
    assert max(together[1].resized_wh) == 192


def test_holes_in_synthetic_metal_stand_out(backbone: OpenVinoBackbone, tmp_path: Path) -> None:
    normal = write_pictures(tmp_path, [make_texture(seed, 180, 140) for seed in range(24)])
    training = AnomalyTraining("S2", 0.05, image_size_px=192, memory=MemorySize(patches=200))
    model = fit_anomaly(read_pictures(normal), backbone, training)
    fresh = [make_texture(seed, 180, 140) for seed in range(100, 112)]
    sound = list(model.examine(fresh, backbone))
    holed = list(model.examine([with_blob(image, 120, 90) for image in fresh], backbone))
    assert auroc(np.array([one.score for one in sound]), np.array([one.score for one in holed])) > 0.95
    assert sum(one.anomalous for one in holed) >= 11
    y, x = np.unravel_index(holed[0].heat.argmax(), holed[0].heat.shape)
    assert np.hypot(x - 120, y - 90) < 20


def test_a_gauge_is_read(backbone: OpenVinoBackbone, tmp_path: Path) -> None:
    angles = {"low": 160.0, "green": 60.0}
    pictures = {
        name: read_pictures(write_pictures(tmp_path / name, [make_gauge(seed, angle) for seed in range(10)]))
        for name, angle in angles.items()
    }
    model = fit_state(pictures, backbone, StateTraining("S3", Crop(0, 0, 96, 96), 0.05))
    for name, angle in angles.items():
        readings = [one.state for one in model.read([make_gauge(seed, angle) for seed in range(50, 60)], backbone)]
        assert readings.count(name) >= 8
        assert set(readings) <= {name, None}


def test_weights_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsNotFound):
        OpenVinoBackbone(tmp_path / "missing.pt", tmp_path, 192)
    (tmp_path / "text.pt").write_text("no weights", encoding="utf-8")
    with pytest.raises(ModelError, match="not an ultralytics weights file"):
        OpenVinoBackbone(tmp_path / "text.pt", tmp_path, 192)


def test_real_tiles_without_defect_labels(shared: Path, tmp_path: Path) -> None:
    tiles = shared / "data" / "magnetic_tile" / "images"
    backbone = OpenVinoBackbone(SHIPPED_ROAD, tmp_path, 224)
    training = AnomalyTraining("tiles", 0.05, image_size_px=224, memory=MemorySize(patches=400))
    model = fit_anomaly(read_pictures(tiles / "train" / "mt_free_exp[3-5]_*"), backbone, training)
    sound = read_pictures(tiles / "val" / "mt_free_*")
    broken = read_pictures(tiles / "val" / "mt_break_*")
    scores = [np.array([one.score for one in model.examine(pictures.images, backbone)]) for pictures in (sound, broken)]
    assert auroc(*scores) > 0.9
