"""What the agent is given and what it gives back: frozen pydantic, since a chat model, JSON and the API read it too."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

Severity = Literal["low", "medium", "high"]
Verdict = Literal["confirmed", "rejected", "unverified"]
Status = Literal["new", "persisting", "worse", "repaired", "not_observed"]


class Frozen(BaseModel):
    """What can't change once made, and takes no unknown field."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Quantity(Frozen):
    """A measured value with its 1 sigma error, in the unit that the field's name ends in."""

    value: float
    error: float


class FindingFacts(Frozen):
    """One finding as the ledger knows it: everything that an assessment may rest on.

    ``footages`` counts the distinct footages that it was seen in, ``frames_seen`` and ``frames_expected`` are those of
    this inspection: in how many frames it was detected, and in how many it was in good view. ``condition`` says what is
    wrong with a sign or a signal and how that was told; None for other defects.
    """

    finding_id: str
    class_name: str
    confidence: float
    status: Status
    footage_id: str
    footage_name: str
    first_pts_s: float
    last_pts_s: float
    frame_pts_s: float
    latitude_deg: float | None
    longitude_deg: float | None
    position_error_m: float | None
    route: str | None
    chainage_m: float | None
    lateral_m: float | None
    heading_deg: float | None
    area_m2: Quantity | None
    length_m: Quantity | None
    width_m: Quantity | None
    frames_seen: int
    frames_expected: int
    sightings: int
    footages: int
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    evidence: tuple[str, ...]
    condition: str | None = None


class Neighbour(Frozen):
    """Another finding nearby, with the distance between the two."""

    finding_id: str
    class_name: str
    distance_m: float


class HistoryEntry(Frozen):
    """What one earlier inspection measured of the same finding."""

    inspection_id: str
    seen_at: datetime | None
    area_m2: Quantity | None
    length_m: Quantity | None


class SeverityGrade(Frozen):
    """A severity, as an interval where one camera can't tell.

    ``low`` and ``high`` are the ends of the interval that the evidence leaves open (equal where it leaves none);
    ``basis`` says by which standard and by which measures, in a sentence.
    """

    low: Severity
    high: Severity
    standard: str
    basis: str


class Treatment(Frozen):
    """What to do about a finding, by when.

    ``priority`` runs from 1 (first) to 5. ``due`` is None where nothing is to be done on the road; ``response_days`` is
    then 0 and says nothing.
    """

    action: str
    response_days: int
    priority: int
    due: date | None
    reason: str


class Assessment(Frozen):
    """What the agent made of one finding."""

    finding_id: str
    severity: SeverityGrade | None
    verdict: Verdict
    verdict_by: str
    verdict_reason: str
    cause: str | None
    treatment: Treatment | None
    notes: tuple[str, ...] = ()


class Sentence(Frozen):
    """A sentence of the report, with the findings that it speaks of."""

    text: str
    finding_ids: tuple[str, ...] = ()


class ReportText(Frozen):
    """The words of a report; every number in them is checked against the facts."""

    summary: tuple[Sentence, ...]
    dropped_sentences: int


class InvestigationFailure(Frozen):
    """Why a finding could not be investigated; it is then unverified, without severity or treatment."""

    finding_id: str
    error_type: str
    message: str


class RefusedSentence(Frozen):
    """A sentence that the grounding check dropped, and what in it is not in the facts."""

    sentence: Sentence
    problems: tuple[str, ...]


class AgentResult(Frozen):
    """The agent's whole work over one inspection; ``assessments`` stand in the order in which to act on them."""

    assessments: tuple[Assessment, ...]
    text: ReportText
    planner: str
    failures: tuple[InvestigationFailure, ...] = ()
    refused: tuple[RefusedSentence, ...] = ()
