"""Read a sentence with the words of one inspection: its finding ids, its classes, and the vocabulary."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from agents.claims import Kind, Pattern, Token, bare_number_pattern, number_patterns, read_claims
from agents.vocabulary import Vocabulary

UNGRADED = "none"
"""Meaning of a severity token that says that there is no severity."""

_DENIALS = {"not", "no", "none", "never", "without", "neither", "nor", "cannot", "nowhere", "nothing"}


class Reader:
    """Cuts sentences into claims."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        finding_ids: Iterable[str],
        class_names: Iterable[str],
        route_names: Iterable[str] = (),
    ) -> None:
        """Compile the patterns, once an inspection.

        Args:
            vocabulary: Words that are known.
            finding_ids: Of the inspection.
            class_names: Of its findings.
            route_names: Of its roads; the number in ``R 220`` is part of a name, and counts nothing.
        """
        ids = frozenset(finding_ids)
        routes = sorted({name for name in route_names if name}, key=lambda name: (-len(name), name))
        self._patterns = (
            Pattern(re.compile(r"\w(?:[\w\-./:#]*\w)?"), lambda match: _known_id(match, ids)),
            *([Pattern(re.compile(rf"{_exactly(routes)}(?!\w)"), _as("name"))] if routes else []),
            *_phrases(vocabulary, vocabulary.class_words(frozenset(class_names))),
            *number_patterns(),
            Pattern(re.compile(r"(?=[\w\-./]*\d)(?=[\w\-./]*[^\W\d_])\w[\w\-./]*\w"), _as("name")),
            bare_number_pattern(),
            Pattern(re.compile(r"[^\W\d_][\w'’-]*"), _word),
            Pattern(re.compile(r"\w+"), _as("word")),
        )

    def read(self, text: str) -> list[Token]:
        """Cut a text into tokens."""
        return read_claims(text, self._patterns)


def _known_id(match: re.Match[str], ids: frozenset[str]) -> list[Token]:
    """Take a text as an id if the inspection has it; a short number is a number all the same."""
    text = match[0]
    if text not in ids or (text.isdigit() and len(text) < 6):
        return []
    return [Token("id", text, match.start(), meaning=frozenset({text}))]


def _phrases(vocabulary: Vocabulary, classes: Mapping[str, frozenset[str]]) -> tuple[Pattern, ...]:
    levels = {word: level for level, words in vocabulary.severities.items() for word in words}
    level = _any_of(levels)
    graded = {word: frozenset({UNGRADED}) for word in vocabulary.ungraded.words}
    verdicts = {word: frozenset({name}) for name, words in vocabulary.verdicts.items() for word in words}
    statuses = {word: frozenset({name}) for name, words in vocabulary.statuses.items() for word in words}
    other = (*vocabulary.other.defects, *vocabulary.other.actions)

    def interval(match: re.Match[str]) -> list[Token]:
        ends = match.groupdict()
        low = levels[ends["low"].lower()] if ends.get("low") else ""
        high = levels[ends["high"].lower()] if ends.get("high") else ""
        return [Token("severity", match[0], match.start(), meaning=frozenset({f"{low}..{high}"}))]

    def one_level(match: re.Match[str]) -> list[Token]:
        name = levels[match[0].lower()]
        return [Token("severity", match[0], match.start(), meaning=frozenset({f"{name}..{name}"}))]

    return (
        _phrase_pattern("status", statuses),
        _phrase_pattern("severity", graded),
        _phrase_pattern("allowed", dict.fromkeys(vocabulary.other.allowed_denials, frozenset())),
        _phrase_pattern("verdict", verdicts),
        Pattern(_compiled(rf"(?P<low>{level})\s*(?:to|or|-|–|/)\s*(?P<high>{level})"), interval),
        Pattern(_compiled(rf"(?:up to|at most)\s+(?P<high>{level})"), interval),
        Pattern(_compiled(rf"at least\s+(?P<low>{level})"), interval),
        Pattern(_compiled(level), one_level),
        _phrase_pattern("unchecked", dict.fromkeys(vocabulary.other.unchecked, frozenset())),
        _class_or_other(classes, other),
        _phrase_pattern("any_finding", dict.fromkeys(vocabulary.grammar.any_finding, frozenset())),
    )


def _class_or_other(classes: Mapping[str, frozenset[str]], other: Iterable[str]) -> Pattern:
    """Find the longest phrase of both kinds, so that a block crack isn't read as a crack."""
    others = {word.lower(): frozenset({word.lower()}) for word in other if word.lower() not in classes}

    def make(match: re.Match[str]) -> list[Token]:
        phrase = _normal(match[0])
        kind: Kind = "class" if phrase in classes else "other"
        return [Token(kind, match[0], match.start(), meaning=classes.get(phrase) or others[phrase])]

    return Pattern(_compiled(_any_of((*classes, *others))), make)


def _phrase_pattern(kind: Kind, meanings: Mapping[str, frozenset[str]]) -> Pattern:
    lowered = {word.lower(): meaning for word, meaning in meanings.items()}

    def make(match: re.Match[str]) -> list[Token]:
        return [Token(kind, match[0], match.start(), meaning=lowered[_normal(match[0])])]

    return Pattern(_compiled(_any_of(lowered)), make)


def _any_of(phrases: Iterable[str]) -> str:
    """Write an alternation, longest first, in which a space stands for any white space."""
    ordered = sorted(set(phrases), key=lambda phrase: (-len(phrase), phrase))
    return "(?:" + "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in ordered) + ")"


def _exactly(names: Iterable[str]) -> str:
    return "(?:" + "|".join(re.escape(name) for name in names) + ")"


def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(rf"{expression}(?!\w)", re.IGNORECASE)


def _normal(text: str) -> str:
    return " ".join(text.lower().split())


def _as(kind: Kind) -> Callable[[re.Match[str]], list[Token]]:
    return lambda match: [Token(kind, match[0], match.start())]


def _word(match: re.Match[str]) -> list[Token]:
    text = match[0]
    lowered = text.lower().replace("’", "'")
    if lowered in _DENIALS or lowered.endswith("n't"):
        return [Token("denial", text, match.start())]
    return [Token("capital" if text[0].isupper() else "word", text, match.start())]
