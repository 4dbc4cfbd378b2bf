"""Killed while it swaps reports, a run leaves a whole one."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.builders_report import make_report
from workflows.output_folder import write_output_folder

FILES = ["coverage.geojson", "evidence", "findings.csv", "findings.geojson", "inspection.json", "report.html"]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


_KILLED = """
import sys
from pathlib import Path
from tests.builders_report import make_report
from workflows.output_folder import write_output_folder
small, large = make_report(count=1), make_report(count=30)
write_output_folder(Path(sys.argv[1]), small)
print("ready", flush=True)
while True:
    write_output_folder(Path(sys.argv[1]), large)
    write_output_folder(Path(sys.argv[1]), small)
"""


def test_killed_at_any_moment_there_is_a_whole_report(tmp_path: Path) -> None:
    out = tmp_path / "report"
    repo = Path(__file__).parents[3]
    for delay_s in (0.0, 0.005, 0.013, 0.029, 0.037, 0.061):
        run = subprocess.Popen([sys.executable, "-c", _KILLED, str(out)], cwd=repo, stdout=subprocess.PIPE)
        assert run.stdout is not None
        assert run.stdout.readline() == b"ready\n"
        time.sleep(delay_s)
        run.send_signal(signal.SIGKILL)
        run.communicate()

        assert names_in(out) == FILES
        assert (out / "report.html").read_text().rstrip().endswith("</html>")
        assert len(names_in(out / "evidence")) in (2, 60)

    write_output_folder(out, make_report(count=1))
    assert names_in(tmp_path) == ["report"]
