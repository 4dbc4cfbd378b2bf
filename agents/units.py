"""Units as people write them, and what they measure."""

from __future__ import annotations

import re

_SPELLED: tuple[tuple[str, float, str], ...] = (
    ("m2", 1.0, "m²|m2|m^2|sq m|sqm|square metre|square metres|square meter|square meters"),
    ("m2", 1e-4, "cm²|cm2"),
    ("m", 1e-3, "mm|millimetre|millimetres|millimeter|millimeters"),
    ("m", 1e-2, "cm|centimetre|centimetres|centimeter|centimeters"),
    ("m", 1.0, "m|metre|metres|meter|meters"),
    ("m", 1e3, "km|kilometre|kilometres|kilometer|kilometers"),
    ("m", 0.3048, "ft|foot|feet"),
    ("m", 0.0254, "inch|inches"),
    ("m", 1609.344, "mile|miles"),
    ("percent", 1.0, "%|percent|per cent"),
    ("s", 1.0, "s|sec|second|seconds"),
    ("s", 60.0, "min|minute|minutes"),
    ("day", 1.0 / 24.0, "h|hour|hours"),
    ("day", 1.0, "day|days"),
    ("day", 7.0, "week|weeks"),
    ("month", 1.0, "month|months"),
    ("year", 1.0, "year|years"),
    ("frame", 1.0, "frame|frames|picture|pictures|image|images"),
    ("sighting", 1.0, "sighting|sightings"),
    ("footage", 1.0, "footage|footages|drive|drives|pass|passes|video|videos"),
    ("deg", 1.0, "°|deg|degree|degrees"),
    ("none", 1.0, "kg|t|tonne|tonnes|km/h|mph|m/s|litre|litres|l|m³|m3"),
)
_UNITS = {unit: (dimension, factor) for dimension, factor, units in _SPELLED for unit in units.split("|")}
UNIT = "|".join(re.escape(unit).replace(r"\ ", r"\s+") for unit in sorted(_UNITS, key=len, reverse=True))
"""Regular expression of a unit, longest first; case is the caller's to ignore."""


def dimension_of(unit: str) -> tuple[str, float]:
    """Give what a unit measures, and its factor to metres, square metres, seconds or days.

    ``none`` is the dimension of what no fact of this program has, such as weights and speeds.

    >>> dimension_of("mm"), dimension_of("Weeks"), dimension_of("square  metres")
    (('m', 0.001), ('day', 7.0), ('m2', 1.0))
    """
    return _UNITS[" ".join(unit.lower().split())]
