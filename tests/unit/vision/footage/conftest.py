"""Makes small clips whose pictures carry their own number, so that a test can tell which frame it was given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

BITS = 8
_MADE: dict[str, bytes] = {}
"""Encoding takes longer than all else here, so each kind of clip is encoded once."""
CELL_PX = 16


def numbered_picture(number: int, width_px: int = BITS * CELL_PX, height_px: int = 96) -> NDArray[np.uint8]:
    """(H, W, 3) BGR: the top row of cells is the number in bits, the rest a moving texture, red at the bottom left."""
    rng = np.random.default_rng(number)
    picture = np.clip(rng.normal(110, 25, (height_px, width_px, 3)), 0, 255).astype(np.uint8)
    for bit in range(BITS):
        picture[:CELL_PX, bit * CELL_PX : (bit + 1) * CELL_PX] = 235 if number >> bit & 1 else 20
    picture[-CELL_PX:, :CELL_PX] = (20, 20, 230)
    return picture


def _number_of(picture: NDArray[np.uint8]) -> int:
    cells = picture[: CELL_PX - 4, : BITS * CELL_PX].mean(axis=(0, 2)).reshape(BITS, CELL_PX)[:, 4:-4].mean(axis=1)
    return sum(1 << bit for bit, grey in enumerate(cells) if grey > 128)


@pytest.fixture
def number_of() -> Callable[[NDArray[np.uint8]], int]:
    """Give ``number_of(picture)``: the number that an upright picture carries."""
    return _number_of


@pytest.fixture
def make_clip(tmp_path: Path) -> Callable[..., Path]:
    """Give ``make_clip(name, pts, ...)``: a video of numbered pictures at those times in milliseconds."""
    return _maker(tmp_path)


@pytest.fixture(scope="session")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a video of 256 frames over 51 s, with a keyframe every 12 frames."""
    make = _maker(tmp_path_factory.mktemp("long"))
    return make("long.mp4", range(0, 256 * 200, 200), b_frames=2, keyframe_every=12)


def _maker(folder: Path) -> Callable[..., Path]:
    def make(
        name: str = "clip.mp4",
        pts: Sequence[int] = tuple(range(0, 2000, 40)),
        *,
        codec: str = "libx264",
        b_frames: int = 0,
        keyframe_every: int = 10,
        rotation_deg: int | None = None,
        metadata: dict[str, str] | None = None,
        muxer: str | None = None,
        pixel_aspect: Fraction | None = None,
        with_sound: bool = False,
        options: dict[str, str] | None = None,
        codec_options: dict[str, str] | None = None,
    ) -> Path:
        path = folder / name
        kind = repr((path.suffix, tuple(pts), codec, b_frames, keyframe_every, rotation_deg, metadata, muxer))
        kind += repr((pixel_aspect, with_sound, options, codec_options))
        if kind in _MADE:
            path.write_bytes(_MADE[kind])
            return path
        with av.open(str(path), "w", format=muxer, container_options=options or {}) as container:
            container.metadata.update(metadata or {})
            stream: Any = container.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = BITS * CELL_PX, 96, "yuv420p"
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
            if codec == "libx264":
                stream.options = {
                    "bf": str(b_frames),
                    "g": str(keyframe_every),
                    "sc_threshold": "0",
                    "crf": "18",
                    "preset": "veryfast",
                    "b-adapt": "0",
                    "threads": "1",
                }
            stream.options = {**stream.options, **(codec_options or {})}
            if pixel_aspect is not None:
                stream.codec_context.sample_aspect_ratio = pixel_aspect
            if rotation_deg is not None:
                stream.set_display_rotation(rotation_deg)
            sound: Any = container.add_stream("aac", rate=8000) if with_sound else None
            container.start_encoding()
            for number, moment in enumerate(pts):
                frame = av.VideoFrame.from_ndarray(numbered_picture(number), format="bgr24")
                frame.pts, frame.time_base = moment, Fraction(1, 1000)
                container.mux(stream.encode(frame))
            if pts:
                container.mux(stream.encode(None))
            if sound is not None:
                container.mux(_silence(sound))
        _MADE[kind] = path.read_bytes()
        return path

    return make


def _silence(stream: Any) -> list[av.Packet[Any]]:
    packets = []
    for k in range(4):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), dtype=np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 8000, k * 1024
        packets += stream.encode(frame)
    return packets + stream.encode(None)


@pytest.fixture
def make_sound(tmp_path: Path) -> Callable[[str], Path]:
    """Give ``make_sound(name)``: a file that holds sound only."""

    def make(name: str = "sound.mp4") -> Path:
        path = tmp_path / name
        with av.open(str(path), "w") as container:
            stream: Any = container.add_stream("aac", rate=8000)
            container.mux(_silence(stream))
        return path

    return make
