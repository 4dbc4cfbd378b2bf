"""Made-up inspections for the tests of the report: realistic values, generated pictures, no real data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

import cv2
import numpy as np

from agents.types import (
    AgentResult,
    Assessment,
    FindingFacts,
    Quantity,
    ReportText,
    Sentence,
    Severity,
    SeverityGrade,
    Status,
    Treatment,
    Verdict,
)
from vision.errors import Failure
from vision.protocols import ModelInfo
from vision.types import CoverageBin
from workflows.report_builder import build_report
from workflows.report_content import (
    CameraNote,
    FindingRecord,
    FootageNote,
    InspectionMeta,
    ModelNote,
    ReportContent,
    ReportPicture,
    RouteNote,
    SeenAt,
    StageTiming,
)
from workflows.report_coverage import cover_lengths
from workflows.report_ranking import report_picture

FOOTAGE_ID = "5f2c9d1e7ab34c60" * 4
ROUTE = "Mill Lane"
ENDED_AT = datetime(2025, 6, 4, 9, 41, 12, tzinfo=UTC)
RECORDED_AT = datetime(2025, 6, 3, 7, 15, tzinfo=UTC)
Mode = Literal["map", "drive", "chainage", "nothing"]


@lru_cache(maxsize=64)
def make_jpeg(seed: int, width_px: int = 640, height_px: int = 360) -> bytes:
    """Draw a road that nobody drove, with an outlined dark patch on it."""
    rng = np.random.default_rng(seed)
    picture = np.full((height_px, width_px, 3), (196, 178, 160), np.uint8)
    horizon = int(0.38 * height_px)
    picture[horizon:] = (98, 112, 108)
    road = np.array([[0.45, 0.38], [0.55, 0.38], [1.15, 1.0], [-0.15, 1.0]]) * (width_px, height_px)
    cv2.fillPoly(picture, [road.astype(np.int32)], (112, 110, 108))
    noise = cv2.resize(rng.normal(0, 16, (height_px // 2, width_px // 2)), (width_px, height_px))
    picture = np.clip(picture + noise[..., None], 0, 255).astype(np.uint8)
    angles = np.linspace(0, 2 * math.pi, 14, endpoint=False)
    radii = rng.uniform(0.75, 1.2, 14)
    centre = np.array([rng.uniform(0.35, 0.65) * width_px, rng.uniform(0.6, 0.8) * height_px])
    outline = (
        centre + np.stack([np.cos(angles) * 0.11 * width_px, np.sin(angles) * 0.045 * width_px], 1) * radii[:, None]
    )
    cv2.fillPoly(picture, [outline.astype(np.int32)], (62, 60, 58))
    picture = cv2.GaussianBlur(picture, (5, 5), 0)
    cv2.polylines(picture, [outline.astype(np.int32)], True, (0, 0, 0), 5, cv2.LINE_AA)
    cv2.polylines(picture, [outline.astype(np.int32)], True, (0, 220, 255), 2, cv2.LINE_AA)
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 78])[1].tobytes()


def route_point(chainage_m: float) -> tuple[float, float]:
    """Give (longitude, latitude) on a gently winding road."""
    east_m = chainage_m * 0.86 + 60 * math.sin(chainage_m / 260)
    north_m = chainage_m * 0.28 + 90 * math.cos(chainage_m / 330)
    return (-1.5349 + east_m / 67_300, 52.9217 + north_m / 111_195)


def make_facts(number: int = 1, **overrides: Any) -> FindingFacts:
    chainage_m = 1040.0 + 137.0 * number
    lon, lat = route_point(chainage_m)
    values: dict[str, Any] = {
        "finding_id": f"f{number:011x}",
        "class_name": "pothole",
        "confidence": 0.83,
        "status": "new",
        "footage_id": FOOTAGE_ID,
        "footage_name": "drive.mp4",
        "first_pts_s": 12.0 + 7 * number,
        "last_pts_s": 13.4 + 7 * number,
        "frame_pts_s": 13.1 + 7 * number,
        "latitude_deg": lat + 1.3e-5,
        "longitude_deg": lon,
        "position_error_m": 1.8,
        "route": ROUTE,
        "chainage_m": chainage_m,
        "lateral_m": 1.2,
        "heading_deg": 71.0,
        "area_m2": Quantity(value=0.42, error=0.062),
        "length_m": Quantity(value=0.81, error=0.09),
        "width_m": Quantity(value=0.62, error=0.07),
        "frames_seen": 4,
        "frames_expected": 5,
        "sightings": 1,
        "footages": 1,
        "first_seen_at": RECORDED_AT,
        "last_seen_at": RECORDED_AT,
        "evidence": (f"f{number:011x}-0.jpg",),
    }
    return FindingFacts(**{**values, **overrides})


def make_assessment(
    finding_id: str,
    low: Severity = "low",
    high: Severity = "medium",
    verdict: Verdict = "confirmed",
    priority: int = 2,
    **overrides: Any,
) -> Assessment:
    days = {1: 2, 2: 14, 3: 28, 4: 90, 5: 0}[priority]
    values: dict[str, Any] = {
        "finding_id": finding_id,
        "severity": SeverityGrade(
            low=low,
            high=high,
            standard="ASTM D6433",
            basis="Mean diameter 0.62 to 0.78 m; one camera can't see the depth, so the interval stays open.",
        ),
        "verdict": verdict,
        "verdict_by": "rules",
        "verdict_reason": "Seen in 4 of the 5 frames that show the place, with a calibrated confidence of 0.83.",
        "cause": "Water under a worn surface layer, loosened by traffic.",
        "treatment": Treatment(
            action="Cut square, clean, fill with hot mix and seal the edges",
            response_days=days,
            priority=priority,
            due=(ENDED_AT + timedelta(days=days)).date() if days else None,
            reason="A carriageway pothole of this size is repaired within the time that the plan gives its severity.",
        ),
    }
    return Assessment(**{**values, **overrides})


def make_record(facts: FindingFacts, **overrides: Any) -> FindingRecord:
    values: dict[str, Any] = {
        "facts": facts,
        "box_xyxy": (402.5, 511.0, 655.25, 604.0),
        "frame_index": round(facts.frame_pts_s * 30),
        "pictures": (make_picture(facts, "view"), make_picture(facts, "close")),
        "seen": (
            SeenAt(
                footage_id=facts.footage_id,
                footage_name=facts.footage_name,
                first_pts_s=facts.first_pts_s,
                last_pts_s=facts.last_pts_s,
                frames=facts.frames_seen,
                recorded_at=RECORDED_AT,
                inspection_id="insp-0004",
            ),
        ),
    }
    return FindingRecord(**{**values, **overrides})


def make_picture(facts: FindingFacts, kind: Literal["view", "close"]) -> ReportPicture:
    seed = int(facts.finding_id[1:], 16) % 12
    jpeg = make_jpeg(seed) if kind == "view" else make_jpeg(seed + 20, 320, 320)
    return report_picture(f"{facts.finding_id}-{kind}.jpg", jpeg, kind, facts.footage_name, facts.frame_pts_s)


def make_footage(**overrides: Any) -> FootageNote:
    values: dict[str, Any] = {
        "footage_id": FOOTAGE_ID,
        "name": "drive.mp4",
        "recorded_at": RECORDED_AT,
        "duration_s": 241.6,
        "width_px": 1920,
        "height_px": 1080,
        "clock": "container",
        "frames_seen": 7248,
        "frames_examined": 742,
        "frames_refused": {"blurred": 21, "too_dark": 9, "not_a_road": 3},
        "position_source": "gpx drive.gpx, clock offset 0.0 s, error 2.0 m where the file says nothing",
        "camera": CameraNote(source="file", text="1.40 m high, 5.0° down, 70° wide"),
    }
    return FootageNote(**{**values, **overrides})


def make_bins(mode: Mode = "map", length_m: float = 2600.0, start_m: float = 1000.0) -> tuple[CoverageBin, ...]:
    """Ten-metre bins: mostly valid, two stretches refused, the last 180 m not driven (where a route says so)."""
    if mode == "nothing":
        return ()
    bins = []
    for i in range(int(length_m // 10)):
        at = start_m + 10.0 * i
        share = i * 10.0 / length_m
        refused = "blurred" if 0.22 < share < 0.25 else "too_dark" if 0.61 < share < 0.68 else None
        driven = mode == "drive" or at < start_m + length_m - 180
        along = at - start_m if mode == "drive" else at
        bins.append(
            CoverageBin(
                start_m=along,
                end_m=along + 10.0,
                route=None if mode == "drive" else ROUTE,
                state=("invalid" if refused else "valid") if driven else "not_driven",
                reasons={refused: 3} if refused and driven else {},
                line=() if mode == "chainage" else (route_point(at), route_point(at + 5), route_point(at + 10)),
                footage_id=FOOTAGE_ID if driven else None,
                carriageway=None if mode == "drive" else "forward",
                first_pts_ns=int((at - start_m) / 11.2 * 1e9) if driven else None,
                last_pts_ns=int((at - start_m + 14) / 11.2 * 1e9) if driven else None,
            )
        )
    return tuple(bins)


_CLASSES = ("pothole", "alligator_crack", "longitudinal_crack", "transverse_crack", "surface_damage")
_GRADES: tuple[tuple[Severity, Severity], ...] = (
    ("high", "high"),
    ("medium", "high"),
    ("low", "medium"),
    ("medium", "medium"),
    ("low", "low"),
)
_VERDICTS: tuple[Verdict, ...] = ("confirmed", "confirmed", "unverified", "confirmed")
_STATUSES: tuple[Status, ...] = ("new", "persisting", "new", "worse", "not_observed")


def make_findings(
    count: int, mode: Mode = "map", length_m: float = 2600.0
) -> tuple[list[FindingRecord], list[Assessment]]:
    """Findings spread over the road, the most urgent first."""
    records, assessments = [], []
    rng = np.random.default_rng(7)
    for i in range(count):
        at = 1000.0 + float(rng.uniform(20, length_m - 220))
        lon, lat = route_point(at)
        lateral = float(rng.choice([-1.6, -0.8, 0.6, 1.4, 2.2]))
        time_s = (at - 1000) / 11.2
        known = mode in ("map", "drive")
        rank = min(4, i * 5 // max(count, 1))
        facts = make_facts(
            i + 1,
            class_name=_CLASSES[i % 5],
            confidence=float(round(rng.uniform(0.45, 0.97), 3)),
            status=_STATUSES[(i * 3) % 5],
            first_pts_s=time_s - 0.8,
            last_pts_s=time_s + 0.4,
            frame_pts_s=time_s,
            latitude_deg=lat + lateral / 111_195 if known else None,
            longitude_deg=lon if known else None,
            position_error_m=float(round(rng.uniform(0.8, 3.2), 1)) if mode != "nothing" else None,
            route=ROUTE if mode in ("map", "chainage") else None,
            chainage_m=at if mode in ("map", "chainage") else None,
            lateral_m=lateral if mode in ("map", "chainage") else None,
            heading_deg=71.0 if known else None,
            area_m2=Quantity(value=0.1 + rank * 0.3, error=0.05 + rank * 0.04) if mode != "nothing" else None,
            length_m=Quantity(value=0.4 + rank * 0.5, error=0.06 + rank * 0.05) if mode != "nothing" else None,
            width_m=Quantity(value=0.3 + rank * 0.2, error=0.05 + rank * 0.03) if mode != "nothing" else None,
        )
        low, high = _GRADES[rank]
        graded = facts.class_name != "surface_damage" and mode != "nothing"
        rejected = i == count - 1 and count > 4
        extra: dict[str, Any] = {} if graded else {"severity": None}
        assessments.append(
            make_assessment(
                facts.finding_id,
                low,
                high,
                "rejected" if rejected else _VERDICTS[i % 4],
                priority=(1, 2, 2, 3, 4)[rank],
                **({**extra, "treatment": None} if rejected else extra),
            )
        )
        records.append(make_record(facts))
    return records, assessments


def make_meta(bins: Sequence[CoverageBin] = (), **overrides: Any) -> InspectionMeta:
    values: dict[str, Any] = {
        "inspection_id": "insp-0004",
        "created_at": ENDED_AT,
        "walkdown_version": "0.1.0",
        "settings_sha256": "9b4e" * 16,
        "footages": (make_footage(),),
        "routes": (RouteNote(name=ROUTE, length_m=3600.0),),
        "models": (
            ModelNote(
                info=ModelInfo("road-yolov8n-seg", "c0ffee12" * 8, "openvino-bf16", _CLASSES),
                figures="Model card vision/weights/road.md: measured on roads that it was not trained on.",
            ),
        ),
        "standards": ("ASTM D6433, in its metric form",),
        "sampling": "A frame every 3 m travelled",
        "covered": cover_lengths(bins),
        "failures": (
            Failure(FOOTAGE_ID, 61_200_000_000, "FootageError", "frame can't be decoded: the packet is damaged"),
            Failure(FOOTAGE_ID, 61_300_000_000, "FootageError", "frame can't be decoded: the packet is damaged"),
        ),
        "timings": (
            StageTiming(stage="decode", seconds=38.2, part_of="examine"),
            StageTiming(stage="examine", seconds=61.9),
            StageTiming(stage="locate", seconds=0.8),
            StageTiming(stage="assess", seconds=2.4),
        ),
    }
    return InspectionMeta(**{**values, **overrides})


def make_agent(assessments: Sequence[Assessment], **overrides: Any) -> AgentResult:
    first = tuple(one.finding_id for one in assessments[:2])
    sentences = (
        Sentence(text=f"{len(assessments)} findings were recorded.", finding_ids=()),
        *((Sentence(text="Two of them need attention first.", finding_ids=first),) if len(first) == 2 else ()),
    )
    values: dict[str, Any] = {
        "assessments": tuple(assessments),
        "text": ReportText(summary=sentences, dropped_sentences=0),
        "planner": "rules",
    }
    return AgentResult(**{**values, **overrides})


def make_report(count: int = 14, mode: Mode = "map", length_m: float = 2600.0, **meta: Any) -> ReportContent:
    """A whole report; ``mode`` says what is known of places."""
    bins = make_bins(mode, length_m)
    records, assessments = make_findings(count, mode, length_m)
    defaults: dict[str, Any] = {}
    if mode in ("drive", "nothing"):
        defaults["routes"] = ()
    if mode == "nothing":
        defaults["footages"] = (make_footage(position_source=None, camera=None),)
    if mode == "chainage":
        defaults["routes"] = (RouteNote(name=ROUTE, length_m=None),)
        defaults["footages"] = (make_footage(position_source="chainage csv drive.chainage.csv"),)
    return build_report(make_meta(bins, **{**defaults, **meta}), records, make_agent(assessments), bins)


def due_in(days: int) -> date:
    """A date so many days after the inspection."""
    return (ENDED_AT + timedelta(days=days)).date()
