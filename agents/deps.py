"""What the graph's nodes work with: built once by the caller's settings, never at import."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from agents.notebook import ToolSpec
from agents.protocols import LedgerView, Planner
from agents.rules_planner import RulesPlanner
from agents.severity import Standard, load_standard
from agents.tools.tool import Tool
from agents.tools.toolbox import toolbox
from agents.treatments import TreatmentPolicy, load_treatments
from agents.types import FindingFacts, Frozen, HistoryEntry, Neighbour
from agents.verdicts import VerdictPolicy, load_verdicts
from agents.vocabulary import Vocabulary, load_vocabulary

STATE_VERSION = 1
"""Raise when the state or a tool's result changes shape: an older checkpoint is then begun anew, not misread."""


class AgentConfig(Frozen):
    """How the agent works. A path left None takes the shipped file of ``agents/standards``.

    ``road_use`` is one of the treatment policy's; None takes its default. ``max_steps`` bounds the tool calls for one
    finding. ``radius_m`` is how far a finding's surroundings are looked at, at least. ``max_parallel`` findings are
    investigated at a time (the ledger is asked by one of them at a time; a chat model by all), out of a wave of
    ``wave_size`` that is checkpointed finding by finding.
    """

    standard_path: Path | None = None
    treatments_path: Path | None = None
    verdicts_path: Path | None = None
    vocabulary_path: Path | None = None
    road_use: str | None = None
    max_steps: int = Field(default=8, ge=1)
    radius_m: float = Field(default=10.0, gt=0.0)
    max_parallel: int = Field(default=4, ge=1)
    wave_size: int = Field(default=128, ge=1, le=256)


class OneAtATime:
    """A ledger that lets one thread in at a time, since findings are investigated in several."""

    def __init__(self, ledger: LedgerView) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()

    def facts(self, finding_id: str) -> FindingFacts:
        """Give one finding as the ledger knows it."""
        with self._lock:
            return self._ledger.facts(finding_id)

    def neighbours(self, finding_id: str, radius_m: float) -> tuple[Neighbour, ...]:
        """Give the findings within a radius, nearest first."""
        with self._lock:
            return self._ledger.neighbours(finding_id, radius_m)

    def history(self, finding_id: str) -> tuple[HistoryEntry, ...]:
        """Give what earlier inspections measured of it, oldest first."""
        with self._lock:
            return self._ledger.history(finding_id)


@dataclass(frozen=True, slots=True)
class AgentDeps:
    """Ledger, rules, planner and tools of one run.

    Attributes:
        ledger: What is known.
        standard: Severity rules.
        treatments: What to do, by when.
        verdicts: When to confirm or reject.
        vocabulary: Words that the grounding check knows.
        road_use: One of the treatment policy's.
        planner: Who decides what to look at.
        tools: By name.
        specs: The tools as the planner is told of them.
        max_steps: Most tool calls for one finding.
        turns: Lets so many investigations run at a time.
        wave_size: How many are sent out together.
        settings_sha256: Digest of everything but the ledger that the result depends on.
    """

    ledger: LedgerView
    standard: Standard
    treatments: TreatmentPolicy
    verdicts: VerdictPolicy
    vocabulary: Vocabulary
    road_use: str
    planner: Planner
    tools: Mapping[str, Tool[Any, Any]]
    specs: tuple[ToolSpec, ...]
    max_steps: int
    turns: threading.Semaphore
    wave_size: int
    settings_sha256: str


def prepare(ledger: LedgerView, config: AgentConfig, planner: Planner | None = None) -> AgentDeps:
    """Read the rules and bind the tools.

    Args:
        ledger: What is known of the findings.
        config: Which rules, which limits.
        planner: Who decides; the rules planner where None.

    Raises:
        ConfigError: A rules file is missing or wrong, or has no such road use.
    """
    shared = OneAtATime(ledger)
    standard = load_standard(config.standard_path)
    treatments = load_treatments(config.treatments_path)
    verdicts = load_verdicts(config.verdicts_path)
    reaches_m = [rules.job_radius_m for rules in treatments.classes.values() if rules.job_radius_m is not None]
    radius_m = max(config.radius_m, verdicts.contradiction.within_m, *reaches_m)
    planner = planner or RulesPlanner(radius_m)
    vocabulary = load_vocabulary(config.vocabulary_path)
    tools = toolbox(shared, standard)
    road_use = treatments.road_use(config.road_use)
    numbers = [STATE_VERSION, planner.name, sorted(tools), road_use, config.max_steps, radius_m]
    rules = (standard, treatments, verdicts, vocabulary)
    settings = json.dumps(numbers) + "".join(part.model_dump_json() for part in rules)
    return AgentDeps(
        ledger=shared,
        standard=standard,
        treatments=treatments,
        verdicts=verdicts,
        vocabulary=vocabulary,
        road_use=road_use,
        planner=planner,
        tools=tools,
        specs=tuple(tool.spec for tool in tools.values()),
        max_steps=config.max_steps,
        turns=threading.Semaphore(config.max_parallel),
        wave_size=config.wave_size,
        settings_sha256=hashlib.sha256(settings.encode()).hexdigest(),
    )
