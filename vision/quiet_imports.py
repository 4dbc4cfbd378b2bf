"""Import libraries that write to standard output, which carries walkdown's results and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout


@contextmanager
def chatter_on_stderr() -> Iterator[None]:
    """Send to standard error what is printed meanwhile.

    ultralytics makes its log handler when it is first imported, over what standard output is at that moment: imported
    in here, it writes to standard error from then on.
    """
    with redirect_stdout(sys.stderr):
        yield
