import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest

from vision.errors import FootageError
from vision.live.camera import Camera
from vision.live.queue import FrameQueue, LiveFrame
from vision.live.reader import CameraReader, Reconnecting

_FRAMES, _FPS = 12, 20


def _write(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg2video", rate=25 if path.suffix == ".ts" else _FPS)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(_FRAMES):
            picture = np.full((48, 64, 3), 15 * index, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode(None))
    return path


@contextmanager
def _camera(content: bytes, connections: int) -> Iterator[str]:
    """Serve MPEG-TS over TCP to so many connections, one after another, then go away."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for _ in range(connections):
            connection, _ = server.accept()
            with connection:
                connection.sendall(content)
        server.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
    thread.join(5.0)


def _drain(queue: FrameQueue) -> list[LiveFrame]:
    taken = []
    while not queue.finished:
        live = queue.get(5.0)
        if live is not None:
            taken.append(live)
    return taken


def test_a_camera_that_goes_away_is_told_counted_and_sought_again(tmp_path: Path) -> None:
    said: list[str] = []
    queue = FrameQueue(100)
    with _camera(_write(tmp_path / "camera.ts").read_bytes(), connections=2) as address:
        reader = CameraReader(Camera(address), queue, Reconnecting(0.05, 0.1, give_up_s=0.3), said.append)
        reader.start()
        frames = _drain(queue)
        reader.stop()

    assert len(frames) == reader.counts.frames == 2 * _FRAMES
    assert (reader.counts.losses, reader.counts.reconnects) == (2, 1)
    assert reader.counts.away_s > 0.3
    times = [live.frame.pts_ns for live in frames]
    assert times == sorted(times)
    assert "ended its stream" in said[0]
    assert "is back after" in said[1]
    assert "given up after" in said[-1]
    assert len(reader.counts.gaps) == 2


def test_a_file_is_played_at_its_own_speed(tmp_path: Path) -> None:
    queue = FrameQueue(100)
    reader = CameraReader(Camera(str(_write(tmp_path / "line.mp4"))), queue, Reconnecting(), lambda _: None)
    began = time.monotonic()
    reader.start()
    frames = _drain(queue)

    assert len(frames) == _FRAMES
    assert frames[-1].frame.pts_ns == pytest.approx((_FRAMES - 1) / _FPS * 1e9)
    assert time.monotonic() - began >= (_FRAMES - 1) / _FPS
    assert (reader.counts.losses, queue.dropped) == (0, 0)


def test_who_looks_slowly_sees_the_newest_frames(tmp_path: Path) -> None:
    queue = FrameQueue(2)
    reader = CameraReader(Camera(str(_write(tmp_path / "line.mp4"))), queue, Reconnecting(), lambda _: None)
    reader.start()
    time.sleep(_FRAMES / _FPS + 0.5)
    frames = _drain(queue)

    assert queue.dropped == _FRAMES - 2
    assert [round(live.frame.pts_ns * _FPS / 1e9) for live in frames] == [_FRAMES - 2, _FRAMES - 1]


def test_stopping_ends_a_run_at_once(tmp_path: Path) -> None:
    queue = FrameQueue(100)
    reader = CameraReader(Camera(str(_write(tmp_path / "line.mp4"))), queue, Reconnecting(), lambda _: None)
    reader.start()
    reader.stop()

    _drain(queue)
    assert reader.counts.frames < _FRAMES


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("tcp://someone:secret@127.0.0.1:9", "the camera tcp://127.0.0.1:9 doesn't answer"),
        ("/dev/video99", "/dev/video99 doesn't answer"),
        ("nowhere.mp4", "nowhere.mp4 is neither a stream"),
    ],
)
def test_a_camera_that_does_not_answer_is_one_line(address: str, says: str) -> None:
    with pytest.raises(FootageError, match=says) as told:
        CameraReader(Camera(address, 1.0), FrameQueue(1), Reconnecting(), lambda _: None).start()
    assert "secret" not in str(told.value)
