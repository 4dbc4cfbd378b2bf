"""The agent: from the findings of an inspection to assessments and the words of a report.

    START
      │  AgentInput: inspection id, finding ids, as-of date
    triage            open a notebook for each finding, from the ledger's facts
      │
    dispatch ◄──────────────────────┐     choose the next wave of open notebooks
      │ └─ Send, one a finding ─► investigate   the planner chooses tools until it is done:
      │                                         measure, standard, neighbours, history
      │  (none is open)
    grade             severity by the standard (agents/standards), an interval where something is unseen
      │
    verify            confirmed / rejected / unverified, by confidence and agreement between frames
      │
    prioritise        treatment, due date, shared jobs, order
      │
    compose           sentences, each citing its findings
      │
    check_grounding   drop and count every sentence that the facts don't bear out
      │  AgentOutput: AgentResult
     END

Words: a *notebook* is everything learnt of one finding; a *planner* decides the next tool call (``protocols.py``; the
rules planner is a policy, a chat model can take its place); a *tool* is a typed function over the ledger (``tools/``;
one that looks at pictures joins ``toolbox.py``); a *grading* is a severity with its reasons; a *judgement* a verdict
with its reasons; the *draft* becomes the report's text once it is checked.

A step is checkpointed when it is done, and so is each investigation. ``run_agent`` with the same thread goes on where a
killed run stopped. An investigation that fails leaves its finding unverified, with the reason; a ledger that can't be
read ends the run.
"""

from __future__ import annotations

import copy
import sqlite3
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Literal

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.errors import EmptyInputError, GraphRecursionError, InvalidUpdateError
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Send

from agents.deps import AgentConfig, AgentDeps, prepare
from agents.nodes.check_grounding import check_grounding
from agents.nodes.compose import compose
from agents.nodes.dispatch import dispatch, most_waves
from agents.nodes.grade import grade
from agents.nodes.investigate import investigate
from agents.nodes.prioritise import prioritise
from agents.nodes.triage import triage
from agents.nodes.verify import verify
from agents.protocols import LedgerView
from agents.state import AgentInput, AgentOutput, AgentState, InvestigateInput, checkpoint_serializer
from agents.types import AgentResult
from vision.errors import ReasoningError, StoreError

_WRITERS = 2
_STEPS_BESIDE = 10

AgentGraph = StateGraph[AgentState, None, AgentInput, AgentOutput]
CompiledAgent = CompiledStateGraph[AgentState, None, AgentInput, AgentOutput]


def build_graph(deps: AgentDeps) -> AgentGraph:
    """Wire the graph; the caller compiles it with a checkpointer."""
    graph: AgentGraph = StateGraph(AgentState, input_schema=AgentInput, output_schema=AgentOutput)

    graph.add_node("triage", partial(triage, deps=deps))
    graph.add_node("dispatch", partial(dispatch, deps=deps))
    graph.add_node("investigate", partial(investigate, deps=deps), input_schema=InvestigateInput)
    graph.add_node("grade", partial(grade, deps=deps))
    graph.add_node("verify", partial(verify, deps=deps))
    graph.add_node("prioritise", partial(prioritise, deps=deps))
    graph.add_node("compose", partial(compose, deps=deps))
    graph.add_node("check_grounding", partial(check_grounding, deps=deps))

    graph.add_edge(START, "triage")
    graph.add_edge("triage", "dispatch")
    graph.add_conditional_edges("dispatch", route_wave, ["investigate", "grade"])
    graph.add_edge("investigate", "dispatch")
    graph.add_edge("grade", "verify")
    graph.add_edge("verify", "prioritise")
    graph.add_edge("prioritise", "compose")
    graph.add_edge("compose", "check_grounding")
    graph.add_edge("check_grounding", END)
    return graph


def route_wave(state: AgentState) -> list[Send] | Literal["grade"]:
    """Send each finding of the wave to an investigation of its own."""
    if not state["wave"]:
        return "grade"
    return [
        Send("investigate", InvestigateInput(notebook=state["notebooks"][finding_id])) for finding_id in state["wave"]
    ]


def run_agent(
    ledger: LedgerView,
    finding_ids: Sequence[str],
    inspected_on: date,
    config: AgentConfig,
    checkpointer: BaseCheckpointSaver[str],
    thread_id: str,
) -> AgentResult:
    """Assess the findings of an inspection and write its words, by the rules planner.

    Args:
        ledger: What is known of the findings.
        finding_ids: Which to assess; one named twice is assessed once.
        inspected_on: Date that due dates count from.
        config: Rules and limits.
        checkpointer: Where to keep steps; such as SqliteSaver over a connection with ``check_same_thread=False``.
        thread_id: Names the run; the inspection's id does.

    Returns:
        Assessments in the order to act on them, and the checked text. The thread's checkpoints are deleted.

    Raises:
        ConfigError: A rules file is missing or wrong.
        StoreError: The ledger can't be read, or the checkpoints can't be read or written; the same call goes on from
            where it stopped.
        ReasoningError: The agent could not finish.
    """
    return run_prepared(prepare(ledger, config), finding_ids, inspected_on, checkpointer, thread_id)


def run_prepared(
    deps: AgentDeps,
    finding_ids: Sequence[str],
    inspected_on: date,
    checkpointer: BaseCheckpointSaver[str],
    thread_id: str,
) -> AgentResult:
    """Do what ``run_agent`` does, with a planner and tools of the caller's own."""
    asked = AgentInput(
        inspection_id=thread_id,
        finding_ids=list(dict.fromkeys(finding_ids)),
        inspected_on=inspected_on,
        settings_sha256=deps.settings_sha256,
    )
    saver = _reading_only_our_types(checkpointer)
    agent: CompiledAgent = build_graph(deps).compile(checkpointer=saver)
    config: RunnableConfig = {
        "configurable": {"thread_id": thread_id},
        # Threads for a whole wave and for its writes; deps.turns bounds how many investigate at a time.
        "max_concurrency": deps.wave_size + _WRITERS,
        "recursion_limit": 2 * most_waves(len(asked["finding_ids"]), deps.wave_size) + _STEPS_BESIDE,
    }
    try:
        goes_on = _may_go_on(agent, config, asked, deps)
        if not goes_on:
            saver.delete_thread(thread_id)
        output = agent.invoke(None if goes_on else asked, config)
        saver.delete_thread(thread_id)
    except (GraphRecursionError, InvalidUpdateError, EmptyInputError) as err:
        raise ReasoningError(f"the agent's graph could not finish: {err}") from err
    except sqlite3.Error as err:
        raise StoreError(
            f"the agent's checkpoints can't be read or written ({err}); free some space in storage.cache_dir, and see "
            "that you may write there"
        ) from err
    result: AgentResult = output["result"]
    return result


def _may_go_on(agent: CompiledAgent, config: RunnableConfig, asked: AgentInput, deps: AgentDeps) -> bool:
    """Tell whether the thread holds an unfinished run of the same question, over facts that haven't changed since."""
    snapshot = agent.get_state(config)
    if not snapshot.next or any(snapshot.values.get(key) != value for key, value in asked.items()):
        return False
    notebooks = snapshot.values.get("notebooks", {})
    return all(notebook.facts == deps.ledger.facts(finding_id) for finding_id, notebook in notebooks.items())


def _reading_only_our_types(checkpointer: BaseCheckpointSaver[str]) -> BaseCheckpointSaver[str]:
    """Give the checkpointer with a serializer that makes only this state's types, unless it came with another kind."""
    if type(checkpointer.serde) is not JsonPlusSerializer:
        return checkpointer
    saver = copy.copy(checkpointer)
    saver.serde = checkpoint_serializer()
    return saver
