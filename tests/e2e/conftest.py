"""Run the real command on simulated drives, each test with a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

WALKDOWN = Path(sys.executable).parent / "walkdown"
DRIVE_OPTIONS = ("--length-m", "90", "--defects", "12", "--width", "960", "--height", "540", "--fps", "15")


@dataclass(frozen=True, slots=True)
class Home:
    """A user's home: a ledger, evidence and caches of its own."""

    folder: Path
    shared_cache: Path

    @property
    def database(self) -> Path:
        return self.folder / "ledger.db"

    def environment(self) -> dict[str, str]:
        return os.environ | {
            "HOME": str(self.folder),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "WALKDOWN_STORAGE__DATABASE_URL": f"sqlite:///{self.database}",
            "WALKDOWN_STORAGE__EVIDENCE_URL": (self.folder / "evidence").as_uri(),
            "WALKDOWN_STORAGE__CACHE_DIR": str(self.shared_cache),
        }

    def command(self, *arguments: str | Path) -> list[str]:
        return [str(WALKDOWN), *(str(argument) for argument in arguments)]

    def run(self, *arguments: str | Path, expect: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*arguments),
            env=self.environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == expect, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models are converted for OpenVINO once in a test session."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def home(tmp_path: Path, shared_cache: Path) -> Home:
    folder = tmp_path / "home"
    folder.mkdir()
    return Home(folder, shared_cache)


@pytest.fixture(scope="session")
def drives(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    """One road, driven twice on one day and once eight months later: ``first``, ``second``, ``later``."""
    folder = tmp_path_factory.mktemp("drives")
    home = Home(folder, shared_cache)
    for name, options in (("first", ()), ("second", ("--pass-number", "2")), ("later", ("--months-later", "8"))):
        home.run("simulate", "road", "--out", folder / name, "--seed", "3", *DRIVE_OPTIONS, *options)
    return folder


def inspect_arguments(drive: Path, out: Path, *options: str) -> list[str | Path]:
    return [
        "inspect",
        drive / "drive.mp4",
        "--telemetry",
        drive / "drive.gpx",
        "--camera",
        drive / "camera.toml",
        "--site",
        drive / "site.toml",
        "--out",
        out,
        *options,
    ]
