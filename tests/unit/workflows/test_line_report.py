from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

from infra.evidence import EvidenceStore
from infra.store.line import StationResult, StoredDefect, StoredPart, StoredSpell, StoredView
from vision.line.verdict import Breach, PartDefect, PartVerdict
from workflows.line_builder import LineRun, build_line_report
from workflows.line_content import FindingWord, LineReport, StationNote
from workflows.line_files import line_files
from workflows.line_scoring import score_line
from workflows.line_sightings import defect_sighting_id, spell_sighting_id

NOTE = StationNote(
    footage_id="f" * 64, footage_name="shift.mp4", recorded_at=datetime(2026, 3, 2, 6, 0, tzinfo=UTC), duration_s=60.0,
    frames=600, line="Line A", station="S2", asset="Conveyor C-07", criticality="high", part_class="housing",
    defects=("scratch",), limits=(), mm_per_px=0.25, part_id="qr",
)  # fmt: skip
SIZES = PartDefect("scratch", 14.2, 1.1, 9.0)
VIEWS = tuple(StoredView(n * 10**9, (10.0, 20.0, 66.0, 24.0), 0.8) for n in (3, 4))
SCRATCH = StoredDefect(SIZES, 0.81, VIEWS, ((10.0, 20.0), (66.0, 20.0), (66.0, 24.0)), (4.0, 2.0))
FINDING = "0123456789ab"
WORDS = {FINDING: FindingWord(status="persisting", verdict="confirmed", sightings=3)}
OK = PartVerdict("ok")
REJECT = PartVerdict("reject", (Breach("scratch", "high", "scratch: 14.2 mm long, at most 10 mm allowed", (0,)),))


def part(number: int, **changes: object) -> StoredPart:
    values: dict[str, object] = {
        "number": number, "part_id": f"HSG-{number}", "entered_pts_ns": number * 2_000_000_000,
        "left_pts_ns": number * 2_000_000_000 + 3_000_000_000, "looks": 8, "verdict": OK, "defects": (),
        "anomaly_score": None, "anomalous": None, "box": None, "pictures": (),
    }  # fmt: skip
    return StoredPart(**(values | changes))  # type: ignore[arg-type]


def report(*parts: StoredPart, spells: tuple[StoredSpell, ...] = ()) -> LineReport:
    named = {
        defect_sighting_id(NOTE.footage_id, "S2", 2, 0): FINDING,
        spell_sighting_id(NOTE.footage_id, "S2", "lamp H-1", 20 * 10**9): "ba9876543210",
    }
    run = LineRun(
        "abc", datetime(2026, 3, 2, 7, 0, tzinfo=UTC), "Works <1>", (), (), named, {"inspect": 3.0}, findings=WORDS
    )
    return build_line_report(run, [NOTE], [StationResult(parts, spells)])


def spell(state: str | None, sound: bool | None, start_s: int, end_s: int) -> StoredSpell:
    return StoredSpell("lamp H-1", state, start_s * 10**9, end_s * 10**9, sound, "medium", 9, 0.97, None)


REJECTED = part(2, verdict=REJECT, defects=(SCRATCH,))
UNCODED = part(3, part_id=None, verdict=PartVerdict("not_assessable", reasons=("it was whole in view in 1 looks",)))


def test_counts_are_of_the_parts_and_states_that_are_there() -> None:
    made = report(part(1), REJECTED, UNCODED, spells=(spell("green", True, 0, 20), spell("red", False, 20, 60)))
    totals = made.totals
    assert (totals.parts, totals.ok, totals.rejected, totals.not_assessable) == (3, 1, 1, 1)
    assert totals.reject_percent == 50.0
    assert (totals.without_code, totals.faults) == (1, 1)
    assert [one.label for one in made.attention] == ["HSG-2", "no. 3"]
    assert made.attention[0].seen_at == datetime(2026, 3, 2, 6, 0, 7, tzinfo=UTC)
    assert (made.kinds[0].kind, made.kinds[0].parts, made.kinds[0].rejected) == ("scratch", 1, 1)


def test_the_page_names_every_part_and_escapes_names(tmp_path: Path) -> None:
    files, _ = line_files(
        report(part(1), REJECTED, UNCODED, spells=(spell(None, None, 0, 9),)), EvidenceStore(str(tmp_path))
    )
    page = files["report.html"]
    for text in (
        "HSG-1",
        "HSG-2",
        "no. 3",
        "14.2 mm long",
        "at most 10 mm allowed",
        "Works &lt;1&gt;",
        "like no state",
    ):
        assert text in page
    assert "Works <1>" not in page


def test_tables_and_findings_say_the_same_with_nulls_as_nulls(tmp_path: Path) -> None:
    made = report(part(1), REJECTED, UNCODED, spells=(spell("red", False, 20, 60),))
    files, _ = line_files(made, EvidenceStore(str(tmp_path)))
    rows = list(csv.DictReader(io.StringIO(files["parts.csv"])))
    assert [row["verdict"] for row in rows] == ["ok", "reject", "not_assessable"]
    assert rows[2]["part_id"] == ""
    features = json.loads(files["findings.geojson"])["features"]
    assert [one["properties"]["class_name"] for one in features] == ["scratch", "equipment_state"]
    assert all(one["geometry"] is None for one in features)
    first = features[0]["properties"]
    assert first["place"] == "Works <1>, Line A, S2, Conveyor C-07, part HSG-2"
    assert first["length_m"] == 0.0142
    assert first["finding_id"] == FINDING
    assert (first["status"], first["verdict"], first["sightings"]) == ("persisting", "confirmed", 3)
    assert features[1]["properties"]["status"] is None  # the ledger says nothing of it here
    assert features[1]["properties"]["length_m"] is None
    assert json.loads(files["inspection.json"])["counts"]["parts_by_verdict"] == {
        "ok": 1,
        "reject": 1,
        "not_assessable": 1,
    }


def test_a_score_counts_missed_invented_and_misjudged_parts() -> None:
    def true(number: int, verdict: str) -> dict[str, object]:
        left_s = number * 2.0 + 3.0
        return {
            "part_id": f"HSG-{number}",
            "verdict": verdict,
            "leaves_s": left_s,
            "enters_s": left_s - 3,
            "defects": [],
        }

    truth = {"parts": [true(1, "ok"), true(2, "ok"), true(4, "reject")], "watch": []}
    score = score_line(truth, report(part(1), REJECTED, part(7)))
    assert score.verdicts == {
        ("ok", "ok"): 1, ("ok", "reject"): 1, ("reject", "missed"): 1, ("invented", "invented part"): 1,
    }  # fmt: skip
    assert score.verdicts_right == 0.25
    assert (score.ids_right, score.ids_missing) == (2, 1)
    assert score.extra_defects == {"scratch": 1}


def test_a_defect_within_its_limit_is_not_beyond_it_because_another_of_its_kind_is() -> None:
    small = StoredDefect(PartDefect("scratch", 5.0, 1.0, 4.0), 0.7, VIEWS, (), (0.0, 0.0))
    (made,) = report(part(2, verdict=REJECT, defects=(SCRATCH, small))).parts
    assert [defect.beyond for defect in made.defects] == [True, False]
