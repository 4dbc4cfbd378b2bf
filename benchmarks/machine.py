"""What a benchmark ran on: a figure without its machine says little."""

from __future__ import annotations

from pathlib import Path


def cpu_name() -> str:
    """Give the processor's name as Linux tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "CPU not named")
