"""The stage that looks at footage: decode, quality gate, detect. One segment in, what its frames showed out.

A second detector, where there is one, looks for signs and signals above the road.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from vision.detectors.load import DetectorConfig, load_detector
from vision.errors import Failure
from vision.footage.decode import read_frames
from vision.protocols import Detector, Resources
from vision.quality import QualityLimits, assess
from vision.roadside.looking import SegmentLooker, check_classes
from vision.roadside.looks_net import LooksNets, shipped_looks_nets
from vision.roadside.reading import SignReader
from vision.types import Detections, ExaminedFrame, FootageInfo, Frame, FrameQuality, Segment, frozen


@dataclass(frozen=True, slots=True)
class SegmentWork:
    """A reference to what is to be examined; pictures never travel.

    Attributes:
        info: The footage.
        segment: The stretch, with the frames to examine.
        ground_rows: First and last picture row of the road ahead, where the quality gate looks.
        detect_from_row: The detector sees the picture from this row down: what lies above is too far to be placed.
        beside_to_row: Signs and signals are looked for above this row: none stands so low; None for the whole picture.
    """

    info: FootageInfo
    segment: Segment
    ground_rows: tuple[int, int] | None
    detect_from_row: int = 0
    beside_to_row: int | None = None


@dataclass(frozen=True, slots=True)
class StageSeconds:
    """Wall seconds that a segment took, by step."""

    decode: float
    gate: float
    detect: float
    roadside: float = 0.0


@dataclass(frozen=True, slots=True)
class ExaminedSegment:
    """What a segment's frames showed.

    Attributes:
        segment: Which.
        frames: Every sampled frame that could be decoded, by time, and a refused one for each that couldn't.
        failures: Frames that couldn't be decoded.
        seconds: Where the time went.
    """

    segment: Segment
    frames: tuple[ExaminedFrame, ...]
    failures: tuple[Failure, ...]
    seconds: StageSeconds


class ExamineSegments:
    """A Stage over SegmentWork; holds the detectors, loaded in ``setup``."""

    name = "examine"
    batch_size = 1

    def __init__(
        self,
        detector: DetectorConfig,
        limits: QualityLimits,
        resources: Resources,
        frames_at_once: int = 8,
        roadside: DetectorConfig | None = None,
        *,
        sign_network: bool = True,
        read_signs: bool = True,
    ) -> None:
        """Keep the settings; loads nothing.

        Args:
            detector: Which detector.
            limits: Of the quality gate.
            resources: Of one worker.
            frames_at_once: Decoded frames held, and handed to the detector together.
            roadside: Which detector looks for signs and signals; None for none.
            sign_network: Let the network for signs say what it takes each view for.
            read_signs: Read what signs say.
        """
        self._read_signs = read_signs
        self._sign_network = sign_network
        self.resources = resources
        self._frames_at_once = frames_at_once
        self._threads = 0 if resources.cpus > 1 else 1
        self._config = detector
        self._limits = limits
        self._detector: Detector | None = None
        self._roadside_config = roadside
        self._roadside: Detector | None = None
        self._looks: LooksNets | None = None
        self._reader: SignReader | None = None

    def setup(self) -> None:
        """Load the detectors.

        Raises:
            ModelError: One can't be loaded, or the roadside one finds nothing that stands beside a road.
        """
        self._detector = load_detector(self._config)
        if self._roadside_config is not None:
            self._roadside = load_detector(self._roadside_config)
            check_classes(self._roadside.info)
            self._looks = shipped_looks_nets(sign=self._sign_network)
            self._reader = SignReader() if self._read_signs else None

    def process(self, batch: Sequence[SegmentWork]) -> list[ExaminedSegment]:
        """Examine segments, one after the other."""
        return [self._examine(work) for work in batch]

    def _examine(self, work: SegmentWork) -> ExaminedSegment:
        clock = _Clock()
        beside = self._looker(work)
        frames: list[ExaminedFrame] = []
        failures: list[Failure] = []
        source = clock.timed("decode", read_frames(work.info, work.segment.sample_pts_ns, self._threads))
        while chunk := list(islice(source, self._frames_at_once)):
            failures.extend(item for item in chunk if isinstance(item, Failure))
            frames.extend(_undecodable(item) for item in chunk if isinstance(item, Failure))
            frames.extend(self._look([item for item in chunk if isinstance(item, Frame)], work, beside, clock))
        frames.sort(key=lambda frame: frame.pts_ns)
        seconds = StageSeconds(**clock.spent)
        return ExaminedSegment(work.segment, tuple(frames), tuple(failures), seconds)

    def _looker(self, work: SegmentWork) -> SegmentLooker | None:
        if self._roadside is None:
            return None
        samples = work.segment.sample_pts_ns
        return SegmentLooker(self._roadside, self._looks, self._reader, samples, work.beside_to_row)

    def _look(
        self, frames: Sequence[Frame], work: SegmentWork, looker: SegmentLooker | None, clock: _Clock
    ) -> Iterator[ExaminedFrame]:
        if self._detector is None:
            raise RuntimeError("setup() was not called before process()")
        started = time.perf_counter()
        qualities = [assess(frame.image, work.ground_rows, self._limits) for frame in frames]
        clock.spent["gate"] += time.perf_counter() - started
        accepted = [frame for frame, quality in zip(frames, qualities, strict=True) if quality.reason is None]
        started = time.perf_counter()
        top = work.detect_from_row
        seen = [Frame(frame.footage_id, frame.pts_ns, frame.image[top:]) for frame in accepted]
        found = {one.pts_ns: _moved_down(one, top) for one in self._detector.detect(seen)}
        clock.spent["detect"] += time.perf_counter() - started
        started = time.perf_counter()
        beside = {one.detections.pts_ns: one for one in looker.look(accepted)} if looker is not None else {}
        clock.spent["roadside"] += time.perf_counter() - started
        for frame, quality in zip(frames, qualities, strict=True):
            yield ExaminedFrame(frame.pts_ns, quality, found.get(frame.pts_ns), beside.get(frame.pts_ns))


class _Clock:
    """Sums wall time by step, also of a generator's own work between its items."""

    def __init__(self) -> None:
        self.spent = {"decode": 0.0, "gate": 0.0, "detect": 0.0, "roadside": 0.0}

    def timed(self, step: str, items: Iterator[Frame | Failure]) -> Iterator[Frame | Failure]:
        while True:
            started = time.perf_counter()
            item = next(items, None)
            self.spent[step] += time.perf_counter() - started
            if item is None:
                return
            yield item


def _moved_down(detections: Detections, rows: int) -> Detections:
    """Give the detections of a picture that was cut off at the top, in pixels of the whole picture."""
    if rows == 0:
        return detections
    return replace(
        detections,
        xyxy=frozen(detections.xyxy + np.array([0, rows, 0, rows], np.float32)),
        outlines=tuple(frozen(outline + np.array([0, rows], np.float32)) for outline in detections.outlines),
    )


def _undecodable(failure: Failure) -> ExaminedFrame:
    if failure.pts_ns is None:
        raise ValueError("a frame's failure names its time")
    return ExaminedFrame(failure.pts_ns, FrameQuality("undecodable", 0.0, 0.0), None)
