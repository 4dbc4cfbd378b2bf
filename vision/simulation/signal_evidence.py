"""What a perfect observer of one approach could tell of a signal head's fault, by what it showed while it was clear.

Independent of walkdown's own judgement on purpose: that is scored against this. The observer knows how signals are
timed (RiLSA 2015, FGSV 321; MUTCD 2009, section 4D.26), and no more of the head than what it showed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vision.simulation.furniture import Lens, PlannedSignal, SignalState
from vision.simulation.signal_program import LIT, SignalProgram

_PHASES: tuple[tuple[SignalState, float, float], ...] = (
    ("red", 1.0, 120.0),
    ("red_yellow", 0.8, 2.0),
    ("green", 5.0, 120.0),
    ("yellow", 2.8, 6.0),
)
"""One cycle: state, shortest and longest time in seconds; a cycle is no longer than 120 s, yellow 3 to 6 s."""
_LENSES: tuple[Lens, ...] = ("red", "yellow", "green")
_STEP_S = 0.05
_LEAST_DARK_S = 1.0
_LEAST_ALL_DARK_S = 2.5
_LEAST_FLASHING_S = 3.0
"""In which two dark and two lit spells of half a second show from beginning to end, whenever the watch begins."""
_LEAST_LIT_S = 0.5
_GLIMPSE_S = 0.4
"""A state that shows for less than this at either end of the watch tells nothing."""

_Span = tuple[float, float, SignalState]


@dataclass(frozen=True, slots=True)
class Told:
    """What can be told.

    Attributes:
        shows: Whether the fault can be named. A stuck head must outlast any phase of its state; a head that flashes or
            is dark must be watched for long enough; a dark lens must be due while the head is watched, another one be
            seen lit, and no working head show the same.
        lenses: Of a dark lens that shows: those between which the observer can't choose, the true one among them.
        dark_due_s: How long the lens that is out should have been lit while the head was clear.
    """

    shows: bool
    lenses: frozenset[Lens] = frozenset()
    dark_due_s: float = 0.0


def told_of(signal: PlannedSignal, program: SignalProgram, clear_s: tuple[float, float] | None) -> Told:
    """Tell what shows of a head's fault.

    Args:
        signal: The head.
        program: Its timing.
        clear_s: When it was large and whole in the picture, from when to when; None for never.
    """
    if clear_s is None or signal.fault in ("none", "seen_from_behind"):
        return Told(shows=False)
    start_s, end_s = clear_s
    watched_s = end_s - start_s
    if signal.fault == "stuck" and signal.stuck_state is not None:
        return Told(watched_s > next(longest for state, _, longest in _PHASES if state == signal.stuck_state))
    if signal.fault == "flashing":
        return Told(watched_s >= _LEAST_FLASHING_S)
    if signal.fault == "all_dark":
        return Told(watched_s >= _LEAST_ALL_DARK_S)
    moments = np.arange(start_s, end_s, _STEP_S)
    due_s = _STEP_S * sum(program.dark_lens_due(float(moment)) for moment in moments)
    spans = program.timeline(start_s, end_s)
    lit_s = sum(end - begin for begin, end, state in spans if state != "off")
    if due_s < _LEAST_DARK_S or lit_s < _LEAST_LIT_S:
        return Told(shows=False, dark_due_s=due_s)
    seen = _without_glimpses(spans)
    lenses = frozenset(lens for lens in _LENSES if _may_be(seen, frozenset({lens})))
    shows = signal.lens in lenses and not _may_be(seen, frozenset())
    return Told(shows, lenses if shows else frozenset(), due_s)


def _without_glimpses(spans: list[_Span]) -> list[_Span]:
    while spans and spans[0][1] - spans[0][0] < _GLIMPSE_S:
        spans = spans[1:]
    while spans and spans[-1][1] - spans[-1][0] < _GLIMPSE_S:
        spans = spans[:-1]
    return spans


def _may_be(seen: list[_Span], dark: frozenset[Lens]) -> bool:
    """Tell whether a head with these lenses dark may show a part of its cycle that looks like this."""
    cycle = _shown(dark)
    return any(_fits(seen, cycle, offset) for offset in range(len(cycle)))


def _fits(seen: list[_Span], cycle: list[tuple[frozenset[Lens], float, float]], offset: int) -> bool:
    for index, (begin, end, state) in enumerate(seen):
        lit, shortest, longest = cycle[(offset + index) % len(cycle)]
        whole = 0 < index < len(seen) - 1
        if LIT[state] != lit or end - begin > longest or (whole and end - begin < shortest):
            return False
    return True


def _shown(dark: frozenset[Lens]) -> list[tuple[frozenset[Lens], float, float]]:
    """Give one cycle as it looks: what is lit, for how long at least and at most; what looks alike is one."""
    shown: list[tuple[frozenset[Lens], float, float]] = []
    for state, shortest, longest in _PHASES:
        lit = LIT[state] - dark
        if shown and shown[-1][0] == lit:
            shown[-1] = (lit, shown[-1][1] + shortest, shown[-1][2] + longest)
        else:
            shown.append((lit, shortest, longest))
    if len(shown) > 1 and shown[0][0] == shown[-1][0]:
        last = shown.pop()
        shown[0] = (last[0], shown[0][1] + last[1], shown[0][2] + last[2])
    return shown
