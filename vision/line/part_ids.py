"""Which part it is: its code, read in each frame that shows it and decided by vote."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import cv2

from vision.types import Image


@dataclass(slots=True)
class QrVote:
    """The QR codes read on one part so far.

    Attributes:
        least_votes: Frames that must agree; a code read once may be misread.
    """

    least_votes: int = 2
    _votes: Counter[str] = field(default_factory=Counter)

    def look(self, image: Image) -> None:
        """Read the part's picture, (H, W, 3) uint8 BGR, cut out of a frame; no readable code counts for nothing."""
        text, _, _ = cv2.QRCodeDetector().detectAndDecode(image)
        if text.strip():
            self._votes[text.strip()] += 1

    @property
    def part_id(self) -> str | None:
        """The code that most frames agree on; None where too few do, or two are level."""
        first = self._votes.most_common(2)
        if not first or first[0][1] < self.least_votes:
            return None
        level = len(first) == 2 and first[0][1] == first[1][1]
        return None if level else first[0][0]
