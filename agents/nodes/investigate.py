"""Node ``investigate``: let the planner fill one finding's notebook, tool by tool."""

from __future__ import annotations

from typing import TypedDict

from agents.deps import AgentDeps
from agents.notebook import Notebook
from agents.state import InvestigateInput
from agents.tools.tool import call_tool
from agents.types import InvestigationFailure
from vision.errors import InputError, ModelError, ReasoningError


class Investigated(TypedDict):
    """What the node writes."""

    notebooks: dict[str, Notebook]


def investigate(state: InvestigateInput, deps: AgentDeps) -> Investigated:
    """Fill a notebook and close it; a failure of planner or tool ends it and is written into it.

    A StoreError is let through: without the ledger no finding can be investigated.
    """
    notebook = state["notebook"]
    try:
        with deps.turns:
            notebook = fill(notebook, deps)
    except (InputError, ModelError, ReasoningError) as err:
        failure = InvestigationFailure(
            finding_id=notebook.facts.finding_id, error_type=type(err).__name__, message=str(err)
        )
        notebook = notebook.model_copy(update={"failure": failure})
    return {"notebooks": {notebook.facts.finding_id: notebook.model_copy(update={"closed": True})}}


def fill(notebook: Notebook, deps: AgentDeps) -> Notebook:
    """Call tools until the planner is done.

    Raises:
        ReasoningError: It wasn't done within the bound, or called a tool wrongly.
    """
    for _ in range(deps.max_steps):
        call = deps.planner.next_call(notebook, deps.specs)
        if call == "done":
            return notebook
        entry = call_tool(deps.tools, call)
        notebook = notebook.model_copy(update={"entries": (*notebook.entries, entry)})
    if deps.planner.next_call(notebook, deps.specs) == "done":
        return notebook
    raise ReasoningError(f"planner {deps.planner.name} was not done after {deps.max_steps} tool calls")
