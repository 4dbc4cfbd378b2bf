"""Numbers as people write them: digits, thousands separators, and English words up to the thousands."""

from __future__ import annotations

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_OTHER = {"dozen": 12, "single": 1, "pair": 2, "couple": 2, "both": 2}
_VALUES = (
    {word: value for value, word in enumerate(_ONES)}
    | {word: 10 * (place + 2) for place, word in enumerate(_TENS)}
    | _OTHER
)
_SCALES = {"hundred": 100, "thousand": 1000}
_WORD = "|".join(sorted((*_VALUES, *_SCALES), key=len, reverse=True))
_WORDS = rf"(?:a\s+)?(?:{_WORD})(?:(?:(?:(?<=hundred)|(?<=thousand))\s+and\s+|[\s-]+)(?:{_WORD})(?!\w))*"
NUMBER = rf"(?:[-−]?\d+(?:,\d{{3}})+(?:\.\d+)?|[-−]?\d+(?:\.\d+)?|{_WORDS}(?!\w))"
"""Regular expression of a number, in digits or words; case is the caller's to ignore."""


def number_of(written: str) -> float:
    """Give the value of a written number.

    >>> number_of("1,234.5"), number_of("twenty-three"), number_of("Two hundred and four"), number_of("a dozen")
    (1234.5, 23.0, 204.0, 12.0)
    """
    digits = written.replace("−", "-").replace(",", "")
    if digits.lstrip("-")[0].isdigit():
        return float(digits)
    total, group = 0, 0
    for word in written.lower().replace("-", " ").split():
        if word in _SCALES:
            group = max(1, group) * _SCALES[word]
            if word == "thousand":
                total, group = total + group, 0
        elif word not in ("and", "a"):
            group += _VALUES[word]
    return float(total + group)
