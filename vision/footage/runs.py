"""Plans from which keyframes to decode the wanted frames, at first and after damage."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vision.types import FootageInfo, Int

_JUMP_SAVES_NS = 400_000_000
"""A jump to a later keyframe empties the decoder; it pays when it passes over this much (12 frames at 30 a second)."""


@dataclass(frozen=True, slots=True)
class Run:
    """Wanted frames that are decoded in one go, from one keyframe on.

    Attributes:
        key_ns: Where decoding starts.
        wanted_ns: Frames to give, ascending.
        packet_limit: Packets to decode at most: those behind are damaged. None for all.
        early_for_ns: The keyframe that decoding once failed from, so that it was begun one keyframe early.
    """

    key_ns: int
    wanted_ns: tuple[int, ...]
    packet_limit: int | None = None
    early_for_ns: int | None = None


class Damage(Exception):
    """A decoder met damage in a packet of a run: its number from 0 (exact with one thread only), and its time."""

    def __init__(self, packet_number: int, time_ns: int) -> None:
        super().__init__(packet_number, time_ns)
        self.packet_number = packet_number
        self.time_ns = time_ns


def plan_runs(info: FootageInfo, wanted_ns: Int) -> list[Run]:
    """Group wanted frames by the keyframe to decode them from, leaving out stretches that are long enough to jump."""
    if len(wanted_ns) == 0:
        return []
    keys = info.keyframe_pts_ns[np.maximum(np.searchsorted(info.keyframe_pts_ns, wanted_ns, side="right") - 1, 0)]
    jumps = np.flatnonzero(keys[1:] - wanted_ns[:-1] >= _JUMP_SAVES_NS) + 1
    starts = np.concatenate(([0], jumps))
    return [
        Run(int(keys[start]), tuple(group.tolist()))
        for start, group in zip(starts, np.split(wanted_ns, jumps), strict=True)
    ]


def plan_anew(info: FootageInfo, run: Run, damage: Damage) -> list[Run]:
    """Plan a run anew that met damage.

    First it is begun one keyframe early: where groups of pictures aren't closed (x264's open-gop), the first ones
    behind a keyframe may speak of pictures before it, which looks like damage to a decoder that starts there. If that
    doesn't help, it is decoded up to the damage, and from the next keyframe on; what lies between is drawn from
    damaged pictures, whether or not the decoder says so.
    """
    keys = info.keyframe_pts_ns
    earlier = keys[keys < run.key_ns]
    if run.early_for_ns is None and len(earlier):
        return [Run(int(earlier[-1]), run.wanted_ns, early_for_ns=run.key_ns)]
    later = keys[keys > max(damage.time_ns, run.key_ns)]
    wanted = np.array(run.wanted_ns, dtype=np.int64)
    split = int(np.searchsorted(wanted, later[0])) if len(later) else len(wanted)
    return [
        Run(run.key_ns, run.wanted_ns[:split], damage.packet_number, run.key_ns),
        *(
            replace(part, early_for_ns=part.key_ns) if part.key_ns == run.early_for_ns else part
            for part in plan_runs(info, wanted[split:])
        ),
    ]
