"""The files of a simulated drive, as text: track, camera and site; and the video writer."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import av
import av.error
import cv2
import numpy as np
from numpy.typing import NDArray

from vision.errors import FootageError
from vision.simulation.gps_noise import Fixes
from vision.simulation.projection import CameraModel
from vision.simulation.road_layout import RoadLayout

Raster = NDArray[np.uint8]

HEIGHT_ERROR_M = 0.02
PITCH_ERROR_DEG = 0.3
CENTRE_LINE_ERROR_M = 0.1
"""As a survey states it; the centre line in the file is the true one, to a millimetre."""

_GPX_NAMESPACE = "http://www.topografix.com/GPX/1/1"


def gpx_text(layout: RoadLayout, fixes: Fixes, start: datetime) -> str:
    """Give a GPX 1.1 track of fixes, with UTC times."""
    root = ElementTree.Element("gpx", {"version": "1.1", "creator": "walkdown simulate", "xmlns": _GPX_NAMESPACE})
    segment = ElementTree.SubElement(ElementTree.SubElement(root, "trk"), "trkseg")
    longitudes, latitudes = layout.route.lonlat(fixes.east_m, fixes.north_m)
    for time_s, longitude, latitude in zip(fixes.time_s, longitudes, latitudes, strict=True):
        point = ElementTree.SubElement(segment, "trkpt", {"lat": f"{latitude:.8f}", "lon": f"{longitude:.8f}"})
        moment = start + timedelta(seconds=float(time_s))
        ElementTree.SubElement(point, "time").text = moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def camera_text(camera: CameraModel) -> str:
    """Give camera.toml: the mounting as it is; its errors stand for the shake of the drive."""
    return (
        "[camera]\n"
        f"height_m = {camera.height_m}\n"
        f"pitch_deg = {camera.pitch_deg}\n"
        f"roll_deg = {camera.roll_deg}\n"
        f"horizontal_fov_deg = {camera.horizontal_fov_deg}\n"
        f"width_px = {camera.width_px}\n"
        f"height_px = {camera.height_px}\n"
        "\n[camera.errors]\n"
        f"height_m = {HEIGHT_ERROR_M}\n"
        f"pitch_deg = {PITCH_ERROR_DEG}\n"
    )


def site_text(layout: RoadLayout) -> str:
    """Give site.toml: the route's name, its lanes, where its chainage starts, and its centre line."""
    route = layout.route
    points = ",\n".join(f"    [{longitude:.8f}, {latitude:.8f}]" for longitude, latitude in route.centre_line_lonlat())
    return (
        "[site]\n"
        f'name = "Simulated road {layout.seed}"\n'
        'kind = "road"\n'
        'driving_side = "right"\n'
        "\n[[route]]\n"
        f'name = "{route.name}"\n'
        f"start_chainage_m = {route.start_chainage_m}\n"
        f"lane_width_m = {layout.style.lane_width_m}\n"
        "lanes = 2\n"
        f"centre_line_error_m = {CENTRE_LINE_ERROR_M}\n"
        f"centre_line = [\n{points},\n]\n"
    )


def write_video(path: Path, frames: Iterable[Raster], fps: int, start: datetime) -> None:
    """Encode (H, W, 3) uint8 BGR frames as H.264 in MP4, with a keyframe each second.

    Raises:
        FootageError: The frames can't be encoded.
        OSError: The file can't be written.
    """
    try:
        with av.open(str(path), "w", format="mp4") as container:
            container.metadata["creation_time"] = start.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
            stream = container.add_stream("libx264", rate=fps)
            stream.pix_fmt = "yuv420p"
            # No B-frames, whole blocks and the plainest search, as a dashcam's own encoder: a third of the time.
            plain = {"bf": "0", "x264-params": "subme=0:me=dia:weightp=0:partitions=none"}
            stream.options = {"preset": "veryfast", "crf": "20", "g": str(fps), "keyint_min": str(fps), **plain}
            for index, frame in enumerate(frames):
                if index == 0:
                    stream.height, stream.width = frame.shape[:2]
                planes = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420), np.uint8)
                picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
                picture.pts = index
                container.mux(stream.encode(picture))
            container.mux(stream.encode(None))
    except (av.error.FFmpegError, ValueError) as err:
        if isinstance(err, OSError):  # av's own errors are, where the disk is to blame
            raise
        raise FootageError(f"{path.name} can't be encoded: {err}") from err
