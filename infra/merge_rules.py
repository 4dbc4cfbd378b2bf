"""The rules by which sightings become findings: data that a user may change under ``[ledger]``."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, le=1)]


class MergeRules(BaseModel):
    """When two sightings are one defect, and what has become of it.

    Attributes:
        campaign_days: Passes that lie no further apart than this belong to one campaign: a defect first seen in it is
            new, and one that a pass of it missed isn't called repaired (vialytics and RoadAI merge two weeks likewise).
        gate_min_m: Two places nearer than this may always be one defect.
        gate_sigmas: They may be one up to so many times their combined radial error. 2.0 keeps 98 % of true pairs
            (Rayleigh: 1 - exp(-2.0²)).
        gate_cap_m: They are never one beyond this.
        relative_error_m: Radial error of a place against its neighbours in the same pass, once the error of position
            that they all share is taken off. It sets the gate where that shared part could be told.
        shared_error_fade_m: Neighbours share their error of position; how much fades with the distance, by this length.
        heading_tolerance_deg: Seen in directions of travel that differ by more, two places are two carriageways.
        lane_m: Along a chainage that carries no positions, places further apart across the road are two defects.
        extended_from_m: Footprints longer than this are compared by overlap rather than by their middles.
        overlap_share: Two kinds of ``overlapping_kinds`` are one defect if they share this much of the smaller one.
        near_kinds: Classes that a detector takes for each other, and which join by nearness like one class.
        overlapping_kinds: Classes that may be one defect only where their footprints truly overlap.
        across_kinds: Classes whose length lies across the road.
        worse_share: Area or length must have grown by more than this share to be called worse ...
        worse_sigmas: ... and by more than so many times the combined error of the two measures.
        repaired_min_frames: So many valid frames must have shown a spot before it is called repaired ...
        repaired_chance: ... and so many that a defect which is still there, seen as often as it was the last time,
            would have been missed in all of them with no more than this chance.
        coverage_reach_m: A place further than this from the line that was driven was not seen from it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    campaign_days: Positive = 14.0
    gate_min_m: Positive = 1.5
    gate_sigmas: Positive = 2.0
    gate_cap_m: Positive = 8.0
    relative_error_m: Positive = 0.8
    shared_error_fade_m: Positive = 50.0
    heading_tolerance_deg: Annotated[float, Field(gt=0, le=180)] = 60.0
    lane_m: Positive = 3.5
    extended_from_m: Positive = 3.0
    overlap_share: Share = 0.6
    near_kinds: tuple[tuple[str, ...], ...] = (("pothole", "surface_damage"),)
    overlapping_kinds: tuple[tuple[str, ...], ...] = (("longitudinal_crack", "transverse_crack", "alligator_crack"),)
    across_kinds: tuple[str, ...] = ("transverse_crack",)
    worse_share: Positive = 0.3
    worse_sigmas: Positive = 2.0
    repaired_min_frames: Annotated[int, Field(ge=1)] = 2
    repaired_chance: Share = 0.05
    coverage_reach_m: Positive = 12.0
