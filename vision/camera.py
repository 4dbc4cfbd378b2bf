"""The camera: a pinhole at a known height over the road, looking ahead and a little down."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from vision.errors import ConfigError

CameraSource = Literal["file", "estimated", "default"]

_KEYS = {
    "camera": {
        "height_m",
        "pitch_deg",
        "roll_deg",
        "horizontal_fov_deg",
        "focal_px",
        "width_px",
        "height_px",
        "errors",
    },
    "errors": {"height_m", "pitch_deg", "focal_fraction"},
}

_FOV_DEG = (20.0, 150.0)

DEFAULT_HEIGHT_M = 1.4
DEFAULT_PITCH_DEG = 5.0
DEFAULT_HORIZONTAL_FOV_DEG = 70.0


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera with square pixels and its principal point in the middle of the picture.

    Attributes:
        width_px: Of the upright picture that pixel coordinates refer to.
        height_px: Of that picture.
        focal_px: Focal length in pixels.
        height_m: Of the lens over the road.
        pitch_deg: Down from the horizontal is positive.
        roll_deg: Clockwise, seen from behind the camera, is positive.
        height_error_m: 1 sigma.
        pitch_error_deg: 1 sigma, shake of the vehicle included.
        focal_error_fraction: 1 sigma, of ``focal_px``.
        source: ``file`` (camera.toml), ``estimated`` (from vanishing points; height by default), ``default``.
    """

    width_px: int
    height_px: int
    focal_px: float
    height_m: float
    pitch_deg: float
    roll_deg: float
    height_error_m: float
    pitch_error_deg: float
    focal_error_fraction: float
    source: CameraSource

    @property
    def horizon_row_px(self) -> float:
        """Row of the horizon in the middle of the picture; negative when it lies above the picture."""
        return self.height_px / 2.0 - self.focal_px * math.tan(math.radians(self.pitch_deg))

    @property
    def horizontal_fov_deg(self) -> float:
        """Full horizontal angle of view."""
        return math.degrees(2.0 * math.atan(self.width_px / 2.0 / self.focal_px))

    def scaled_to(self, width_px: int, height_px: int) -> Camera:
        """Give the same camera for a picture of another size.

        Raises:
            ConfigError: The sides' ratio differs, so that this is another camera or a cropped picture.
        """
        scale = width_px / self.width_px
        if abs(self.height_px * scale - height_px) > 0.02 * height_px:
            raise ConfigError(
                f"the camera is for {self.width_px}x{self.height_px} pictures, the footage has "
                f"{width_px}x{height_px}: name the camera file that belongs to this footage"
            )
        return replace(self, width_px=width_px, height_px=height_px, focal_px=self.focal_px * scale)


def default_camera(width_px: int, height_px: int) -> Camera:
    """Give a dashcam of common build, with errors wide enough to be true of most."""
    return Camera(
        width_px=width_px,
        height_px=height_px,
        focal_px=_focal_px(width_px, DEFAULT_HORIZONTAL_FOV_DEG),
        height_m=DEFAULT_HEIGHT_M,
        pitch_deg=DEFAULT_PITCH_DEG,
        roll_deg=0.0,
        height_error_m=0.25,
        pitch_error_deg=3.0,
        focal_error_fraction=0.12,
        source="default",
    )


def read_camera(path: Path, width_px: int, height_px: int) -> Camera:
    """Read ``camera.toml`` for footage of a given size.

    Raises:
        ConfigError: The file can't be read, has unknown keys, or describes no camera that could see a road.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as err:
        raise ConfigError(f"no camera file at {path}") from err
    except (OSError, ValueError) as err:
        raise ConfigError(f"{path} is not a TOML file: {err}") from err
    table = document.get("camera")
    if not isinstance(table, dict):
        raise ConfigError(f"{path} has no [camera] table with height_m, pitch_deg and horizontal_fov_deg or focal_px")
    errors = table.get("errors", {})
    _refuse_unknown_keys(path, set(document) - {"camera"}, table, errors)
    try:
        camera = _camera_from(table, errors, width_px, height_px)
    except (TypeError, ValueError, ZeroDivisionError) as err:
        raise ConfigError(f"{path}: {err}") from err
    _check_sense(path, camera)
    return camera.scaled_to(width_px, height_px)


def _camera_from(table: dict[str, object], errors: dict[str, object], width_px: int, height_px: int) -> Camera:
    own_width_px, own_height_px = int(_number(table, "width_px", width_px)), int(_number(table, "height_px", height_px))
    if "focal_px" in table and "horizontal_fov_deg" in table:
        raise ValueError("focal_px and horizontal_fov_deg say the same thing: leave one of them out")
    if "focal_px" in table:
        focal_px = _number(table, "focal_px")
    else:
        fov_deg = _number(table, "horizontal_fov_deg")
        if not _FOV_DEG[0] <= fov_deg <= _FOV_DEG[1]:
            raise ValueError(f"horizontal_fov_deg is {fov_deg:g}; a lens that sees a road has 20 to 150")
        focal_px = _focal_px(own_width_px, fov_deg)
    return Camera(
        width_px=own_width_px,
        height_px=own_height_px,
        focal_px=focal_px,
        height_m=_number(table, "height_m"),
        pitch_deg=_number(table, "pitch_deg"),
        roll_deg=_number(table, "roll_deg", 0.0),
        height_error_m=_number(errors, "height_m", 0.05),
        pitch_error_deg=_number(errors, "pitch_deg", 0.6),
        focal_error_fraction=_number(errors, "focal_fraction", 0.02),
        source="file",
    )


def _refuse_unknown_keys(path: Path, tables: set[str], camera: dict[str, object], errors: object) -> None:
    if not isinstance(errors, dict):
        raise ConfigError(f"{path}: [camera.errors] must be a table")
    unknown = sorted(tables | (set(camera) - _KEYS["camera"]) | (set(errors) - _KEYS["errors"]))
    if unknown:
        raise ConfigError(f"{path} has keys that no camera has: {', '.join(unknown)}")


def _check_sense(path: Path, camera: Camera) -> None:
    if camera.width_px <= 0 or camera.height_px <= 0 or camera.focal_px <= 0:
        raise ConfigError(f"{path}: width_px, height_px and focal_px must be above 0")
    if not _FOV_DEG[0] - 1e-6 <= camera.horizontal_fov_deg <= _FOV_DEG[1] + 1e-6:
        raise ConfigError(
            f"{path}: focal_px {camera.focal_px:g} for {camera.width_px} px of width is a field of view of "
            f"{camera.horizontal_fov_deg:.0f} degrees; a lens that sees a road has 20 to 150"
        )
    if not 0.2 <= camera.height_m <= 10.0:
        raise ConfigError(
            f"{path}: height_m is {camera.height_m:g}; a camera on a vehicle is 0.2 to 10 m over the road"
        )
    if not -15.0 <= camera.pitch_deg <= 80.0:
        raise ConfigError(f"{path}: pitch_deg is {camera.pitch_deg:g}; down is positive, -15 to 80")
    if abs(camera.roll_deg) > 30.0:
        raise ConfigError(f"{path}: roll_deg is {camera.roll_deg:g}; more than 30 is not a mounted camera")
    if min(camera.height_error_m, camera.pitch_error_deg, camera.focal_error_fraction) < 0:
        raise ConfigError(f"{path}: [camera.errors] are 1 sigma and can't be negative")
    if camera.horizon_row_px >= camera.height_px:
        raise ConfigError(f"{path}: with pitch_deg {camera.pitch_deg:g} the picture holds sky only; down is positive")


def _number(table: dict[str, object], key: str, default: float | None = None) -> float:
    value = table.get(key, default)
    if value is None:
        raise ValueError(f"{key} is missing")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{key} must be a number, not {value!r}")
    return float(value)


def _focal_px(width_px: int, horizontal_fov_deg: float) -> float:
    return width_px / 2.0 / math.tan(math.radians(horizontal_fov_deg) / 2.0)
