"""How a signal head goes through its phases, and what that looks like when lenses are dark.

A three-lens head shows red, red and yellow, green, yellow, and red again. With a lens dark each phase shows what is
left: a head without its red lens shows nothing, then yellow alone, then green, then yellow. What a healthy head shows
and what each set of dark lenses shows are therefore different sequences, and a timeline is told apart by which of them
it may be a part of.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from vision.roadside.kinds import HeadState

Lens = Literal["red", "yellow", "green"]
LENSES: tuple[Lens, ...] = ("red", "yellow", "green")

_LIT: dict[HeadState, frozenset[Lens]] = {
    "off": frozenset(),
    "red": frozenset({"red"}),
    "red_yellow": frozenset({"red", "yellow"}),
    "yellow": frozenset({"yellow"}),
    "green": frozenset({"green"}),
}


FRAME_ALLOWANCE_S = 0.5
"""By which the limits are wider than the guidelines'."""


@dataclass(frozen=True, slots=True)
class PhaseLimits:
    """How long each phase of a working signal lasts, in seconds, as (shortest, longest).

    RiLSA 2015 (Richtlinien für Lichtsignalanlagen, FGSV 321), on transition, minimum and cycle times: yellow is 3, 4
    or 5 s at 50, 60 or 70 km/h, red with yellow 1 s, green at least 5 s, a cycle 30 to 90 s and at most 120 s. MUTCD
    2009, section 4D.26: yellow 3 to 6 s. The limits are wider by half a second, since a frame every 0.25 s finds a
    change no better. Traffic-actuated signals rest in green for as long as nobody asks on the other road, and some
    leave a side road red for as long: neither guideline bounds that, so green, and red, are called stuck only after
    twice the longest cycle.
    """

    red: tuple[float, float] = (1.0, 240.0)
    red_yellow: tuple[float, float] = (0.5, 2.5)
    yellow: tuple[float, float] = (2.5, 6.5)
    green: tuple[float, float] = (4.5, 240.0)


@dataclass(frozen=True, slots=True)
class Shown:
    """One phase as it is seen, or several that can't be told apart, in seconds."""

    state: HeadState
    shortest_s: float
    longest_s: float


@dataclass(frozen=True, slots=True)
class Appearance:
    """What a head shows again and again with some lenses dark.

    Attributes:
        dark: Lenses that never light; empty for a healthy head.
        shown: One cycle. Neighbours differ, the last and the first too, unless there is only one.
    """

    dark: frozenset[Lens]
    shown: tuple[Shown, ...]


def lit_lenses(state: HeadState) -> frozenset[Lens]:
    """Give the lenses that are lit in a state."""
    return _LIT[state]


def longest_s(state: HeadState, limits: PhaseLimits) -> float:
    """Give how long a working signal may show a state; 0 for off, which it never shows."""
    spans = {"red": limits.red, "red_yellow": limits.red_yellow, "yellow": limits.yellow, "green": limits.green}
    return 0.0 if state == "off" else spans[state][1]


def appearances(limits: PhaseLimits) -> tuple[Appearance, ...]:
    """Give every sequence that a head can show, fewest dark lenses first.

    Red with yellow may also be left out (many countries have none, and one second is soon missed), or be taken for
    yellow alone: a detector tells the two apart badly at a distance.
    """
    found: dict[Appearance, None] = {}
    for count in range(len(LENSES) + 1):
        for lenses in combinations(LENSES, count):
            dark = frozenset(lenses)
            for states in _cycles(dark):
                found[Appearance(dark, _merged(states, limits))] = None
    return tuple(found)


def _cycles(dark: frozenset[Lens]) -> list[list[tuple[HeadState, tuple[HeadState, ...]]]]:
    """Give the ways in which the cycle may be seen: (what is seen, the phases that it is) each."""
    red, both = _seen("red", dark), _seen("red_yellow", dark)
    rest: list[tuple[HeadState, tuple[HeadState, ...]]] = [
        (_seen("green", dark), ("green",)),
        (_seen("yellow", dark), ("yellow",)),
    ]
    ways: list[list[tuple[HeadState, tuple[HeadState, ...]]]] = [
        [(red, ("red",)), (both, ("red_yellow",)), *rest],
        [(red, ("red",)), *rest],
    ]
    if both == "red_yellow":
        ways.append([(red, ("red",)), ("yellow", ("red_yellow",)), *rest])
        ways.append([(red, ("red", "red_yellow")), *rest])
    return ways


def _seen(phase: HeadState, dark: frozenset[Lens]) -> HeadState:
    left = _LIT[phase] - dark
    return next(state for state, lit in _LIT.items() if lit == left)


def _merged(states: list[tuple[HeadState, tuple[HeadState, ...]]], limits: PhaseLimits) -> tuple[Shown, ...]:
    """Join neighbours that look alike, around the cycle's end too."""
    spans = {"red": limits.red, "red_yellow": limits.red_yellow, "yellow": limits.yellow, "green": limits.green}
    shown: list[Shown] = []
    for state, phases in states:
        low, high = (sum(spans[phase][end] for phase in phases) for end in (0, 1))
        if shown and shown[-1].state == state:
            shown[-1] = Shown(state, shown[-1].shortest_s + low, shown[-1].longest_s + high)
        else:
            shown.append(Shown(state, low, high))
    if len(shown) > 1 and shown[0].state == shown[-1].state:
        last = shown.pop()
        shown[0] = Shown(last.state, shown[0].shortest_s + last.shortest_s, shown[0].longest_s + last.longest_s)
    return tuple(shown)
