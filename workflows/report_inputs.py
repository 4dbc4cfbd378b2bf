"""Gather from ledger, evidence and run what a report shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from importlib.metadata import version

import numpy as np
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from agents.severity import load_standard
from agents.types import FindingFacts
from infra.database import reading
from infra.evidence import EvidenceStore
from infra.observation import newest_looks
from infra.settings import Settings
from infra.store.assessments import load_agent_result
from infra.store.coverage import load_coverage
from infra.store.examinations import load_examined
from infra.store.facts import finding_facts
from infra.store.inspections import inspection_row, load_failures
from infra.store.sightings import StoredSighting, sightings_of_findings
from vision.errors import Failure, ReasoningError
from vision.examine import StageSeconds
from vision.protocols import ModelInfo
from vision.roadside.sightings import Tally
from vision.sampling import Every
from vision.site import Site
from vision.types import CoverageBin, SightingFrame
from workflows.evidence import picture_kind, picture_time_s
from workflows.footage_plan import FootagePlan, camera_note
from workflows.report_builder import build_report
from workflows.report_content import (
    CameraNote,
    FindingRecord,
    FootageNote,
    InspectionMeta,
    ModelNote,
    ReportContent,
    ReportPicture,
    RoadsideNote,
    RouteNote,
    SeenAt,
    StageTiming,
)
from workflows.report_coverage import cover_lengths
from workflows.report_ranking import report_picture

_STEPS = frozenset(field.name for field in fields(StageSeconds))


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What only the run knows: plans, models, times.

    Attributes:
        plans: Footages as they were planned.
        models: That looked at the frames: at the road, and beside it where one did.
        seconds: Wall seconds by stage.
        settings: Of the run.
        site: Routes, where a site file was given.
        examinations: Footage id -> examination id.
        beside: Signs and signals by what was made of them; None where none were looked for.
    """

    plans: Sequence[FootagePlan]
    models: Sequence[ModelInfo]
    seconds: Mapping[str, float]
    settings: Settings
    site: Site | None
    examinations: Mapping[str, str]
    beside: Mapping[Tally, int] | None = None


def gather_report(database: Engine, inspection_id: str, run: RunFacts) -> ReportContent:
    """Build the content of an inspection's report.

    Raises:
        ReasoningError: The agent hasn't assessed the inspection.
        StoreError: Ledger or evidence can't be read.
    """
    evidence = EvidenceStore(run.settings.storage.evidence_url)
    with reading(database) as session:
        agent = load_agent_result(session, inspection_id)
        if agent is None:
            raise ReasoningError(f"inspection {inspection_id} has no assessments: run it again")
        facts = finding_facts(session, inspection_id, run.settings.ledger)
        stored = sightings_of_findings(session, [one.finding_id for one in facts])
        bins = load_coverage(session, inspection_id)
        meta = _meta(session, inspection_id, run, bins)
    seen, lost = with_pictures_there(stored, evidence)
    meta = meta.model_copy(update={"failures": (*meta.failures, *lost)})
    records = [_record(one, seen.get(one.finding_id, []), inspection_id, run, evidence) for one in facts]
    return build_report(meta, records, agent, bins)


def with_pictures_there(
    stored: Mapping[str, Sequence[StoredSighting]], evidence: EvidenceStore
) -> tuple[dict[str, list[StoredSighting]], tuple[Failure, ...]]:
    """Give the sightings without the pictures that are gone from the store, and a failure for each footage of those.

    An inspection makes its own pictures anew; those of earlier ones it can't, and a report does without them.
    """
    seen: dict[str, list[StoredSighting]] = {}
    lost: dict[str, Failure] = {}
    for finding_id, sightings in stored.items():
        seen[finding_id] = []
        for one in sightings:
            if all(evidence.exists(name) for name in one.evidence):
                seen[finding_id].append(one)
                continue
            message = f"pictures of {one.footage_name} are gone from the evidence store; inspect that footage again"
            lost.setdefault(one.look.footage_id, Failure(one.look.footage_id, None, "StoreError", message))
            seen[finding_id].append(replace(one, evidence=()))
    return seen, tuple(lost.values())


def _meta(session: Session, inspection_id: str, run: RunFacts, bins: Sequence[CoverageBin]) -> InspectionMeta:
    inspection = inspection_row(session, inspection_id)
    standard = load_standard(run.settings.agent.standards).standard
    return InspectionMeta(
        inspection_id=inspection_id,
        created_at=inspection.created_at,
        walkdown_version=version("walkdown"),
        settings_sha256=inspection.settings_hash,
        footages=tuple(_footage_note(session, plan, run.examinations[plan.info.footage_id]) for plan in run.plans),
        routes=_routes(bins, run.site),
        models=tuple(
            ModelNote(info=model, figures=_figures(run) if place == 0 else None)
            for place, model in enumerate(run.models)
        ),
        standards=(f"{standard.name} ({standard.edition})",),
        sampling=_sampling(run.settings.sampling.every),
        covered=cover_lengths(bins),
        failures=tuple(load_failures(session, inspection_id)),
        roadside=None if run.beside is None else _roadside_note(run.beside),
        timings=tuple(
            StageTiming(stage=stage, seconds=round(s, 3), part_of="examine" if stage in _STEPS else None)
            for stage, s in run.seconds.items()
        ),
    )


def _footage_note(session: Session, plan: FootagePlan, examination_id: str) -> FootageNote:
    examined = load_examined(session, examination_id)
    refused = Counter(frame.quality.reason for frame in examined if frame.quality.reason is not None)
    return FootageNote(
        footage_id=plan.info.footage_id,
        name=plan.name,
        recorded_at=plan.info.recorded_at,
        duration_s=plan.info.duration_s,
        width_px=plan.info.width_px,
        height_px=plan.info.height_px,
        clock=plan.info.clock,
        frames_seen=len(plan.info.frame_pts_ns),
        frames_examined=len(examined) - sum(refused.values()),
        frames_refused=dict(refused),
        position_source=plan.position_note if plan.trajectory is not None else None,
        camera=CameraNote(source=plan.camera.source, text=camera_note(plan.camera))
        if plan.trajectory is not None
        else None,
    )


def _routes(bins: Sequence[CoverageBin], site: Site | None) -> tuple[RouteNote, ...]:
    lengths = (
        {route.name: route.end_chainage_m - route.start_chainage_m for route in site.routes} if site is not None else {}
    )
    names = dict.fromkeys(one.route for one in bins if one.route is not None)
    return tuple(RouteNote(name=name, length_m=lengths.get(name)) for name in names)


def _figures(run: RunFacts) -> str | None:
    if run.settings.detector.weights is not None:
        return None
    return "measured figures, training data and licences: vision/weights/road.md of this version"


def _roadside_note(counts: Mapping[Tally, int]) -> RoadsideNote:
    return RoadsideNote.model_validate(dict(counts))


def _sampling(every: str) -> str:
    wanted = Every.parse(every)
    if wanted.unit == "m":
        return f"a frame every {wanted.interval:g} m travelled; by time where the position is unknown"
    if wanted.unit == "s":
        return f"a frame every {wanted.interval:g} s"
    return "every frame"


def _record(
    facts: FindingFacts, seen: Sequence[StoredSighting], inspection_id: str, run: RunFacts, evidence: EvidenceStore
) -> FindingRecord:
    own = [stored for stored in seen if stored.inspection_id == inspection_id]
    shown = next((stored for stored in own if stored.evidence), None) or next((s for s in seen if s.evidence), None)
    best = _best_frame(own, facts)
    indices = {plan.info.footage_id: plan.info.frame_pts_ns for plan in run.plans}
    index = None
    if best is not None and facts.footage_id in indices:
        index = int(np.searchsorted(indices[facts.footage_id], best.pts_ns))
    return FindingRecord(
        facts=facts,
        box_xyxy=best.xyxy if best is not None else None,
        frame_index=index,
        pictures=_pictures(shown, evidence) if shown is not None else (),
        seen=tuple(_seen_at(stored) for stored in newest_looks(seen, lambda stored: stored.look)),
    )


def _best_frame(own: Sequence[StoredSighting], facts: FindingFacts) -> SightingFrame | None:
    """Give the frame that ``frame_pts_s`` of the facts means."""
    frames = [
        frame
        for stored in own
        if stored.sighting.footage_id == facts.footage_id
        for frame in stored.sighting.frames
        if frame.pts_ns == stored.sighting.evidence_pts_ns[0]
    ]
    return min(frames, key=lambda frame: abs(frame.pts_ns / 1e9 - facts.frame_pts_s), default=None)


def _pictures(stored: StoredSighting, evidence: EvidenceStore) -> tuple[ReportPicture, ...]:
    return tuple(
        report_picture(
            name,
            evidence.get(name),
            picture_kind(index),
            stored.footage_name,
            picture_time_s(stored.sighting, index),
        )
        for index, name in enumerate(stored.evidence)
    )


def _seen_at(stored: StoredSighting) -> SeenAt:
    frames = stored.sighting.frames
    return SeenAt(
        footage_id=stored.sighting.footage_id,
        footage_name=stored.footage_name,
        first_pts_s=frames[0].pts_ns / 1e9,
        last_pts_s=frames[-1].pts_ns / 1e9,
        frames=len(frames),
        recorded_at=stored.recorded_at,
        inspection_id=stored.inspection_id,
    )
