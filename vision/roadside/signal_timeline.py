"""From a head's state in single frames to the states that it was in, and for how long.

LED lamps are driven by pulses: a shutter that opens between two of them sees a lit lamp dark, in one frame or, where
the two rates nearly agree, in a few. A state therefore needs more than one frame, and a short dark spell between lit
frames is no state at all. What was taken out is counted, since much of it makes flashing and flicker alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from vision.roadside.kinds import HeadState


@dataclass(frozen=True, slots=True)
class HeadView:
    """One frame's view of one signal head.

    Attributes:
        pts_ns: When.
        state: As detected; None where the frame should show the head and the detector found none.
        confidence: The detector's; 0 where it found none.
        height_px: Of the box; where none was found, of the box that the head's place and size would give.
        lamps: How much the box looks like lenses in a row, 0 to 1 (see ``crop_looks``); None where not measured.
        covered: Share of the box that leaves cover; None where not measured.
        shows: Probabilities of ``HEAD_LOOKS`` by what its pixels look like; None where no network looked.
    """

    pts_ns: int
    state: HeadState | None
    confidence: float
    height_px: float
    lamps: float | None = None
    covered: float | None = None
    shows: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class TimelineRules:
    """Which views count, and what is flicker.

    Attributes:
        min_height_px: A smaller box's state can't be told: with the room that detectors leave about a head, a lens is
            then under 4 px across.
        min_confidence: A less confident state isn't used.
        flicker_s: Dark spells between lit frames that are no longer than this are flicker, whatever their frames.
        hole_s: Views further apart than this may have a phase between them: half of the shortest yellow.
    """

    min_height_px: float = 14.0
    min_confidence: float = 0.25
    flicker_s: float = 0.15
    hole_s: float = 1.25


@dataclass(frozen=True, slots=True)
class StateInterval:
    """A stretch of time in which a head was seen in one state.

    Attributes:
        state: What was lit.
        first_pts_ns: First frame that shows it.
        last_pts_ns: Last frame that shows it.
        after_pts_ns: Last frame before it that shows something else; None at the start of a stretch.
        before_pts_ns: First frame after it that shows something else; None at the end of a stretch.
        frames: That show it.
    """

    state: HeadState
    first_pts_ns: int
    last_pts_ns: int
    after_pts_ns: int | None
    before_pts_ns: int | None
    frames: int

    @property
    def seen_s(self) -> float:
        """How long it lasted at least."""
        return (self.last_pts_ns - self.first_pts_ns) / 1e9

    @property
    def at_most_s(self) -> float | None:
        """How long it lasted at most; None where its start or its end wasn't watched."""
        if self.after_pts_ns is None or self.before_pts_ns is None:
            return None
        return (self.before_pts_ns - self.after_pts_ns) / 1e9


@dataclass(frozen=True, slots=True)
class Timeline:
    """What a head showed while it was watched.

    Attributes:
        stretches: Stretches watched without a hole, each as its intervals by time; neighbours differ.
        views: Frames that count: large and confident enough.
        flickered: Dark frames that were taken for flicker.
        lit: Frames that show a lit lamp.
        interval_s: Median time between frames that count; 0 with fewer than two.
    """

    stretches: tuple[tuple[StateInterval, ...], ...]
    views: int
    flickered: int
    lit: int
    interval_s: float

    @property
    def intervals(self) -> tuple[StateInterval, ...]:
        """All intervals by time."""
        return tuple(interval for stretch in self.stretches for interval in stretch)


_Run = tuple[HeadState, list[int]]


def timeline(views: Sequence[HeadView], rules: TimelineRules) -> Timeline:
    """Join the views of one head.

    Args:
        views: Ascending in time, one a frame.
        rules: What counts.
    """
    counted = [
        (view.pts_ns, view.state)
        for view in views
        if view.state is not None and view.height_px >= rules.min_height_px and view.confidence >= rules.min_confidence
    ]
    stretches: list[tuple[StateInterval, ...]] = []
    flickered = 0
    for stretch in _split(counted, rules.hole_s):
        kept = _without_flicker(stretch, rules.flicker_s)
        flickered += len(stretch) - len(kept)
        steady = [(pts_ns, state) for state, times in _runs(kept) if len(times) > 1 for pts_ns in times]
        stretches.extend(_intervals(part) for part in _split(steady, rules.hole_s))
    gaps = np.diff([pts_ns for pts_ns, _ in counted]) / 1e9
    return Timeline(
        stretches=tuple(stretches),
        views=len(counted),
        flickered=flickered,
        lit=sum(state != "off" for _, state in counted),
        interval_s=float(np.median(gaps)) if len(gaps) else 0.0,
    )


def _split(seen: Sequence[tuple[int, HeadState]], hole_s: float) -> list[list[tuple[int, HeadState]]]:
    parts: list[list[tuple[int, HeadState]]] = []
    for pts_ns, state in seen:
        if not parts or (pts_ns - parts[-1][-1][0]) / 1e9 > hole_s:
            parts.append([])
        parts[-1].append((pts_ns, state))
    return parts


def _runs(seen: Sequence[tuple[int, HeadState]]) -> list[_Run]:
    return [(state, [pts_ns for pts_ns, _ in group]) for state, group in groupby(seen, key=lambda view: view[1])]


def _without_flicker(seen: Sequence[tuple[int, HeadState]], flicker_s: float) -> list[tuple[int, HeadState]]:
    """Leave out dark frames between lit ones: single ones, and runs that are too short to be more than flicker."""
    runs = _runs(seen)
    kept: list[tuple[int, HeadState]] = []
    for index, (state, times) in enumerate(runs):
        between = 0 < index < len(runs) - 1
        short = len(times) == 1 or (times[-1] - times[0]) / 1e9 <= flicker_s
        if not (state == "off" and between and short):
            kept.extend((pts_ns, state) for pts_ns in times)
    return kept


def _intervals(seen: Sequence[tuple[int, HeadState]]) -> tuple[StateInterval, ...]:
    runs = _runs(seen)
    return tuple(
        StateInterval(
            state=state,
            first_pts_ns=times[0],
            last_pts_ns=times[-1],
            after_pts_ns=runs[index - 1][1][-1] if index > 0 else None,
            before_pts_ns=runs[index + 1][1][0] if index + 1 < len(runs) else None,
            frames=len(times),
        )
        for index, (state, times) in enumerate(runs)
    )
