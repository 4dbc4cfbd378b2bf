"""How often each condition is called on real, sound signs, and how often it is found where a sign was spoiled.

``python -m benchmarks.sign_conditions ../shared/data/traffic_sign_gtsdb`` prints one table a kind of sign. Every sign
is judged by its one picture: an approach, with more of them, can only be surer. The signs are as they stand beside the
road, all taken to be sound; the spoiled ones are the same pictures, edited (``benchmarks/spoiled_signs.py``) in ways
that the measures were made for. The bounds were set on these signs, so the shares are those of the fit and not of a
set kept out.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks import spoiled_signs
from benchmarks.spoiled_signs import Box
from vision.roadside.crop_looks import look_at
from vision.roadside.cut_out import SIGN_ROOM, cut_out
from vision.roadside.kinds import SIGN_KINDS
from vision.roadside.looks_net import LooksNet, shipped_looks_nets
from vision.roadside.sign_condition import LookRules, SignCondition, SignRules, judge_sign
from vision.types import Image

CONDITIONS = ("faded", "obscured", "graffiti", "dirty", "leaning")
RULES = SignRules(min_views=1, network=LookRules(min_views=1))
"""Measures first, then the network where ``--network`` lets it look, as by default; one picture is enough."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with images/ and labels/ in YOLO form, classes as in GTSDB")
    parser.add_argument(
        "--network", choices=("alone", "both"), help="sound signs only, by the network or as by default"
    )
    given = parser.parse_args()
    data = given.data
    if given.network:
        net = shipped_looks_nets(sign=True).sign
        for class_name in SIGN_KINDS:
            rules = replace(RULES, by="network" if given.network == "alone" else "both")
            judged = [judge(image, box, class_name, net, rules) for image, box in signs(data, class_name)]
            calls = Counter(fault.name for one in judged for fault in one.faults)
            known = sum(one.judged for one in judged)
            called = {name: f"{count} ({count / max(known, 1):.1%})" for name, count in calls.most_common()}
            print(f"{class_name}: {len(judged)} signs, {known} judged; called {called or 'nothing'}")
        return
    for class_name in SIGN_KINDS:
        false_alarms, found, judged, seen = measure(data, class_name)
        print(f"{class_name}: {seen} signs, {judged} can be judged")
        if not judged:
            continue
        for condition in CONDITIONS:
            wrong, right = false_alarms[condition], found[condition]
            total = found[f"{condition} judged"]
            calls = f"on sound ones {wrong:3d} ({wrong / judged:5.1%}), on spoiled ones {right} of {total}"
            print(f"  {condition:10s} {calls}")


def measure(data: Path, class_name: str) -> tuple[Counter[str], Counter[str], int, int]:
    """Count calls on sound signs, calls on spoiled ones (and how many can be judged), signs judged and seen."""
    rng = np.random.default_rng(7)
    false_alarms: Counter[str] = Counter()
    found: Counter[str] = Counter()
    judged = seen = 0
    for image, box in signs(data, class_name):
        seen += 1
        sound = judge(image, box, class_name)
        if not sound.judged:
            continue
        judged += 1
        false_alarms.update(fault.name for fault in sound.faults)
        triangle = SIGN_KINDS[class_name] == "danger"
        for condition in CONDITIONS:
            if condition == "leaning":
                spoiled, where = spoiled_signs.leaning(image, box, triangle, rng)
            else:
                spoiled, where = getattr(spoiled_signs, condition)(image, box, triangle, rng), box
            verdict = judge(spoiled, where, class_name)
            if condition == "leaning" and any(why.startswith("leaning") for why in verdict.not_assessable):
                continue
            found[f"{condition} judged"] += verdict.judged
            found[condition] += condition in {fault.name for fault in verdict.faults}
    return false_alarms, found, judged, seen


def judge(
    image: Image, box: Box, class_name: str, net: LooksNet | None = None, rules: SignRules = RULES
) -> SignCondition:
    """Judge a sign by one picture: by measures, or by what a network takes it for."""
    xyxy = np.array(box, dtype=np.float32)
    look = look_at(image, xyxy, class_name)
    if net is not None:
        shown = net.probabilities([cut_out(image, xyxy, SIGN_ROOM)])[0]
        look = replace(look, shows=tuple(float(one) for one in shown))
    return judge_sign(SIGN_KINDS[class_name], [look], rules)


def signs(data: Path, class_name: str) -> Iterator[tuple[Image, Box]]:
    """Give each sign of a class with a copy of the picture around it, and its box in that copy."""
    wanted = list(SIGN_KINDS).index(class_name)
    for label in sorted((data / "labels").glob("*/*.txt")):
        rows = [line.split() for line in label.read_text(encoding="utf-8").splitlines()]
        boxes = [[float(value) for value in row[1:5]] for row in rows if int(row[0]) == wanted]
        if not boxes:
            continue
        picture = cv2.imread(str(data / "images" / label.parent.name / f"{label.stem}.jpg"))
        if picture is None:
            raise SystemExit(f"no picture for {label}")
        height, width = picture.shape[:2]
        for x, y, w, h in boxes:
            box = ((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height)
            margin = int(max(box[2] - box[0], box[3] - box[1]))
            x0, y0 = max(0, int(box[0]) - margin), max(0, int(box[1]) - margin)
            crop = picture[y0 : int(box[3]) + margin, x0 : int(box[2]) + margin].copy()
            yield crop.astype(np.uint8), (box[0] - x0, box[1] - y0, box[2] - x0, box[3] - y0)


if __name__ == "__main__":
    main()
