"""Render one view of a simulated road: ground by per-row level of detail, what stands over it, light and camera."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.camera_effects import CameraEffects
from vision.simulation.distractors import draw_distractor
from vision.simulation.draw_defects import draw_defect
from vision.simulation.frame_canvas import FrameCanvas, Raster
from vision.simulation.ground import MAX_LEVEL_ACROSS, MAX_LEVEL_ALONG, Ground
from vision.simulation.light import DriveLight
from vision.simulation.pavement import TILE_M, Pavement
from vision.simulation.projection import CameraModel, GroundMap, View, map_ground
from vision.simulation.road_layout import RoadLayout
from vision.simulation.scenery import Scenery, Standing
from vision.simulation.shadows import Shadow, cast_shadow
from vision.simulation.surface_patch import PIXELS_PER_M, SurfacePatch

_PAINTED_AHEAD_M = 100.0
"""Ground beyond repeats the last three tiles before it."""
_REPEATED_M = 3.0 * TILE_M
_LEAST_ROWS = 6
_METERED_LEVEL = 105.0
_METERING = 0.4
_SLANT_AT_M = 4.0
_SLANT_LIMIT_M = 0.04


class RoadRenderer:
    """Renders views of one road in one light with one camera."""

    def __init__(self, layout: RoadLayout, light: DriveLight, camera: CameraModel, noise_seed: int) -> None:
        light = _exposed_for(light, layout)
        self._layout = layout
        self._light = light
        self.drawn_defects: dict[str, SurfacePatch] = {
            defect.defect_id: draw_defect(defect, layout.style, light.sun)
            for defect in layout.defects
            if defect.state != "mended"
        }
        shadows = {index: cast_shadow(thing, light.sun) for index, thing in enumerate(layout.roadside)}
        thrown = {index: shadow for index, shadow in shadows.items() if shadow is not None}
        self.shadow_places = {index: shadow.middle for index, shadow in thrown.items()}
        items = [draw_distractor(item, layout.style) for item in layout.distractors]
        # Order matters: what lies on the road first, damage through it, shadows over all.
        patches: list[SurfacePatch | Shadow] = [*items, *self.drawn_defects.values(), *thrown.values()]
        self._ground = Ground(Pavement(layout), patches)
        self._scenery = Scenery(layout, light, camera)
        self._effects = CameraEffects(light, camera, layout.style.paved_half_width_m, noise_seed)

    def outlines(self) -> dict[str, NDArray[np.float64]]:
        """Give each defect's true outline by its id, (N, 2) (along_m, lateral_m), mended ones as they were."""
        style, sun = self._layout.style, self._light.sun
        mended = [defect for defect in self._layout.defects if defect.state == "mended"]
        gone = {defect.defect_id: draw_defect(defect, style, sun).outline for defect in mended}
        return gone | {name: patch.outline for name, patch in self.drawn_defects.items()}

    def render(self, view: View, speed_mps: float, frame_index: int, standing: Sequence[Standing] = ()) -> Raster:
        """Give the (H, W, 3) uint8 BGR picture of a view.

        Args:
            view: The camera.
            speed_mps: Sets the motion blur.
            frame_index: Chooses the sensor noise and the moment of slow changes of light.
            standing: What stands in the scene beside the road's own trees and poles.
        """
        return self.render_scene(view, speed_mps, frame_index, standing)[0]

    def render_scene(
        self, view: View, speed_mps: float, frame_index: int, standing: Sequence[Standing]
    ) -> tuple[Raster, FrameCanvas]:
        """Give the picture, and the canvas that knows what of each followed thing is visible; see ``render``."""
        camera = view.camera
        frame = np.zeros((camera.height_px, camera.width_px, 3), np.uint8)
        ground_map = map_ground(self._layout.route, view)
        self._draw_ground(frame, view, ground_map, speed_mps)
        self._effects.add_haze(frame, ground_map)
        self._scenery.draw_backdrop(frame, view, min(camera.height_px, ground_map.first_row + 24))
        canvas = FrameCanvas(frame)
        self._scenery.draw_objects(canvas, view, standing)
        return self._effects.apply(canvas, view, ground_map, frame_index), canvas

    def _draw_ground(self, frame: Raster, view: View, ground_map: GroundMap, speed_mps: float) -> None:
        blur_m = speed_mps * self._light.exposure_s
        for band in _row_bands(ground_map.ahead_m, view.camera, blur_m):
            picture = frame[ground_map.first_row + band.first : ground_map.first_row + band.last]
            if band.split:
                upper, lower = (self._sample(view, ground_map, band, shift) for shift in (-0.25, 0.25))
                cv2.addWeighted(upper, 0.5, lower, 0.5, 0.0, dst=picture)
            else:
                np.copyto(picture, self._sample(view, ground_map, band, 0.0))

    def _sample(self, view: View, ground_map: GroundMap, band: _Band, shift_rows: float) -> Raster:
        """Look the ground up for a band of rows, ``shift_rows`` below their middles."""
        along = _shifted(ground_map.along_m, band, shift_rows)
        lateral = _shifted(ground_map.lateral_m, band, shift_rows)
        limit = float(np.floor((view.along_m + _PAINTED_AHEAD_M) / TILE_M) * TILE_M)
        along = np.where(along < limit, along, limit - _REPEATED_M + np.mod(along, _REPEATED_M))
        strip, start_m = self._ground.strip(float(along.min()), float(along.max()), band.along_level, band.across_level)
        half_width = self._ground.half_width_m(band.across_level)
        # Past the raster's side its mirror image serves, but not so far that the road itself comes round again.
        reach = max(half_width, 2.0 * half_width - self._layout.style.paved_half_width_m - 2.0)
        across = half_width - np.clip(lateral, -reach, reach)
        rows = ground_map.enlarge((along - start_m) * (PIXELS_PER_M / 2**band.along_level) - 0.5)
        columns = ground_map.enlarge(across * (PIXELS_PER_M / 2**band.across_level) - 0.5)
        sampled = cv2.remap(strip, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        return np.asarray(sampled, np.uint8)


def _exposed_for(light: DriveLight, layout: RoadLayout) -> DriveLight:
    """Brighten the picture of a dark road and darken that of a pale one, as a camera's metering does in part."""
    road = float(np.mean(layout.style.base_bgr))
    return replace(light, brightness=light.brightness * (_METERED_LEVEL / road) ** _METERING)


@dataclass(frozen=True, slots=True)
class _Band:
    """A run of image rows that share a level of detail.

    Attributes:
        first: First row, counted from the first that shows ground.
        last: First row past it.
        along_level: Halvings of the raster along the road.
        across_level: Halvings across it.
        split: Whether each row is sampled twice.
    """

    first: int
    last: int
    along_level: int
    across_level: int
    split: bool


def _row_bands(ahead_m: NDArray[np.float64], camera: CameraModel, blur_m: float) -> Iterator[_Band]:
    """Cut the rows into bands.

    A row's footprint along the road is the ground between it and the next row, lengthened by the way driven while the
    shutter was open; across the road it is the distance over the focal length. Beside the camera's path a pixel's
    footprint is a slanting strip: where, four metres aside, it slants over a third of a lane line's width, two samples
    a row keep the lines from breaking up into beads.
    """
    steps = np.abs(np.gradient(ahead_m)) if len(ahead_m) > 1 else np.ones_like(ahead_m)
    far = int(np.searchsorted(-ahead_m, -_PAINTED_AHEAD_M))  # the few rows beyond share the level of the last before
    steps[:far], ahead_m = steps[min(far, len(steps) - 1)], np.minimum(ahead_m, _PAINTED_AHEAD_M)
    across_m = np.hypot(ahead_m, camera.height_m) / camera.focal_px
    split = steps * _SLANT_AT_M / ahead_m > _SLANT_LIMIT_M
    footprint = np.hypot(np.where(split, 0.5, 1.0) * steps, blur_m)
    across = np.clip(np.floor(np.log2(across_m * PIXELS_PER_M) + 0.45), 0, MAX_LEVEL_ACROSS).astype(int)
    along = np.clip(np.floor(np.log2(footprint * PIXELS_PER_M) + 0.45), 0, MAX_LEVEL_ALONG).astype(int)
    along = np.maximum(along, across)
    changes = np.flatnonzero((np.diff(along) != 0) | (np.diff(across) != 0) | np.diff(split)) + 1
    # A band of a row or two is drawn with the band before it, a little softer than it might be.
    kept = changes[np.diff(changes, append=len(ahead_m)) >= _LEAST_ROWS]
    for first, last in pairwise([0, *kept.tolist(), len(ahead_m)]):
        if last > first:
            yield _Band(first, last, int(along[first]), int(across[first]), bool(split[first]))


def _shifted(places: NDArray[np.float64], band: _Band, shift_rows: float) -> NDArray[np.float64]:
    """Give a band of a map of places as it would be some part of a row lower."""
    own = places[band.first : band.last]
    if shift_rows == 0.0:
        return own
    side = 1 if shift_rows > 0.0 else -1
    rows = np.clip(np.arange(band.first, band.last) + side, 0, len(places) - 1)
    share = abs(shift_rows)
    return own * (1.0 - share) + places[rows] * share
