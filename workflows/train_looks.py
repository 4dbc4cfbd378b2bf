"""Train the networks that say what a sign or a signal head looks like, on simulated cut-outs, and measure them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from vision.roadside.look_classes import HEAD_LOOKS, SIGN_LOOKS
from vision.roadside.looks_net import SHIPPED_HEAD_LOOKS, SHIPPED_SIGN_LOOKS, LooksNet
from vision.simulation.roadside_cut_outs import CutOuts, roadside_cut_outs
from vision.training.looks import LooksTraining, confusion, train_looks
from workflows.progress import Progress
from workflows.train import SIMULATED_TRAINING_SEEDS

_KEPT_OUT_FROM = 10_000
_KEPT_OUT = 8


@dataclass(frozen=True, slots=True)
class LooksJob:
    """What ``walkdown train looks`` is asked to do.

    Attributes:
        out_dir: For the two networks.
        streets: Simulated roads, each in a light of its own.
        per_street: Signs of each, and as many heads.
        epochs: Passes over the cut-outs.
        seed: Of the training; the pictures don't depend on it.
    """

    out_dir: Path
    streets: int
    per_street: int
    epochs: int
    seed: int = 0


def train_looks_nets(job: LooksJob, progress: Progress) -> list[dict[str, object]]:
    """Train and save both networks; give a row for each class of each, counted on streets kept out."""
    job.out_dir.mkdir(parents=True, exist_ok=True)
    progress.start("simulate", job.streets + _KEPT_OUT)
    streets = SIMULATED_TRAINING_SEEDS[: job.streets]
    kept_out = SIMULATED_TRAINING_SEEDS[_KEPT_OUT_FROM : _KEPT_OUT_FROM + _KEPT_OUT]
    signs, heads = _made(streets, job.per_street, progress)
    other_signs, other_heads = _made(kept_out, job.per_street, progress)
    torch.use_deterministic_algorithms(True)
    rows: list[dict[str, object]] = []
    progress.start("train", 2 * job.epochs)
    for name, classes, grid, made, others in (
        (SHIPPED_SIGN_LOOKS.name, SIGN_LOOKS, 3, signs, other_signs),
        (SHIPPED_HEAD_LOOKS.name, HEAD_LOOKS, 1, heads, other_heads),
    ):
        net = train_looks(made, classes, LooksTraining(job.epochs, grid, job.seed), progress.advance)
        net.save(job.out_dir / name)
        rows.extend(_rows(name, net, made, others))
    return rows


def _made(seeds: range, per_street: int, progress: Progress) -> tuple[CutOuts, CutOuts]:
    signs: list[CutOuts] = []
    heads: list[CutOuts] = []
    for seed in seeds:
        sign, head = roadside_cut_outs([seed], per_street)
        signs.append(sign)
        heads.append(head)
        progress.advance()
    return _joined(signs), _joined(heads)


def _joined(parts: list[CutOuts]) -> CutOuts:
    return CutOuts(np.concatenate([one.pictures for one in parts]), np.concatenate([one.labels for one in parts]))


def _rows(name: str, net: LooksNet, made: CutOuts, others: CutOuts) -> list[dict[str, object]]:
    counts = confusion(net, others)
    rows: list[dict[str, object]] = []
    for row, shown in enumerate(net.classes):
        shows, called = int(counts[row].sum()), int(counts[:, row].sum())
        right = int(counts[row, row])
        most = int(np.argsort(counts[row] - (np.arange(len(counts)) == row) * 10**6)[-1])
        rows.append(
            {
                "network": name,
                "shows": shown,
                "trained": int((made.labels == row).sum()),
                "kept_out": shows,
                "recall": round(right / shows, 3) if shows else None,
                "precision": round(right / called, 3) if called else None,
                "taken_most_for": net.classes[most] if shows - right else None,
            }
        )
    return rows
