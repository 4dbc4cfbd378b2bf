"""Cut a sentence into what it claims: ids, dates, places, quantities, counts, classes, attributes, names.

Only reading, no judging: ``agents/grounding.py`` compares the tokens with the facts. Patterns are tried in order at
each position and the first that fits wins, so ``12+300`` is a chainage before it is two numbers, and ``0.4 m²`` a
quantity before it is a number and a word. Nothing is skipped: what no pattern knows becomes a plain word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from agents.numbers_in_words import NUMBER, number_of
from agents.units import UNIT, dimension_of

Kind = Literal[
    "id", "date", "point", "latitude", "longitude", "chainage", "quantity", "priority", "clock", "name", "number",
    "class", "other", "severity", "verdict", "status", "unchecked", "allowed", "denial", "any_finding", "word",
    "capital", "stop",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a sentence.

    Attributes:
        kind: What it is.
        text: As written.
        start: Where in the sentence.
        values: Numbers in it: metres for chainage, degrees for a point (latitude, longitude), seconds for a clock, the
            number in ``unit`` for a quantity.
        tolerance: Half a unit of the last digit written, in the unit of ``values``.
        unit: Dimension of a quantity: ``m``, ``m2``, ``percent``, ``s``, ``day``, ``frame`` and others; ``frame_seen``
            and ``frame_expected`` for the two numbers of ``3 of 4 frames``.
        dates: Days that a date may mean; a month without a day gives all its days.
        meaning: Classes, interval ends, a verdict, a status: by kind.
        error: The number after a ±.
    """

    kind: Kind
    text: str
    start: int
    values: tuple[float, ...] = ()
    tolerance: float = 0.0
    unit: str = ""
    dates: tuple[date, ...] = ()
    meaning: frozenset[str] = frozenset()
    error: bool = False

    @property
    def end(self) -> int:
        """First position after it."""
        return self.start + len(self.text)


Maker = Callable[[re.Match[str]], list[Token]]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression, and what to make of a match; no tokens mean that it doesn't fit after all."""

    expression: re.Pattern[str]
    make: Maker


def read_claims(text: str, patterns: tuple[Pattern, ...]) -> list[Token]:
    """Cut a text into tokens."""
    return list(_tokens(text, patterns))


def _tokens(text: str, patterns: tuple[Pattern, ...]) -> Iterator[Token]:
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        for pattern in patterns:
            match = pattern.expression.match(text, position)
            tokens = pattern.make(match) if match else []
            if match and tokens:
                yield from tokens
                position = match.end()
                break
        else:
            yield Token("stop", text[position], position)
            position += 1


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_DECIMAL = r"[-−]?\d{1,3}\.\d+"
_FLAGS = re.IGNORECASE


def number_patterns() -> tuple[Pattern, ...]:
    """Give the patterns of dates, places and numbers, in the order to try them."""

    def pattern(expression: str, make: Maker) -> Pattern:
        return Pattern(re.compile(expression, _FLAGS), make)

    return (
        pattern(r"(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})(?!\w)", _numeric_date),
        pattern(r"(?P<day>\d{1,2})[./](?P<month>\d{1,2})[./](?P<year>\d{4})(?!\w)", _numeric_date),
        pattern(rf"{_DAY}\s+(?:of\s+)?{_MONTH}(?:,?\s+(?P<year>\d{{4}}))?(?!\w)", _written_date),
        pattern(rf"{_MONTH}\s+{_DAY}(?!\d)(?:,?\s+(?P<year>\d{{4}}))?(?!\w)", _written_date),
        pattern(rf"{_MONTH}\s+(?P<year>\d{{4}})(?!\w)", _written_date),
        pattern(
            r"(?P<d>\d{1,3})\s*°\s*(?P<m>\d{1,2})\s*['′’]\s*(?:(?P<s>\d{1,2}(?:\.\d+)?)\s*[\"″”]\s*)?(?P<side>(?-i:[NSEW]))\b",
            _sexagesimal,
        ),
        pattern(
            rf"(?P<a>{_DECIMAL})\s*°?\s*(?P<ns>(?-i:[NS])\b)?\s*[,;/]?\s*(?P<b>{_DECIMAL})\s*°?\s*(?P<ew>(?-i:[EW])\b)?(?!\w|\s*(?:{UNIT})(?!\w))",
            _point,
        ),
        pattern(rf"(?P<a>{_DECIMAL}|\d{{1,3}})\s*°?\s*(?P<side>(?-i:[NSEW]))(?!\w)", _one_coordinate),
        pattern(
            rf"(?P<axis>latitude|longitude|lat|lon|lng)\.?\s*(?:of|:|=|is)?\s*(?P<a>{_DECIMAL}|[-−]?\d{{1,3}})", _axis
        ),
        pattern(
            r"(?:(?:km|chainage|ch\.?|station|sta\.?)\s*)?(?P<km>\d{1,4})\+(?P<m>\d{3}(?:\.\d+)?)(?!\w)",
            _kilometre_plus,
        ),
        pattern(
            r"(?P<word>km|kp|pk|kilometre|kilometer|chainage|ch\.|station)\s*(?:of|at|:)?\s*(?P<a>\d+(?:,\d{3})*(?:\.\d+)?)"
            r"(?:\s*(?P<unit>km|m)(?!\w))?(?![\w+])",
            _chainage,
        ),
        pattern(r"(?P<a>\d{1,2}):(?P<b>\d{2})(?::(?P<c>\d{2}))?(?!\w)", _clock),
        pattern(rf"priorit(?:y|ies)\s+(?:of\s+|is\s+)?(?P<a>{NUMBER})(?!\w|\.\d)", _priority),
        pattern(
            rf"(?P<a>{NUMBER})\s*(?P<join>to|and|of(?: the)?|-|–|—|±|\+/-)\s*(?P<b>{NUMBER})"
            rf"[\s-]*(?P<unit>{UNIT})(?!\w)",
            _two_quantities,
        ),
        pattern(rf"(?P<pm>±|\+/-)\s*(?P<a>{NUMBER})[\s-]*(?P<unit>{UNIT})(?!\w)", _quantity),
        pattern(rf"(?P<a>{NUMBER})[\s-]*(?P<unit>{UNIT})(?!\w)", _quantity),
    )


def bare_number_pattern() -> Pattern:
    """Give the pattern of a number without a unit: tried after names, so that ``B9`` isn't read as one."""
    return Pattern(re.compile(rf"(?P<a>{NUMBER})(?:st|nd|rd|th)?(?!\w)", _FLAGS), _number)


def tolerance_of(written: str) -> float:
    """Give half a unit of the last digit written.

    >>> tolerance_of("12"), tolerance_of("0.38"), tolerance_of("seven")
    (0.5, 0.005, 0.5)
    """
    _, point, digits = written.partition(".")
    return 0.5 * 10.0 ** -len(digits) if point else 0.5


def _days(year: int | None, month: int, day: int | None) -> tuple[date, ...]:
    """Give the days meant; without a year, ``date`` objects of year 1 stand for any year."""
    days = range(1, 32) if day is None else (day,)
    found: list[date] = []
    for number in days:
        try:
            found.append(date(year or 1, month, number))
        except ValueError:
            continue
    return tuple(found)


def _numeric_date(match: re.Match[str]) -> list[Token]:
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    dates = _days(year, month, day) if month <= 12 else ()
    if "/" in match[0] and match.start("year") > match.start("day") and day <= 12:
        dates += _days(year, day, month)
    return [Token("date", match[0], match.start(), dates=dates)]


def _written_date(match: re.Match[str]) -> list[Token]:
    groups = match.groupdict()
    month = _MONTHS.index(groups["month"][:3].lower()) + 1
    year = int(groups["year"]) if groups.get("year") else None
    day = int(groups["day"]) if groups.get("day") else None
    return [Token("date", match[0], match.start(), dates=_days(year, month, day))]


def _float(written: str) -> float:
    return float(written.replace("−", "-").replace(",", ""))


def _signed(value: float, side: str | None) -> float:
    return -abs(value) if side and side.upper() in "SW" else value


def _axis_kind(side: str) -> Literal["latitude", "longitude"]:
    return "latitude" if side.upper() in "NS" else "longitude"


def _sexagesimal(match: re.Match[str]) -> list[Token]:
    seconds = match["s"]
    degrees = int(match["d"]) + int(match["m"]) / 60 + (float(seconds) / 3600 if seconds else 0.0)
    tolerance = tolerance_of(seconds) / 3600 if seconds else 0.5 / 60
    value = _signed(degrees, match["side"])
    return [Token(_axis_kind(match["side"]), match[0], match.start(), (value,), tolerance)]


def _point(match: re.Match[str]) -> list[Token]:
    """Take two decimals as a point only if they look like one: hemispheres, or three decimals and more in both."""
    decimals = [len(match[name].partition(".")[2]) for name in ("a", "b")]
    if not (match["ns"] and match["ew"]) and min(decimals) < 3:
        return []
    values = (_signed(_float(match["a"]), match["ns"]), _signed(_float(match["b"]), match["ew"]))
    return [Token("point", match[0], match.start(), values, 0.5 * 10.0 ** -min(decimals))]


def _one_coordinate(match: re.Match[str]) -> list[Token]:
    if "°" not in match[0] and "." not in match["a"]:
        return []
    value = _signed(_float(match["a"]), match["side"])
    return [Token(_axis_kind(match["side"]), match[0], match.start(), (value,), tolerance_of(match["a"]))]


def _axis(match: re.Match[str]) -> list[Token]:
    kind: Literal["latitude", "longitude"] = "latitude" if match["axis"].lower().startswith("lat") else "longitude"
    return [Token(kind, match[0], match.start(), (_float(match["a"]),), tolerance_of(match["a"]))]


def _kilometre_plus(match: re.Match[str]) -> list[Token]:
    metres = 1000.0 * int(match["km"]) + float(match["m"])
    return [Token("chainage", match[0], match.start(), (metres,), tolerance_of(match["m"]))]


def _chainage(match: re.Match[str]) -> list[Token]:
    in_metres = match["word"].lower() in ("chainage", "ch.", "station")
    factor = 1.0 if match["unit"] == "m" or (in_metres and match["unit"] is None) else 1000.0
    written = match["a"]
    return [Token("chainage", match[0], match.start(), (_float(written) * factor,), tolerance_of(written) * factor)]


def _clock(match: re.Match[str]) -> list[Token]:
    parts = [int(part) for part in match.groups() if part is not None]
    seconds = parts[0] * 60 + parts[1] if len(parts) == 2 else parts[0] * 3600 + parts[1] * 60 + parts[2]
    return [Token("clock", match[0], match.start(), (float(seconds),), 0.5)]


def _priority(match: re.Match[str]) -> list[Token]:
    return [Token("priority", match[0], match.start(), (number_of(match["a"]),), 0.0)]


def _measured(match: re.Match[str], group: str, error: bool) -> Token:
    unit, factor = dimension_of(match["unit"])
    written = match[group]
    tolerance = tolerance_of(written) if written[0] in "-−0123456789" else 0.0
    start = match.start() if group == "a" else match.start(group)
    stop = match.end(group) if group == "a" and "b" in match.groupdict() else match.end()
    text = match.string[start:stop]
    return Token("quantity", text, start, (number_of(written) * factor,), tolerance * factor, unit, error=error)


def _quantity(match: re.Match[str]) -> list[Token]:
    return [_measured(match, "a", match.groupdict().get("pm") is not None)]


def _two_quantities(match: re.Match[str]) -> list[Token]:
    """Read ``310 to 450 mm``, ``0.38 ± 0.10 m²`` and ``3 of 4 frames``: the unit counts for both."""
    counted = match["join"].lower().startswith("of")
    if counted and dimension_of(match["unit"])[0] != "frame":
        return []
    first = _measured(match, "a", False)
    second = _measured(match, "b", match["join"] in ("±", "+/-"))
    if counted:
        return [replace(first, unit="frame_seen"), replace(second, unit="frame_expected")]
    return [first, second]


def _number(match: re.Match[str]) -> list[Token]:
    written = match["a"]
    tolerance = tolerance_of(written) if "." in written else 0.0
    return [Token("number", match[0], match.start(), (number_of(written),), tolerance)]
