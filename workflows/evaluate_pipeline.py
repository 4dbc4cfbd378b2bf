"""Measure the whole pipeline on simulated drives: does the ledger hold what was planted, and nothing else?"""

from __future__ import annotations

import json
import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infra.settings import Settings
from vision.simulation.options import ConditionName, RoadSimulation
from workflows.inspect import InspectRequest, run_inspection
from workflows.progress import Progress
from workflows.scoring import Event, Score, score_class
from workflows.simulate import simulate_road

POTHOLE_MIN_DIAMETER_M = 0.3
CRACKS = frozenset({"longitudinal_crack", "transverse_crack", "alligator_crack"})
ROWS: tuple[tuple[str, frozenset[str], float], ...] = (
    ("pothole >= 0.3 m", frozenset({"pothole"}), POTHOLE_MIN_DIAMETER_M),
    ("pothole, any size", frozenset({"pothole"}), 0.0),
    ("crack, any kind", CRACKS, 0.0),
    ("longitudinal_crack", frozenset({"longitudinal_crack"}), 0.0),
    ("transverse_crack", frozenset({"transverse_crack"}), 0.0),
    ("alligator_crack", frozenset({"alligator_crack"}), 0.0),
    ("surface_damage", frozenset({"surface_damage"}), 0.0),
    ("patch", frozenset({"patch"}), 0.0),
)


@dataclass(frozen=True, slots=True)
class PipelineEvaluation:
    """What to run.

    Attributes:
        seeds: A drive each.
        conditions: Light and weather, each over all seeds.
        drive: Everything else of the drives.
        keep_dir: Where drives and reports are kept; None to throw them away.
    """

    seeds: tuple[int, ...]
    conditions: tuple[ConditionName, ...]
    drive: RoadSimulation
    keep_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class ConditionScore:
    """Scores of one condition over all seeds.

    Attributes:
        condition: Light and weather.
        drives: How many.
        scores: By row name.
        refused_share: Sampled frames that the quality gate refused.
        inspect_s: Wall seconds of the inspections.
        footage_s: Length of the footage.
    """

    condition: str
    drives: int
    scores: dict[str, Score]
    refused_share: float
    inspect_s: float
    footage_s: float


def evaluate_pipeline(evaluation: PipelineEvaluation, settings: Settings, progress: Progress) -> list[ConditionScore]:
    """Simulate, inspect and score every drive, each with a ledger of its own."""
    results = []
    for condition in evaluation.conditions:
        scores = {name: Score() for name, _, _ in ROWS}
        refused = sampled = 0
        inspect_s = footage_s = 0.0
        for seed in evaluation.seeds:
            with tempfile.TemporaryDirectory() as scratch:
                folder = (evaluation.keep_dir or Path(scratch)) / f"{condition}-{seed}"
                progress.note(f"{condition}, seed {seed}")
                simulate_road(replace(evaluation.drive, seed=seed, condition=condition), folder)
                started = time.perf_counter()
                document = _inspect(folder, settings, progress)
                inspect_s += time.perf_counter() - started
                truth, findings = read_truth(folder / "truth.geojson"), _read_findings(folder / "report")
                for name, classes, min_diameter_m in ROWS:
                    scores[name] += score_class(truth, findings, classes, min_diameter_m)
                counts = document["counts"]
                refused += counts["frames_refused"]
                sampled += counts["frames_examined"] + counts["frames_refused"]
                footage_s += sum(footage["duration_s"] for footage in document["footages"])
        share = refused / sampled if sampled else math.nan
        results.append(ConditionScore(condition, len(evaluation.seeds), scores, share, inspect_s, footage_s))
    return results


def _inspect(folder: Path, settings: Settings, progress: Progress) -> dict[str, Any]:
    own = settings.model_copy(
        update={
            "storage": settings.storage.model_copy(
                update={
                    "database_url": f"sqlite:///{folder / 'ledger.db'}",
                    "evidence_url": (folder / "evidence").absolute().as_uri(),
                }
            )
        }
    )
    request = InspectRequest(
        footage=(folder / "drive.mp4",),
        telemetry=(folder / "drive.gpx",),
        camera=folder / "camera.toml",
        site=folder / "site.toml",
        out=folder / "report",
    )
    run_inspection(request, own, progress)
    document: dict[str, Any] = json.loads((folder / "report" / "inspection.json").read_text(encoding="utf-8"))
    return document


def read_truth(path: Path) -> list[Event]:
    """Read the planted defects and the patches of a simulated drive; what else lies on the road is left out."""
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    planted = [own for own in features if not own["properties"].get("distractor")]
    events = [
        _event(own, own["properties"]["class_name"], float(own["properties"]["area_m2"]))
        for own in planted
        if own["properties"].get("state") != "mended"
    ]
    patches = [own for own in features if own["properties"].get("kind") == "patch"]
    sides = [(own["properties"]["length_m"], own["properties"]["width_m"]) for own in patches]
    return events + [_event(own, "patch", length * width) for own, (length, width) in zip(patches, sides, strict=True)]


def _read_findings(report_dir: Path) -> list[Event]:
    features = json.loads((report_dir / "findings.geojson").read_text(encoding="utf-8"))["features"]
    open_findings = [
        feature
        for feature in features
        if feature["geometry"] is not None
        and feature["properties"]["verdict"] != "rejected"
        and feature["properties"]["status"] in {"new", "persisting", "worse"}
    ]
    return [
        _event(
            feature,
            feature["properties"]["class_name"],
            math.nan if feature["properties"]["area_m2"] is None else feature["properties"]["area_m2"],
        )
        for feature in open_findings
    ]


def _event(feature: dict[str, Any], class_name: str, area_m2: float) -> Event:
    longitude_deg, latitude_deg = feature["geometry"]["coordinates"]
    return Event(class_name, latitude_deg, longitude_deg, area_m2)


def score_rows(results: Sequence[ConditionScore]) -> list[dict[str, object]]:
    """Give the scores as plain rows, rounded for print; an unknown figure is None."""
    return [
        {
            "condition": result.condition,
            "drives": result.drives,
            "class": name,
            "planted": score.planted,
            "found": score.found,
            "reported": score.reported,
            "recall": _known(score.recall),
            "precision": _known(score.precision),
            "duplicates": _known(score.duplicate_rate),
            "place_error_m": _known(score.median_place_error_m),
            "area_error": _known(score.median_area_error),
            "frames_refused": _known(result.refused_share),
            "speed_x": _known(result.footage_s / result.inspect_s),
        }
        for result in results
        for name, score in result.scores.items()
    ]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 3)
