"""Measure the quality gate: how often it refuses good road pictures, and what it catches of spoiled ones.

Run it with ``python -m benchmarks.quality_gate [--data ../shared/data]``. The good pictures are those of the road sets
and clips of the development pack; the spoiled ones are made from them here, with a fixed seed.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vision.footage.decode import read_frames
from vision.footage.probe import probe
from vision.footage.stills import decode_picture
from vision.quality import assess
from vision.types import Frame, Image

ROAD_SETS = (
    "road_br_dnit",
    "road_in_ahilyanagar",
    "pothole_seg",
    "crack_cfd",
    "traffic_sign_gtsdb",
    "traffic_light_dtld",
)
ROAD_CLIPS = (
    "dashcam_highway_good_road",
    "dashcam_highway_signs",
    "potholes_waterfilled_walk",
    "road_br386_survey_run",
    "road_in_ahilyanagar_drive_a",
)
NOT_ROADS = {"bottles_on_bench": None, "road_in_ahilyanagar_drive_a": {104}}
"""Clip, and the frames of it that are no road (None: all). Frame 104 of the drive shows the phone's control centre."""
SPOILED_SAMPLES = 200

Spoil = Callable[[Image, np.random.Generator], Image]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and what to call it."""

    name: str
    image: Image


def clip_frames(path: Path, at_most: int, skip: frozenset[int] = frozenset()) -> Iterator[Picture]:
    """Give evenly spaced frames of a clip."""
    info = probe(path)
    step = max(1, len(info.frame_pts_ns) // at_most)
    numbers = [n for n in range(0, len(info.frame_pts_ns), step) if n not in skip]
    for number, frame in zip(numbers, read_frames(info, info.frame_pts_ns[numbers]), strict=True):
        if isinstance(frame, Frame):
            yield Picture(f"{path.stem} frame {number}", frame.image)


def set_pictures(folder: Path) -> Iterator[Picture]:
    """Give all pictures of a data set."""
    for path in sorted((folder / "images").rglob("*.jpg")):
        yield Picture(f"{folder.name} {path.name}", decode_picture(path))


def good_pictures(data: Path) -> Iterator[tuple[str, Picture]]:
    """Give the good road pictures with the set that each is from."""
    for name in ROAD_SETS:
        yield from ((name, picture) for picture in set_pictures(data / name))
    for name in ROAD_CLIPS:
        skip = frozenset(NOT_ROADS.get(name) or ())
        yield from ((name, picture) for picture in clip_frames(data / "footage" / f"{name}.mp4", 255, skip))


# --- ways to spoil a picture -------------------------------------------------------------------------------------


def darkened(gain: float) -> Spoil:
    """Less light at the same sensor noise."""
    return lambda image, rng: np.clip(image * gain + rng.normal(0, 3, image.shape), 0, 255).astype(np.uint8)


def overexposed(gain: float) -> Spoil:
    """More light than the sensor holds."""
    return lambda image, rng: np.clip(image * gain, 0, 255).astype(np.uint8)


def defocused(sigma_px: float) -> Spoil:
    """Gaussian blur."""
    return lambda image, rng: np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.uint8)


def moved(length_px: int) -> Spoil:
    """Motion along a random direction while the shutter is open."""

    def spoil(image: Image, rng: np.random.Generator) -> Image:
        angle = rng.uniform(0, math.pi)
        reach = np.array([math.cos(angle), math.sin(angle)]) * (length_px // 2)
        middle = np.array([length_px // 2, length_px // 2])
        kernel = np.zeros((length_px, length_px), np.float32)
        ends = [tuple(int(v) for v in np.round(middle + sign * reach)) for sign in (-1, 1)]
        cv2.line(kernel, ends[0], ends[1], 1.0)
        return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)

    return spoil


def covered(share: float, bgr: tuple[int, int, int]) -> Spoil:
    """Something out of focus before the lens, over that share of the width, with sensor noise."""

    def spoil(image: Image, rng: np.random.Generator) -> Image:
        height, width = image.shape[:2]
        rows, columns = np.mgrid[:height, :width].astype(np.float32)
        edge = width * share + 8 * np.sin(rows / 37) + 8 * np.sin(columns / 41) - columns
        alpha = 1 / (1 + np.exp(np.clip(-edge * 80 / width, -30, 30)))[..., None]
        cover = np.array(bgr, np.float32) * (0.8 + 0.4 * columns / width)[..., None]
        mixed = image * (1 - alpha) + cover * alpha + rng.normal(0, 1.5, image.shape)
        seen = np.clip(mixed, 0, 255).astype(np.uint8)
        return seen if rng.random() < 0.5 else np.ascontiguousarray(seen[:, ::-1])

    return spoil


def recompressed(quality: int) -> Spoil:
    """Saved again as a poor JPEG; still good enough to judge."""

    def spoil(image: Image, rng: np.random.Generator) -> Image:
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)

    return spoil


SPOILS: dict[str, Spoil] = {
    **{f"darkened x {gain:g}": darkened(gain) for gain in (0.3, 0.15, 0.08, 0.04)},
    **{f"overexposed x {gain:g}": overexposed(gain) for gain in (1.5, 2.0, 3.0, 4.0)},
    **{f"defocused {sigma:g} px": defocused(sigma) for sigma in (1.5, 3.0, 6.0)},
    **{f"moved {length} px": moved(length) for length in (5, 9, 15, 25, 41)},
    **{
        f"{share:.0%} covered, {name}": covered(share, bgr)
        for name, bgr in (("black", (28, 26, 25)), ("skin", (88, 105, 150)), ("mud", (60, 80, 95)))
        for share in (0.5, 0.7, 0.9)
    },
    "JPEG quality 30 (to be kept)": recompressed(30),
    "JPEG quality 15 (to be kept)": recompressed(15),
}


# --- figures -----------------------------------------------------------------------------------------------------


def _print_good(data: Path) -> list[Image]:
    """Print refusals among good pictures; give a sample of the pictures for spoiling."""
    seen: Counter[str] = Counter()
    refused: dict[str, list[str]] = {}
    sample: list[Image] = []
    rng = np.random.default_rng(0)
    for source, picture in good_pictures(data):
        seen[source] += 1
        reason = assess(picture.image).reason
        if reason is not None:
            refused.setdefault(source, []).append(f"{picture.name}: {reason}")
        elif rng.random() < 0.15 and not source.startswith("traffic"):
            sample.append(picture.image)
    print("Good road pictures")
    for source, count in seen.items():
        names = refused.get(source, [])
        print(f"  {source:30} {len(names):3} of {count:5} refused  {'; '.join(names[:4])}")
    total = sum(len(names) for names in refused.values())
    print(f"  {'all':30} {total:3} of {seen.total():5} refused  {total / seen.total():.2%}")
    return [sample[k] for k in rng.permutation(len(sample))[:SPOILED_SAMPLES]]


def _print_spoiled(sample: list[Image]) -> None:
    print(f"Spoiled ({len(sample)} each)")
    rng = np.random.default_rng(1)
    for name, spoil in SPOILS.items():
        reasons = Counter(assess(spoil(image, rng)).reason or "kept" for image in sample)
        caught = 1 - reasons.pop("kept", 0) / len(sample)
        print(f"  {name:30} {caught:6.1%} caught  {dict(reasons.most_common())}")


def _print_not_roads(data: Path) -> None:
    print("Not a road")
    for name, numbers in NOT_ROADS.items():
        pictures = clip_frames(data / "footage" / f"{name}.mp4", 255)
        reasons = Counter(
            assess(p.image).reason or "kept"
            for p in pictures
            if numbers is None or int(p.name.rsplit(" ", 1)[1]) in numbers
        )
        print(f"  {name:30} {dict(reasons)}")


def _print_speed(image: Image) -> None:
    print("Speed, one core")
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    for size in ((1280, 720), (1920, 1080), (3840, 2160)):
        picture = np.asarray(cv2.resize(image, size), np.uint8)
        started = time.process_time()
        for _ in range(30):
            assess(picture)
        print(f"  {size[0]} x {size[1]}: {(time.process_time() - started) / 30 * 1e3:.1f} ms a frame")
    cv2.setNumThreads(threads)


def main() -> int:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default, help="the development pack")
    data: Path = parser.parse_args().data
    if not (data / "footage").is_dir():
        print(f"{data}: the development pack isn't there; name its folder with --data", file=sys.stderr)
        return 3
    sample = _print_good(data)
    _print_spoiled(sample)
    _print_not_roads(data)
    _print_speed(sample[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
