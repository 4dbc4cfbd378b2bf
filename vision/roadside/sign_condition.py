"""The condition of a sign, from what its box looked like over a whole approach.

Each condition is called on the median over the views that can be judged, and only beyond what sound signs reach:
``python -m benchmarks.sign_conditions`` counts how often it is called on real, sound ones. What can't be judged is
named with its reason. Retroreflectivity can't be judged from daylight video at all. Measures can't tell a dark scrawl
from a symbol, and don't see a bent plate or one that is gone: there a network speaks that was trained on simulated
signs, in what it seldom takes a sound real sign for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from vision.roadside.kinds import SignKind
from vision.roadside.look_classes import SIGN_LOOKS, SignLook
from vision.roadside.looks import CropLook

SignsBy = Literal["both", "measures", "network"]
"""What judges signs: measures of colour and form; a network; or measures first, then what the network is trusted in."""

SignFaultName = Literal["leaning", "faded", "obscured", "graffiti", "dirty", "bent", "plate_missing"]

RETROREFLECTIVITY = "retroreflectivity: not assessable from daylight video"


@dataclass(frozen=True, slots=True)
class LookRules:
    """When what a network takes a sign for, view by view, is its condition.

    Attributes:
        min_views: That are large enough.
        min_size_px: Of the shorter side.
        doubt: Probability that a view tells nothing, whatever the network says of it.
        witnesses: Views of one approach err together: any number of them counts as no more than so many.
        sure: Least probability of a fault, and of a sound sign, to be called.
        trusted: What it may call where measures call nothing: what it seldom takes a sound real sign for. Leaning and
            faded are what it mostly does.
        sure_alone: Least probability of those.
    """

    min_views: int = 2
    min_size_px: float = 14.0
    doubt: float = 0.05
    witnesses: float = 3.0
    sure: float = 0.6
    trusted: tuple[SignLook, ...] = ("bent", "graffiti", "obscured", "plate_missing", "dirty")
    sure_alone: float = 0.85


@dataclass(frozen=True, slots=True)
class SignRules:
    """From where on a sign is faulty. Bounds lie beyond 95 % of the sound GTSDB signs, by kind where kinds differ.

    Attributes:
        min_views: That can be judged; fewer say nothing.
        min_size_px: A smaller sign is too coarse: its rim is then under 2 px wide.
        min_contrast: Under it colours are lost in haze or darkness.
        min_sharpness: Under it the rim runs into the field.
        least_colour: Depth of the kind's own colour under which it is faded.
        leaves: Share in the colours of leaves from which on it is obscured.
        rim_gaps: Share of the rim without its colour from which on something covers it.
        foreign: Share in colours that the kind doesn't have from which on it is graffiti.
        soil: Share in the colours of earth from which on it is dirty.
        lean_deg: From which on a plate leans, with at least so many views that agree.
        network: When what a network sees is a fault.
        by: What judges; without what a network sees, measures do.
    """

    min_views: int = 2
    min_size_px: float = 20.0
    min_contrast: float = 0.10
    min_sharpness: float = 6.0
    least_colour: dict[SignKind, float] = field(
        default_factory=lambda: {"prohibitory": 0.52, "danger": 0.42, "mandatory": 0.55}
    )
    leaves: float = 0.12
    rim_gaps: float = 0.40
    foreign: float = 0.16
    soil: float = 0.30
    lean_deg: float = 10.0
    network: LookRules = field(default_factory=LookRules)
    by: SignsBy = "both"


@dataclass(frozen=True, slots=True)
class SignFault:
    """One thing that is wrong with a sign.

    Attributes:
        name: What.
        measured: Median of the measure over the views that count.
        limit: That it passed.
        reason: In a sentence.
    """

    name: SignFaultName
    measured: float
    limit: float
    reason: str


@dataclass(frozen=True, slots=True)
class SignCondition:
    """What a sign's views say of its condition.

    Attributes:
        faults: Empty for a sound sign, and for one that can't be judged.
        not_assessable: What can't be judged, each with its reason; never empty.
        views: That were judged.
    """

    faults: tuple[SignFault, ...]
    not_assessable: tuple[str, ...]
    views: int

    @property
    def judged(self) -> bool:
        """Whether anything could be judged."""
        return self.views > 0


def judge_sign(kind: SignKind, looks: Sequence[CropLook], rules: SignRules, roll_deg: float = 0.0) -> SignCondition:
    """Judge one sign by all its views.

    Args:
        kind: Of the sign.
        looks: Of its whole boxes, those at the picture's edge left out.
        rules: From where on it is faulty.
        roll_deg: Of the camera, clockwise as in ``Camera``: all that it sees leans the other way.
    """
    looked = [look for look in looks if look.shows is not None]
    if looked and rules.by == "network":
        return _judge_by_network(looked, rules)
    measured = _judge_by_measures(kind, looks, rules, roll_deg)
    if not looked or rules.by == "measures" or measured.faults:
        return measured
    return _seen_besides(measured, _judge_by_network(looked, rules), rules.network)


def _seen_besides(measured: SignCondition, seen: SignCondition, rules: LookRules) -> SignCondition:
    """Give what measures found to be sound, or couldn't judge, with what a network is trusted in."""
    trusted = [one for one in seen.faults if one.name in rules.trusted]
    if trusted:
        return seen if trusted[0].measured >= rules.sure_alone else measured
    if measured.judged or not seen.judged or seen.faults:
        return measured
    return SignCondition((), ("fading and leaning of such a plate", RETROREFLECTIVITY), seen.views)


def _judge_by_measures(kind: SignKind, looks: Sequence[CropLook], rules: SignRules, roll_deg: float) -> SignCondition:
    if kind == "other":
        return SignCondition((), ("condition: plates of this kind have many forms and colours", RETROREFLECTIVITY), 0)
    usable = [look for look in looks if _usable(look, rules)]
    if len(usable) < rules.min_views:
        return SignCondition((), (_why_not(looks, usable, rules), RETROREFLECTIVITY), 0)
    faults: list[SignFault] = []
    left_out = [RETROREFLECTIVITY]
    views = len(usable)
    leaves, gaps = _median(usable, "leaves"), _median(usable, "rim_gaps")
    if leaves >= rules.leaves:
        faults.append(SignFault("obscured", leaves, rules.leaves, _share(leaves, "leaves cover", views)))
    elif gaps >= rules.rim_gaps:
        faults.append(
            SignFault("obscured", gaps, rules.rim_gaps, _share(gaps, "its rim's colour is covered on", views))
        )
    foreign, soil = _median(usable, "foreign"), _median(usable, "soil")
    if foreign >= rules.foreign:
        words = "strong colours that such a sign doesn't have cover"
        faults.append(SignFault("graffiti", foreign, rules.foreign, _share(foreign, words, views)))
    if soil >= rules.soil:
        faults.append(SignFault("dirty", soil, rules.soil, _share(soil, "earthen colours cover", views)))
    colour, least = _median(usable, "colour"), rules.least_colour[kind]
    if faults:
        left_out.append("colour: covered in part")
    elif colour < least:
        reason = f"its colour has {colour:.0%} of full depth in {views} views; sound signs of its kind have {least:.0%}"
        faults.append(SignFault("faded", colour, least, f"{reason} or more."))
    leans = [look.lean_deg + roll_deg for look in usable if look.lean_deg is not None]
    if len(leans) < rules.min_views:
        disc = kind != "danger"
        left_out.append("leaning: a disc shows no axis" if disc else "leaning: its base is not seen clearly")
    else:
        lean, scatter = float(np.median(leans)), float(np.std(leans))
        if abs(lean) >= rules.lean_deg and scatter <= abs(lean):
            way = "right" if lean > 0 else "left"
            reason = f"leans {abs(lean):.0f}° to the {way} in {len(leans)} views (scatter {scatter:.0f}°)."
            faults.append(SignFault("leaning", abs(lean), rules.lean_deg, f"The plate {reason}"))
    return SignCondition(tuple(faults), tuple(left_out), views)


def _judge_by_network(looks: Sequence[CropLook], rules: SignRules) -> SignCondition:
    """Judge by what a network took each view for; near views count more."""
    own = rules.network
    usable = [look for look in looks if look.size_px >= own.min_size_px and look.shows is not None]
    if len(usable) < own.min_views:
        largest = max(look.size_px for look in looks)
        why = f"condition: {len(usable)} of {len(looks)} views are large enough, at most {largest:.0f} px"
        return SignCondition((), (why, RETROREFLECTIVITY), 0)
    shows = np.array([look.shows for look in usable])
    weights = np.sqrt(np.clip(np.array([look.size_px for look in usable]) / 32.0, 0.25, 2.0))
    evidence = np.log((1.0 - own.doubt) * shows + own.doubt / shows.shape[1])
    mean = (weights[:, None] * evidence).sum(axis=0) / weights.sum()
    likely = np.exp((mean - mean.max()) * min(len(usable), own.witnesses))
    likely /= likely.sum()
    best = int(likely.argmax())
    name, sure = SIGN_LOOKS[best], float(likely[best])
    if sure < own.sure:
        second = SIGN_LOOKS[int(np.argsort(likely)[-2])]
        why = f"condition: its {len(usable)} views don't tell {_plain(name)} from {_plain(second)}"
        return SignCondition((), (why, RETROREFLECTIVITY), 0)
    if name == "sound":
        return SignCondition((), (RETROREFLECTIVITY,), len(usable))
    agree = int((shows.argmax(axis=1) == best).sum())
    reason = f"Looks {_plain(name)} in {agree} of {len(usable)} views ({sure:.0%} likely)."
    return SignCondition((SignFault(name, sure, own.sure, reason),), (RETROREFLECTIVITY,), len(usable))


def _plain(name: SignLook) -> str:
    return {"graffiti": "sprayed over", "plate_missing": "like a post without its plate"}.get(name, name)


def _usable(look: CropLook, rules: SignRules) -> bool:
    return (
        look.colour is not None
        and look.size_px >= rules.min_size_px
        and look.contrast >= rules.min_contrast
        and look.sharpness >= rules.min_sharpness
    )


def _why_not(looks: Sequence[CropLook], usable: Sequence[CropLook], rules: SignRules) -> str:
    largest = max((look.size_px for look in looks), default=0.0)
    if largest < rules.min_size_px:
        return f"condition: at most {largest:.0f} px large"
    if usable:
        return f"condition: only {len(usable)} of {len(looks)} views are large, clear and sharp enough"
    return "condition: its views are too dark, hazy or blurred"


def _median(looks: Sequence[CropLook], name: str) -> float:
    return float(np.median([getattr(look, name) for look in looks]))


def _share(share: float, words: str, views: int) -> str:
    return f"{words[0].upper()}{words[1:]} {share:.0%} of it in {views} views."
