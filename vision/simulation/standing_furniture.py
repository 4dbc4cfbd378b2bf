"""Signs and signal heads of one road in one light, ready to be drawn into any view of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.camera_effects import HAZE_BGR
from vision.simulation.frame_canvas import FrameCanvas
from vision.simulation.furniture import PlannedSign, PlannedSignal
from vision.simulation.light import DriveLight
from vision.simulation.panel import Air, Panel, draw_panel, project_corners
from vision.simulation.projection import View, ground_ahead
from vision.simulation.road_furniture import Lamps, SignalStand, SignStand
from vision.simulation.road_layout import RoadLayout
from vision.simulation.scenery import Standing

_FARTHEST_M = 150.0
_DARK = Lamps("off")


class StandingFurniture:
    """Draws signs and signal heads, and tells where they are in the picture."""

    def __init__(
        self,
        layout: RoadLayout,
        light: DriveLight,
        signs: Sequence[PlannedSign],
        signals: Sequence[PlannedSignal],
    ) -> None:
        self._layout = layout
        self._light = light
        self._signs = [SignStand(sign, light, layout.style) for sign in signs]
        self._signals = [SignalStand(signal, light, layout.style) for signal in signals]
        self._outlines = {one.sign.sign_id: _outline(one.face.cover) for one in self._signs}
        self._outlines |= {one.signal.signal_id: _outline(one.face.dark.cover) for one in self._signals}

    def standing(self, view: View, lamps: Mapping[str, Lamps], speed_mps: float) -> list[Standing]:
        """Give what is in view.

        Args:
            view: The camera.
            lamps: What each head shows, by signal id; a head without an entry is dark.
            speed_mps: Sets the motion blur.
        """
        light = self._light
        air = Air(light.haze_m, HAZE_BGR.get(light.condition, (0.0, 0.0, 0.0)), speed_mps * light.exposure_s)
        found: list[Standing] = []
        for sign in self._signs:
            ahead = self._ahead(view, sign.sign.along_m, sign.sign.lateral_m)
            if 0.0 < ahead < _FARTHEST_M:
                found.append((ahead, partial(self._draw, view=view, panels=sign.panels(ahead), air=air)))
        for signal in self._signals:
            ahead = self._ahead(view, signal.signal.along_m, signal.signal.lateral_m)
            if 0.0 < ahead < _FARTHEST_M:
                panels = signal.panels(ahead, lamps.get(signal.signal.signal_id, _DARK))
                found.append((ahead, partial(self._draw, view=view, panels=panels, air=air)))
        return found

    def boxes(self, view: View) -> dict[str, NDArray[np.float64]]:
        """Give the box about each plate and each head, (4,) left, top, right, bottom in pixels, cut at no edge.

        A bare post's is where its plate was. What lies beside or behind the lens has none.
        """
        panels = {one.sign.sign_id: one.plate() for one in self._signs}
        panels |= {one.signal.signal_id: one.head() for one in self._signals}
        found = {}
        for name, panel in panels.items():
            corners = project_corners(self._layout.route, view, panel)
            if corners is not None:
                u, v = _within(corners, self._outlines[name])
                found[name] = np.array([u.min(), v.min(), u.max(), v.max()])
        return found

    def _ahead(self, view: View, along_m: float, lateral_m: float) -> float:
        return float(ground_ahead(self._layout.route, view, np.array([along_m]), np.array([lateral_m]))[0][0])

    def _draw(self, canvas: FrameCanvas, view: View, panels: Sequence[Panel], air: Air) -> None:
        for panel in panels:
            draw_panel(canvas, self._layout.route, view, panel, air)


def _outline(cover: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Give the rim of what a picture covers, (N, 2) fractions of its width and height."""
    contours, _ = cv2.findContours((cover > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    rim = cv2.convexHull(np.concatenate(contours)).reshape(-1, 2).astype(np.float64)
    return np.asarray((rim + 0.5) / np.array([cover.shape[1], cover.shape[0]]))


def _within(
    corners: NDArray[np.float64], fractions: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give image points of places in a panel's picture by the panel's own perspective."""
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    warp = cv2.getPerspectiveTransform(unit, corners.astype(np.float32))
    points = cv2.perspectiveTransform(fractions[None].astype(np.float32), warp)[0].astype(np.float64)
    return points[:, 0], points[:, 1]
