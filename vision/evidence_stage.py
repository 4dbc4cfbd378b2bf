"""The stage that makes evidence pictures: decodes a finding's best frames again and draws its outline on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from vision.errors import Failure
from vision.evidence import render_closeup, render_evidence
from vision.footage.decode import read_frames
from vision.protocols import Resources
from vision.types import FootageInfo, Frame, SightingFrame


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """One picture to make.

    Attributes:
        sighting_id: Whose evidence.
        rank: 0 for the best view.
        frame: Time, box and outline.
        label: Words for the plate on the picture.
    """

    sighting_id: str
    rank: int
    frame: SightingFrame
    label: str


@dataclass(frozen=True, slots=True)
class EvidenceWork:
    """Views of one footage, ascending in time."""

    info: FootageInfo
    views: tuple[EvidenceView, ...]


@dataclass(frozen=True, slots=True)
class EvidencePicture:
    """A made picture.

    Attributes:
        sighting_id: Whose evidence.
        rank: As asked.
        kind: ``view`` (the frame, outlined) or ``close`` (cut out and enlarged).
        jpeg: The file.
    """

    sighting_id: str
    rank: int
    kind: str
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class EvidenceSet:
    """The pictures of one EvidenceWork, and the frames that could not be decoded again."""

    pictures: tuple[EvidencePicture, ...]
    failures: tuple[Failure, ...]


class RenderEvidence:
    """A Stage over EvidenceWork."""

    name = "evidence"
    batch_size = 1
    resources = Resources()

    def setup(self) -> None:
        """Need nothing."""

    def process(self, batch: Sequence[EvidenceWork]) -> list[EvidenceSet]:
        """Make the pictures of each work."""
        return [_render(work) for work in batch]


def _render(work: EvidenceWork) -> EvidenceSet:
    by_time: defaultdict[int, list[EvidenceView]] = defaultdict(list)
    for view in work.views:
        by_time[view.frame.pts_ns].append(view)
    pictures: list[EvidencePicture] = []
    failures: list[Failure] = []
    for item in read_frames(work.info, sorted(by_time)):
        if isinstance(item, Failure):
            failures.append(item)
        else:
            pictures.extend(picture for view in by_time[item.pts_ns] for picture in _pictures(item, view))
    return EvidenceSet(tuple(pictures), tuple(failures))


def _pictures(frame: Frame, view: EvidenceView) -> list[EvidencePicture]:
    seen = view.frame
    whole = render_evidence(frame.image, seen.outline, seen.xyxy, view.label)
    pictures = [EvidencePicture(view.sighting_id, view.rank, "view", whole)]
    if view.rank == 0:
        close = render_closeup(frame.image, seen.outline, seen.xyxy)
        pictures.append(EvidencePicture(view.sighting_id, view.rank, "close", close))
    return pictures
