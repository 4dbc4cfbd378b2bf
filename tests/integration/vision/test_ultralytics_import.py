"""Importing ultralytics leaves standard output and Pillow as they were."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
from PIL import Image
before = Image.open
from vision.ultralytics_import import importing_ultralytics
with importing_ultralytics():
    from ultralytics import YOLO
from ultralytics.utils import LOGGER
LOGGER.warning("a word from ultralytics")
assert Image.open is before
print("result")
"""


def test_only_results_on_standard_output_and_pillow_as_it_was(tmp_path: Path) -> None:
    fresh = os.environ | {"HOME": str(tmp_path), "YOLO_CONFIG_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, env=fresh)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "result\n"
    assert "a word from ultralytics" in done.stderr
    assert "Settings" not in done.stderr
