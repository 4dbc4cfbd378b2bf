"""A video opened for decoding, at a place in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

from av.packet import Packet as AnyPacket
from av.video import VideoStream

from vision.errors import FootageError
from vision.footage.container import open_video, picture_stream
from vision.footage.times import ns_to_pts, read_times

_REORDERED_FRAMES = 32
"""Frames that may be shown before one that is stored ahead of them: at most 16 in H.264 and HEVC (their DPB limit)."""


Packet: TypeAlias = "AnyPacket[VideoStream]"


class PictureSource:
    """Hands out a video's packets from any keyframe on, beside a decoder for them.

    Args:
        path: The video.
        threads: Threads of the decoder; 0 leaves it to the decoder.

    Raises:
        FootageError: It can't be opened.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self.path = path
        self.threads = threads
        self._open()
        first = read_times(self._container, self.stream, shown_limit=_REORDERED_FRAMES).shown
        if len(first) == 0:
            raise FootageError(f"{path}: holds no frame; the file changed since it was probed, start again")
        self.origin_pts = int(first[0])
        self.time_base = _time_base(self.stream, path)
        self.pixel_aspect = self.codec.sample_aspect_ratio or Fraction(1)
        self.rewind()

    def _open(self) -> None:
        self._container = open_video(self.path)
        self.stream = picture_stream(self._container, self.path)
        self.codec = self.stream.codec_context
        self.codec.thread_type = "SLICE" if self.threads == 1 else "AUTO"
        self.codec.thread_count = self.threads
        # A damaged picture must be an error: by default decoders paint over the damage and say nothing.
        self.codec.options = {"err_detect": "explode"}
        self._packets: Iterator[Packet] = self._container.demux(self.stream)
        self.at_ns = 0

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def rewind(self) -> None:
        """Go to the start of the file, with a fresh decoder."""
        self.close()
        self._open()

    def time_ns(self, pts: int) -> int:
        """Give a time in the stream's units as nanoseconds since the first frame."""
        base = self.time_base
        return (2_000_000_000 * (pts - self.origin_pts) * base.numerator + base.denominator) // (2 * base.denominator)

    def next_packet(self) -> Packet | None:
        """Give the next packet with a time, None at the end.

        Raises:
            av.error.FFmpegError: The container is damaged here.
        """
        for packet in self._packets:
            if packet.size > 0 and packet.pts is not None:
                self.at_ns = self.time_ns(packet.pts)
                return packet
        return None

    def put_back(self, packet: Packet) -> None:
        """Have ``next_packet`` give this one again."""
        self._packets = itertools.chain((packet,), self._packets)

    def seek(self, pts_ns: int) -> None:
        """Go to a keyframe at or before a time; the decoder forgets what it held.

        Raises:
            av.error.FFmpegError: The container has no way to.
        """
        self._container.seek(ns_to_pts(pts_ns, self.origin_pts, self.time_base), stream=self.stream, backward=True)
        self._packets = self._container.demux(self.stream)

    def skip_to_first_keyframe(self) -> bool:
        """Drop what a file begins with that nothing can be decoded from; False if that is all there is."""
        while (packet := self.next_packet()) is not None:
            if packet.is_keyframe:
                self.put_back(packet)
                return True
        return False

    def skip_to(self, pts_ns: int) -> bool:
        """Drop packets until the keyframe of that time is next; False if it isn't ahead."""
        while (packet := self.next_packet()) is not None:
            if packet.is_keyframe and self.at_ns == pts_ns:
                self.put_back(packet)
                return True
            if packet.dts is not None and self.time_ns(packet.dts) > pts_ns:
                self.put_back(packet)
                return False
        return False


def _time_base(stream: VideoStream, path: Path) -> Fraction:
    if stream.time_base is None:
        raise FootageError(f"{path}: the file states no unit of time; copy it anew (ffmpeg -i IN -c copy OUT.mp4)")
    return stream.time_base
