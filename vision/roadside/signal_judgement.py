"""From what a signal head showed to what is wrong with it, if anything can be told.

The rule of all the rules: a fault is called only where no working head could have shown what was seen, and "none" only
where every lens was seen lit in its turn. All between is not assessable, with the reason. Fewest dark lenses explain a
timeline best; where either of two lenses may be the dark one, both are named.

Known limits: heads with two lenses, or with lenses that rest dark until someone asks for them (pedestrian crossings,
fire stations), show sequences that look like a dark green lens. A site file that lists such heads is the remedy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np

from vision.roadside.kinds import HeadState
from vision.roadside.signal_phases import (
    FRAME_ALLOWANCE_S,
    Appearance,
    Lens,
    PhaseLimits,
    appearances,
    lit_lenses,
    longest_s,
)
from vision.roadside.signal_timeline import HeadView, StateInterval, Timeline, TimelineRules, timeline

SignalFault = Literal["none", "all_dark", "lens_dark", "flashing", "stuck", "obscured", "not_assessable"]

_ONE_STATE: tuple[set[HeadState], ...] = ({"off"}, {"red"}, {"yellow"})
_ON_AND_OFF: tuple[set[HeadState], ...] = ({"off", "red"}, {"off", "yellow"})


@dataclass(frozen=True, slots=True)
class SignalRules:
    """When a timeline is a fault.

    Attributes:
        timeline: Which views count.
        phases: How long a working signal's phases last.
        min_views: With fewer frames that count, nothing is said.
        dark_s: A dark spell must be seen for at least this long to count as a phase without its lamp: longer than the
            half second of a green that flashes before it ends (Austria: RVS 05.04.31).
        dark_frames: And in so many frames.
        all_dark_s: A head that shows nothing must be watched for at least this long.
        flashes: Spells, dark ones and lit ones, whose beginning and end are both seen, that flashing needs; two of each
            show red or yellow going out and coming back twice, faster than any phase of a working signal changes.
        flash_s: Shortest and longest time from one flash to the next. MUTCD 2009, chapters 4D and 4L: 50 to 60 a
            minute; wider, since a failing flasher keeps no time.
        flash_scatter: Greatest standard deviation of these times, of their mean.
        alias_s: With frames further apart than this, a head that shows red, yellow or darkness alone may flash in step
            with the frames: half of a flash once a second.
        blink_s: With frames further apart than this, a head that shows one of red and yellow and darkness may flash: a
            flash once a second leaves fewer than two frames to each half, and single frames pass for flicker.
        flicker_share: With more dark frames among the lit ones than this, flicker and flashing can't be told apart.
        min_lamps: A dark head must look like lenses in a row at least this much, or it may be seen from behind.
        covered: Share of a head that leaves cover, from which on it is obscured.
        near: Cover counts in views at least this many times as tall as the smallest that count.
    """

    timeline: TimelineRules = field(default_factory=TimelineRules)
    phases: PhaseLimits = field(default_factory=PhaseLimits)
    min_views: int = 4
    dark_s: float = 0.6
    dark_frames: int = 3
    all_dark_s: float = 2.0
    flashes: int = 4
    flash_s: tuple[float, float] = (0.4, 3.0)
    flash_scatter: float = 0.35
    alias_s: float = 0.5
    blink_s: float = 0.25
    flicker_share: float = 0.2
    min_lamps: float = 0.5
    covered: float = 0.35
    near: float = 1.5


@dataclass(frozen=True, slots=True)
class SignalJudgement:
    """What is wrong with a head.

    Attributes:
        fault: ``none`` only where every lens was seen lit in its turn.
        lenses: That are dark (``lens_dark``; where it is one of two, both) or show the state that flashes or stays;
            empty otherwise.
        reason: In a sentence, with times since the first frame of the footage.
        timeline: What it rests on.
    """

    fault: SignalFault
    lenses: frozenset[Lens]
    reason: str
    timeline: Timeline


def judge_signal(views: Sequence[HeadView], rules: SignalRules) -> SignalJudgement:
    """Judge one head by all its views.

    Args:
        views: Ascending in time, one a frame, those without a detection too.
        rules: When it is a fault.
    """
    seen = timeline(views, rules.timeline)

    def judged(fault: SignalFault, reason: str, lenses: frozenset[Lens] = frozenset()) -> SignalJudgement:
        return SignalJudgement(fault, lenses, f"{reason[0].upper()}{reason[1:]}.", seen)

    cover = _median([view.covered for view in views if _is_near(view, rules)])
    if cover is not None and cover >= rules.covered:
        return judged("obscured", f"leaves cover {cover:.0%} of the head where it is nearest")
    if seen.views < rules.min_views or not seen.intervals:
        return judged("not_assessable", _too_little(views, seen, rules))
    lit: frozenset[Lens] = frozenset().union(*(lit_lenses(interval.state) for interval in seen.intervals))
    if _out_of_step(seen, rules):
        every = f"frames {seen.interval_s:.2f} s apart"
        return judged("not_assessable", f"{every} are too few to tell this from flashing: {_story(seen)}")
    if seen.lit == 0:
        return _judge_dark(views, seen, rules)
    flashing = next((found for stretch in seen.stretches if (found := _flashing(stretch, rules))), None)
    if flashing is not None:
        first, flashes = flashing
        colour = _words(first.state)
        reason = f"{colour} flashes: {flashes} dark spells from {_clock(first.first_pts_ns)} on, {_story(seen)}"
        return judged("flashing", reason, lit_lenses(first.state))
    if seen.flickered > rules.flicker_share * (seen.flickered + seen.lit):
        every = f"a frame every {seen.interval_s:.2f} s"
        return judged("not_assessable", f"{seen.flickered} dark frames among {seen.lit} lit ones at {every}: "
                      "flicker and flashing can't be told apart")  # fmt: skip
    stuck = next((one for one in seen.intervals if _is_stuck(one, rules)), None)
    if stuck is not None:
        longest = longest_s(stuck.state, rules.phases) - FRAME_ALLOWANCE_S
        reason = (
            f"{_words(stuck.state)} for {stuck.seen_s:.0f} s without a change; no phase lasts longer than {longest:g} s"
        )
        return judged("stuck", f"{reason}: {_story(seen)}", lit_lenses(stuck.state))
    if not lit:
        return judged("not_assessable", f"a lamp was lit too shortly to tell which lenses are dark: {_story(seen)}")
    if _may_flash(seen, rules):
        return judged("not_assessable", f"watched too shortly to tell dark lenses from flashing: {_story(seen)}")
    fitting = [one for one in appearances(rules.phases) if not one.dark & lit and _fits_all(seen, one, rules)]
    fewest = min((len(one.dark) for one in fitting), default=None)
    best = {one.dark for one in fitting if len(one.dark) == fewest}
    if fewest is None:
        return judged("not_assessable", f"no order of phases with one set of dark lenses shows this: {_story(seen)}")
    if fewest == 0:
        if len(lit) == 3:
            return judged("none", f"every lens was lit in its turn: {_story(seen)}")
        unseen = " and ".join(lens for lens in ("red", "yellow", "green") if lens not in lit)
        return judged("not_assessable", f"nothing wrong was seen, but the turn of {unseen} never came: {_story(seen)}")
    dark = frozenset[Lens]().union(*best)
    between = " or " if len(best) > 1 else " and "
    names = between.join(lens for lens in ("red", "yellow", "green") if lens in dark)
    if len(best) > 1 and fewest > 1:
        return judged("not_assessable", f"lenses are dark, but which can't be told: {_story(seen)}")
    if not any(
        one.state == "off" and one.seen_s >= rules.dark_s and one.frames >= rules.dark_frames for one in seen.intervals
    ):
        return judged("not_assessable", f"{names} may be dark, but was watched too shortly: {_story(seen)}")
    which = f"{names}: which of them can't be told, but one" if len(best) > 1 else names
    return judged("lens_dark", f"{which} never lit while its turn came: {_story(seen)}", dark)


def _judge_dark(views: Sequence[HeadView], seen: Timeline, rules: SignalRules) -> SignalJudgement:
    """Judge a head that showed nothing: it is dark, or seen from behind."""
    watched_s = max(sum(one.seen_s for one in stretch) for stretch in seen.stretches)
    none: frozenset[Lens] = frozenset()
    if watched_s < rules.all_dark_s:
        return SignalJudgement("not_assessable", none, f"Nothing was lit, but for {watched_s:.1f} s only.", seen)
    lamps = _median([view.lamps for view in views if view.state is not None])
    if lamps is None or lamps < rules.min_lamps:
        how = "was not looked for" if lamps is None else "is not seen"
        reason = f"Nothing was lit, and a row of lenses {how}: it may be seen from behind."
        return SignalJudgement("not_assessable", none, reason, seen)
    longest = rules.phases.yellow[1]
    doubt = "" if watched_s > longest else f", which is short of the longest yellow ({longest:g} s)"
    reason = f"Nothing was lit in {seen.views} frames over {watched_s:.1f} s{doubt}: {_story(seen)}."
    return SignalJudgement("all_dark", none, reason, seen)


def _flashing(stretch: Sequence[StateInterval], rules: SignalRules) -> tuple[StateInterval, int] | None:
    """Give where red or yellow begins to flash, and how often it was seen dark; green may flash before it ends."""
    for start, first in enumerate(stretch):
        if first.state not in ("red", "yellow"):
            continue
        length = 1
        while start + length < len(stretch) and stretch[start + length].state in ("off", first.state):
            length += 1
        begin = start - 1 if start > 0 and stretch[start - 1].state == "off" else start
        spells = [one for one in stretch[begin : start + length] if one.at_most_s is not None]
        if len(spells) < rules.flashes:
            continue
        periods = [_begins_s(two) - _begins_s(one) for one, two in zip(spells, spells[2:], strict=False)]
        regular = float(np.std(periods)) <= rules.flash_scatter * float(np.mean(periods))
        if regular and rules.flash_s[0] <= float(np.mean(periods)) <= rules.flash_s[1]:
            return first, sum(one.state == "off" for one in stretch[begin : start + length])
    return None


def _begins_s(interval: StateInterval) -> float:
    """Give the middle between the last frame before an interval and its first."""
    after_ns = interval.after_pts_ns if interval.after_pts_ns is not None else interval.first_pts_ns
    return (after_ns + interval.first_pts_ns) / 2e9


def _out_of_step(seen: Timeline, rules: SignalRules) -> bool:
    """Tell whether frames came too seldom to know what was seen from flashing."""
    states = {one.state for one in seen.intervals}
    return (states in _ONE_STATE and seen.interval_s > rules.alias_s) or (
        states in _ON_AND_OFF and seen.interval_s > rules.blink_s
    )


def _may_flash(seen: Timeline, rules: SignalRules) -> bool:
    """Tell whether darkness and one colour came and went no slower than the slowest flashing."""
    longest_s = rules.flash_s[1]
    if {one.state for one in seen.intervals} not in _ON_AND_OFF:
        return False
    turns = [(two.last_pts_ns - one.first_pts_ns) / 1e9 for part in seen.stretches for one, two in pairwise(part)]
    return max(turns, default=0.0) <= longest_s and all(one.seen_s <= longest_s for one in seen.intervals)


def _is_stuck(interval: StateInterval, rules: SignalRules) -> bool:
    """Tell whether a state outlasted its phase: what was seen from first to last frame needs no allowance for them."""
    return interval.state != "off" and interval.seen_s > longest_s(interval.state, rules.phases) - FRAME_ALLOWANCE_S


def _fits_all(seen: Timeline, appearance: Appearance, rules: SignalRules) -> bool:
    return all(_fits(stretch, appearance) for stretch in seen.stretches)


def _fits(stretch: Sequence[StateInterval], appearance: Appearance) -> bool:
    """Tell whether a stretch may be a part of what a head shows again and again."""
    shown = appearance.shown
    if len(shown) == 1:
        return len(stretch) == 1 and stretch[0].state == shown[0].state
    for offset in range(len(shown)):
        phases = [shown[(offset + index) % len(shown)] for index in range(len(stretch))]
        if all(
            interval.state == phase.state
            and interval.seen_s <= phase.longest_s
            and (interval.at_most_s is None or interval.at_most_s >= phase.shortest_s)
            for interval, phase in zip(stretch, phases, strict=True)
        ):
            return True
    return False


def _is_near(view: HeadView, rules: SignalRules) -> bool:
    return view.state is not None and view.height_px >= rules.near * rules.timeline.min_height_px


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if len(known) >= 3 else None


def _too_little(views: Sequence[HeadView], seen: Timeline, rules: SignalRules) -> str:
    tallest = max((view.height_px for view in views), default=0.0)
    if tallest < rules.timeline.min_height_px:
        return f"at most {tallest:.0f} px tall: too small to tell its state"
    missed = sum(view.state is None for view in views)
    if missed > seen.views:
        return f"not detected in {missed} of the {len(views)} frames that should show it"
    return f"{seen.views} frames are too few to tell its state"


def _story(seen: Timeline) -> str:
    """Write the intervals: state, time, frames; only the first and last few of many."""
    told = [
        f"{_words(one.state)} {_clock(one.first_pts_ns)} to {_clock(one.last_pts_ns)} ({one.frames} frames)"
        for one in seen.intervals
    ]
    return ", ".join(told if len(told) <= 8 else [*told[:4], "...", *told[-3:]])


def _words(state: str) -> str:
    return {"off": "dark", "red_yellow": "red with yellow"}.get(state, state)


def _clock(pts_ns: int) -> str:
    """Write a time since the first frame.

    >>> _clock(83_400_000_000)
    '1:23.4'
    """
    tenths = round(pts_ns / 1e8)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"
