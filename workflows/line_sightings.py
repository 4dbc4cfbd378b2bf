"""Turns what a station's footage showed into sightings for the ledger: each defect beyond its limit, each fault."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from infra.identity import content_hash
from infra.store.line import StationResult, StoredDefect, StoredPart, StoredSpell
from vision.plant import Plant, Station
from vision.types import FootageInfo, Measure, Sighting, SightingFrame

ANOMALY = "anomaly"
EQUIPMENT = "equipment_state"

_ANOMALY_CONFIDENCE = 0.5
"""What is only unlike the normal parts is neither confirmed nor rejected by that."""

_EDGE_PX = 1.5
"""1 sigma of a length, by where an outline's two ends may lie."""


def defect_sighting_id(footage_id: str, station: str, number: int, index: int) -> str:
    """Name the sighting of a part's defect, by its place in the part's list; the same footage gives the same name."""
    return content_hash(["part", footage_id, station, number, index])[:32]


def anomaly_sighting_id(footage_id: str, station: str, number: int) -> str:
    """Name the sighting of an anomalous part."""
    return content_hash([ANOMALY, footage_id, station, number])[:32]


def spell_sighting_id(footage_id: str, station: str, watch: str, from_pts_ns: int) -> str:
    """Name the sighting of equipment in a state that it should not be in."""
    return content_hash([EQUIPMENT, footage_id, station, watch, from_pts_ns])[:32]


def line_sightings(
    info: FootageInfo, plant: Plant, station: Station, result: StationResult
) -> tuple[list[Sighting], dict[str, tuple[str, ...]]]:
    """Give a footage's sightings, and their evidence pictures' names by sighting.

    A line has no coordinates: the sighting's condition says site, line, station, asset and part.
    """
    sightings: list[Sighting] = []
    evidence: dict[str, tuple[str, ...]] = {}
    where = f"{plant.name}, {station.line}, {station.name}, {station.asset}"
    for part in result.parts:
        for name, sighting in _of_part(info, station, where, part):
            sightings.append(sighting)
            evidence[name] = part.pictures
    for spell in result.spells:
        if spell.sound is False:
            sighting = _of_spell(info, station, where, spell)
            sightings.append(sighting)
            evidence[sighting.sighting_id] = (spell.picture,) if spell.picture is not None else ()
    return sightings, {name: pictures for name, pictures in evidence.items() if pictures}


def _of_part(info: FootageInfo, station: Station, where: str, part: StoredPart) -> list[tuple[str, Sighting]]:
    label = part.part_id or f"no. {part.number}"
    reasons: defaultdict[int, list[str]] = defaultdict(list)
    for breach in part.verdict.breaches:
        for index in breach.defects:
            reasons[index].append(breach.reason)
    found = []
    for index, defect in enumerate(part.defects):
        if index in reasons:
            name = defect_sighting_id(info.footage_id, station.name, part.number, index)
            condition = f"{where}, part {label}: {'; '.join(reasons[index])}"
            found.append((name, _of_defect(name, info.footage_id, station, defect, part.looks, condition)))
    if part.anomalous and part.box is not None:
        name = anomaly_sighting_id(info.footage_id, station.name, part.number)
        condition = f"{where}, part {label}: not as normal parts look, anomaly score {part.anomaly_score:.2f}"
        frame = SightingFrame(part.box.pts_ns, part.box.xyxy, _ANOMALY_CONFIDENCE, (), None, 0.0)
        found.append(
            (
                name,
                Sighting(
                    name, info.footage_id, ANOMALY, _ANOMALY_CONFIDENCE, (frame,), 1, (frame.pts_ns,), None,
                    condition=condition,
                ),
            )
        )  # fmt: skip
    return found


def _of_defect(
    name: str, footage_id: str, station: Station, stored: StoredDefect, looks: int, condition: str
) -> Sighting:
    best = max(stored.views, key=lambda view: view.confidence)
    frames = tuple(
        SightingFrame(v.pts_ns, v.xyxy, v.confidence, stored.outline if v is best else (), None, 0.0)
        for v in stored.views
    )
    scale = station.mm_per_px
    size = stored.defect
    error_m = None if scale is None else _EDGE_PX * scale / 1e3
    area_error_m2 = None if error_m is None or size.length_mm is None else error_m * size.length_mm / 1e3
    return Sighting(
        name, footage_id, size.kind, min(stored.confidence, 1.0), frames, max(looks, len(frames)), (best.pts_ns,), None,
        area_m2=_measure(size.area_mm2, 1e-6, area_error_m2),
        length_m=_measure(size.length_mm, 1e-3, error_m),
        width_m=_measure(size.width_mm, 1e-3, error_m),
        condition=condition,
    )  # fmt: skip


def _measure(value: float | None, unit: float, error: float | None) -> Measure | None:
    return None if value is None or error is None else Measure(value * unit, error)


def _of_spell(info: FootageInfo, station: Station, where: str, spell: StoredSpell) -> Sighting:
    name = spell_sighting_id(info.footage_id, station.name, spell.watch, spell.from_pts_ns)
    watch = next(one for one in station.watches if one.name == spell.watch)
    left, top, right, bottom = watch.region.in_pixels(info.width_px, info.height_px)
    box = (float(left), float(top), float(right), float(bottom))
    times: Sequence[int] = sorted({spell.from_pts_ns, spell.to_pts_ns})
    frames = tuple(SightingFrame(at, box, spell.probability, (), None, 0.0) for at in times)
    return Sighting(
        name, info.footage_id, EQUIPMENT, min(spell.probability, 1.0), frames, len(frames), (times[0],), None,
        condition=f"{where}: {spell.watch} is {spell.state}",
    )  # fmt: skip
