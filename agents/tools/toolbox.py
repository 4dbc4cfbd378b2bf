"""The tools that every planner has. A tool that looks at pictures joins the list here, and nothing else changes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from agents.protocols import LedgerView
from agents.severity import Standard
from agents.tools.history import Growth, history
from agents.tools.measure import Measurements, measure
from agents.tools.neighbours import Surroundings, WithinRadius, neighbours
from agents.tools.standard import AboutClass, StandardRule, look_up_standard
from agents.tools.tool import AboutFinding, Tool

MEASURE, NEIGHBOURS, HISTORY, STANDARD = "measure", "neighbours", "history", "standard"


def toolbox(ledger: LedgerView, standard: Standard) -> Mapping[str, Tool[Any, Any]]:
    """Bind the tools to a ledger and a standard, by name."""
    tools: tuple[Tool[Any, Any], ...] = (
        Tool(
            name=MEASURE,
            description="A finding's area, length, width and mean diameter with errors, and how well it was seen.",
            arguments=AboutFinding,
            result=Measurements,
            function=partial(measure, ledger),
        ),
        Tool(
            name=NEIGHBOURS,
            description="Other findings within a radius in metres, nearest first, with class and distance.",
            arguments=WithinRadius,
            result=Surroundings,
            function=partial(neighbours, ledger),
        ),
        Tool(
            name=HISTORY,
            description="How much a finding grew since the last inspection that measured it, with error and rate.",
            arguments=AboutFinding,
            result=Growth,
            function=partial(history, ledger),
        ),
        Tool(
            name=STANDARD,
            description="What the severity standard says about a class of defect.",
            arguments=AboutClass,
            result=StandardRule,
            function=partial(look_up_standard, standard),
        ),
    )
    return {tool.name: tool for tool in tools}
