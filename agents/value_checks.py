"""Compare a claimed value with the values of the cited findings: of every one, or at the two ends of their range."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from agents.claims import Token
from agents.evidence import Evidence

_LEAST = frozenset({"from", "between", "least", "smallest", "shortest", "lowest", "narrowest", "earliest"})
_MOST = frozenset(
    {"to", "and", "most", "up", "largest", "longest", "highest", "widest", "by", "until", "latest", "before"}
)
_TOTAL = frozenset({"total", "together", "altogether", "combined", "sum"})
_DUE = frozenset({"due", "by", "before", "until", "deadline", "within", "latest", "later"})
_ANY_LENGTH = ("length", "width", "diameter", "size_error", "position_error", "text:m")
_LENGTH_ROLES: tuple[tuple[frozenset[str], tuple[str, ...]], ...] = (
    (frozenset({"long", "length"}), ("length",)),
    (frozenset({"wide", "width"}), ("width",)),
    (frozenset({"across", "diameter"}), ("diameter", "length", "width", "text:m")),
    (frozenset({"deep", "depth", "thick", "thickness", "high", "height"}), ()),
    (frozenset({"left", "right", "lateral", "laterally"}), ("lateral",)),
    (frozenset({"chainage", "station"}), ("chainage",)),
    (frozenset({"accuracy", "accurate", "error"}), ("position_error", "size_error")),
    (frozenset({"apart", "away", "radius"}), ("text:m",)),
)
"""Which word beside a length says what it is the length of. Depth is seen by no camera here, so it has no value."""
_BY_UNIT: dict[str, tuple[str, ...]] = {
    "percent": ("percent", "text:percent"),
    "s": ("time", "text:s"),
    "day": ("day", "text:day"),
    "month": ("text:month",),
    "year": ("text:year",),
    "frame": ("frame_seen", "text:frame"),
    "frame_seen": ("frame_seen",),
    "frame_expected": ("frame_expected",),
    "sighting": ("sighting", "text:sighting"),
    "footage": ("footage", "text:footage"),
    "deg": ("heading", "text:deg"),
    "none": (),
}


def quantity_holds(token: Token, text: str, cited: Sequence[Evidence]) -> bool:
    """Check a number with a unit, or a time within the footage."""
    if token.kind == "clock":
        return all(_near(token, ("time",), finding) or _at_that_hour(token, finding) for finding in cited)
    return _holds(token, keys_for(token, text), text, cited)


def place_holds(token: Token, text: str, cited: Sequence[Evidence]) -> bool:
    """Check a point, a coordinate or a chainage."""
    if token.kind == "point":
        latitude, longitude = token.values
        return all(
            _any_near(latitude, token.tolerance, finding.values["latitude"])
            and _any_near(longitude, token.tolerance, finding.values["longitude"])
            for finding in cited
        )
    return _holds(token, (token.kind,), text, cited)


def bare_number_holds(token: Token, cited: Sequence[Evidence]) -> bool:
    """Check a number without a unit that counts nothing: a confidence, a year, or one in the assessment's texts."""
    value = token.values[0]
    if token.tolerance > 0:
        return all(_near(token, ("confidence", "text:number", "latitude", "longitude"), finding) for finding in cited)
    if all(_near(token, ("text:number",), finding) for finding in cited):
        return True
    return all(value in {day.year for day in _days_of(finding)} for finding in cited)


def date_holds(token: Token, text: str, cited: Sequence[Evidence]) -> bool:
    """Check a date: after ``due`` or ``by`` it must be a due date, else any date of the findings."""
    before = _words_before(token, text, 4)
    if _DUE & set(before):
        due = [finding.due for finding in cited]
        known = [day for day in due if day is not None]
        if len(known) < len(due):
            return False
        ends = {min(known), max(known)} if len(cited) > 1 else set()
        return all(_means(token, {day}) for day in known) or any(
            _means(token, {day}) for day in ends if (day == max(known)) == bool(_MOST & set(before[-2:]))
        )
    return all(_means(token, _days_of(finding)) for finding in cited)


def keys_for(token: Token, text: str) -> tuple[str, ...]:
    """Give what a quantity may be: by its unit, and by the words beside it."""
    if token.unit == "m2":
        return ("area_error", "text:m2") if token.error else ("area", "text:m2")
    after = _words_after(token, text)
    if token.unit == "frame" and {"good", "view", "examined"} & set(after):
        return ("frame_expected",)
    if token.unit != "m":
        return _BY_UNIT[token.unit]
    if token.error:
        return ("size_error", "position_error", "text:m")
    for beside in (set(after[:2]), set(_words_before(token, text, 3, within_clause=True))):
        for words, keys in _LENGTH_ROLES:
            if words & beside:
                return keys
    return (*_ANY_LENGTH, "chainage") if re.search(r"km|kilomet", token.text.lower()) else _ANY_LENGTH


def _holds(token: Token, keys: tuple[str, ...], text: str, cited: Sequence[Evidence]) -> bool:
    if all(_near(token, keys, finding) for finding in cited):
        return True
    if len(cited) < 2:
        return False
    before = set(_words_before(token, text, 2))
    value, tolerance = token.values[0], token.tolerance
    for key in keys:
        held = [value_ for finding in cited for value_ in _values(finding, key)]
        if not held:
            continue
        if before & _LEAST and _any_near(value, tolerance, (min(held),)):
            return True
        if before & _MOST and _any_near(value, tolerance, (max(held),)):
            return True
        summable = key in ("area", "length") and _TOTAL & set(re.findall(r"[a-z]+", text.lower()))
        if summable and len(held) == len(cited) and _any_near(value, tolerance, (sum(held),)):
            return True
    return False


def _near(token: Token, keys: tuple[str, ...], finding: Evidence) -> bool:
    return any(_any_near(token.values[0], token.tolerance, _values(finding, key)) for key in keys)


def _values(finding: Evidence, key: str) -> tuple[float, ...]:
    kind, _, unit = key.partition(":")
    return finding.text_values.get(unit, ()) if kind == "text" else finding.values[key]


def _any_near(claimed: float, tolerance: float, held: Sequence[float]) -> bool:
    """Tell whether a value, rounded as written, gives the claimed one; a hair more for binary fractions."""
    return any(abs(claimed - value) <= tolerance * (1 + 1e-9) + 1e-9 for value in held)


def _at_that_hour(token: Token, finding: Evidence) -> bool:
    """Tell whether a time such as 14:32 is when the finding was first or last seen (UTC, as stored)."""
    moments = (finding.facts.first_seen_at, finding.facts.last_seen_at)
    minutes = token.values[0] if token.text.count(":") == 1 else token.values[0] / 60.0
    return any(moment is not None and moment.hour * 60 + moment.minute == int(minutes) for moment in moments)


def _days_of(finding: Evidence) -> frozenset[date]:
    return finding.other_dates if finding.due is None else finding.other_dates | {finding.due}


def _means(token: Token, days: frozenset[date] | set[date]) -> bool:
    """Tell whether a date may mean one of the days; one written without a year (year 1) does by day and month."""
    return any(
        (claimed.month, claimed.day) == (day.month, day.day) and claimed.year in (1, day.year)
        for claimed in token.dates
        for day in days
    )


def _words_before(token: Token, text: str, count: int, within_clause: bool = False) -> list[str]:
    before = text[: token.start].lower()
    if within_clause:
        before = re.split(r"[,;:]", before)[-1]
    return re.findall(r"[a-z]+", before)[-count:]


def _words_after(token: Token, text: str) -> list[str]:
    """Give the words up to the next punctuation or number."""
    return re.findall(r"[a-z]+", re.split(r"[,;:.\d]", text[token.end :].lower(), maxsplit=1)[0])[:5]
