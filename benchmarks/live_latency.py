"""Measure how long after its capture a live station's finding is told, and how many frames are dropped on the way.

Run it with ``python -m benchmarks.live_latency [--fps 10] [--parts 60] [--weights FILE]``. A simulated line is played
at its own speed through everything that a live inspection is: camera, queue, tracks, codes, surface model, states of
equipment, verdicts, pictures, ledger, alerts. The surface model looks at every part as it would; what it says is set
aside for the planted defects, so that the number of alerts doesn't depend on how good it is. The time is from the
capture of the frame that made a finding certain (when it was due, in the file's own time) to its alert.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.machine import cpu_name
from infra.settings import LiveSettings, Settings, load_settings
from vision.detectors.load import DetectorConfig, load_detector
from vision.detectors.weights import SHIPPED_DIR, find_surface_weights
from vision.detectors.yolo_decode import YoloConfig
from vision.line.belt import Box
from vision.line.surface_eye import DetectorEye, Mark
from vision.protocols import Detector
from vision.simulation.line.options import LineSimulation
from vision.simulation.line.run import SimulatedLine
from vision.simulation.line.truth_eye import TruthEye
from vision.types import Frame
from workflows.evaluate_line import learn_states
from workflows.live import LiveRequest, run_live
from workflows.progress import PlainProgress
from workflows.simulate_line import simulate_line


class TimedTruthEye:
    """Looks with a detector, and then says what was planted.

    Args:
        detector: That takes the time.
        line: That the frames are of.
    """

    def __init__(self, detector: Detector, line: SimulatedLine) -> None:
        self._eye = DetectorEye(detector, frozenset(detector.info.class_names))
        self._truth = TruthEye(line)

    def look(self, frame: Frame, parts: Sequence[Box]) -> list[list[Mark]]:
        """See ``SurfaceEye``."""
        self._eye.look(frame, parts)
        return self._truth.look(frame, parts)


def main() -> None:
    """Play a simulated line and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fps", type=int, default=10)
    parser.add_argument("--parts", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--queue", type=int, default=LiveSettings().queue_frames, help="frames that the queue holds")
    parser.add_argument("--weights", type=Path, help="a surface model; the shipped one by default")
    options = parser.parse_args()
    line = LineSimulation(options.seed, options.parts, fps=options.fps)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = _settings(folder, options.queue)
        simulate_line(line, folder / "line")
        learn_states(folder / "line", settings)
        _measure(folder, line, settings, _detector(options.weights, settings))


def _settings(folder: Path, queue: int) -> Settings:
    settings = load_settings()
    own = {"database_url": f"sqlite:///{folder}/ledger.db", "evidence_url": (folder / "evidence").as_uri()}
    storage = settings.storage.model_copy(update=own)
    return settings.model_copy(update={"storage": storage, "live": LiveSettings(queue_frames=queue)})


def _detector(weights: Path | None, settings: Settings) -> Detector:
    chosen = find_surface_weights(weights) or SHIPPED_DIR / "surface-research.pt"
    yolo = YoloConfig(settings.line.confidence, image_size=settings.line.image_size_px)
    detector = load_detector(DetectorConfig(chosen, settings.storage.cache_dir / "openvino", yolo=yolo))
    detector.detect([Frame("warm", 0, np.full((400, 400, 3), 90, np.uint8))])
    return detector


def _measure(folder: Path, line: LineSimulation, settings: Settings, detector: Detector) -> None:
    request = LiveRequest(str(folder / "line" / "line.mp4"), folder / "line" / "plant.toml", out=folder / "report")
    before = os.getloadavg()[0]
    eye = TimedTruthEye(detector, SimulatedLine(line))
    report = run_live(request, settings, io.StringIO(), PlainProgress(sys.stderr), eye).report
    live = report.live
    if live is None or live.alerts.latency is None:
        sys.exit("no alert was told: give more --parts, or another --seed")
    latency = live.alerts.latency
    after = os.getloadavg()[0]
    print(f"{len(os.sched_getaffinity(0))} cores, {cpu_name()}; load average {before:.1f} before, {after:.1f} after")
    print(f"{detector.info.name}, {detector.info.runtime}; {line.fps} frames a second, {report.totals.parts} parts")
    print(f"{live.frames_captured} frames, {live.frames_looked_at} looked at, {live.frames_dropped} dropped")
    within = "yes" if latency.p95_s <= 1.0 else "no"
    print(
        f"capture to alert, {latency.alerts} alerts: 50 % {latency.median_s:.3f} s, 95 % {latency.p95_s:.3f} s, "
        f"all {latency.most_s:.3f} s; 95 % within 1 s: {within}"
    )


if __name__ == "__main__":
    main()
