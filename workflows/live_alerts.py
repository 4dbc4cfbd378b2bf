"""Makes alerts of a live shift: of the same words, places and ids as the report."""

from __future__ import annotations

import time
from collections.abc import Callable

from infra.alerts import Alert
from vision.live.queue import LiveFrame
from workflows.line_content import PartEntry, SpellEntry
from workflows.line_sightings import ANOMALY, EQUIPMENT


def part_alert(part: PartEntry, certain: LiveFrame, location: Callable[[str], str]) -> Alert | None:
    """Give the alert of a part that is rejected or anomalous; None for any other.

    Args:
        part: As the report has it.
        certain: The frame that made it certain.
        location: Of an evidence picture by its name.
    """
    if part.verdict != "reject" and not part.anomalous:
        return None
    kinds = [defect.kind for defect in part.defects if defect.beyond]
    ids = [defect.finding_id for defect in part.defects] + [part.anomaly_finding_id]
    return Alert(
        time=certain.captured_at,
        place=part.place,
        part=part.label,
        class_names=tuple(dict.fromkeys([*kinds, ANOMALY] if part.anomalous else kinds)),
        message="; ".join(part.reasons),
        severity=part.severity,
        finding_ids=tuple(one for one in ids if one is not None),
        picture=location(part.pictures[0]) if part.pictures else None,
        latency_s=_since(certain),
    )


def spell_alert(spell: SpellEntry, certain: LiveFrame, location: Callable[[str], str]) -> Alert | None:
    """Give the alert of equipment that isn't as it should be; None for any other; see ``part_alert``."""
    if spell.condition != "fault":
        return None
    return Alert(
        time=certain.captured_at,
        place=f"{spell.place}, {spell.watch}",
        part=None,
        class_names=(EQUIPMENT,),
        message=f"{spell.watch} is {spell.state}",
        severity=spell.severity,
        finding_ids=(spell.finding_id,) if spell.finding_id is not None else (),
        picture=location(spell.picture) if spell.picture is not None else None,
        latency_s=_since(certain),
    )


def _since(certain: LiveFrame) -> float:
    return round(time.monotonic() - certain.captured_s, 3)
