"""Node ``compose``: the report's sentences, from templates over what was assessed.

Every sentence cites the findings that it speaks of. Kilometres that were not validly seen are no finding; the report
itself says them, from the coverage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict, TypeVar

from agents.deps import AgentDeps
from agents.grading import interval_words
from agents.places import place_words
from agents.state import AgentState
from agents.treatments import OBSERVED
from agents.types import Assessment, FindingFacts, Sentence, SeverityGrade, Treatment
from agents.vocabulary import plural, spoken

Word = TypeVar("Word", bound=str)

_ORDER = ("First", "Second", "Third")
"""The findings that are named to begin with."""


class Composed(TypedDict):
    """What the node writes."""

    draft: list[Sentence]


@dataclass(frozen=True, slots=True)
class Assessed:
    """A finding with what was made of it."""

    facts: FindingFacts
    assessment: Assessment


def compose(state: AgentState, deps: AgentDeps) -> Composed:
    """Write how many of what, how sure, what changed, and what to do first."""
    findings = [
        Assessed(facts=state["notebooks"][assessment.finding_id].facts, assessment=assessment)
        for assessment in state["assessments"]
    ]
    if not findings:
        return {"draft": [Sentence(text="No findings in this inspection.")]}
    seen = [finding for finding in findings if finding.facts.status in OBSERVED]
    failed = [finding for finding in findings if state["notebooks"][finding.facts.finding_id].failure is not None]
    draft = [*_counts(seen), *_severities(seen), *_verdicts(seen), *_changes(findings)]
    if failed:
        draft.append(_cite(f"{_number(failed)} could not be investigated and {_be(failed)} unverified.", failed))
    to_treat = [(finding, treatment) for finding in seen if (treatment := finding.assessment.treatment) is not None]
    draft += [
        _in_order(order, finding, treatment) for order, (finding, treatment) in zip(_ORDER, to_treat, strict=False)
    ]
    return {"draft": draft}


def class_words(class_name: str, count: int) -> str:
    """Write a class name for people."""
    noun = spoken(class_name)
    return noun if count == 1 else plural(noun)


def _counts(seen: Sequence[Assessed]) -> list[Sentence]:
    if not seen:
        return []
    by_class = Counter(finding.facts.class_name for finding in seen)
    parts = [f"{count} {class_words(name, count)}" for name, count in _largest_first(by_class)]
    return [_cite(f"{_number(seen)} {_be(seen, past=True)} seen: {_listed(parts)}.", seen)]


def _severities(seen: Sequence[Assessed]) -> list[Sentence]:
    sentences = []
    for name, count in _largest_first(Counter(finding.facts.class_name for finding in seen)):
        group = [finding for finding in seen if finding.facts.class_name == name]
        by_grade = Counter(_grade_words(finding.assessment.severity) for finding in group)
        standard = next((f.assessment.severity.standard for f in group if f.assessment.severity is not None), None)
        by = f" by {standard}" if standard is not None else ""
        them = f"the {class_words(name, 1)}" if count == 1 else f"the {count} {class_words(name, count)}"
        if len(by_grade) == 1:
            text = f"Severity{by} of {them}: {next(iter(by_grade))}."
        else:
            parts = [f"{number} {words}" for words, number in _largest_first(by_grade)]
            text = f"Severity{by} of {them}: {_listed(parts)}."
        sentences.append(_cite(text, group))
    return sentences


def _verdicts(seen: Sequence[Assessed]) -> list[Sentence]:
    by_verdict = Counter(finding.assessment.verdict for finding in seen)
    if not seen:
        return []
    if len(by_verdict) == 1:
        them = "the finding" if len(seen) == 1 else f"all {len(seen)} findings"
        return [_cite(f"Verdict on {them}: {next(iter(by_verdict))}.", seen)]
    parts = [f"{count} {verdict}" for verdict, count in _largest_first(by_verdict)]
    return [_cite(f"Verdicts on the {len(seen)} findings: {_listed(parts)}.", seen)]


def _changes(findings: Sequence[Assessed]) -> list[Sentence]:
    """Write how the findings stand against earlier inspections, where there is more than the new to tell of."""
    by_status = Counter(finding.facts.status for finding in findings)
    if set(by_status) <= {"new"}:
        return []
    parts = [f"{count} {status.replace('_', ' ')}" for status, count in _largest_first(by_status)]
    return [_cite(f"Against earlier inspections: {_listed(parts)}.", findings)]


def _in_order(order: str, finding: Assessed, treatment: Treatment) -> Sentence:
    """Write one of the findings that come first: what, where, how bad, what to do, by when."""
    facts, assessment = finding.facts, finding.assessment
    what = f"{class_words(facts.class_name, 1)} at {place_words(facts)}"
    graded = f"severity {_grade_words(assessment.severity)}" if assessment.severity else "no severity"
    worse = ", worse than before" if facts.status == "worse" else ""
    due = f"due by {treatment.due.day} {treatment.due:%b %Y}, " if treatment.due is not None else ""
    state = f"{graded}, {assessment.verdict}{worse}"
    return _cite(f"{order}: {what}, {state}; {due}priority {treatment.priority}: {treatment.action}.", [finding])


def _grade_words(grade: SeverityGrade | None) -> str:
    return "without severity" if grade is None else interval_words(grade.low, grade.high)


def _cite(text: str, findings: Sequence[Assessed]) -> Sentence:
    return Sentence(text=text, finding_ids=tuple(finding.facts.finding_id for finding in findings))


def _number(findings: Sequence[Assessed]) -> str:
    return f"{len(findings)} finding" if len(findings) == 1 else f"{len(findings)} findings"


def _be(findings: Sequence[Assessed], past: bool = False) -> str:
    if len(findings) == 1:
        return "was" if past else "is"
    return "were" if past else "are"


def _largest_first(counts: Counter[Word]) -> list[tuple[Word, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
