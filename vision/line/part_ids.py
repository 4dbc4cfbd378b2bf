"""Which part it is: its code, read in each frame that shows it and decided by vote."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import cv2
import numpy as np

from vision.plant import PartIdKind
from vision.types import Image

_TAGS = {"aruco": cv2.aruco.DICT_4X4_250, "apriltag": cv2.aruco.DICT_APRILTAG_36h11}
_READABLE_PX = 700


@dataclass(slots=True)
class PartIdVote:
    """The codes read on one part so far.

    Attributes:
        kind: Of code: QR with any text, ArUco (4x4, 250 ids), AprilTag (36h11). ``count`` reads none.
        least_votes: Frames that must agree; a code read once may be misread.
    """

    kind: PartIdKind = "qr"
    least_votes: int = 2
    _votes: Counter[str] = field(default_factory=Counter)

    def look(self, image: Image) -> None:
        """Read the part's picture, (H, W, 3) uint8 BGR, cut out of a frame; no readable code counts for nothing."""
        if self.kind == "count":
            return
        text = read_code(image, self.kind)
        if text is not None:
            self._votes[text] += 1

    @property
    def settled(self) -> bool:
        """Whether so many frames agree that more of them would hardly change it."""
        return self.kind == "count" or any(votes >= 2 * self.least_votes for votes in self._votes.values())

    @property
    def part_id(self) -> str | None:
        """The code that most frames agree on; None where too few do, or two are level."""
        first = self._votes.most_common(2)
        if not first or first[0][1] < self.least_votes:
            return None
        level = len(first) == 2 and first[0][1] == first[1][1]
        return None if level else first[0][0]


def read_code(image: Image, kind: PartIdKind) -> str | None:
    """Read the code on a picture, (H, W, 3) uint8 BGR; None where there is none, or several tags."""
    if kind == "qr":
        for picture in _sizes(image):
            text, _, _ = cv2.QRCodeDetector().detectAndDecode(picture)
            if text.strip():
                return str(text.strip())
        return None
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(_TAGS[kind]))
    _, found, _ = detector.detectMarkers(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8))
    return str(int(np.ravel(found)[0])) if found is not None and len(found) == 1 else None


def _sizes(image: Image) -> list[Image]:
    """Give the picture, and a larger copy where it is small: a code's cells want 3 px or more."""
    scale = _READABLE_PX / max(image.shape[:2])
    if scale <= 1.2:
        return [image]
    return [image, np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)]
