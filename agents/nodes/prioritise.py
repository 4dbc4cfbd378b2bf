"""Node ``prioritise``: treatments with due dates, shared jobs, and the order in which to act."""

from __future__ import annotations

from typing import TypedDict

from agents.deps import AgentDeps
from agents.nodes.surroundings import seen_nearby
from agents.notebook import Notebook
from agents.severity import LEVELS
from agents.state import AgentState
from agents.tools.history import Growth, growth_words
from agents.tools.toolbox import HISTORY
from agents.treatments import LAST_PRIORITY, OBSERVED, dated, treat
from agents.types import Assessment, FindingFacts, Treatment
from agents.verdicts import Judgement
from agents.vocabulary import spoken

_NAMED_IN_A_JOB = 5


class Prioritised(TypedDict):
    """What the node writes."""

    assessments: list[Assessment]


def prioritise(state: AgentState, deps: AgentDeps) -> Prioritised:
    """Assess every finding, and put first what comes first."""
    assessments = [_assess(notebook, state, deps) for notebook in state["notebooks"].values()]
    assessments.sort(key=lambda assessment: rank(assessment, state["notebooks"][assessment.finding_id].facts))
    return {"assessments": assessments}


def rank(assessment: Assessment, facts: FindingFacts) -> tuple[int, int, int, int, int, int, float, str]:
    """Give the sort key: work by priority, what is due first, worse first, then by severity, confidence and the id.

    After the findings with work to do come those that nobody could assess, then those that this inspection didn't see
    or saw repaired, then the rejected ones.
    """
    if assessment.verdict == "rejected":
        group = 3
    elif facts.status not in OBSERVED:
        group = 2
    else:
        group = 0 if assessment.treatment is not None else 1
    grade = assessment.severity
    return (
        group,
        LAST_PRIORITY + 1 if assessment.treatment is None else assessment.treatment.priority,
        0 if assessment.treatment is None else assessment.treatment.response_days,
        0 if facts.status == "worse" else 1,
        0 if grade is None else -1 - LEVELS.index(grade.high),
        0 if grade is None else -1 - LEVELS.index(grade.low),
        -facts.confidence,
        facts.finding_id,
    )


def _assess(notebook: Notebook, state: AgentState, deps: AgentDeps) -> Assessment:
    facts = notebook.facts
    grading = state["gradings"][facts.finding_id]
    judgement = state["judgements"][facts.finding_id]
    treatment: Treatment | None = None
    notes = list(grading.notes)
    if notebook.failure is None:
        treatment = treat(deps.treatments, deps.road_use, facts, grading.severity, judgement.verdict)
        notes += _notes(notebook, treatment, judgement, state, deps)
    return Assessment(
        finding_id=facts.finding_id,
        severity=grading.severity,
        verdict=judgement.verdict,
        verdict_by=judgement.by,
        verdict_reason=judgement.reason,
        cause=grading.cause,
        treatment=None if treatment is None else dated(treatment, state["inspected_on"], facts.status),
        notes=tuple(notes),
    )


def _notes(
    notebook: Notebook, treatment: Treatment | None, judgement: Judgement, state: AgentState, deps: AgentDeps
) -> list[str]:
    notes: list[str] = []
    if treatment is None and judgement.verdict != "rejected":
        what = spoken(notebook.facts.class_name)
        notes.append(f"{deps.treatments.policy.name} has no rule for {what} of this severity: decide by hand.")
    growth = notebook.latest(HISTORY, Growth)
    grown = None if growth is None else growth_words(growth)
    if grown is not None:
        notes.append(grown)
    shared = None if judgement.verdict == "rejected" else _job(notebook, state, deps)
    if shared is not None:
        notes.append(shared)
    return notes


def _job(notebook: Notebook, state: AgentState, deps: AgentDeps) -> str | None:
    """Write which findings of the same class are close enough to be mended in one go."""
    rules = deps.treatments.classes.get(notebook.facts.class_name)
    if rules is None or rules.job is None or rules.job_radius_m is None:
        return None
    others = [
        neighbour.finding_id
        for neighbour in seen_nearby(notebook, state["notebooks"])
        if neighbour.class_name == notebook.facts.class_name
        and neighbour.distance_m <= rules.job_radius_m
        and state["judgements"][neighbour.finding_id].verdict != "rejected"
    ]
    if not others:
        return None
    named = ", ".join(others[:_NAMED_IN_A_JOB])
    more = f" and {len(others) - _NAMED_IN_A_JOB} more" if len(others) > _NAMED_IN_A_JOB else ""
    return f"One {rules.job} with {named}{more}: {len(others) + 1} within {rules.job_radius_m:g} m."
