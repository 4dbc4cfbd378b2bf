"""What an investigation writes down: which tools were called, and what they answered."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, Field, JsonValue

from agents.types import FindingFacts, Frozen, InvestigationFailure

Result = TypeVar("Result", bound=BaseModel)


class ToolCall(Frozen):
    """A tool by name, with the arguments that its own model will check."""

    tool: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)


class ToolSpec(Frozen):
    """A tool as a planner sees it: enough to choose it, and for a chat model to be told of it."""

    name: str
    description: str
    arguments_schema: dict[str, JsonValue]


class NotebookEntry(Frozen):
    """One call and its answer, as JSON, so that any tool's result can stand in a checkpoint."""

    call: ToolCall
    result: dict[str, JsonValue]


class Notebook(Frozen):
    """Everything known of one finding: the ledger's facts, then one entry a tool call, in order.

    ``closed`` once it was investigated, or needs not be. ``failure`` is set where the investigation broke off; the
    entries are then those made before.
    """

    facts: FindingFacts
    entries: tuple[NotebookEntry, ...] = ()
    closed: bool = False
    failure: InvestigationFailure | None = None

    def latest(self, tool: str, result: type[Result]) -> Result | None:
        """Give the last answer of a tool, read as its result model; None if it wasn't called."""
        for entry in reversed(self.entries):
            if entry.call.tool == tool:
                return result.model_validate(entry.result)
        return None
