"""Trains the networks that say what a sign's or a head's cut-out shows, on simulated cut-outs alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from vision.roadside.looks_net import LooksNet, evened
from vision.simulation.roadside_cut_outs import CutOuts

_CHANNELS = (16, 24, 32, 48, 64, 96)
_STRIDES = (2, 1, 2, 1, 2, 1)
_BATCH = 64
_MOST_RATE, _DECAY, _SMOOTHING = 4e-3, 0.02, 0.05
_DROPOUT = 0.2
_SHIFT_PX = 3
_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class LooksTraining:
    """How to train.

    Attributes:
        epochs: Passes over the cut-outs.
        grid: Parts that rows and columns are each cut into before the last layer: 1 where only what is seen counts, 3
            where the place counts as well, as a leaning post's does.
        seed: Of first weights, order and variation; the same seed on the same machine gives the same weights.
    """

    epochs: int = 24
    grid: int = 1
    seed: int = 0


def train_looks(
    made: CutOuts, classes: tuple[str, ...], training: LooksTraining, advance: Callable[[], None] = lambda: None
) -> LooksNet:
    """Train a network.

    Args:
        made: Cut-outs with the rows of their classes.
        classes: Names of the classes.
        training: How.
        advance: Called after each pass.
    """
    torch.manual_seed(training.seed)
    rng = np.random.default_rng(training.seed)
    network = _network(len(classes), training.grid)
    steps = training.epochs * -(-len(made.labels) // _BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), lr=_MOST_RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _MOST_RATE, total_steps=steps)
    loss_of = nn.CrossEntropyLoss(label_smoothing=_SMOOTHING)
    network.train()
    for _ in range(training.epochs):
        order = rng.permutation(len(made.labels))
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            pictures = torch.from_numpy(_varied(rng, made.pictures[rows]))
            loss = loss_of(network(pictures), torch.from_numpy(made.labels[rows]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        advance()
    return _folded(network.eval(), classes, training.grid)


def confusion(net: LooksNet, made: CutOuts) -> NDArray[np.int64]:
    """Give (classes, classes): how often each truth, a row, was taken for each class."""
    counts = np.zeros((len(net.classes), len(net.classes)), np.int64)
    for start in range(0, len(made.labels), _AT_ONCE):
        part = made.pictures[start : start + _AT_ONCE]
        guessed = net.probabilities(list(part)).argmax(axis=1)
        np.add.at(counts, (made.labels[start : start + _AT_ONCE], guessed), 1)
    return counts


def _network(classes: int, grid: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    before = 3
    for channels, stride in zip(_CHANNELS, _STRIDES, strict=True):
        layers += [nn.Conv2d(before, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
        before = channels
    return nn.Sequential(
        *layers,
        nn.AdaptiveAvgPool2d(grid),
        nn.Flatten(),
        nn.Dropout(_DROPOUT),
        nn.Linear(grid * grid * before, classes),
    )


def _varied(rng: np.random.Generator, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Give (N, 3, H, W): each picture moved, mirrored, in other light and colours, softer, noisier."""
    side = pictures.shape[1]
    varied = np.empty(pictures.shape, np.float32)
    for row, picture in enumerate(pictures):
        one = picture.astype(np.float32)
        scale = float(np.exp(rng.normal(0.0, 0.06)))
        shift = rng.uniform(-_SHIFT_PX, _SHIFT_PX, 2) + 0.5 * side * (1.0 - scale)
        warp = np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])
        one = np.asarray(cv2.warpAffine(one, warp, (side, side), borderMode=cv2.BORDER_REPLICATE), np.float32)
        if rng.random() < 0.5:
            one = one[:, ::-1]
        if rng.random() < 0.3:
            one = np.asarray(cv2.GaussianBlur(one, (0, 0), float(rng.uniform(0.4, 1.3))), np.float32)
        gains = np.exp(rng.normal(0.0, 0.07, 3)).astype(np.float32)
        bent = 255.0 * np.clip(one * gains / 255.0, 0.0, 1.0) ** float(np.exp(rng.normal(0.0, 0.2)))
        grey = bent.mean(axis=2, keepdims=True)
        bent = grey + (bent - grey) * float(rng.uniform(0.75, 1.25))
        varied[row] = bent + rng.normal(0.0, float(rng.uniform(0.0, 6.0)), one.shape)
    return np.ascontiguousarray(evened(np.clip(varied, 0.0, 255.0)).transpose(0, 3, 1, 2))


def _folded(network: nn.Sequential, classes: tuple[str, ...], grid: int) -> LooksNet:
    """Fold each normalisation into the convolution before it."""
    convolutions = []
    modules = list(network)
    for layer, norm in pairwise(modules):
        if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            assert norm.running_mean is not None
            assert norm.running_var is not None
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            weights = (layer.weight * gain[:, None, None, None]).detach().numpy()
            offsets = (norm.bias - norm.running_mean * gain).detach().numpy()
            flat = weights.transpose(2, 3, 1, 0).reshape(-1, weights.shape[0])
            convolutions.append((np.asarray(flat, np.float32), np.asarray(offsets, np.float32)))
    last = modules[-1]
    assert isinstance(last, nn.Linear)
    by_place = last.weight.detach().numpy().reshape(len(classes), -1, grid**2).transpose(2, 1, 0)
    linear = by_place.reshape(-1, len(classes)).astype(np.float32), last.bias.detach().numpy().astype(np.float32)
    return LooksNet(classes, tuple(convolutions), _STRIDES, linear)
