"""Cuts footage into keyframe-aligned windows: the unit of work, and of resuming."""

from __future__ import annotations

import numpy as np

from vision.types import FootageInfo, Int, Segment, frozen


def split(info: FootageInfo, sample_pts_ns: Int, target_s: float = 20.0, max_samples: int = 64) -> tuple[Segment, ...]:
    """Cut footage into half-open windows that together cover it exactly once.

    A window ends at the first keyframe that is ``target_s`` or more after its start, or sooner, at the last keyframe
    that keeps it within ``max_samples``. Only keyframes can end a window, so where they are far apart (one group of
    pictures holds more than that) a window holds more. The last one ends 1 ns after the last frame.

    Args:
        info: The footage.
        sample_pts_ns: (M,) int64, ascending: frames to examine.
        target_s: Length aimed at, seconds.
        max_samples: Samples in a window, where keyframes allow it.
    """
    samples = np.asarray(sample_pts_ns, dtype=np.int64)
    end = int(info.frame_pts_ns[-1]) + 1
    # Windows may start at any keyframe; the first starts at 0 whatever the list says.
    starts = np.union1d(info.keyframe_pts_ns[info.keyframe_pts_ns < end], np.int64(0))
    samples_before = np.searchsorted(samples, starts)
    target_ns = round(target_s * 1e9)
    cuts = [0]
    for k in range(1, len(starts)):
        next_count = samples_before[k + 1] if k + 1 < len(starts) else len(samples)
        too_many = next_count - samples_before[cuts[-1]] > max_samples
        if too_many or starts[k] - starts[cuts[-1]] >= target_ns:
            cuts.append(k)
    edges = [int(starts[k]) for k in cuts] + [end]
    bounds = np.searchsorted(samples, edges)
    return tuple(
        Segment(
            footage_id=info.footage_id,
            index=k,
            start_pts_ns=edges[k],
            end_pts_ns=edges[k + 1],
            sample_pts_ns=frozen(samples[bounds[k] : bounds[k + 1]]),
        )
        for k in range(len(cuts))
    )
