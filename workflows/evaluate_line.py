"""Measure verdicts, codes, defects and equipment's states on simulated lines."""

from __future__ import annotations

import io
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from infra.settings import Settings
from vision.anomaly.fit_state import StateTraining
from vision.anomaly.state import Crop
from vision.plant_file import read_plant
from vision.simulation.line.options import MARKER_KINDS, LineSimulation
from vision.simulation.line.run import SimulatedLine
from vision.simulation.line.truth_eye import TruthEye
from workflows.inspect_line import LineRequest, run_line_inspection
from workflows.line_scoring import LineScore, score_line
from workflows.progress import PlainProgress, Progress
from workflows.simulate_line import simulate_line
from workflows.train_anomaly import BackboneChoice, train_state


@dataclass(frozen=True, slots=True)
class LineEvaluation:
    """What to run.

    Attributes:
        seeds: A line each; its parts carry the marker kinds in turn.
        parts: On each line.
        fps: Frames a second.
        oracle: The planted defects' own outlines in place of the surface model's.
        keep_dir: Where lines are kept, and used again where they are there already; None to throw them away.
    """

    seeds: tuple[int, ...]
    parts: int = 20
    fps: int = 10
    oracle: bool = False
    keep_dir: Path | None = None


def evaluate_line(evaluation: LineEvaluation, settings: Settings, progress: Progress) -> LineScore:
    """Simulate each line, learn its equipment's states from the pictures beside it, inspect it, score it.

    Raises:
        WalkdownError: As the steps raise.
    """
    total = LineScore()
    progress.start("evaluate", len(evaluation.seeds))
    for seed in evaluation.seeds:
        marker = MARKER_KINDS[seed % len(MARKER_KINDS)]
        options = LineSimulation(seed=seed, parts=evaluation.parts, marker=marker, fps=evaluation.fps)
        with tempfile.TemporaryDirectory() as scratch:
            folder = (evaluation.keep_dir or Path(scratch)) / f"line-{seed}"
            if not _is_there(folder, options):
                simulate_line(options, folder)
            learn_states(folder, settings)
            own = {
                "database_url": f"sqlite:///{scratch}/ledger.db",
                "evidence_url": (Path(scratch) / "evidence").as_uri(),
            }
            storage = settings.storage.model_copy(update=own)
            request = LineRequest((folder / "line.mp4",), folder / "plant.toml", out=Path(scratch) / "report")
            surface = TruthEye(SimulatedLine(options)) if evaluation.oracle else None
            quiet = PlainProgress(io.StringIO())
            result = run_line_inspection(request, settings.model_copy(update={"storage": storage}), quiet, surface)
            truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
            total += score_line(truth, result.report)
        progress.advance()
    return total


def learn_states(folder: Path, settings: Settings) -> None:
    """Learn the states of a simulated line's equipment, as its plant file names them, from the pictures beside it."""
    plant = read_plant(folder / "plant.toml")
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    for station in plant.stations:
        for watch in station.watches:
            crop = Crop(*watch.region.in_pixels(truth["width"], truth["height"]))
            folders = {one.name: one for one in sorted((folder / "states").iterdir()) if one.is_dir()}
            choice = BackboneChoice(None, settings.storage.cache_dir)
            model = train_state(folders, StateTraining(station.name, crop), choice, PlainProgress(io.StringIO()))
            model.save(folder / f"{watch.states}.state.npz")


def _is_there(folder: Path, options: LineSimulation) -> bool:
    """Tell whether a folder holds this very line."""
    truth = folder / "truth.json"
    if not truth.is_file():
        return False
    kept = json.loads(truth.read_text(encoding="utf-8"))
    asked = (options.seed, options.fps, options.parts)
    return (kept["seed"], kept["fps"], len(kept["parts"])) == asked and kept["parts"][0]["marker"] == options.marker
