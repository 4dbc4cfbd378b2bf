"""An eye that sees a simulated line's planted defects as they are: what the judgement alone is measured with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vision.line.belt import Box
from vision.line.surface_eye import Mark
from vision.simulation.line.run import SimulatedLine
from vision.types import Frame


class TruthEye:
    """Finds each defect whose outline lies in the frame.

    Args:
        line: That the frames are of.
    """

    def __init__(self, line: SimulatedLine) -> None:
        self._line = line

    def look(self, frame: Frame, parts: Sequence[Box]) -> list[list[Mark]]:
        """Give the defects whose middle lies within each part's box; see ``SurfaceEye``."""
        marks: list[list[Mark]] = [[] for _ in parts]
        for kind, outline in self._line.outlines(frame.pts_ns / 1e9):
            middle = outline.mean(axis=0)
            for index, box in enumerate(parts):
                if box[0] <= middle[0] <= box[2] and box[1] <= middle[1] <= box[3]:
                    marks[index].append(_mark(kind, outline))
                    break
        return marks


def _mark(kind: str, outline: NDArray[np.float64]) -> Mark:
    (left, top), (right, bottom) = outline.min(axis=0), outline.max(axis=0)
    points = tuple((float(x), float(y)) for x, y in outline)
    return Mark(kind, 1.0, (float(left), float(top), float(right), float(bottom)), points)
