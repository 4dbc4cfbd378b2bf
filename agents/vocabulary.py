"""The words that the grounding check understands, as data."""

from __future__ import annotations

from pathlib import Path

from agents.toml_files import Rules, read_rules
from agents.types import Severity, Status, Verdict

SHIPPED_VOCABULARY = "vocabulary.toml"


class ClassGroup(Rules):
    """Words that mean several classes."""

    words: tuple[str, ...]
    classes: tuple[str, ...]


class Phrases(Rules):
    """Phrases that mean one thing."""

    words: tuple[str, ...]


class OtherWords(Rules):
    """Words that need the support of a finding's own text, words that fail, denials that pass."""

    defects: tuple[str, ...]
    actions: tuple[str, ...]
    unchecked: tuple[str, ...]
    allowed_denials: tuple[str, ...]


class Grammar(Rules):
    """Words that tell how to read numbers and capitals."""

    any_finding: tuple[str, ...]
    after_count: tuple[str, ...]
    openers: tuple[str, ...]


class Vocabulary(Rules):
    """All of it; see the comments in ``standards/vocabulary.toml``."""

    classes: dict[str, tuple[str, ...]]
    groups: dict[str, ClassGroup]
    severities: dict[Severity, tuple[str, ...]]
    ungraded: Phrases
    verdicts: dict[Verdict, tuple[str, ...]]
    statuses: dict[Status, tuple[str, ...]]
    other: OtherWords
    grammar: Grammar

    def class_words(self, class_names: frozenset[str]) -> dict[str, frozenset[str]]:
        """Give the classes that each phrase means, in lower case; with the findings' own classes added."""
        meaning = {word.lower(): frozenset({name}) for name, words in self.classes.items() for word in words}
        for group in self.groups.values():
            meaning |= {word.lower(): frozenset(group.classes) for word in group.words}
        for name in class_names - self.classes.keys():
            noun = spoken(name).lower()
            meaning |= {form: frozenset({name}) for form in (name.lower(), noun, plural(noun))}
        return meaning


_SPOKEN = {
    "sign_graffiti": "sign with graffiti",
    "sign_plate_missing": "sign lacking its plate",
    "signal_lens_dark": "signal with a dark lens",
}


def spoken(class_name: str) -> str:
    """Write a class name for people; a fault of a sign or a signal goes before it.

    >>> spoken("surface_damage"), spoken("sign_leaning"), spoken("signal_dark"), spoken("sign_graffiti")
    ('surface damage', 'leaning sign', 'dark signal', 'sign with graffiti')
    """
    thing, _, fault = class_name.partition("_")
    if thing in ("sign", "signal") and fault:
        return _SPOKEN.get(class_name, f"{fault.replace('_', ' ')} {thing}")
    return class_name.replace("_", " ")


def plural(noun: str) -> str:
    """Write several of a class; what has no plural is counted by its places.

    >>> plural("pothole"), plural("alligator crack"), plural("surface damage"), plural("broken glass")
    ('potholes', 'alligator cracks', 'places with surface damage', 'places with broken glass')
    >>> plural("leaning sign"), plural("signal with a dark lens")
    ('leaning signs', 'signals with a dark lens')
    """
    thing, space, rest = noun.partition(" ")
    if thing in ("sign", "signal") and rest:
        return f"{thing}s{space}{rest}"
    if noun.endswith(("damage", "glass", "ing", "corrosion", "rust")):
        return f"places with {noun}"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def load_vocabulary(path: Path | None = None) -> Vocabulary:
    """Read the vocabulary: the shipped one, or a user's own file.

    Raises:
        ConfigError: The file is missing or wrong; the message names file and key.
    """
    return read_rules(Vocabulary, SHIPPED_VOCABULARY, path)
