"""The plant file of a simulated line, as text."""

from __future__ import annotations

import json

from vision.simulation.line.equipment import WATCH_REGION
from vision.simulation.line.options import DEFECT_KINDS
from vision.simulation.line.run import (
    ASSET_NAME,
    LIMITS_MM,
    LINE_NAME,
    PART_CLASS,
    REGION,
    STATION_NAME,
    SimulatedLine,
)


def plant_text(line: SimulatedLine) -> str:
    """Give plant.toml: the station, its equipment and the part class with its limits; a crack has none."""
    options, watch = line.options, line.watch
    part_id = "count" if options.marker == "none" else options.marker
    limits = "".join(
        f'[[part_class.limit]]\ndefect = "{kind}"\nmax_length_mm = {limit}\nseverity = "medium"\n'
        for kind, limit in LIMITS_MM.items()
    )
    return (
        f'kind = "factory"\nname = "Simulated works {options.seed}"\n'
        f'[[line]]\nname = "{LINE_NAME}"\n'
        f'[[line.station]]\nname = "{STATION_NAME}"\nasset = "{ASSET_NAME}"\ncriticality = "high"\n'
        f'part_class = "{PART_CLASS}"\nregion = {list(REGION)}\nmm_per_px = {options.mm_per_px}\n'
        f'travel = "right"\npart_id = "{part_id}"\nsurface = true\nbelt = "belt"\n'
        f'[[line.station.watch]]\nname = "{watch.name}"\nregion = {list(WATCH_REGION)}\n'
        f'states = "{watch.kind}"\nsound = ["{watch.sound}"]\nseverity = "{watch.severity}"\n'
        f'[[part_class]]\nname = "{PART_CLASS}"\ndefects = {json.dumps(DEFECT_KINDS)}\n{limits}'
    )
