"""Import ultralytics without what it does to the rest of the process.

It writes to standard output, which carries walkdown's results and nothing else; and it replaces ``PIL.Image.open`` by a
function that, at a picture it can't read, tries to install a package.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from PIL import Image


@contextmanager
def importing_ultralytics() -> Iterator[None]:
    """Send to standard error what is printed meanwhile, and put Pillow's own ``open`` back afterwards.

    ultralytics makes its log handler when it is first imported, over what standard output is at that moment: imported
    in here, it writes to standard error from then on.
    """
    pillow_open = Image.open
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        Image.open = pillow_open
