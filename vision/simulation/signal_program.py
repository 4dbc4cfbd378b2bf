"""What a signal head shows over time: its cycle, its fault, and the beat of LED lamps against a shutter."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from vision.simulation.furniture import Lens, PlannedSignal, SignalState

LIT: dict[SignalState, frozenset[Lens]] = {
    "off": frozenset(),
    "red": frozenset({"red"}),
    "red_yellow": frozenset({"red", "yellow"}),
    "yellow": frozenset({"yellow"}),
    "green": frozenset({"green"}),
}
_STATE_OF: dict[frozenset[Lens], SignalState] = {lenses: state for state, lenses in LIT.items()}
_ORDER: tuple[SignalState, ...] = ("red", "red_yellow", "green", "yellow")
_FLASH_S = 0.5
"""Half a period: MUTCD (2009), part 4, has 50 to 60 flashes a minute, lit for half to two thirds of each."""
_PASSES_APART = 0.381966
"""The golden section's smaller part spreads any number of passes evenly over the cycle."""
_LED_HZ = 100.4
_LED_OFF_SHARE = 0.12

# Which change of phase the vehicle sees just before it passes, by the phase that begins: one that shows the fault.
_CHANGES_SHOWING: dict[Lens | None, tuple[SignalState | None, ...]] = {
    "red": ("red", "red_yellow"),
    "yellow": ("yellow", "red"),
    "green": ("green", "yellow"),
    None: ("red", "red_yellow", "green", "yellow", None),
}


@dataclass(frozen=True, slots=True)
class SignalProgram:
    """One head's program in one drive's footage time.

    Attributes:
        signal: The head.
        red_began_s: Footage time at which some red phase began.
    """

    signal: PlannedSignal
    red_began_s: float

    @property
    def phases_s(self) -> dict[SignalState, float]:
        """Length of each phase, in their order."""
        own = self.signal
        return {"red": own.red_s, "red_yellow": own.red_yellow_s, "green": own.green_s, "yellow": own.yellow_s}

    def due(self, time_s: float) -> SignalState:
        """Give the phase that the controller commands."""
        if self.signal.stuck_state is not None:
            return self.signal.stuck_state
        if self.signal.fault == "flashing":
            return "yellow" if (time_s - self.red_began_s) % (2.0 * _FLASH_S) < _FLASH_S else "off"
        left = (time_s - self.red_began_s) % sum(self.phases_s.values())
        for state, length_s in self.phases_s.items():
            if left < length_s:
                return state
            left -= length_s
        return "yellow"

    def shown(self, time_s: float) -> SignalState:
        """Give what is lit, lamps that are out taken off; a head's back shows nothing."""
        if self.signal.fault in ("all_dark", "seen_from_behind"):
            return "off"
        lit = LIT[self.due(time_s)]
        return _STATE_OF[lit - {self.signal.lens}] if self.signal.lens is not None else _STATE_OF[lit]

    def dark_lens_due(self, time_s: float) -> bool:
        """Tell whether the lens that is out should be lit."""
        return self.signal.lens is not None and self.signal.lens in LIT[self.due(time_s)]

    def timeline(self, start_s: float, end_s: float) -> list[tuple[float, float, SignalState]]:
        """Give what is lit over ``[start_s, end_s)`` as (start, end, state), neighbours different."""
        bounds = [start_s, *self._changes(start_s, end_s), end_s]
        spans: list[tuple[float, float, SignalState]] = []
        for first, last in pairwise(bounds):
            state = self.shown(0.5 * (first + last))
            if spans and spans[-1][2] == state:
                first = spans.pop()[0]
            spans.append((first, last, state))
        return spans

    def _changes(self, start_s: float, end_s: float) -> list[float]:
        """Give the times in the open interval at which the commanded phase changes."""
        if self.signal.stuck_state is not None:
            return []
        lengths = [_FLASH_S] if self.signal.fault == "flashing" else list(self.phases_s.values())
        period = sum(lengths)
        begin = self.red_began_s + ((start_s - self.red_began_s) // period) * period
        found, at = [], begin
        while at < end_s:
            for length in lengths:
                if start_s < at < end_s:
                    found.append(at)
                at += length
        return found


def start_program(signal: PlannedSignal, passed_s: float, drive_number: int) -> SignalProgram:
    """Time a head so that a drive meets a change of phase, and where a lens is out the phase that shows it.

    Args:
        signal: The head.
        passed_s: Footage time at which the vehicle passes it.
        drive_number: Other drives meet other phases.
    """
    changes = _CHANGES_SHOWING[signal.lens]
    moment = (signal.moment + _PASSES_APART * drive_number) % 1.0 * len(changes)
    begins, part = changes[int(moment)], moment % 1.0
    program = SignalProgram(signal, 0.0)
    if begins is None:  # the middle of a long phase: nothing changes
        return SignalProgram(signal, passed_s - (0.4 + 0.2 * part) * signal.red_s)
    before = _ORDER.index(begins)
    into_cycle_s = sum(list(program.phases_s.values())[:before])
    return SignalProgram(signal, passed_s - 1.0 - 2.2 * part - into_cycle_s)


def led_gain(time_s: float, exposure_s: float) -> float:
    """Give the share of its light that a pulsed LED lamp leaves in a frame whose shutter opens at ``time_s``.

    The lamp pulses at 100.4 Hz and is dark for 12 % of each period: at 30 frames a second single frames fall into the
    gap. A shutter that stays open for longer than the gap sees light in every frame.
    """
    period_s = 1.0 / _LED_HZ
    gap_s = _LED_OFF_SHARE * period_s
    opens = time_s % period_s
    dark = 0.0
    for pulse in range(int(exposure_s / period_s) + 2):  # a gap ends each period
        ends = (pulse + 1) * period_s
        dark += max(0.0, min(opens + exposure_s, ends) - max(opens, ends - gap_s))
    return 1.0 - dark / exposure_s
