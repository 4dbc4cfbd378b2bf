"""What one roadside box looked like, in numbers: the value that is kept in place of its pixels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CropLook:
    """One box's pixels in numbers. Shares are of the plate's area; what a kind doesn't have is None.

    Attributes:
        size_px: Shorter side of the box.
        contrast: From the plate's dark to its white, in parts of the full range.
        sharpness: Steepness of the clearest edges, in contrasts for each width of the box: 10 where an edge takes up a
            tenth of the width.
        colour: Depth of the kind's own colour (red rim, blue field) between the plate's dark and its white: about 0.5
            to 1 where it is fresh, 0 where it is as white as the field.
        rim_gaps: Share of the rim's sectors whose colour is under half of the rim's median.
        leaves: Share in the colours of leaves.
        foreign: Share in strong colours that this kind doesn't have, leaves apart.
        soil: Share in the colours of earth.
        lean_deg: Of the plate's axis from the picture's vertical, clockwise positive.
        lamps: How much a head's vertical pattern is like three lenses, 0 to 1.
        shows: Probabilities of what a network takes it for: of ``SIGN_LOOKS`` for a sign, of ``HEAD_LOOKS`` for a head.
            None where no network looked.
        text: What a sign says, as this view reads it; None where it wasn't read.
        text_confidence: Of ``text``, 0 to 1.
    """

    size_px: float
    contrast: float
    sharpness: float
    colour: float | None = None
    rim_gaps: float | None = None
    leaves: float | None = None
    foreign: float | None = None
    soil: float | None = None
    lean_deg: float | None = None
    lamps: float | None = None
    shows: tuple[float, ...] | None = None
    text: str | None = None
    text_confidence: float | None = None
