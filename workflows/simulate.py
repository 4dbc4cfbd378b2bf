"""Simulate a drive over a damaged road, with its track, its camera, its site and the truth about it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from vision.errors import StoreError
from vision.simulation.drive import SimulatedDrive
from vision.simulation.drive_files import camera_text, gpx_text, site_text, write_video
from vision.simulation.options import RoadSimulation

_UNFINISHED = ".unfinished"


def simulate_road(options: RoadSimulation, out_dir: Path) -> Path:
    """Write ``drive.mp4``, ``drive.gpx``, ``camera.toml``, ``site.toml`` and ``truth.geojson``.

    The files are made in a hidden folder and moved when all are done; equal options give equal files.

    Args:
        options: The drive.
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
        drive = SimulatedDrive(options)
        texts = {
            "drive.gpx": gpx_text(drive.layout, drive.fixes, drive.start),
            "camera.toml": camera_text(drive.camera),
            "site.toml": site_text(drive.layout),
            "truth.geojson": json.dumps(drive.truth(), indent=1) + "\n",
        }
        for name, text in texts.items():
            (unfinished / name).write_text(text, encoding="utf-8")
        write_video(unfinished / "drive.mp4", drive.frames(), options.fps, drive.start)
        for name in (*texts, "drive.mp4"):
            (unfinished / name).replace(out_dir / name)
        unfinished.rmdir()
    except OSError as err:
        raise StoreError(
            f"{out_dir} can't be written: {err}. Choose a folder with room that you may write to."
        ) from err
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return out_dir
