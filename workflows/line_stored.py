"""Parts and equipment's states as the ledger keeps them, their pictures in the evidence store."""

from __future__ import annotations

from pathlib import Path

from infra.evidence import EvidenceStore
from infra.store.line import StationResult, StoredBox, StoredDefect, StoredPart, StoredSpell, StoredView
from vision.errors import StoreError
from vision.line.part_defects import SeenDefect
from vision.line.station_stage import FinishedPart, FinishedSpell, InspectedStation
from vision.plant import Station


def stored_result(result: InspectedStation, station: Station, evidence: EvidenceStore) -> StationResult:
    """Keep the pictures of what a footage showed, and give the rest of it as it is stored."""
    parts = tuple(stored_part(one, evidence) for one in result.parts)
    return StationResult(parts, tuple(stored_spell(one, station, evidence) for one in result.spells))


def stored_spell(finished: FinishedSpell, station: Station, evidence: EvidenceStore) -> StoredSpell:
    """Keep a spell's picture, and give the rest of it as it is stored."""
    spell = finished.spell
    return StoredSpell(
        spell.watch,
        spell.state,
        spell.from_pts_ns,
        spell.to_pts_ns,
        spell.sound,
        next(watch.severity for watch in station.watches if watch.name == spell.watch),
        spell.looks,
        spell.probability,
        evidence.put(finished.jpeg, ".jpg") if finished.jpeg is not None else None,
    )


def write_parts(folder: Path, stem: str, result: InspectedStation) -> int:
    """Write the plain pictures of parts as ``STEM-0007.jpg``; give how many.

    Raises:
        StoreError: The folder can't be written.
    """
    written = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in result.parts:
            if one.plain is not None:
                (folder / f"{stem}-{one.part.number:04d}.jpg").write_bytes(one.plain)
                written += 1
    except OSError as err:
        raise StoreError(f"pictures of parts can't be written to {folder}: {err.strerror or err}") from err
    return written


def stored_part(finished: FinishedPart, evidence: EvidenceStore) -> StoredPart:
    """Keep a part's pictures, and give the rest of it as it is stored."""
    part = finished.part
    return StoredPart(
        part.number,
        part.part_id,
        part.entered_pts_ns,
        part.left_pts_ns,
        part.looks,
        part.verdict,
        tuple(_stored_defect(defect) for defect in part.defects),
        part.anomaly_score,
        part.anomalous,
        StoredBox(*finished.shown) if finished.shown is not None else None,
        tuple(evidence.put(jpeg, ".jpg") for jpeg in finished.jpegs),
    )


def _stored_defect(seen: SeenDefect) -> StoredDefect:
    views = tuple(StoredView(view.pts_ns, view.xyxy, view.confidence) for view in seen.views)
    return StoredDefect(seen.defect, seen.confidence, views, seen.best.outline, seen.offset_px)
