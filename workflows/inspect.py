"""Inspect footage: from files to a located report. Each step commits; a killed run goes on where it stopped."""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sqlalchemy.engine import Engine

from infra.database import open_database, reading, writing
from infra.engine.run import engine_started, run_stage
from infra.engine.types import EngineConfig, StageFailure
from infra.settings import Settings
from infra.store.assessments import save_report_location
from infra.store.coverage import save_coverage
from infra.store.examinations import get_or_create_examination, load_examined, save_segment, segments_done
from infra.store.inspections import InspectionPlan, begin_inspection, complete_inspection, save_failures, upsert_footage
from infra.store.ledger import merge_into_ledger
from infra.store.sightings import replace_sightings
from vision.calibration import Calibration, calibration_path, read_calibration
from vision.detectors.load import DetectorConfig, load_detector
from vision.detectors.weights import find_weights
from vision.detectors.yolo_decode import YoloConfig
from vision.errors import ConfigError, Failure, InputError, ModelError
from vision.examine import ExaminedSegment, ExamineSegments, SegmentWork
from vision.footage.discover import discover
from vision.model_cards import choose_weights
from vision.protocols import ModelInfo, Resources
from vision.quality import QualityLimits
from vision.roadside.looking import check_classes
from vision.roadside.looks_net import shipped_looks_nets
from vision.roadside.reading import READER_VERSION
from vision.roadside.sightings import Tally
from vision.sampling import Every
from vision.sightings import SightingRules
from vision.site import Site
from vision.site_file import read_site
from vision.types import CoverageBin
from workflows.assess import assess_findings
from workflows.evidence import make_evidence
from workflows.footage_plan import FootagePlan, PlanRequest, camera_key, plan_footages, settings_key
from workflows.locate import locate
from workflows.output_folder import check_output_folder, write_output_folder
from workflows.progress import Progress
from workflows.report_content import ReportContent
from workflows.report_inputs import RunFacts, gather_report
from workflows.roadside import roadside_config, roadside_eyes


@dataclass(frozen=True, slots=True)
class InspectRequest:
    """What the user hands in.

    Attributes:
        footage: Videos, images, or folders of either.
        telemetry: None, one for all footages, or one for each; else looked for beside the footage.
        camera: camera.toml.
        site: site.toml.
        out: Folder of the report.
        clock_offset_s: Added to the footage's clock; None to fit the clocks.

    Raises:
        ConfigError: The clock offset is no number of seconds.
    """

    footage: tuple[Path, ...]
    telemetry: tuple[Path, ...] = ()
    camera: Path | None = None
    site: Path | None = None
    out: Path = Path("walkdown-report")
    clock_offset_s: float | None = None

    def __post_init__(self) -> None:
        if self.clock_offset_s is not None and not math.isfinite(self.clock_offset_s):
            raise ConfigError(f"--clock-offset {self.clock_offset_s}: give seconds, such as -1.5")


@dataclass(frozen=True, slots=True)
class InspectionResult:
    """Where the report is, and what it says."""

    report_path: Path
    content: ReportContent


@dataclass(slots=True)
class _Run:
    """What the steps of one inspection share."""

    request: InspectRequest
    settings: Settings
    progress: Progress
    database: Engine
    engine: EngineConfig
    model: ModelInfo
    site: Site | None
    plans: list[FootagePlan]
    failures: list[Failure]
    roadside: DetectorConfig | None
    roadside_model: ModelInfo | None
    beside: Counter[Tally] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started


def run_inspection(request: InspectRequest, settings: Settings, progress: Progress) -> InspectionResult:
    """Inspect footage and write the report folder.

    Raises:
        ConfigError: A setting, camera, site or output folder makes no sense.
        InputError: None of the footage can be used.
        ModelError: The detector can't be loaded, or failed on every segment.
        ReasoningError: The agent could not finish.
        StoreError: The ledger, the evidence or the report can't be written.
    """
    check_output_folder(request.out)
    site = read_site(request.site) if request.site is not None else None
    calibration = read_calibration(
        calibration_path(find_weights(choose_weights(settings.detector.weights, settings.models.research)))
    )
    detector, rules = detector_config(settings, calibration.mask_logit), SightingRules()
    roadside = roadside_config(settings)
    paths = discover(request.footage)
    started = time.perf_counter()
    every = Every.parse(settings.sampling.every)
    plan_request = PlanRequest(request.telemetry, request.camera, request.clock_offset_s, every, site)
    progress.start("read", len(paths))
    plans, failures = plan_footages(paths, plan_request, progress)
    read = time.perf_counter()
    # loaded here once before any worker starts: it is converted for the CPU if need be, and fails early if it must
    model = load_detector(detector).info
    roadside_model = load_detector(roadside).info if roadside is not None else None
    if roadside_model is not None:
        check_classes(roadside_model)
    loaded = time.perf_counter()
    run = _Run(
        request=request,
        settings=settings,
        progress=progress,
        database=open_database(settings.storage.database_url),
        engine=EngineConfig(settings.engine.chosen, settings.engine.workers, settings.engine.ray_address),
        model=model,
        site=site,
        plans=plans,
        failures=failures,
        roadside=roadside,
        roadside_model=roadside_model,
    )
    run.seconds |= {"read": read - started, "load": loaded - read}
    with engine_started(run.engine):
        examinations = _examine(run, detector)
        inspection_id = _begin(run, examinations, calibration.source)
        with run.timed("locate"):
            _locate(run, examinations, inspection_id, calibration, rules)
        with run.timed("evidence"):
            run.failures.extend(
                make_evidence(run.database, settings.storage.evidence_url, inspection_id, plans, run.engine, progress)
            )
    with run.timed("ledger"), writing(run.database) as session:
        merge_into_ledger(session, inspection_id, settings.ledger)
        save_failures(session, inspection_id, run.failures)
    with run.timed("assess"):
        assess_findings(run.database, settings, inspection_id, progress)
    models = (model,) if roadside_model is None else (model, roadside_model)
    beside = dict(run.beside) if roadside_model is not None else None
    facts = RunFacts(plans, models, run.seconds, settings, site, examinations, beside)
    content = gather_report(run.database, inspection_id, facts)
    report_path = write_output_folder(request.out, content)
    with writing(run.database) as session:
        save_report_location(session, inspection_id, str(report_path.absolute()))
        complete_inspection(session, inspection_id)
    return InspectionResult(report_path, content)


def detector_config(settings: Settings, mask_logit: float) -> DetectorConfig:
    """Give the detector's own config from the settings and its calibration."""
    chosen = settings.detector
    return DetectorConfig(
        weights=choose_weights(chosen.weights, settings.models.research),
        cache_dir=settings.storage.cache_dir / "openvino",
        runtime=chosen.runtime,
        yolo=YoloConfig(
            chosen.confidence,
            image_size=chosen.image_size_px,
            mask_logit=mask_logit,
            tile_px=chosen.tile_px,
            tile_overlap=chosen.tile_overlap,
        ),
        streams=1 if settings.engine.chosen == "ray" else 0,
        precision=chosen.precision,
    )


def _examine(run: _Run, detector: DetectorConfig) -> dict[str, str]:
    """Examine every segment that isn't done; give examination ids by footage id."""
    parts = {"model": asdict(run.model), "yolo": asdict(detector.yolo), "gate": run.settings.quality.gate}
    if run.roadside is not None and run.roadside_model is not None:
        parts |= {"roadside_model": asdict(run.roadside_model), "roadside_yolo": asdict(run.roadside.yolo)}
        parts |= {"roadside_looks": shipped_looks_nets(sign=run.settings.roadside.signs_by != "measures").sha256}
        parts |= {"roadside_reads": READER_VERSION if run.settings.roadside.read_signs else None}
    key = settings_key(parts)
    examinations: dict[str, str] = {}
    work: list[SegmentWork] = []
    done_frames = 0
    for plan in run.plans:
        with writing(run.database) as session:
            upsert_footage(session, plan.info)
            examination = get_or_create_examination(session, plan.info.footage_id, plan.examination_key(key), run.model)
            done = segments_done(session, examination)
        examinations[plan.info.footage_id] = examination
        left = [segment for segment in plan.segments if segment.index not in done]
        done_frames += sum(len(s.sample_pts_ns) for s in plan.segments) - sum(len(s.sample_pts_ns) for s in left)
        rows = plan.ground_rows, plan.detect_from_row, plan.beside_to_row
        work.extend(SegmentWork(plan.info, segment, *rows) for segment in left)
    run.progress.start("examine", sum(plan.sampled for plan in run.plans))
    run.progress.advance(done_frames)
    if work:
        with run.timed("examine"):
            _examine_segments(run, detector, work, examinations)
    return examinations


def _examine_segments(
    run: _Run, detector: DetectorConfig, work: Sequence[SegmentWork], examinations: dict[str, str]
) -> None:
    limits = QualityLimits() if run.settings.quality.gate else QualityLimits.off()
    own_process = run.engine.engine == "inline"
    resources = Resources(
        cpus=float(len(os.sched_getaffinity(0))) if own_process else 1.0,
        gpus=1.0 if "cuda" in run.model.runtime else 0.0,
    )
    stage = ExamineSegments(
        detector,
        limits,
        resources,
        run.settings.detector.batch_size,
        run.roadside,
        sign_network=run.settings.roadside.signs_by != "measures",
        read_signs=run.settings.roadside.read_signs,
    )
    failed: list[StageFailure] = []
    steps: dict[str, float] = {}
    for result in run_stage(stage, work, run.engine):
        if isinstance(result, StageFailure):
            failed.append(result)
            run.failures.append(_failure_of(work[result.item_index], result))
            continue
        _commit(run, result, examinations)
        for name, seconds in asdict(result.seconds).items():
            if name == "roadside" and run.roadside is None:
                continue
            steps[name] = steps.get(name, 0.0) + seconds
        run.progress.advance(len(result.frames))
    run.seconds |= steps
    if failed and len(failed) == len(work):
        error = InputError if failed[0].error_type.endswith(("FootageError", "InputError")) else ModelError
        raise error(f"no segment could be examined: {failed[0].message}")


def _commit(run: _Run, result: ExaminedSegment, examinations: dict[str, str]) -> None:
    with writing(run.database) as session:
        save_segment(session, examinations[result.segment.footage_id], result.segment, result.frames, result.failures)


def _failure_of(work: SegmentWork, failed: StageFailure) -> Failure:
    return Failure(work.info.footage_id, work.segment.start_pts_ns, failed.error_type, failed.message)


def _begin(run: _Run, examinations: dict[str, str], calibration_source: str) -> str:
    inputs = {f"telemetry {plan.info.footage_id}": plan.telemetry_sha256 or "none" for plan in run.plans}
    inputs |= {f"camera {plan.info.footage_id}": camera_key(plan.camera) for plan in run.plans}
    if run.request.site is not None:
        inputs["site"] = hashlib.sha256(run.request.site.read_bytes()).hexdigest()
    parts: dict[str, object] = {
        "clock_offset_s": run.request.clock_offset_s,
        "rules": asdict(SightingRules()),
        "calibration": calibration_source,
        "ledger": run.settings.ledger.model_dump(mode="json"),
        "agent": run.settings.agent.model_dump(mode="json"),
    }
    eyes = roadside_eyes(run.roadside, run.settings)
    if eyes is not None:
        parts |= {"roadside": asdict(eyes.judging), "roadside_calibration": eyes.calibration.source}
    key = settings_key(parts)
    order = tuple(examinations[plan.info.footage_id] for plan in run.plans)
    with writing(run.database) as session:
        return begin_inspection(session, InspectionPlan(order, key, inputs))


def _locate(
    run: _Run, examinations: dict[str, str], inspection_id: str, calibration: Calibration, rules: SightingRules
) -> None:
    run.progress.start("locate", len(run.plans))
    bins: list[CoverageBin] = []
    eyes = roadside_eyes(run.roadside, run.settings)
    for plan in run.plans:
        examination_id = examinations[plan.info.footage_id]
        with reading(run.database) as session:
            examined = load_examined(session, examination_id)
        located = locate(plan, examined, run.site, calibration, rules, eyes)
        run.beside.update(located.beside_counts)
        bins.extend(located.coverage)
        with writing(run.database) as session:
            replace_sightings(session, inspection_id, examination_id, located.sightings)
        run.progress.advance()
    with writing(run.database) as session:
        save_coverage(session, inspection_id, bins)
