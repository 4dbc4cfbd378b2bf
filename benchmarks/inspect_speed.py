"""Frames a second: ``walkdown inspect`` against ``yolo predict`` on the same clip, in one run.

Both are whole commands, start-up included, on the same weights, image size and clip, every frame examined: the road
model alone, since ``yolo predict`` runs one model. Run it with ``make bench``. It also times a 1080p 30 fps drive at
50 km/h, sampled every 3 m, against its own length, with the road model alone and as it is inspected unless told
otherwise, with signs and signals looked for by a second model; and ``walkdown --help``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.machine import cpu_name
from vision.detectors.weights import SHIPPED_ROAD

BIN = Path(sys.executable).parent


def main() -> None:
    """Run the comparison and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/out"))
    parser.add_argument("--clip", type=Path, help="a video of your own instead of a simulated drive")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    clip = arguments.clip or _drive(arguments.out / "drive-720p", ("--length-m", "400"))
    frames = _frames(clip)
    walkdown_fps, yolo_fps = [], []
    for number in range(arguments.rounds):
        alone = _walkdown_seconds(clip, arguments.out / f"round-{number}", "all", roadside=False)
        walkdown_fps.append(frames / alone)
        yolo_fps.append(frames / _yolo_seconds(clip, arguments.out))
    ours, theirs = statistics.median(walkdown_fps), statistics.median(yolo_fps)
    print(f"{len(os.sched_getaffinity(0))} cores, {cpu_name()}")
    print(f"clip: {clip.name}, {frames} frames, every one examined, median of {arguments.rounds} rounds in turn")
    print(f"walkdown inspect  {ours:7.1f} frames/s  (min {min(walkdown_fps):.1f}, max {max(walkdown_fps):.1f})")
    print(f"yolo predict      {theirs:7.1f} frames/s  (min {min(yolo_fps):.1f}, max {max(yolo_fps):.1f})")
    print(f"ratio             {ours / theirs:7.2f}")
    hd = _drive(arguments.out / "drive-1080p", ("--length-m", "800", "--width", "1920", "--height", "1080"))
    length_s = _frames(hd) / 30.0
    for roadside, what in ((False, "road model alone"), (True, "signs and signals too")):
        seconds = _walkdown_seconds(hd, arguments.out / "hd", "3m", roadside=roadside)
        print(f"1080p 30 fps drive at 50 km/h, every 3 m, {what}: {length_s:.1f} s of footage in {seconds:.1f} s")
    helps = [_seconds([str(BIN / "walkdown"), "--help"], {}) for _ in range(5)]
    print(f"walkdown --help: {statistics.median(helps):.2f} s")


def _drive(folder: Path, options: tuple[str, ...]) -> Path:
    if not (folder / "drive.mp4").exists():
        command = [str(BIN / "walkdown"), "simulate", "road", "--out", str(folder), "--seed", "11", *options]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / "drive.mp4"


def _walkdown_seconds(clip: Path, scratch: Path, every: str, *, roadside: bool) -> float:
    """Time one inspection with a ledger of its own, so that nothing is left to resume from."""
    scratch.mkdir(parents=True, exist_ok=True)
    for leftover in scratch.glob("ledger.db*"):
        leftover.unlink()
    command = [str(BIN / "walkdown"), "inspect", str(clip), "--every", every, "--engine", "inline"]
    for option, name in (("--camera", "camera.toml"), ("--site", "site.toml")):
        if (clip.parent / name).exists():
            command += [option, str(clip.parent / name)]
    command += ["--out", str(scratch / "report")]
    environment = {
        "WALKDOWN_ROADSIDE__ENABLED": str(roadside).lower(),
        "WALKDOWN_STORAGE__DATABASE_URL": f"sqlite:///{(scratch / 'ledger.db').absolute()}",
        "WALKDOWN_STORAGE__EVIDENCE_URL": (scratch / "evidence").absolute().as_uri(),
    }
    seconds = _seconds(command, environment)
    counts = json.loads((scratch / "report" / "inspection.json").read_text(encoding="utf-8"))["counts"]
    print(f"  walkdown: {counts['frames_examined']} frames examined in {seconds:.1f} s", file=sys.stderr)
    return seconds


def _yolo_seconds(clip: Path, out: Path) -> float:
    command = [str(BIN / "yolo"), "predict", f"model={SHIPPED_ROAD}", f"source={clip}", "imgsz=640"]
    seconds = _seconds([*command, f"project={out.absolute()}", "name=yolo", "exist_ok=True"], {})
    print(f"  yolo: {seconds:.1f} s", file=sys.stderr)
    return seconds


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | environment
    )
    return time.perf_counter() - started


def _frames(clip: Path) -> int:
    from vision.footage.probe import probe

    return len(probe(clip).frame_pts_ns)


if __name__ == "__main__":
    main()
