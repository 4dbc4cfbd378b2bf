"""Codes that name a part: QR, ArUco, AprilTag, as OpenCV draws and reads them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.simulation.line.options import MarkerKind

ARUCO_DICTIONARY = cv2.aruco.DICT_4X4_250
APRILTAG_DICTIONARY = cv2.aruco.DICT_APRILTAG_36h11


def marker_cells(kind: MarkerKind, payload: str) -> NDArray[np.uint8]:
    """Give a code with its quiet zone, one pixel a cell, 0 or 255.

    Args:
        kind: ``qr``, ``aruco`` (4x4, 250 ids) or ``apriltag`` (36h11).
        payload: What it says: any text of a QR code, a decimal id of the others.
    """
    if kind == "qr":
        cells = np.asarray(cv2.QRCodeEncoder.create().encode(payload), np.uint8)
        dark_rows, dark_cols = np.nonzero(cells == 0)
        cells = cells[dark_rows.min() : dark_rows.max() + 1, dark_cols.min() : dark_cols.max() + 1]
        return np.pad(cells, 3, constant_values=255)
    name, bits = (ARUCO_DICTIONARY, 4) if kind == "aruco" else (APRILTAG_DICTIONARY, 6)
    dictionary = cv2.aruco.getPredefinedDictionary(name)
    cells = np.asarray(cv2.aruco.generateImageMarker(dictionary, int(payload), bits + 2), np.uint8)
    return np.pad(cells, 1, constant_values=255)


def marker_picture(kind: MarkerKind, payload: str, side_px: int) -> NDArray[np.float32]:
    """Give a code as it is printed or etched: (side_px, side_px, 3) float32 BGR."""
    cells = cv2.resize(marker_cells(kind, payload), (side_px, side_px), interpolation=cv2.INTER_NEAREST)
    tone = np.where(cells > 127, np.float32(0.86), np.float32(0.07))
    return np.asarray(np.repeat(tone[..., None], 3, axis=2), np.float32)
