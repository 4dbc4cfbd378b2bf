"""Write where a finding is: chainage, else coordinates, else footage and time. Never a guess."""

from __future__ import annotations

from agents.types import FindingFacts


def place_words(facts: FindingFacts) -> str:
    """Write a place with what is known of it.

    Coordinates get five decimals, about a metre; chainage whole metres.
    """
    if facts.chainage_m is not None:
        return f"{facts.route or 'chainage'} {chainage_words(facts.chainage_m)}"
    if facts.latitude_deg is not None and facts.longitude_deg is not None:
        return f"{facts.latitude_deg:.5f}, {facts.longitude_deg:.5f}"
    return f"{facts.footage_name} at {facts.frame_pts_s:.1f} s"


def chainage_words(chainage_m: float) -> str:
    """Write chainage as kilometres+metres.

    >>> chainage_words(12300.4), chainage_words(999.7), chainage_words(7.0)
    ('12+300', '1+000', '0+007')
    """
    metres = round(chainage_m)
    sign = "-" if metres < 0 else ""
    return f"{sign}{abs(metres) // 1000}+{abs(metres) % 1000:03d}"
