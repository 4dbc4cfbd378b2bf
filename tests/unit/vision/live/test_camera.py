from __future__ import annotations

import pytest

from vision.live.camera import Camera


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://inspector:p%40ss@10.0.0.7:554/line?channel=1", "rtsp://10.0.0.7:554/line?channel=1"),
        (
            "http://10.0.0.7/video.cgi?usr=a&pwd=hidden&access_token=hidden&ch=2",
            "http://10.0.0.7/video.cgi?usr=a&pwd=***&access_token=***&ch=2",
        ),
        ("/dev/video0", "/dev/video0"),
        ("shifts/a@b?key=1.mp4", "shifts/a@b?key=1.mp4"),
    ],
)
def test_an_address_is_shown_without_its_secrets(address: str, shown: str) -> None:
    assert Camera(address).shown == shown


def test_streams_and_devices_go_on_by_themselves_and_files_end() -> None:
    assert Camera("rtsp://10.0.0.7/line").is_stream
    assert Camera("/dev/video0").is_stream
    assert not Camera("line.mp4").is_stream
