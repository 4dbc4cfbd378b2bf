"""Which of the neighbours in a notebook count: those that the same inspection saw."""

from __future__ import annotations

from collections.abc import Mapping

from agents.notebook import Notebook
from agents.tools.neighbours import Surroundings
from agents.tools.toolbox import NEIGHBOURS
from agents.treatments import OBSERVED
from agents.types import Neighbour


def seen_nearby(notebook: Notebook, notebooks: Mapping[str, Notebook]) -> tuple[Neighbour, ...]:
    """Give the neighbours that were seen in this inspection, nearest first.

    What was mended, or not seen this time, says nothing about the road as it is now.
    """
    around = notebook.latest(NEIGHBOURS, Surroundings)
    if around is None:
        return ()
    return tuple(
        neighbour
        for neighbour in around.neighbours
        if neighbour.finding_id in notebooks and notebooks[neighbour.finding_id].facts.status in OBSERVED
    )
