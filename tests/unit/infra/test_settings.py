from __future__ import annotations

import os
import pickle
import re
import tomllib
from pathlib import Path

import pytest

from infra.settings import Settings, load_settings
from infra.settings_errors import known_keys
from vision.errors import ConfigError

EXAMPLE = Path(__file__).parents[3] / "walkdown.example.toml"


@pytest.fixture(autouse=True)
def _bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("WALKDOWN_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def test_defaults_keep_the_ledger_and_its_evidence_in_the_data_folder(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.storage.database_url == f"sqlite:///{tmp_path}/data/walkdown/ledger.db"
    assert settings.storage.evidence_url == (tmp_path / "data/walkdown/evidence").as_uri()
    assert settings.detector.weights is None
    assert settings.sampling.every == "3m"


def test_evidence_lies_beside_a_database_file_that_was_chosen(tmp_path: Path) -> None:
    settings = load_settings(None, {"storage": {"database_url": "sqlite:///here/my.db"}})
    assert settings.storage.database_url == f"sqlite:///{tmp_path}/here/my.db"
    assert settings.storage.evidence_url == (tmp_path / "here/evidence").as_uri()


def test_command_line_beats_environment_beats_file_beats_default(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("walkdown.toml").write_text("[detector]\nconfidence = 0.5\nbatch_size = 2\nimage_size_px = 320\n")
    monkeypatch.setenv("WALKDOWN_DETECTOR__CONFIDENCE", "0.6")
    monkeypatch.setenv("WALKDOWN_DETECTOR__BATCH_SIZE", "3")
    detector = load_settings(None, {"detector": {"confidence": 0.7}}).detector
    assert (detector.confidence, detector.batch_size, detector.image_size_px) == (0.7, 3, 320)
    assert detector.runtime == "auto"


def test_a_named_file_is_read_instead_of_the_one_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("walkdown.toml").write_text("[sampling]\nevery = '1m'\n")
    named = tmp_path / "other.toml"
    named.write_text("[sampling]\nevery = '0.5s'\n")
    assert load_settings().sampling.every == "1m"
    monkeypatch.setenv("WALKDOWN_CONFIG", str(named))
    assert load_settings().sampling.every == "0.5s"
    assert load_settings(file=Path("walkdown.toml")).sampling.every == "1m"


def test_settings_made_directly_read_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WALKDOWN_DETECTOR__CONFIDENCE", "0.6")
    assert Settings().detector.confidence == 0.15


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "[detector]\nconfidense = 0.4\n",
            r"walkdown\.toml: unknown setting 'detector.confidense'.*detector.confidence\?",
        ),
        ("[detectr]\nconfidence = 0.4\n", r"unknown setting 'detectr'.*mean detector"),
        ("[detector]\nconfidence = 1.5\n", r"walkdown\.toml: setting detector.confidence = 1.5: .*less than 1"),
        ("[sampling]\nevery = '3 miles'\n", r"setting sampling.every = '3 miles': .*3m"),
        ("[storage]\ndatabase_url = 'ledger.db'\n", r"setting storage.database_url = 'ledger.db': no database URL"),
        ("[detector\n", r"walkdown\.toml: can't be read: .*line 1"),
    ],
)
def test_a_bad_file_is_refused_by_name(text: str, expected: str) -> None:
    Path("walkdown.toml").write_text(text)
    with pytest.raises(ConfigError, match=expected) as caught:
        load_settings()
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("WALKDOWN_DETECTOR__CONFIDENSE", "1", "WALKDOWN_DETECTOR__CONFIDENSE is no setting.*DETECTOR__CONFIDENCE"),
        ("WALKDOWN_DETECTR__CONFIDENCE", "1", "WALKDOWN_DETECTR__CONFIDENCE is no setting.*DETECTOR__CONFIDENCE"),
        ("WALKDOWN_ENGINE__WORKERS", "many", "WALKDOWN_ENGINE__WORKERS: setting engine.workers = 'many'"),
        ("WALKDOWN_CONFIG", "nowhere.toml", "nowhere.toml is missing"),
    ],
)
def test_a_bad_variable_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError, match=expected):
        load_settings()


def test_a_bad_option_is_blamed_on_the_command_line() -> None:
    Path("walkdown.toml").write_text("[engine]\nworkers = 2\n")
    with pytest.raises(ConfigError, match=r"^command line: setting engine.workers = 0"):
        load_settings(None, {"engine": {"workers": 0}})


def test_settings_cross_to_another_process() -> None:
    settings = load_settings(None, {"detector": {"weights": "road.pt"}})
    assert pickle.loads(pickle.dumps(settings)) == settings
    assert settings.detector.weights == Path("road.pt").absolute()


def test_the_example_names_every_setting_with_its_default() -> None:
    text = EXAMPLE.read_text()
    Path("walkdown.toml").write_text(text)
    assert load_settings() == Settings()
    written = tomllib.loads(text)
    for key in known_keys(Settings):
        group, name = key.split(".")
        section = re.search(rf"^\[{group}\]$(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
        assert section is not None
        assert re.search(rf"^(# )?{name} = ", section[1], re.MULTILINE), f"{key} is missing from the example"
        if name not in written[group]:
            assert key in {
                "storage.database_url", "storage.evidence_url", "storage.cache_dir", "detector.weights",
                "agent.standards", "agent.treatments", "engine.ray_address", "roadside.weights", "line.weights",
                "live.webhook_url", "live.give_up_s",
            }  # fmt: skip
