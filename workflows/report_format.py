"""Numbers and names as words for people: the filters of the report's templates. None of them decides anything."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

from agents.types import Quantity, SeverityGrade
from agents.vocabulary import spoken

CLASS_CODES = {
    "longitudinal_crack": "D00",
    "transverse_crack": "D10",
    "alligator_crack": "D20",
    "pothole": "D40",
}
"""Codes of the RDD road damage sets (Maeda et al. 2018, https://doi.org/10.1111/mice.12387, table 1)."""

_REASONS = {
    "too_dark": "too dark",
    "overexposed": "overexposed",
    "blurred": "blurred",
    "blocked_lens": "lens blocked",
    "not_a_road": "not a road",
    "undecodable": "not decodable",
    "no_position": "position unknown",
    "not_examined": "samples too far apart",
}
_STATES = {"valid": "validly seen", "invalid": "not validly seen", "not_driven": "not driven"}
_DIRECTIONS = {"forward": "along rising chainage", "backward": "against rising chainage"}


def words(name: str) -> str:
    """Turn a name from the data into words.

    >>> words("not_graded")
    'not graded'
    """
    return _REASONS.get(name) or _STATES.get(name) or _DIRECTIONS.get(name) or spoken(name)


def upper_first(text: str) -> str:
    """Begin a sentence with a capital.

    >>> upper_first("cut square; ASTM D6433")
    'Cut square; ASTM D6433'
    """
    return text[:1].upper() + text[1:]


def chainage(metres: float) -> str:
    """Write chainage as kilometres+metres.

    >>> chainage(12345.4), chainage(999.7), chainage(-12.0)
    ('12+345', '1+000', '-0+012')
    """
    whole = round(metres)
    return f"{'-' if whole < 0 else ''}{abs(whole) // 1000}+{abs(whole) % 1000:03d}"


def distance(metres: float) -> str:
    """Write a length of road: metres below one kilometre, else kilometres.

    >>> distance(840.4), distance(1680.0), distance(23456.0)
    ('840 m', '1.68 km', '23.5 km')
    """
    if abs(metres) < 999.5:
        return f"{metres:.0f} m"
    return f"{metres / 1000:.2f} km" if abs(metres) < 9_995 else f"{metres / 1000:.1f} km"


def quantity(measured: Quantity, unit: str) -> str:
    """Write value ± error with the digits that the error leaves meaning to: one, or two where it begins with 1.

    >>> quantity(Quantity(value=0.4234, error=0.062), "m²"), quantity(Quantity(value=12.3, error=1.42), "m")
    ('0.42 ± 0.06 m²', '12.3 ± 1.4 m')
    >>> quantity(Quantity(value=0.4234, error=0.0), "m")
    '0.423 m'
    """
    if measured.error <= 0:
        return f"{measured.value:.3g} {unit}"
    exponent = math.floor(math.log10(measured.error))
    leading = measured.error / 10**exponent
    decimals = max(0, min(3, (1 if leading < 1.95 else 0) - exponent))
    return f"{measured.value:.{decimals}f} ± {measured.error:.{decimals}f} {unit}"


def metres(value: float) -> str:
    """Write a short length such as a position error.

    >>> metres(1.84), metres(14.2)
    ('1.8 m', '14 m')
    """
    return f"{value:.1f} m" if abs(value) < 9.95 else f"{value:.0f} m"


def lateral(offset_m: float) -> str:
    """Say on which side of the route's centre line something lies.

    >>> lateral(1.24), lateral(-0.5), lateral(0.04)
    ('1.2 m left of the centre line', '0.5 m right of the centre line', 'on the centre line')
    """
    if abs(offset_m) < 0.05:
        return "on the centre line"
    return f"{abs(offset_m):.1f} m {'left' if offset_m > 0 else 'right'} of the centre line"


def coordinates(latitude_deg: float, longitude_deg: float) -> str:
    """Write a place for people, to about 0.1 m.

    >>> coordinates(-29.9123456, 74.5)
    '29.912346° S, 74.500000° E'
    """
    north = "N" if latitude_deg >= 0 else "S"
    east = "E" if longitude_deg >= 0 else "W"
    return f"{abs(latitude_deg):.6f}° {north}, {abs(longitude_deg):.6f}° {east}"


def severity(grade: SeverityGrade | None) -> str:
    """Write a severity, or the interval that the evidence leaves open."""
    if grade is None:
        return "not graded"
    return grade.low if grade.low == grade.high else f"{grade.low}–{grade.high}"


def clock(seconds: float) -> str:
    """Write a time within footage.

    >>> clock(83.44), clock(3723.0), clock(59.97)
    ('1:23.4', '1:02:03.0', '1:00.0')
    """
    tenths = round(seconds * 10)
    hours, rest = divmod(tenths, 36_000)
    minutes, rest = divmod(rest, 600)
    tail = f"{rest // 10:02d}.{rest % 10}"
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"


def clock_seconds(seconds: float) -> str:
    """Write a time within footage to the second, for an axis.

    >>> clock_seconds(80.0)
    '1:20'
    """
    return clock(round(seconds)).removesuffix(".0")


def duration(seconds: float) -> str:
    """Write how long something took.

    >>> duration(4.25), duration(83.4), duration(7380.0)
    ('4.2 s', '1 min 23 s', '2 h 03 min')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    if seconds < 3599.5:
        return f"{round(seconds) // 60} min {round(seconds) % 60:02d} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"


def day(when: date) -> str:
    """Write a date so that no country misreads it.

    >>> day(date(2025, 6, 4))
    '4 Jun 2025'
    """
    return f"{when.day} {when:%b %Y}"


def moment(when: datetime) -> str:
    """Write a date and time in UTC."""
    at = when.astimezone(UTC)
    return f"{day(at.date())}, {at:%H:%M} UTC"


def whole(number: int) -> str:
    """Write a count with thin spaces between thousands."""
    return f"{number:,}".replace(",", "\u2009")


def percent(share: float) -> str:
    """Write a share, without rounding a little to nothing or almost all to all.

    >>> percent(0.02), percent(99.97), percent(41.26), percent(0.0)
    ('<0.1 %', '>99.9 %', '41.3 %', '0 %')
    """
    if share in (0.0, 100.0):
        return f"{share:.0f} %"
    if share < 0.05:
        return "<0.1 %"
    return ">99.9 %" if share >= 99.95 else f"{share:.1f} %"


def short_hash(digest: str) -> str:
    """Give the first 12 digits of a hash, enough to tell two apart."""
    return digest[:12]


def plural(count: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun.

    >>> plural(1, "frame"), plural(2, "frame"), plural(3, "pass", "passes")
    ('1 frame', '2 frames', '3 passes')
    """
    return f"{whole(count)} {one if count == 1 else many or one + 's'}"
