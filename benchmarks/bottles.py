"""Count bottles on a bench, and call none of them odd: a station with no belt, moved by hand, where nothing is faulty.

``python -m benchmarks.bottles CLIP`` takes the *bottles_on_bench* clip (Intel sample videos, CC BY 4.0). Each of the
three places is watched by a state model (``walkdown train state``) of *bottle* and *empty*; what stands there is looked
at by one anomaly model (``walkdown train anomaly``) of bottles. Both learn from the first looks of a calm spell and are
measured on later spells: with a hand in the picture nothing is counted, which is told as well. What stands where was
written down by one person.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vision.anomaly.fit import AnomalyTraining, fit_anomaly
from vision.anomaly.fit_state import StateTraining, fit_state
from vision.anomaly.openvino_backbone import OpenVinoBackbone
from vision.anomaly.pictures import StationPictures
from vision.anomaly.state import Crop, StateModel
from vision.detectors.weights import find_weights
from vision.types import Image

PLACES = {"left": Crop(44, 90, 140, 330), "middle": Crop(262, 90, 358, 330), "right": Crop(486, 90, 582, 330)}
SPELLS = (
    ((0.0, 5.8), "left middle right"),
    ((7.6, 10.7), "middle right"),
    ((13.9, 15.5), "left middle right"),
    ((18.4, 21.6), "right"),
    ((24.9, 27.0), "middle right"),
    ((29.3, 30.2), "left middle right"),
    ((32.3, 34.2), "left middle"),
    ((37.1, 39.6), "left middle right"),
)
"""Seconds without a hand, and where bottles stand then."""

LEARNT = ((0.0, 5.8), (7.6, 9.1), (13.9, 15.5), (18.4, 19.9), (32.3, 33.2))
"""Seconds that the models learn from. No look in them is measured."""

LOOKS_A_SECOND = 10.0


@dataclass(frozen=True, slots=True)
class Look:
    """One frame, and what is known of it."""

    time_s: float
    image: Image
    stands: frozenset[str]
    learnt: bool


def main() -> None:
    """Learn, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    looks = read_looks(parser.parse_args().clip)
    learnt, kept_out = [one for one in looks if one.learnt], [one for one in looks if not one.learnt]
    with tempfile.TemporaryDirectory() as cache:
        weights = find_weights(None)
        states = OpenVinoBackbone(weights, Path(cache), StateTraining("bench", PLACES["left"]).image_size_px)
        models = {place: learn_place(place, learnt, states) for place in PLACES}
        print_counts(models, kept_out, states)
        print_alarms(learnt, kept_out, OpenVinoBackbone(weights, Path(cache), 224))


def read_looks(clip: Path) -> list[Look]:
    """Give the frames of the calm spells, ten a second."""
    video = cv2.VideoCapture(str(clip))
    fps = video.get(cv2.CAP_PROP_FPS)
    if not fps:
        raise SystemExit(f"{clip} can't be read as a video")
    looks, next_s, index = [], 0.0, 0
    while True:
        ok, image = video.read()
        if not ok:
            return looks
        time_s, index = index / fps, index + 1
        stands = next((words for (start, end), words in SPELLS if start <= time_s < end), None)
        if stands is None or time_s < next_s:
            continue
        next_s = time_s + 1.0 / LOOKS_A_SECOND - 0.5 / fps
        learnt = any(start <= time_s < end for start, end in LEARNT)
        looks.append(Look(time_s, np.asarray(image, np.uint8), frozenset(stands.split()), learnt))


def learn_place(place: str, learnt: list[Look], backbone: OpenVinoBackbone) -> StateModel:
    """Learn what a place looks like with a bottle and without."""
    shown = {
        state: pictures([one.image for one in learnt if (place in one.stands) == (state == "bottle")])
        for state in ("bottle", "empty")
    }
    return fit_state(shown, backbone, StateTraining(place, PLACES[place]))


def print_counts(models: dict[str, StateModel], looks: list[Look], backbone: OpenVinoBackbone) -> None:
    """Print in how many looks the count of bottles is right."""
    read = {place: list(model.read([one.image for one in looks], backbone)) for place, model in models.items()}
    counts: Counter[str] = Counter()
    for index, look in enumerate(looks):
        said = [read[place][index].state for place in PLACES]
        if None in said:
            counts["not assessable"] += 1
        else:
            counts["right" if said.count("bottle") == len(look.stands) else "wrong"] += 1
    print(f"bottles counted in {len(looks)} looks: {dict(counts)}")


def print_alarms(learnt: list[Look], looks: list[Look], backbone: OpenVinoBackbone) -> None:
    """Print how often a bottle that nothing is wrong with is called odd."""
    normal = pictures([PLACES[place].of(one.image) for place in PLACES for one in learnt if place in one.stands])
    model = fit_anomaly(normal, backbone, AnomalyTraining("bench", image_size_px=224))
    bottles = [PLACES[place].of(one.image) for place in PLACES for one in looks if place in one.stands]
    alarms = sum(one.anomalous for one in model.examine(bottles, backbone))
    print(f"{len(normal)} bottles learnt; {model.threshold}")
    print(f"false alarms: {alarms} of {len(bottles)} looks at one bottle, {alarms / len(bottles):.1%}")


def pictures(images: list[Image]) -> StationPictures:
    """Give pictures as a station's, without files."""
    digest = hashlib.sha256(b"".join(image.tobytes() for image in images)).hexdigest()
    names = tuple(Path(f"{index}.png") for index in range(len(images)))
    return StationPictures(Path("clip"), names, tuple(images), digest, (), 0, ())


if __name__ == "__main__":
    main()
