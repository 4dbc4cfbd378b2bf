"""Measure what is made of signs and signals on simulated drives: conditions, faults, places, doubles."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from infra.settings import Settings
from vision.calibration import Calibration
from vision.detectors.load import load_detector
from vision.errors import WeightsNotFound
from vision.footage.decode import read_frames
from vision.protocols import Detector
from vision.quality import QualityLimits, assess
from vision.roadside.looking import SegmentLooker, check_classes
from vision.roadside.looks_net import LooksNets, shipped_looks_nets
from vision.roadside.reading import SignReader
from vision.roadside.sightings import JudgedThing
from vision.sampling import Every
from vision.sightings import SightingRules
from vision.simulation.drive import SimulatedDrive
from vision.simulation.options import RoadSimulation
from vision.simulation.truth_detector import TruthDetector
from vision.site_file import read_site
from vision.types import ExaminedFrame, Frame
from workflows.footage_plan import FootagePlan, PlanRequest, plan_footages
from workflows.locate import RoadsideEyes, locate
from workflows.progress import PlainProgress, Progress
from workflows.roadside import roadside_config, roadside_eyes, roadside_judging
from workflows.roadside_scoring import RoadsideScore, read_planted, score_roadside
from workflows.simulate import simulate_road

_OPTIONS_FILE = "options.json"
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class RoadsideEvaluation:
    """What to run.

    Attributes:
        seeds: A drive each.
        drive: Everything else of the drives.
        oracle: The truth's boxes in place of a detector's.
        keep_dir: Where drives are kept, and used again where they are there already; None to throw them away.
    """

    seeds: tuple[int, ...]
    drive: RoadSimulation
    oracle: bool
    keep_dir: Path | None = None


def evaluate_roadside(evaluation: RoadsideEvaluation, settings: Settings, progress: Progress) -> RoadsideScore:
    """Simulate, look and judge every drive; give the sum of their scores.

    Raises:
        WeightsNotFound: There is no roadside detector, and the truth isn't to stand in for one.
    """
    config = roadside_config(settings)
    if config is None and not evaluation.oracle:
        raise WeightsNotFound("no roadside model to measure: name one in roadside.weights, or try --oracle")
    found = roadside_eyes(None if evaluation.oracle else config, settings)
    eyes = found or RoadsideEyes(Calibration(), roadside_judging(settings))
    loaded: Detector | None = None
    if config is not None and not evaluation.oracle:
        loaded = load_detector(config)
        check_classes(loaded.info)
    nets, total = shipped_looks_nets(sign=settings.roadside.signs_by != "measures"), RoadsideScore()
    reader = SignReader() if settings.roadside.read_signs else None
    progress.start("evaluate", len(evaluation.seeds))
    for seed in evaluation.seeds:
        options = replace(evaluation.drive, seed=seed)
        with tempfile.TemporaryDirectory() as scratch:
            folder = (evaluation.keep_dir or Path(scratch)) / f"roadside-{seed}"
            _drive(options, folder)
            features = json.loads((folder / "truth.geojson").read_text(encoding="utf-8"))["features"]
            detector = loaded or TruthDetector(SimulatedDrive(options))
            things = judge_drive(folder, detector, nets, reader, eyes, settings.sampling.every)
            total += score_roadside(read_planted(features), things)
        progress.advance()
    return total


def judge_drive(
    folder: Path, detector: Detector, nets: LooksNets, reader: SignReader | None, eyes: RoadsideEyes, every: str
) -> Sequence[JudgedThing]:
    """Give what is made of the signs and heads along a simulated drive."""
    site = read_site(folder / "site.toml")
    request = PlanRequest((folder / "drive.gpx",), folder / "camera.toml", None, Every.parse(every), site)
    plans, _ = plan_footages([folder / "drive.mp4"], request, PlainProgress(io.StringIO()))
    examined = [frame for plan in plans for frame in _examine(plan, detector, nets, reader)]
    located = locate(plans[0], examined, site, Calibration(), SightingRules(), eyes)
    return located.beside or ()


def _examine(plan: FootagePlan, detector: Detector, nets: LooksNets, reader: SignReader | None) -> list[ExaminedFrame]:
    examined: list[ExaminedFrame] = []
    limits = QualityLimits()
    for segment in plan.segments:
        looker = SegmentLooker(detector, nets, reader, segment.sample_pts_ns, plan.beside_to_row)
        frames = [one for one in read_frames(plan.info, segment.sample_pts_ns) if isinstance(one, Frame)]
        for start in range(0, len(frames), _AT_ONCE):
            part = frames[start : start + _AT_ONCE]
            qualities = [assess(frame.image, plan.ground_rows, limits) for frame in part]
            accepted = [frame for frame, quality in zip(part, qualities, strict=True) if quality.reason is None]
            beside = {one.detections.pts_ns: one for one in looker.look(accepted)}
            pairs = zip(part, qualities, strict=True)
            examined.extend(ExaminedFrame(one.pts_ns, seen, None, beside.get(one.pts_ns)) for one, seen in pairs)
    return examined


def _drive(options: RoadSimulation, folder: Path) -> None:
    """Simulate a drive, unless the folder holds the very same one."""
    asked = json.dumps(asdict(options), sort_keys=True)
    mark = folder / _OPTIONS_FILE
    if mark.is_file() and mark.read_text(encoding="utf-8") == asked:
        return
    simulate_road(options, folder)
    mark.write_text(asked, encoding="utf-8")
