"""What the graph carries from node to node, and what of it the checkpointer must know."""

from __future__ import annotations

from datetime import date
from typing import Annotated, TypedDict

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from agents.grading import Grading
from agents.notebook import Notebook
from agents.types import AgentResult, Assessment, Sentence
from agents.verdicts import Judgement

STATE_TYPES = (Notebook, Grading, Judgement, Assessment, Sentence, AgentResult)
"""Every type of ours that stands in a checkpoint; nothing else is made from one when it is read."""


def merge(old: dict[str, Notebook], new: dict[str, Notebook]) -> dict[str, Notebook]:
    """Put the notebooks that an investigation filled in the place of the ones that triage opened."""
    return {**old, **new}


class AgentInput(TypedDict):
    """What a run is asked: these findings, as of this date. ``settings_sha256`` tells whether a thread may go on."""

    inspection_id: str
    finding_ids: list[str]
    inspected_on: date
    settings_sha256: str


class AgentState(AgentInput):
    """Everything that the nodes know; each key is written by the node named beside it."""

    notebooks: Annotated[dict[str, Notebook], merge]  # triage, then investigate
    wave: list[str]  # dispatch: finding ids
    waves: int  # dispatch: how many so far
    gradings: dict[str, Grading]  # grade
    judgements: dict[str, Judgement]  # verify
    assessments: list[Assessment]  # prioritise
    draft: list[Sentence]  # compose
    result: AgentResult  # check_grounding


class AgentOutput(TypedDict):
    """What a run gives."""

    result: AgentResult


class InvestigateInput(TypedDict):
    """What one ``Send`` carries."""

    notebook: Notebook


def checkpoint_serializer() -> JsonPlusSerializer:
    """Make the serializer for a checkpointer: it makes only the types of this state when it reads a checkpoint."""
    return JsonPlusSerializer(allowed_msgpack_modules=STATE_TYPES)
