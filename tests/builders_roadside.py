"""Makes signal heads, signs and drives past them with a known truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tests.builders_position import SECOND
from vision.roadside.kinds import HeadState
from vision.roadside.signal_phases import Lens, lit_lenses
from vision.roadside.signal_timeline import HeadView

Lamps = Callable[[float], HeadState]
"""Seconds -> what is lit."""

GERMAN: tuple[tuple[HeadState, float], ...] = (("red", 28.0), ("red_yellow", 1.0), ("green", 22.0), ("yellow", 3.0))
AMERICAN: tuple[tuple[HeadState, float], ...] = (("red", 30.0), ("green", 25.0), ("yellow", 4.0))


def cycling(phases: Sequence[tuple[HeadState, float]] = GERMAN, dark: Iterable[Lens] = ()) -> Lamps:
    """Give a head that goes through phases of some seconds each, with some lenses dark."""
    whole, gone = sum(length for _, length in phases), frozenset(dark)

    def lamps(time_s: float) -> HeadState:
        left = time_s % whole
        for state, length in phases:
            if left < length:
                return _of_lenses(lit_lenses(state) - gone)
            left -= length
        return _of_lenses(lit_lenses(phases[0][0]) - gone)

    return lamps


def flashing(state: HeadState = "yellow", period_s: float = 1.0) -> Lamps:
    """Give a head that is lit for the first half of each period."""
    return lambda time_s: state if time_s % period_s < period_s / 2.0 else "off"


def steady(state: HeadState) -> Lamps:
    """Give a head that never changes."""
    return lambda time_s: state


def watch(shown: Lamps, start_s: float, length_s: float, fps: float, **overrides: Any) -> list[HeadView]:
    """Give a head's views from one moment of its cycle on, at even times."""
    fields: dict[str, Any] = {"confidence": 0.8, "height_px": 40.0, "lamps": 0.9, "covered": 0.0}
    return [
        HeadView(pts_ns=round(frame / fps * SECOND), state=shown(start_s + frame / fps), **fields | overrides)
        for frame in range(int(length_s * fps) + 1)
    ]


def _of_lenses(lit: frozenset[Lens]) -> HeadState:
    states: tuple[HeadState, ...] = ("off", "red", "red_yellow", "yellow", "green")
    return next(state for state in states if lit_lenses(state) == lit)
