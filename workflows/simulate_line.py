"""Simulate parts passing a station's camera, with plant file, truth, pictures of equipment's states and empty belt."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import cv2

from vision.errors import StoreError
from vision.simulation.drive_files import write_video
from vision.simulation.line.options import LineSimulation
from vision.simulation.line.plant_text import plant_text
from vision.simulation.line.run import SimulatedLine

_UNFINISHED = ".unfinished"
_STATE_PICTURES = 12
_BELT_PICTURES = 8
_FILES = ("line.mp4", "plant.toml", "truth.json", "states", "belt")
_START = datetime(2025, 3, 3, 6, 0, tzinfo=UTC)


def simulate_line(options: LineSimulation, out_dir: Path) -> Path:
    """Write ``line.mp4``, ``plant.toml``, ``truth.json``, ``states/<state>/*.jpg`` and ``belt/*.jpg``, the empty belt.

    The files are made in a hidden folder and moved when all are done; equal options give equal files.

    Args:
        options: The line.
        out_dir: Made if missing; files of an earlier simulation in it are replaced.

    Returns:
        ``out_dir``.

    Raises:
        StoreError: The folder can't be written, or is on a full disk; nothing unfinished stays in it.
        FootageError: The video can't be encoded.
    """
    unfinished = out_dir / _UNFINISHED
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        line = SimulatedLine(options)
        (unfinished / "plant.toml").write_text(plant_text(line), encoding="utf-8")
        (unfinished / "truth.json").write_text(json.dumps(line.truth(), indent=1) + "\n", encoding="utf-8")
        _write_states(line, unfinished / "states")
        _write_belt(line, unfinished / "belt")
        write_video(unfinished / "line.mp4", line.frames(), options.fps, _START)
        for name in _FILES:
            if (out_dir / name).is_dir():
                shutil.rmtree(out_dir / name)
            (unfinished / name).replace(out_dir / name)
        unfinished.rmdir()
    except OSError as err:
        raise StoreError(
            f"{out_dir} can't be written: {err}. Choose a folder with room that you may write to."
        ) from err
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return out_dir


def _write_states(line: SimulatedLine, folder: Path) -> None:
    for state in (line.watch.sound, line.watch.faulty):
        (folder / state).mkdir(parents=True)
        for number in range(_STATE_PICTURES):
            cv2.imwrite(str(folder / state / f"{number:02d}.jpg"), line.render_equipment(state, number))


def _write_belt(line: SimulatedLine, folder: Path) -> None:
    folder.mkdir()
    for number in range(_BELT_PICTURES):
        picture = line.render_equipment(line.watch.sound, _STATE_PICTURES + number)
        cv2.imwrite(str(folder / f"{number:02d}.jpg"), picture)
