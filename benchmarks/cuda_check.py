"""What torch and TensorRT do on a machine with a CUDA GPU: the same finds as float32 on the CPU, and how fast.

``python -m benchmarks.cuda_check --clip drive.mp4`` prints a row for each runtime and precision, and ends with 1 where
one finds other things. TensorRT is left out, and told, where its package isn't installed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from vision.detectors.load import DetectorConfig, Precision, Runtime, load_detector
from vision.detectors.weights import find_weights
from vision.detectors.yolo_decode import YoloConfig
from vision.detectors.yolo_torch import TorchYolo
from vision.footage.decode import read_frames
from vision.footage.probe import probe
from vision.protocols import Detector
from vision.training.detection_scores import iou
from vision.types import Detections, Frame

YOLO = YoloConfig(confidence=0.25)
SURE = 0.35  # finds nearer to the threshold may fall on either side of it
CASES: tuple[tuple[Runtime, Precision, float], ...] = (
    ("torch", "fp32", 2.0),
    ("torch", "fp16", 4.0),
    ("tensorrt", "fp32", 2.0),
    ("tensorrt", "fp16", 4.0),
)
"""Runtime, precision, and by how many pixels of the picture a corner may lie elsewhere."""


def main() -> None:
    """Compare, time, and print a row each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clip", type=Path, required=True)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--frames", type=int, default=64)
    asked = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("torch sees no CUDA GPU here: run this where there is one")
    frames = _frames(asked.clip, asked.frames)
    expected = TorchYolo(find_weights(asked.weights), YOLO, "fp32", "cpu").detect(frames)
    print(
        f"{torch.cuda.get_device_name()}, {len(frames)} frames, {sum(map(len, expected))} finds in float32 on the CPU"
    )
    wrong = False
    with tempfile.TemporaryDirectory() as cache:
        for runtime, precision, near_px in CASES:
            if runtime == "tensorrt" and find_spec("tensorrt") is None:
                print(f"{runtime:<9} {precision}  left out: pip install tensorrt")
                continue
            detector = load_detector(DetectorConfig(asked.weights, Path(cache), runtime, YOLO, precision=precision))
            away = _unmatched(detector.detect(frames), expected, near_px)
            wrong = wrong or away > 0
            speed = _frames_a_second(detector, frames)
            print(f"{runtime:<9} {precision}  {speed:7.1f} frames/s, {away} sure finds differ")
    sys.exit(1 if wrong else 0)


def _frames(clip: Path, count: int) -> list[Frame]:
    info = probe(clip)
    step = max(1, len(info.frame_pts_ns) // count)
    return [frame for frame in read_frames(info, info.frame_pts_ns[::step][:count]) if isinstance(frame, Frame)]


def _unmatched(found: Sequence[Detections], expected: Sequence[Detections], near_px: float) -> int:
    """Count the sure finds of either that the other doesn't have within so many pixels."""
    count = 0
    for pair in zip(found, expected, strict=True):
        for one, other in (pair, pair[::-1]):
            for row in np.flatnonzero(one.confidence >= SURE):
                overlap = iou(one.xyxy[row].astype(np.float64), other.xyxy.astype(np.float64))
                best = int(overlap.argmax()) if len(overlap) else -1
                near = best >= 0 and np.abs(other.xyxy[best] - one.xyxy[row]).max() <= near_px
                count += not (near and other.class_id[best] == one.class_id[row])
    return count


def _frames_a_second(detector: Detector, frames: Sequence[Frame]) -> float:
    best = 0.0
    for _ in range(3):
        started = time.perf_counter()
        for start in range(0, len(frames), 8):
            detector.detect(frames[start : start + 8])
        best = max(best, len(frames) / (time.perf_counter() - started))
    return best


if __name__ == "__main__":
    main()
