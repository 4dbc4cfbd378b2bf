"""Import ultralytics without what it does to the rest of the process.

It writes to standard output, which carries walkdown's results and nothing else; in a fresh home it tells of a settings
file that no user of walkdown needs to know of; and it replaces ``PIL.Image.open`` by a function that, at a picture it
can't read, tries to install a package.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from PIL import Image


@contextmanager
def importing_ultralytics() -> Iterator[None]:
    """Send to standard error what is printed meanwhile, warnings only, and put Pillow's own ``open`` back afterwards.

    ultralytics makes its log handler when it is first imported, over what standard output is at that moment: imported
    in here, it writes to standard error from then on.
    """
    pillow_open = Image.open
    logger = logging.getLogger("ultralytics")
    logger.addFilter(_is_a_warning)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        logger.removeFilter(_is_a_warning)
        Image.open = pillow_open


def _is_a_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING
