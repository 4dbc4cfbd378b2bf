"""Finishes of metal parts: brushed, cast, painted, machined, blasted; none of their marks is a defect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import cv2
import numpy as np

from vision.simulation.line.face import Face
from vision.simulation.random_streams import Field, fractal_noise, smooth_noise

Finish = Literal["brushed", "cast", "painted", "machined", "blasted"]
FINISHES: tuple[Finish, ...] = get_args(Finish)

_PAINTS_BGR = (
    (0.55, 0.36, 0.16),
    (0.24, 0.42, 0.20),
    (0.16, 0.18, 0.55),
    (0.14, 0.52, 0.68),
    (0.13, 0.13, 0.14),
    (0.74, 0.75, 0.74),
    (0.42, 0.42, 0.40),
    (0.30, 0.50, 0.72),
)


@dataclass(frozen=True, slots=True)
class FinishPlan:
    """A finish as one series of parts has it.

    Attributes:
        finish: Its kind.
        tone_bgr: Mean albedo, 0 to 1.
        gloss: 0 to 1.
        grain: How strong its texture is; 1 is usual.
        grain_mm: Size of the grain across its marks.
        angle_deg: Of brush or tool marks; 0 along x.
        turned: Whether tool marks run round a centre rather than straight.
    """

    finish: Finish
    tone_bgr: tuple[float, float, float]
    gloss: float
    grain: float
    grain_mm: float
    angle_deg: float
    turned: bool


def plan_finish(rng: np.random.Generator, mm_per_px: float) -> FinishPlan:
    """Draw a finish whose grain shows at a camera's scale."""
    finish = FINISHES[int(rng.choice(len(FINISHES), p=(0.23, 0.2, 0.22, 0.23, 0.12)))]
    grey = float(
        {"cast": rng.uniform(0.2, 0.48), "blasted": rng.uniform(0.35, 0.62)}.get(finish, rng.uniform(0.4, 0.7))
    )
    warm = float(rng.normal(0.0, 0.02))
    tone = (grey - warm, grey, grey + warm)
    if finish == "painted":
        paint = np.array(_PAINTS_BGR[int(rng.integers(len(_PAINTS_BGR)))]) * rng.uniform(0.8, 1.2) + rng.normal(
            0, 0.02, 3
        )
        tone = tuple(np.clip(paint, 0.08, 0.85).tolist())
    elif rng.random() < 0.12:  # brass, copper, anodised
        tone = tuple(np.clip(grey * np.array([0.45, 0.78, 1.05]) * rng.uniform(0.85, 1.15, 3), 0.05, 0.9).tolist())
    gloss = {"brushed": (0.2, 0.5), "cast": (0.02, 0.12), "painted": (0.08, 0.4), "machined": (0.25, 0.6)}
    low, high = gloss.get(finish, (0.03, 0.1))
    angle = float(rng.choice([0.0, 90.0, rng.uniform(0.0, 180.0)]) + rng.normal(0.0, 2.0))
    grain_mm = float(rng.uniform(1.0, 3.0)) * mm_per_px
    return FinishPlan(
        finish, tone, float(rng.uniform(low, high)), float(rng.uniform(0.5, 1.3)), grain_mm, angle, rng.random() < 0.3
    )


def apply_finish(face: Face, plan: FinishPlan, rng: np.random.Generator) -> None:
    """Give a blank face its tone, gloss and texture."""
    grain_px = max(1.0, plan.grain_mm * face.px_per_mm)
    tone, relief = _TEXTURES[plan.finish](face, plan, rng, grain_px)
    uneven = smooth_noise(rng, face.shape, max(face.shape) * 0.4) * np.float32(0.02)
    shade = 1.0 + np.float32(plan.grain) * tone + uneven
    face.albedo[:] = np.array(plan.tone_bgr, np.float32) * shade[..., None]
    np.clip(face.albedo, 0.02, 0.95, out=face.albedo)
    face.relief += np.float32(plan.grain) * relief
    face.gloss[:] = plan.gloss


def _brushed(face: Face, plan: FinishPlan, rng: np.random.Generator, grain_px: float) -> tuple[Field, Field]:
    lines = _along(face, plan, rng, grain_px, 70.0)
    coarse = _along(face, plan, rng, 4.0 * grain_px, 110.0)
    return np.float32(0.055) * lines + np.float32(0.03) * coarse, np.float32(0.10) * lines


def _machined(face: Face, plan: FinishPlan, rng: np.random.Generator, grain_px: float) -> tuple[Field, Field]:
    pitch = grain_px * float(rng.uniform(2.5, 6.0))
    rows, cols = np.mgrid[: face.shape[0], : face.shape[1]].astype(np.float32)
    if plan.turned:
        centre = np.array(face.shape) * rng.uniform(0.2, 0.8, 2)
        across = np.hypot(rows - centre[0], cols - centre[1])
    else:
        angle = np.radians(plan.angle_deg)
        across = cols * np.float32(-np.sin(angle)) + rows * np.float32(np.cos(angle))
    wander = smooth_noise(rng, (4096, 1), 5.0)[:, 0]  # pitch and depth of a feed are never quite even
    place = across / np.float32(pitch)
    step = np.clip(place - place.min(), 0, 4000)
    depth = wander[step.astype(np.int32)] * np.float32(0.35) + np.float32(1.0)
    wave = np.sin(np.float32(2.0 * np.pi) * place + wander[(step * 0.5).astype(np.int32)]) * depth
    fine = smooth_noise(rng, face.shape, 1.5)
    relief = np.float32(0.045 * pitch) * wave * np.float32(rng.uniform(0.35, 1.0)) + np.float32(0.05) * fine
    return np.float32(0.035) * wave + np.float32(0.015) * fine, relief


def _cast(face: Face, plan: FinishPlan, rng: np.random.Generator, grain_px: float) -> tuple[Field, Field]:
    grain = fractal_noise(rng, face.shape, 4.0 * grain_px, 3, 0.65)
    fine = smooth_noise(rng, face.shape, 1.2)
    return np.float32(0.05) * grain + np.float32(0.03) * fine, np.float32(0.28 * grain_px) * grain


def _painted(face: Face, plan: FinishPlan, rng: np.random.Generator, grain_px: float) -> tuple[Field, Field]:
    peel = smooth_noise(rng, face.shape, 5.0 * grain_px)
    return np.float32(0.012) * smooth_noise(rng, face.shape, 1.5), np.float32(0.09 * grain_px) * peel


def _blasted(face: Face, plan: FinishPlan, rng: np.random.Generator, grain_px: float) -> tuple[Field, Field]:
    fine = smooth_noise(rng, face.shape, 1.0) + smooth_noise(rng, face.shape, 2.0)
    return np.float32(0.03) * fine, np.float32(0.13) * fine


def _along(face: Face, plan: FinishPlan, rng: np.random.Generator, across_px: float, longer: float) -> Field:
    """Give noise drawn out along the direction of the finish, or round a centre."""
    rows, cols = face.shape
    side = int(np.hypot(rows, cols)) + 8
    straight = smooth_noise(rng, (side, side), (across_px, across_px * longer))
    turn = cv2.getRotationMatrix2D((side / 2.0, side / 2.0), -plan.angle_deg, 1.0)
    turn = turn + np.array([[0.0, 0.0, 0.5 * (cols - side)], [0.0, 0.0, 0.5 * (rows - side)]])
    turned = cv2.warpAffine(straight, turn, (cols, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(turned, np.float32)


_TEXTURES = {
    "brushed": _brushed,
    "machined": _machined,
    "cast": _cast,
    "painted": _painted,
    "blasted": _blasted,
}
