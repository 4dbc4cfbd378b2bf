"""A station learnt from normal pictures: what it flags, where, and what its file refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.builders_anomaly import BlockStatistics, make_texture, with_blob, write_pictures
from vision.anomaly.fit import AnomalyTraining, fit_anomaly, neighbouring_folds
from vision.anomaly.memory import MemorySize
from vision.anomaly.model import AnomalyModel, load_anomaly_model
from vision.anomaly.pictures import read_pictures
from vision.errors import InputError, ModelError, WeightsNotFound

TRAINING = AnomalyTraining("S2", false_alarm_rate=0.05, memory=MemorySize(patches=80), sampled_patches=40)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> AnomalyModel:
    folder = write_pictures(tmp_path_factory.mktemp("normal"), [make_texture(seed) for seed in range(40)])
    return fit_anomaly(read_pictures(folder), BlockStatistics(), TRAINING)


def test_holes_are_flagged_where_they_are_and_normals_hardly_ever(model: AnomalyModel) -> None:
    normal = [make_texture(seed) for seed in range(100, 160)]
    holed = [with_blob(image, 70, 30) for image in normal[:20]]
    found = list(model.examine(holed, BlockStatistics()))
    assert all(one.anomalous for one in found)
    for one in found:
        y, x = np.unravel_index(one.heat.argmax(), one.heat.shape)
        assert np.hypot(x - 70, y - 30) < 12
        assert one.heat.shape == (96, 96)
    alarms = sum(one.anomalous for one in model.examine(normal, BlockStatistics()))
    assert alarms <= 9  # 60 pictures at a rate of 2/41: more than 9 happen once in 1000


def test_the_model_says_what_it_was_made_from(model: AnomalyModel) -> None:
    assert (model.info.station, model.info.pictures, model.info.backbone_sha256) == ("S2", 40, "b" * 64)
    assert model.info.settings_sha256 == TRAINING.sha256 != replace(TRAINING, folds=4).sha256
    assert model.info.made_at.tzinfo is not None
    assert model.threshold.kept_out == 40


def test_a_file_gives_the_same_model_again(model: AnomalyModel, tmp_path: Path) -> None:
    model.save(tmp_path / "deep" / "S2.npz")
    again = load_anomaly_model(tmp_path / "deep" / "S2.npz")
    image = with_blob(make_texture(300))
    before, after = (next(one.examine([image], BlockStatistics())) for one in (model, again))
    assert before.score == after.score
    assert (before.heat == after.heat).all()
    assert again.info == model.info
    assert again.threshold == model.threshold
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["S2.npz"]


@pytest.mark.parametrize("other", [BlockStatistics(sha256="c" * 64), BlockStatistics(image_size_px=64)])
def test_another_backbone_is_refused(model: AnomalyModel, other: BlockStatistics) -> None:
    with pytest.raises(ModelError, match=r"station S2 was made with the backbone blocks .*train it anew"):
        next(model.examine([make_texture(0)], other))


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsNotFound, match="walkdown train anomaly"):
        load_anomaly_model(tmp_path / "missing.npz")
    (tmp_path / "text.npz").write_text("no model", encoding="utf-8")
    np.savez(tmp_path / "arrays.npz", mean=np.zeros(3))
    for name in ("text.npz", "arrays.npz"):
        with pytest.raises(ModelError, match="is not a station's model"):
            load_anomaly_model(tmp_path / name)


def test_too_few_normals_are_refused(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path, [make_texture(seed) for seed in range(19)])
    with pytest.raises(InputError, match=r"19 normal pictures of station S2 .* take 1 more"):
        fit_anomaly(read_pictures(folder), BlockStatistics(), TRAINING)


def test_folds_are_runs_of_neighbours() -> None:
    folds = neighbouring_folds(23, 5)
    assert list(folds) == sorted(folds)
    assert {folds.count(fold) for fold in range(5)} == {4, 5}
