"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path | None, typer.Option("--config", help="Settings file; walkdown.toml by default.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
Backbone = Annotated[
    Path | None, typer.Option(help="YOLOv8 weights whose features are compared; the shipped road model by default.")
]
