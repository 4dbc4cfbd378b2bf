"""Check that a sentence of the report says nothing that the ledger doesn't: the guard on every composer's words.

A sentence stands only if each of these holds; otherwise it is dropped, and counted.

- It cites findings of this inspection; ids in its text are among them.
- A value (size, place, date, time, share, days, priority) is true of *every* cited finding. So values can't be swapped
  between two findings; several findings may share a sentence only for what they share, for the two ends of a range
  (``from 12+300 to 14+100``), for a total, or for counts.
- An attribute (severity, verdict, status) is likewise true of every cited finding, unless it is counted; a class word,
  of at least one. ``high`` means graded high at both ends of the interval, ``up to high`` at its upper end.
- A count equals that of the cited findings, or a total of the inspection (``agents/counting.py``).
- Names (words with capitals inside a sentence, or with digits), other defects and kinds of work stand in the facts or
  the assessments of the cited findings.
- It denies nothing (``not``, ``no``) but counts of none and a few fixed phrases.

A number agrees with a fact if the fact, rounded to as many decimals as are written, gives it. What is beyond it: claims
without numbers, names or known words (``caused by lorries``), comparisons (``the worst``), and lower-case place names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from agents.claims import Token
from agents.counting import ATTRIBUTES, count_problem, is_true_of
from agents.evidence import Evidence
from agents.reader import Reader
from agents.types import Assessment, FindingFacts, RefusedSentence, Sentence
from agents.value_checks import bare_number_holds, date_holds, place_holds, quantity_holds
from agents.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that sentences about one inspection may rest on.

    Attributes:
        evidence: By finding id.
        reader: Knows the ids and classes.
        openers: Words that may open a sentence with a capital, in lower case.
        after_count: Words that may follow a bare number of findings.
    """

    evidence: Mapping[str, Evidence]
    reader: Reader
    openers: frozenset[str]
    after_count: frozenset[str]


def make_record(
    vocabulary: Vocabulary, facts: Iterable[FindingFacts], assessments: Iterable[Assessment], inspected_on: date
) -> Record:
    """Put together what the check needs.

    Args:
        vocabulary: Words that it knows.
        facts: Every finding of the inspection.
        assessments: One a finding, in any order.
        inspected_on: Date that due dates count from.
    """
    assessed = {assessment.finding_id: assessment for assessment in assessments}
    known = {finding.finding_id: finding for finding in facts}
    routes = {finding.route for finding in known.values() if finding.route is not None}
    reader = Reader(vocabulary, known, {finding.class_name for finding in known.values()}, routes)
    return Record(
        evidence={
            name: Evidence(known[name], assessed[name], inspected_on, reader) for name in known if name in assessed
        },
        reader=reader,
        openers=frozenset(vocabulary.grammar.openers),
        after_count=frozenset(vocabulary.grammar.after_count),
    )


def keep_grounded(
    sentences: Iterable[Sentence], record: Record
) -> tuple[tuple[Sentence, ...], tuple[RefusedSentence, ...]]:
    """Part the sentences that stand from those that don't, each with its problems."""
    kept: list[Sentence] = []
    refused: list[RefusedSentence] = []
    for sentence in sentences:
        problems = problems_in(sentence, record)
        if problems:
            refused.append(RefusedSentence(sentence=sentence, problems=problems))
        else:
            kept.append(sentence)
    return tuple(kept), tuple(refused)


def problems_in(sentence: Sentence, record: Record) -> tuple[str, ...]:
    """Give everything in a sentence that the cited findings don't bear out; empty if it stands."""
    unknown = [name for name in sentence.finding_ids if name not in record.evidence]
    if unknown:
        return tuple(f"cites {name}, which is no finding of this inspection" for name in unknown)
    cited = [record.evidence[name] for name in dict.fromkeys(sentence.finding_ids)]
    text = _without_action(sentence.text, cited)
    tokens = record.reader.read(text)
    problems, counted = _counts(tokens, cited, record)
    if not cited:
        return (*problems, *_uncited(tokens, counted))
    for place, token in enumerate(tokens):
        if place in counted:
            continue
        problem = _problem(tokens, place, text, cited, record)
        if problem is not None:
            problems.append(f"{token.text!r}: {problem}")
    return tuple(problems)


def _without_action(text: str, cited: Sequence[Evidence]) -> str:
    """Blank out the policy's own words for what to do, where all the cited findings have the same."""
    actions = {finding.action for finding in cited}
    action = actions.pop() if len(actions) == 1 else None
    return text.replace(action, "," + " " * (len(action) - 1)) if action else text


def _counts(tokens: Sequence[Token], cited: Sequence[Evidence], record: Record) -> tuple[list[str], frozenset[int]]:
    problems: list[str] = []
    explained: set[int] = set()
    everything = list(record.evidence.values())
    for place, token in enumerate(tokens):
        denies = token.kind == "denial" and token.text.lower() in ("no", "none")
        if token.kind != "number" and not denies:
            continue
        if token.kind == "number" and token.tolerance > 0:
            continue
        problem, places = count_problem(tokens, place, cited, everything)
        explained |= places
        if problem is not None:
            problems.append(problem)
    return problems, frozenset(explained)


def _uncited(tokens: Sequence[Token], counted: frozenset[int]) -> list[str]:
    """Without a citation, only counts of none may stand: there is nothing then to cite."""
    counts = [tokens[place] for place in counted if tokens[place].kind in ("number", "denial")]
    none_only = counts and all(token.kind == "denial" or token.values[0] == 0 for token in counts)
    claims = [
        token
        for place, token in enumerate(tokens)
        if place not in counted and token.kind not in ("word", "capital", "stop", "allowed", "any_finding")
    ]
    return [] if none_only and not claims else ["cites no finding"]


def _problem(tokens: Sequence[Token], place: int, text: str, cited: Sequence[Evidence], record: Record) -> str | None:
    """Judge one token that no count explains."""
    token = tokens[place]
    match token.kind:
        case "id":
            named = {finding.facts.finding_id for finding in cited}
            return None if token.meaning <= named else "is not among the cited findings"
        case "date":
            return None if date_holds(token, text, cited) else "is no date of the cited findings"
        case "point" | "latitude" | "longitude" | "chainage":
            return None if place_holds(token, text, cited) else "is not the place of the cited findings"
        case "quantity" | "clock":
            return None if quantity_holds(token, text, cited) else "is no such measure of the cited findings"
        case "number":
            return _bare_number(tokens, place, cited, record)
        case "class":
            return None if any(is_true_of(token, finding) for finding in cited) else "is not what was found there"
        case "severity" | "verdict" | "status" | "priority":
            return _attribute(tokens, place, cited)
        case "name" | "capital":
            return _name(tokens, place, cited, record)
        case "other" | "unchecked":
            return None if _in_texts(token, cited) else "is not in the facts"
        case "denial":
            return "a denial that can't be checked"
        case _:
            return None


def _attribute(tokens: Sequence[Token], place: int, cited: Sequence[Evidence]) -> str | None:
    following = tokens[place + 1].text.lower() if place + 1 < len(tokens) else ""
    if tokens[place].kind == "severity" and following.startswith(("priorit", "risk", "confiden", "urgen")):
        return f"is not how {following} is given"
    if all(is_true_of(tokens[place], finding) for finding in cited):
        return None
    return "is not true of every cited finding"


def _bare_number(tokens: Sequence[Token], place: int, cited: Sequence[Evidence], record: Record) -> str | None:
    """Judge a number that counts no class: the cited findings themselves, a year, a confidence, or one in a text."""
    token = tokens[place]
    if token.text.lower() == "one" or bare_number_holds(token, cited):
        return None
    following = tokens[place + 1] if place + 1 < len(tokens) else None
    counts_findings = (
        following is None or following.kind == "stop" or following.kind in ATTRIBUTES
    ) or following.text.lower() in record.after_count
    return None if counts_findings and token.values[0] == len(cited) else "is no number of the cited findings"


def _name(tokens: Sequence[Token], place: int, cited: Sequence[Evidence], record: Record) -> str | None:
    token = tokens[place]
    name = token.text.lower()
    opens = place == 0 or (tokens[place - 1].kind == "stop" and tokens[place - 1].text in ".!?:;")
    if token.kind == "capital" and opens and name in record.openers:
        return None
    if any(name in finding.place_names for finding in cited):
        return None if all(name in finding.place_names for finding in cited) else "is not where every cited finding is"
    return None if any(name in finding.words for finding in cited) else "is a name that is not in the facts"


def _in_texts(token: Token, cited: Sequence[Evidence]) -> bool:
    phrase = re.compile(rf"(?<!\w){re.escape(' '.join(token.text.lower().split()))}(?!\w)")
    return any(phrase.search(finding.text) for finding in cited)
