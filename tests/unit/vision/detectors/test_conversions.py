"""Converted models are kept whole or not at all, and made once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vision.detectors.conversions import ConversionKey, converted, replace_conversion
from vision.errors import ModelError, StoreError

KEY = ConversionKey("a" * 64, "ov1", "float", 1)

SLOW = """
import sys, time
from pathlib import Path
from vision.detectors.conversions import ConversionKey, converted

def convert(folder):
    (folder / "model.xml").write_text("half")
    print("begun", flush=True)
    time.sleep(60)

converted(Path(sys.argv[1]), ConversionKey("a" * 64, "ov1", "float", 1), convert)
"""


def write_whole(folder: Path) -> None:
    assert not list(folder.iterdir())
    (folder / "model.xml").write_text("whole")


def visible(cache: Path) -> list[str]:
    return [path.name for path in cache.iterdir() if not path.name.startswith(".")]


def test_a_killed_conversion_leaves_nothing_that_counts_and_the_next_one_is_whole(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SLOW, str(tmp_path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        os.kill(child.pid, signal.SIGKILL)
    assert visible(tmp_path) == []

    folder = converted(tmp_path, KEY, write_whole)

    assert (folder / "model.xml").read_text() == "whole"
    assert not list(tmp_path.glob(".*.part"))


def test_a_conversion_is_made_once_by_those_who_start_together(tmp_path: Path) -> None:
    made: list[Path] = []

    def convert(folder: Path) -> None:
        made.append(folder)
        time.sleep(0.05)
        write_whole(folder)

    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(lambda _: converted(tmp_path, KEY, convert), range(4)))

    assert len(made) == len(folders) == 1


def test_one_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "model.xml").write_text("half")
        raise ModelError("no detector")

    with pytest.raises(ModelError, match="no detector"):
        converted(tmp_path, KEY, fail)
    assert visible(tmp_path) == []
    assert not list(tmp_path.glob(".*.part"))


def test_another_precision_or_version_is_another_conversion() -> None:
    names = {
        ConversionKey("a" * 64, runtime, precision, number).folder_name
        for runtime in ("ov1", "ov2")
        for precision in ("float", "int8")
        for number in (1, 2)
    }
    assert len(names) == 8


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    in_the_way = tmp_path / "cache"
    in_the_way.write_text("a file")
    with pytest.raises(StoreError, match=r"storage\.cache_dir"):
        converted(in_the_way, KEY, write_whole)


def test_what_was_made_elsewhere_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    converted(tmp_path, KEY, write_whole)
    made = tmp_path / "made"
    made.mkdir()
    (made / "model.xml").write_text("better")
    assert (replace_conversion(tmp_path, KEY, made) / "model.xml").read_text() == "better"
