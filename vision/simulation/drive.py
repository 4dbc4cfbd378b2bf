"""A simulated drive: the road, the camera, the motion, the fixes, and the frames one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vision.simulation.camera_motion import DriveMotion, drive_along, mount_camera
from vision.simulation.furnish_road import furnish_road
from vision.simulation.furniture_truth import furniture_features
from vision.simulation.gps_noise import Fixes, receive
from vision.simulation.light import plan_light
from vision.simulation.options import RoadSimulation
from vision.simulation.projection import CameraModel
from vision.simulation.random_streams import random_stream
from vision.simulation.render import RoadRenderer
from vision.simulation.road_furniture import Lamps
from vision.simulation.road_layout import RoadLayout, plan_road
from vision.simulation.signal_program import SignalProgram, led_gain, start_program
from vision.simulation.standing_furniture import StandingFurniture
from vision.simulation.truth import truth_features

_FIXES_BEYOND_S = 2
_FIRST_DRIVE = datetime(2025, 3, 3, tzinfo=UTC)
_LOCAL_HOUR = {"day": (9.5, 15.0), "rain": (9.0, 16.0), "low_sun": (17.5, 18.3), "night": (21.5, 23.5)}


class SimulatedDrive:
    """One drive over a road; all of it follows from the options.

    Attributes:
        options: What was asked for.
        layout: The road.
        camera: As mounted.
        motion: At each frame.
        programs: What each signal head shows when, by signal id.
        start: UTC time of the first frame, a whole second.
        fixes: What the receiver reports, from 2 s before the first frame to 2 s after the last.
    """

    def __init__(self, options: RoadSimulation) -> None:
        self.options = options
        road = plan_road(options.seed, options.length_m, options.defects, options.months_later)
        self.layout: RoadLayout = furnish_road(road, options.signs, options.signals)
        self.camera: CameraModel = mount_camera(options)
        count = max(2, round(options.duration_s * options.fps))
        self.motion: DriveMotion = drive_along(self.layout, options, np.arange(count) / options.fps)
        self.start: datetime = _start_time(options, self.layout)
        self.fixes: Fixes = self._receive()
        light = plan_light(options.seed, options.drive_number, options.condition)
        noise_seed = int(random_stream(options.seed, "sensor", options.drive_number).integers(2**31))
        self._renderer = RoadRenderer(self.layout, light, self.camera, noise_seed)
        self._exposure_s = light.exposure_s
        self._furniture = StandingFurniture(self.layout, light, self.layout.signs, self.layout.signals)
        self.programs: dict[str, SignalProgram] = {
            signal.signal_id: start_program(signal, self._passed_s(signal.along_m), options.drive_number)
            for signal in self.layout.signals
        }

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """Render the frames in order, (H, W, 3) uint8 BGR."""
        for index in range(len(self.motion.time_s)):
            yield self.render(index)

    def render(self, index: int) -> NDArray[np.uint8]:
        """Render one frame; a frame doesn't depend on those before it."""
        view, speed = self.motion.view(index, self.camera), float(self.motion.speed_mps[index])
        standing = self._furniture.standing(view, self.lamps(float(self.motion.time_s[index])), speed)
        return self._renderer.render(view, speed, index, standing)

    def lamps(self, time_s: float) -> dict[str, Lamps]:
        """Give what a frame whose shutter opens at a footage time sees of each head's lamps, by signal id."""
        flicker = led_gain(time_s, self._exposure_s)
        return {
            name: Lamps(program.shown(time_s), flicker if program.signal.led_flicker else 1.0)
            for name, program in self.programs.items()
        }

    def boxes(self, index: int) -> dict[str, NDArray[np.float64]]:
        """Give the box about each plate and head in a frame, see ``StandingFurniture.boxes``."""
        return self._furniture.boxes(self.motion.view(index, self.camera))

    def truth(self) -> dict[str, Any]:
        """Give the planted defects, distractors, signs and signal heads in view as a GeoJSON FeatureCollection."""
        outlines, shadows = self._renderer.outlines(), self._renderer.shadow_places
        features = truth_features(self.layout, outlines, shadows, self.camera, self.motion)
        features += furniture_features(self.layout, self._furniture, self.programs, self.camera, self.motion)
        return {"type": "FeatureCollection", "features": features}

    def _passed_s(self, along_m: float) -> float:
        return float(np.interp(along_m, self.motion.along_m, self.motion.time_s))

    def _receive(self) -> Fixes:
        options = self.options
        end = int(np.ceil(options.duration_s)) + _FIXES_BEYOND_S
        time_s = np.arange(-_FIXES_BEYOND_S, end + 1, dtype=np.float64)
        motion = drive_along(self.layout, options, time_s)
        east, north = self.layout.route.plane_point(motion.along_m, motion.lateral_m)
        return receive(options.seed, options.drive_number, options.gps_noise_m, time_s, east, north)


def _start_time(options: RoadSimulation, layout: RoadLayout) -> datetime:
    """Choose a moment at which the light of the drive is plausible at its longitude."""
    rng = random_stream(options.seed, "moment", options.drive_number)
    days = int(random_stream(options.seed, "date").integers(0, 28)) + 30 * options.months_later
    days += 2 * (options.pass_number - 1)
    hour = float(rng.uniform(*_LOCAL_HOUR[options.condition])) - layout.route.longitude_deg / 15.0
    return _FIRST_DRIVE + timedelta(days=days, seconds=round(hour * 3600.0))
