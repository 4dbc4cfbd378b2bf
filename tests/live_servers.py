"""A webhook served in this process, and a camera that sends MPEG-TS over TCP at its own speed, for the live tests."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av

_PIECE = 188 * 7
"""MPEG-TS packets that a sender puts into one piece."""


@contextmanager
def webhook(answers: Sequence[int] = ()) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve a webhook that gives these answers in turn, then 200; what it was sent is listed."""
    got: list[dict[str, Any]] = []
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(left.pop(0) if left else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/alerts", got
        server.shutdown()
        thread.join()


def as_stream(video: Path, out: Path, fps: int) -> tuple[bytes, float]:
    """Encode a video anew as MPEG-TS; give its bytes and its length in seconds."""
    frames = 0
    with av.open(str(video)) as source, av.open(str(out), "w", format="mpegts") as target:
        stream = target.add_stream("mpeg2video", rate=25)
        shown = source.streams.video[0]
        stream.width, stream.height, stream.pix_fmt = shown.width, shown.height, "yuv420p"
        stream.bit_rate, stream.gop_size = 8_000_000, 5
        for frame in source.decode(video=0):
            picture = frame.to_ndarray(format="bgr24")
            target.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
            frames += 1
        target.mux(stream.encode(None))
    return out.read_bytes(), frames / fps


@contextmanager
def camera(content: bytes, seconds: float, pauses_s: Sequence[float]) -> Iterator[str]:
    """Serve a stream at its own speed to one connection, go away, and again after each of the pauses."""
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    over = threading.Event()

    def send(connection: socket.socket) -> None:
        began = time.monotonic()
        for start in range(0, len(content), _PIECE):
            due = began + seconds * start / len(content)
            if over.wait(max(0.0, due - time.monotonic())):
                return
            connection.sendall(content[start : start + _PIECE])

    def serve(server: socket.socket) -> None:
        for number in range(len(pauses_s) + 1):
            try:
                connection, _ = server.accept()
                server.close()
                with connection:
                    send(connection)
            except OSError:  # the other end has gone
                return
            if number < len(pauses_s):
                if over.wait(pauses_s[number]):
                    return
                server = socket.create_server(("127.0.0.1", port))

    thread = threading.Thread(target=serve, args=(server,), daemon=True)
    thread.start()
    try:
        yield f"tcp://127.0.0.1:{port}"
    finally:
        over.set()
        server.close()
        thread.join(5.0)
