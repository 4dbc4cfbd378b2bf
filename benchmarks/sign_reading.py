"""How many real signs are read right, wrong or not at all.

``python -m benchmarks.sign_reading DATA`` reads every prohibitory disc of GTSDB pictures (YOLO form) by its labelled
box, each by its one picture, and compares with what one person read off the same pictures (``TRUTH``; "-" where the
disc shows a picture or nothing). Nothing of the reader was trained on them; its limits were chosen on them.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path

from benchmarks.sign_conditions import signs
from vision.roadside.looks import CropLook
from vision.roadside.reading import SignReader, agreed_text

CLASS_NAME = "traffic_sign_prohibitory"
LEAST_PX = 22.0

_READ_BY_HAND = """
50 50 50 30 - - 80 30 60 60 60 100 80 80 50 - - 70 30 30 30 - 30 30 30 50 - - 50 20 60 50 50 120 120
80 80 80 80 - - - 120 120 70 120 - - 120 120 120 - 70 70 70 60 60 100 80 120 120 80 120 80 80 60 60
100 80 80 - - 30 - - - - - 70 70 70 - 30 - - 70 50 30 30 - 60 50 30 30 70 50 30 70 50 60 60 80 80
"""
TRUTH = _READ_BY_HAND.split()
"""What the discs of LEAST_PX and more say, in the order of their pictures' names."""


def main() -> None:
    """Read and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with images/ and labels/ in YOLO form, classes as in GTSDB")
    data = parser.parse_args().data
    reader = SignReader()
    discs = [one for one in signs(data, CLASS_NAME) if min(one[1][2] - one[1][0], one[1][3] - one[1][1]) >= LEAST_PX]
    if len(discs) != len(TRUTH):
        raise SystemExit(
            f"{data} holds {len(discs)} discs of {LEAST_PX:.0f} px and more; {len(TRUTH)} were read by hand"
        )
    counts: Counter[str] = Counter()
    started = time.perf_counter()
    for (image, box), truth in zip(discs, TRUTH, strict=True):
        read = reader.read(image, box, CLASS_NAME)
        look = CropLook(0.0, 0.0, 0.0, text=read[0] if read else None, text_confidence=read[1] if read else None)
        said = agreed_text([look]) or "-"
        counts["right" if said == truth else "not read" if said == "-" else "wrong"] += truth != "-"
        counts["nothing where nothing is" if said == "-" else "invented"] += truth == "-"
        if said not in (truth, "-"):
            print(f"read {said}, says {truth}")
    each_ms = (time.perf_counter() - started) / len(discs) * 1e3
    print(f"{len(discs)} discs, {each_ms:.0f} ms each: {dict(counts)}")


if __name__ == "__main__":
    main()
