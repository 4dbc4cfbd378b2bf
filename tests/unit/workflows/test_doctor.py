"""What `walkdown doctor` finds, on sound and on broken installations."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vision.errors import StoreError
from workflows.doctor import (
    ROOMS,
    Check,
    DoctorReport,
    check_database,
    check_evidence,
    check_weights,
    doctor,
    judge_rooms,
)

ROOT = Path(__file__).resolve().parents[3]
SIDE_BY_SIDE = dict.fromkeys(ROOMS, ROOT)


def test_all_is_well_here(tmp_path: Path) -> None:
    report = doctor(None, (tmp_path / "evidence").as_uri(), lambda: "an empty ledger", ask_torch=False)

    assert [(check.name, check.detail, check.advice) for check in report.checks if not check.ok] == []
    assert report.ok
    assert {"python", "packages", "rooms", "weights", "database", "evidence"} <= {check.name for check in report.checks}


def test_one_fault_is_enough() -> None:
    assert not DoctorReport((Check("cpu", True, "2 cores"), Check("weights", False, "not found", "name others"))).ok


# --- rooms -------------------------------------------------------------------------------------------------------


def test_rooms_side_by_side_are_well() -> None:
    check = judge_rooms(SIDE_BY_SIDE, {room: ["walkdown"] for room in ROOMS})

    assert check.ok
    assert str(ROOT) in check.detail


@pytest.mark.parametrize(("room", "stranger"), [("agents", "openai-agents"), ("workflows", "llama-index-workflows")])
def test_another_distribution_of_the_same_name_is_told(room: str, stranger: str) -> None:
    check = judge_rooms(SIDE_BY_SIDE, {room: ["walkdown", stranger]})

    assert not check.ok
    assert check.detail == f"{stranger} also brings {room}"
    assert f"pip uninstall {stranger}" in check.advice


def test_a_missing_room_is_told() -> None:
    check = judge_rooms({room: ROOT for room in ROOMS if room != "reports_templates"}, {})

    assert not check.ok
    assert "reports_templates" in check.detail


def test_a_folder_that_shadows_a_room_is_told(tmp_path: Path) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "__init__.py").touch()
    look = "from workflows.doctor import check_rooms; check = check_rooms(); print(check.ok, check.detail)"

    told = subprocess.run(
        [sys.executable, "-c", look],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert told.startswith("False")
    assert f"agents in {tmp_path}" in told
    assert f"vision in {ROOT}" in told


# --- weights, database, evidence ---------------------------------------------------------------------------------


def test_weights_are_named_by_their_hash(tmp_path: Path) -> None:
    weights = tmp_path / "road.pt"
    weights.write_bytes(b"weights")

    check = check_weights(weights)

    assert check.ok
    assert hashlib.sha256(b"weights").hexdigest()[:12] in check.detail


def test_a_ledger_that_cannot_be_opened_gives_its_own_advice() -> None:
    def find_database() -> str:
        raise StoreError("ledger.db was written by a newer walkdown: upgrade walkdown")

    check = check_database(find_database)

    assert not check.ok
    assert check.advice == "ledger.db was written by a newer walkdown: upgrade walkdown"


def test_the_evidence_folder_is_left_as_it_was(tmp_path: Path) -> None:
    check = check_evidence(tmp_path.as_uri())

    assert check.ok
    assert "GB free" in check.detail
    assert list(tmp_path.iterdir()) == []


def test_an_evidence_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    in_the_way = tmp_path / "evidence"
    in_the_way.write_text("a file", encoding="utf-8")

    check = check_evidence(in_the_way.as_uri())

    assert not check.ok
    assert "storage.evidence_url" in check.advice


def test_an_unknown_kind_of_store_is_told() -> None:
    assert not check_evidence("nosuchstore://bucket/evidence").ok
