"""Node ``dispatch``: choose the next findings to investigate side by side.

They go in waves, since LangGraph queues the checkpoint writes of a step behind all of its tasks: with every finding in
one step, a kill would lose them all. A wave's writes have threads of their own (see ``agents/graph.py``).
"""

from __future__ import annotations

from typing import TypedDict

from agents.deps import AgentDeps
from agents.state import AgentState
from vision.errors import ReasoningError


class Dispatched(TypedDict):
    """What the node writes."""

    wave: list[str]
    waves: int


def dispatch(state: AgentState, deps: AgentDeps) -> Dispatched:
    """Name the findings of the next wave; none when all notebooks are closed.

    Raises:
        ReasoningError: More waves went out than there can be, so notebooks don't get closed.
    """
    open_ids = [finding_id for finding_id, notebook in state["notebooks"].items() if not notebook.closed]
    waves = state.get("waves", 0) + 1
    if waves > most_waves(len(state["notebooks"]), deps.wave_size):
        raise ReasoningError(f"{len(open_ids)} findings are still open after {waves - 1} waves of investigation")
    return {"wave": open_ids[: deps.wave_size], "waves": waves}


def most_waves(findings: int, wave_size: int) -> int:
    """Give how often findings can be dispatched, the last time with none left."""
    return -(-findings // wave_size) + 1
