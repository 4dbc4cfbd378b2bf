"""Tool ``measure``: how large a finding is, with errors, and how well it was seen."""

from __future__ import annotations

from agents.grading import half_size_m, mean_diameter_mm
from agents.protocols import LedgerView
from agents.tools.tool import AboutFinding
from agents.types import Frozen, Quantity
from agents.verdicts import agreement


class Measurements(Frozen):
    """Sizes as the ledger has them; None where nothing was measured.

    ``half_size_m`` is how far it reaches from its centre, 0 if unmeasured. ``agreement`` is the share of the frames
    with a good view in which it was detected.
    """

    area_m2: Quantity | None
    length_m: Quantity | None
    width_m: Quantity | None
    mean_diameter_mm: Quantity | None
    half_size_m: float
    position_error_m: float | None
    confidence: float
    agreement: float | None


def measure(ledger: LedgerView, arguments: AboutFinding) -> Measurements:
    """Read a finding's sizes and how well it was seen."""
    facts = ledger.facts(arguments.finding_id)
    return Measurements(
        area_m2=facts.area_m2,
        length_m=facts.length_m,
        width_m=facts.width_m,
        mean_diameter_mm=mean_diameter_mm(facts),
        half_size_m=half_size_m(facts),
        position_error_m=facts.position_error_m,
        confidence=facts.confidence,
        agreement=agreement(facts),
    )
