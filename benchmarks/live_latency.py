"""Measure how long after its capture a live frame has been looked at, and how many frames are dropped on the way.

Run it with ``python -m benchmarks.live_latency [--fps 10] [--parts 20] [--weights FILE]``. A simulated line is played
at its own speed through the camera reader and its queue to the detector. The time is from the moment that a frame is
out of the decoder to the moment that its detections are there; what tracks, verdicts and alerts add is not in it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from vision.detectors.load import DetectorConfig, load_detector
from vision.detectors.yolo_decode import YoloConfig
from vision.live.camera import Camera
from vision.live.queue import FrameQueue
from vision.live.reader import CameraReader, Reconnecting
from vision.protocols import Detector
from vision.simulation.line.options import LineSimulation
from vision.simulation.line.run import SimulatedLine
from vision.types import Frame
from workflows.simulate_line import simulate_line


def main() -> None:
    """Play a simulated line and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fps", type=int, default=10)
    parser.add_argument("--parts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--queue", type=int, default=8, help="frames that the queue holds")
    parser.add_argument("--weights", type=Path, help="a detector; the shipped road model by default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        line = LineSimulation(options.seed, options.parts, fps=options.fps)
        footage = simulate_line(line, Path(folder)) / "line.mp4"
        cache = Path.home() / ".cache" / "walkdown"
        detector = load_detector(DetectorConfig(options.weights, cache, yolo=YoloConfig(confidence=0.25)))
        detector.detect([Frame("warm", 0, SimulatedLine(line).render(0))])
        _measure(footage, detector, options.queue)


def _measure(footage: Path, detector: Detector, length: int) -> None:
    queue = FrameQueue(length)
    reader = CameraReader(Camera(str(footage)), queue, Reconnecting(), lambda text: print(text, file=sys.stderr))
    latencies: list[float] = []
    reader.start()
    while not queue.finished:
        live = queue.get(1.0)
        if live is not None:
            detector.detect([live.frame])
            latencies.append(time.monotonic() - live.captured_s)
    reader.stop()
    middle, most, nearly_all = np.percentile(latencies, [50, 95, 99])
    print(f"{len(os.sched_getaffinity(0))} cores, {detector.info.name}, {detector.info.runtime}")
    print(f"{reader.counts.frames} frames, {len(latencies)} looked at, {queue.dropped} dropped")
    print(f"capture to detections: 50 % {middle:.3f} s, 95 % {most:.3f} s, 99 % {nearly_all:.3f} s")


if __name__ == "__main__":
    main()
