"""Make and keep the pictures of an inspection's sightings; those that are there already are not made again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import count, takewhile
from typing import Literal

from sqlalchemy.engine import Engine

from infra.database import reading, writing
from infra.engine.run import run_stage
from infra.engine.types import EngineConfig, StageFailure
from infra.evidence import EvidenceStore
from infra.store.sightings import StoredSighting, load_sightings, save_evidence
from vision.errors import Failure
from vision.evidence_stage import EvidencePicture, EvidenceView, EvidenceWork, RenderEvidence
from vision.types import Sighting
from workflows.footage_plan import FootagePlan
from workflows.progress import Progress
from workflows.report_format import words

_VIEWS_A_WORK = 24
_PICTURES_OF_BEST = 2  # the frame, and the defect cut out; further views have the frame alone


def make_evidence(
    database: Engine,
    evidence_url: str,
    inspection_id: str,
    plans: Sequence[FootagePlan],
    engine: EngineConfig,
    progress: Progress,
) -> list[Failure]:
    """Render, store and note the pictures of every sighting that has none, or whose pictures are gone from the store.

    Returns:
        The frames that could not be decoded again, and work that failed; their sightings stay without a picture.

    Raises:
        StoreError: The evidence store can't be written.
    """
    store = EvidenceStore(evidence_url)
    with reading(database) as session:
        stored = load_sightings(session, inspection_id)
    missing = [one for one in stored if not one.evidence or not all(store.exists(name) for name in one.evidence)]
    works = _works(missing, plans)
    progress.start("evidence", sum(len(work.views) for work in works))
    failures: list[Failure] = []
    for result in run_stage(RenderEvidence(), works, engine):
        if isinstance(result, StageFailure):
            work = works[result.item_index]
            failures.append(Failure(work.info.footage_id, None, result.error_type, result.message))
            continue
        failures.extend(result.failures)
        names = _keep(store, result.pictures)
        with writing(database) as session:
            save_evidence(session, inspection_id, names)
        progress.advance(len({(picture.sighting_id, picture.rank) for picture in result.pictures}))
    return failures


def picture_kind(index: int) -> Literal["view", "close"]:
    """Tell what a sighting's stored picture shows, by its place in the list."""
    return "close" if index == 1 else "view"


def picture_time_s(sighting: Sighting, index: int) -> float:
    """Give the time within the footage, in seconds, of a sighting's stored picture, by its place in the list."""
    rank = 0 if index < _PICTURES_OF_BEST else index - _PICTURES_OF_BEST + 1
    return sighting.evidence_pts_ns[rank] / 1e9


def _works(missing: Sequence[StoredSighting], plans: Sequence[FootagePlan]) -> list[EvidenceWork]:
    """Group sightings of one footage that lie near each other in time; one sighting stays in one work."""
    by_footage: defaultdict[str, list[Sighting]] = defaultdict(list)
    for stored in missing:
        by_footage[stored.sighting.footage_id].append(stored.sighting)
    works: list[EvidenceWork] = []
    for plan in plans:
        views: list[EvidenceView] = []
        for sighting in sorted(
            by_footage[plan.info.footage_id], key=lambda one: (one.evidence_pts_ns, one.sighting_id)
        ):
            views.extend(_views(sighting))
            if len(views) >= _VIEWS_A_WORK:
                works.append(EvidenceWork(plan.info, tuple(views)))
                views = []
        if views:
            works.append(EvidenceWork(plan.info, tuple(views)))
    return works


def _views(sighting: Sighting) -> list[EvidenceView]:
    frames = {frame.pts_ns: frame for frame in sighting.frames}
    label = words(sighting.class_name)
    return [
        EvidenceView(sighting.sighting_id, rank, frames[pts_ns], label)
        for rank, pts_ns in enumerate(sighting.evidence_pts_ns)
    ]


def _keep(store: EvidenceStore, pictures: Sequence[EvidencePicture]) -> dict[str, list[str]]:
    """Store pictures and name them by sighting, best first; from the first view that is missing on, none."""
    by_sighting: defaultdict[str, dict[int, list[EvidencePicture]]] = defaultdict(lambda: defaultdict(list))
    for picture in pictures:
        by_sighting[picture.sighting_id][picture.rank].append(picture)
    names: dict[str, list[str]] = {}
    for sighting_id, ranks in by_sighting.items():
        whole = [ranks[rank] for rank in takewhile(ranks.__contains__, count())]
        names[sighting_id] = [store.put(picture.jpeg, ".jpg") for shown in whole for picture in shown]
    return names
