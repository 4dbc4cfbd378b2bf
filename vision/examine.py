"""The stage that looks at footage: decode, quality gate, detect. One segment in, what its frames showed out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from vision.detectors.load import DetectorConfig, load_detector
from vision.errors import Failure
from vision.footage.decode import read_frames
from vision.protocols import Detector, Resources
from vision.quality import QualityLimits, assess
from vision.types import ExaminedFrame, FootageInfo, Frame, FrameQuality, Segment


@dataclass(frozen=True, slots=True)
class SegmentWork:
    """A reference to what is to be examined; pictures never travel.

    Attributes:
        info: The footage.
        segment: The stretch, with the frames to examine.
        ground_rows: First and last picture row of the road ahead, where the quality gate looks.
    """

    info: FootageInfo
    segment: Segment
    ground_rows: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class StageSeconds:
    """Wall seconds that a segment took, by step."""

    decode: float
    gate: float
    detect: float


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
    """A Stage over SegmentWork; holds the detector, loaded in ``setup``."""

    name = "examine"
    batch_size = 1

    def __init__(
        self, detector: DetectorConfig, limits: QualityLimits, resources: Resources, frames_at_once: int = 8
    ) -> None:
        """Keep the settings; loads nothing.

        Args:
            detector: Which detector.
            limits: Of the quality gate.
            resources: Of one worker.
            frames_at_once: Decoded frames held, and handed to the detector together.
        """
        self.resources = resources
        self._frames_at_once = frames_at_once
        self._threads = 0 if resources.cpus > 1 else 1
        self._config = detector
        self._limits = limits
        self._detector: Detector | None = None

    def setup(self) -> None:
        """Load the detector.

        Raises:
            ModelError: It can't be loaded.
        """
        self._detector = load_detector(self._config)

    def process(self, batch: Sequence[SegmentWork]) -> list[ExaminedSegment]:
        """Examine segments, one after the other."""
        return [self._examine(work) for work in batch]

    def _examine(self, work: SegmentWork) -> ExaminedSegment:
        clock = _Clock()
        frames: list[ExaminedFrame] = []
        failures: list[Failure] = []
        source = clock.timed("decode", read_frames(work.info, work.segment.sample_pts_ns, self._threads))
        while chunk := list(islice(source, self._frames_at_once)):
            failures.extend(item for item in chunk if isinstance(item, Failure))
            frames.extend(_undecodable(item) for item in chunk if isinstance(item, Failure))
            frames.extend(self._look([item for item in chunk if isinstance(item, Frame)], work, clock))
        frames.sort(key=lambda frame: frame.pts_ns)
        seconds = StageSeconds(clock.spent["decode"], clock.spent["gate"], clock.spent["detect"])
        return ExaminedSegment(work.segment, tuple(frames), tuple(failures), seconds)

    def _look(self, frames: Sequence[Frame], work: SegmentWork, clock: _Clock) -> Iterator[ExaminedFrame]:
        if self._detector is None:
            raise RuntimeError("setup() was not called before process()")
        started = time.perf_counter()
        qualities = [assess(frame.image, work.ground_rows, self._limits) for frame in frames]
        clock.spent["gate"] += time.perf_counter() - started
        accepted = [frame for frame, quality in zip(frames, qualities, strict=True) if quality.reason is None]
        started = time.perf_counter()
        found = {detections.pts_ns: detections for detections in self._detector.detect(accepted)}
        clock.spent["detect"] += time.perf_counter() - started
        for frame, quality in zip(frames, qualities, strict=True):
            yield ExaminedFrame(frame.pts_ns, quality, found.get(frame.pts_ns))


class _Clock:
    """Sums wall time by step, also of a generator's own work between its items."""

    def __init__(self) -> None:
        self.spent = {"decode": 0.0, "gate": 0.0, "detect": 0.0}

    def timed(self, step: str, items: Iterator[Frame | Failure]) -> Iterator[Frame | Failure]:
        while True:
            started = time.perf_counter()
            item = next(items, None)
            self.spent[step] += time.perf_counter() - started
            if item is None:
                return
            yield item


def _undecodable(failure: Failure) -> ExaminedFrame:
    if failure.pts_ns is None:
        raise ValueError("a frame's failure names its time")
    return ExaminedFrame(failure.pts_ns, FrameQuality("undecodable", 0.0, 0.0), None)
