"""Check how many: ``7 potholes``, ``3 of the 12 findings are confirmed``, ``no alligator cracks``.

A count is read with the words that follow it, up to the next comma, number or ``and``: class, severity, verdict,
status, priority. It must equal the number of cited findings of which all of them are true; the first count of a
sentence may also be that of the whole inspection, if it isn't a part of something (``3 of the 12``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.claims import Token
from agents.evidence import Evidence
from agents.reader import UNGRADED
from agents.treatments import OBSERVED

ATTRIBUTES = frozenset({"class", "severity", "verdict", "status", "priority"})
_NOUNS = frozenset({"class", "any_finding"})
_SKIPPED_STOPS = frozenset({"-", "–", '"', "'", "“", "”"})
_JOINTS = frozenset({"and", "but", "while", "whereas", "plus", "beside", "near"})
_BEFORE_TOTAL = frozenset({":", "=", "is", "are", "of", "number", "count", "total", "the"})
_FARTHEST = 10


@dataclass(frozen=True, slots=True)
class Counted:
    """What a number counts.

    Attributes:
        noun_phrase: Attributes up to and with the noun.
        attributes: Those and the ones said of it afterwards.
        places: Positions of all the tokens that belong to the count.
        has_noun: Whether a noun for findings was there.
    """

    noun_phrase: tuple[Token, ...]
    attributes: tuple[Token, ...]
    places: frozenset[int]
    has_noun: bool


def is_true_of(token: Token, evidence: Evidence) -> bool:
    """Tell whether an attribute is true of a finding."""
    if token.kind == "class":
        return evidence.facts.class_name in token.meaning
    if token.kind == "verdict":
        return evidence.assessment.verdict in token.meaning
    if token.kind == "status":
        return evidence.facts.status in token.meaning
    if token.kind == "priority":
        return token.values[0] in evidence.values["priority"]
    return token.kind != "severity" or _severity_is(next(iter(token.meaning)), evidence)


def how_many(findings: Sequence[Evidence], attributes: Sequence[Token]) -> int:
    """Count the findings that all the attributes are true of."""
    return sum(all(is_true_of(token, finding) for token in attributes) for finding in findings)


def read_count(tokens: Sequence[Token], place: int) -> Counted:
    """Read what the number (or the ``no``) at a place counts."""
    noun_phrase: tuple[Token, ...] = ()
    attributes: list[Token] = []
    places: set[int] = set()
    nouns: set[str] = set()
    for position in range(place + 1, min(len(tokens), place + 1 + _FARTHEST)):
        token = tokens[position]
        if token.kind in ATTRIBUTES or token.kind in _NOUNS:
            if token.kind in _NOUNS and token.kind in nouns:
                break
            places.add(position)
            if token.kind in ATTRIBUTES:
                attributes.append(token)
            if token.kind in _NOUNS:
                nouns.add(token.kind)
                noun_phrase = tuple(attributes)
        elif not _goes_on(token):
            break
    return Counted(noun_phrase, tuple(attributes), frozenset(places), bool(nouns))


def count_problem(
    tokens: Sequence[Token], place: int, cited: Sequence[Evidence], everything: Sequence[Evidence]
) -> tuple[str | None, frozenset[int]]:
    """Check a count.

    Returns:
        What is wrong, None if nothing is; and the positions that the count explains. Without any position, the number
        counts nothing that this module knows.
    """
    number = tokens[place].values[0] if tokens[place].kind == "number" else 0.0
    counted = read_count(tokens, place)
    whole = part_of(tokens, place)
    if whole is not None:
        counted = read_count(tokens, whole)
    partitive = whole is not None or is_whole(tokens, place)
    attributes = counted.noun_phrase if whole is None and is_whole(tokens, place) else counted.attributes
    if not attributes and not counted.has_noun:
        before = _counted_before(tokens, place)
        if before is None:
            return None, frozenset()
        attributes = (before,)
    in_cited = how_many(cited, attributes)
    of_them = partitive or any(token.kind == "number" for token in tokens[:place])
    if number == 0:
        right = in_cited == 0 if of_them and cited else how_many(everything, attributes) == 0
    else:
        right = number == in_cited or (not of_them and number in _totals(everything, attributes))
    places = frozenset({place, *counted.places})
    if right:
        return None, places
    what = " ".join(token.text for token in attributes) or "findings"
    return f"{tokens[place].text} {what}: the cited findings make {in_cited}", places


def part_of(tokens: Sequence[Token], place: int) -> int | None:
    """Give the position of the 12 in ``3 of the 12``; None without such a whole."""
    following = place + 1
    if following >= len(tokens) or tokens[following].text.lower() != "of":
        return None
    following += 1
    if following < len(tokens) and tokens[following].text.lower() in ("the", "these", "those", "all"):
        following += 1
    return following if following < len(tokens) and tokens[following].kind == "number" else None


def is_whole(tokens: Sequence[Token], place: int) -> bool:
    """Tell whether a number is the 12 in ``3 of the 12`` or in ``of the 12 potholes, 3 are high``."""
    before = [token.text.lower() for token in tokens[max(0, place - 2) : place]]
    return before[-1:] == ["of"] or before in (["of", "the"], ["of", "these"], ["of", "those"], ["of", "all"])


def _totals(everything: Sequence[Evidence], attributes: Sequence[Token]) -> tuple[int, int]:
    observed = [finding for finding in everything if finding.facts.status in OBSERVED]
    return how_many(everything, attributes), how_many(observed, attributes)


def _goes_on(token: Token) -> bool:
    """Tell whether a count may still be described after a token."""
    if token.kind == "stop":
        return token.text in _SKIPPED_STOPS
    if token.kind in ("word", "capital"):
        return token.text.lower() not in _JOINTS
    return token.kind == "allowed"


def _counted_before(tokens: Sequence[Token], place: int) -> Token | None:
    """Give the class in ``potholes: 7`` or ``the number of potholes is 7``."""
    for token in reversed(tokens[max(0, place - 3) : place]):
        if token.kind == "class":
            return token
        if token.text.lower() not in _BEFORE_TOTAL:
            return None
    return None


def _severity_is(meaning: str, evidence: Evidence) -> bool:
    grade = evidence.assessment.severity
    if grade is None or meaning == UNGRADED:
        return grade is None and meaning == UNGRADED
    low, _, high = meaning.partition("..")
    return low in ("", grade.low) and high in ("", grade.high)
