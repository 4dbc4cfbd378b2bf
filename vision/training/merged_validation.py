"""Validate a detector with several of its classes counted as one: kinds whose labels are no more than a heuristic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from vision.ultralytics_import import importing_ultralytics

with importing_ultralytics():
    from ultralytics.models.yolo.segment import SegmentationValidator


def merging_validator(class_ids: Sequence[int]) -> type[Any]:
    """Give an ultralytics validator that takes some classes for the first of them, in labels and in what is found.

    Args:
        class_ids: Of the model; at least one.
    """
    first, others = class_ids[0], tuple(class_ids[1:])

    class MergingValidator(SegmentationValidator):  # type: ignore[misc]  # ultralytics ships no types
        """Takes several classes for one."""

        def _prepare_batch(self, si: int, batch: dict[str, Any]) -> dict[str, Any]:
            prepared: dict[str, Any] = super()._prepare_batch(si, batch)
            prepared["cls"] = _merged(prepared["cls"])
            return prepared

        def _prepare_pred(self, pred: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
            found: dict[str, torch.Tensor] = super()._prepare_pred(pred)
            return found | {"cls": _merged(found["cls"])}

    def _merged(classes: torch.Tensor) -> torch.Tensor:
        merged = classes.clone()
        for one in others:
            merged[classes == one] = first
        return merged

    return MergingValidator
