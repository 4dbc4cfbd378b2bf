"""What the CSV readers share: a table whose errors name the row, columns by their usual spellings, and times."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from vision.errors import TelemetryError
from vision.types import Float, Int

CSV_SUFFIXES = (".csv", ".tsv", ".txt")

FRAME_SPELLINGS = (
    "video_frame",
    "frame",
    "frame_index",
    "frame_number",
    "frame_no",
    "frame_num",
    "frame_id",
    "framecnt",
)
_TIME_WORDS = (
    "video_time|frame_time|footage_time|media_time|time_in_video|elapsed_time|elapsed|pts|time|timestamp|t|seconds|"
    "utc_time|time_utc|utc|utc_time_estimated|gps_time|datetime|date_time|timestamp_utc|epoch|epoch_time|unix_time"
)
_TIME_NAME = re.compile(rf"(?:{_TIME_WORDS})(?:_(s|sec|seconds|ms|us|ns))?")
_SECONDS_PER = {None: 1.0, "s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}

_EARLIEST_EPOCH_S = 1e8
"""A number of seconds from here on (March 1973, or three years of video) counts since 1970, not since frame 0."""


@dataclass(frozen=True, slots=True)
class When:
    """The one kind of time that a table gives; the other two are None. (N,) int64 each, one a row."""

    utc_ns: Int | None = None
    footage_ns: Int | None = None
    frame_index: Int | None = None


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A CSV file as text.

    Attributes:
        path: The file.
        names: Column names, in lower case with words joined by ``_``.
        cells: Rows of as many stripped cells as there are names.
        line_numbers: Line in the file of each row, for messages.
        decimal_comma: Numbers are written 1,5 (only where another sign separates the columns).
    """

    path: Path
    names: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    line_numbers: tuple[int, ...]
    decimal_comma: bool

    def find(self, spellings: Sequence[str]) -> int | None:
        """Give the number of the first column that is spelt in one of these ways, in their order."""
        return next((self.names.index(name) for name in spellings if name in self.names), None)

    def texts(self, column: int) -> list[str]:
        """Give a column as it stands."""
        return [row[column] for row in self.cells]

    def numbers(self, column: int) -> Float:
        """Give a column as (N,) float64, NaN for a blank cell.

        Raises:
            TelemetryError: A cell is neither a number nor blank; names its row.
        """
        values = np.full(len(self.cells), np.nan)
        for index, text in enumerate(self.texts(column)):
            if text.lower() in ("", "nan", "na", "n/a", "null", "none"):
                continue
            try:
                values[index] = float(text.replace(",", ".") if self.decimal_comma else text)
            except ValueError as err:
                raise self.row_error(index, f"{text!r} in column {self.names[column]} is not a number") from err
        return values

    def take(self, rows: Int) -> CsvTable:
        """Give the table of these rows only."""
        return replace(
            self,
            cells=tuple(self.cells[row] for row in rows),
            line_numbers=tuple(self.line_numbers[row] for row in rows),
        )

    def row_error(self, index: int, problem: str) -> TelemetryError:
        """Make the error that names the row: the line of the file, counted from 1 with the heading."""
        return TelemetryError(
            f"{self.path.name}, line {self.line_numbers[index]}: {problem}; correct or remove the row"
        )


def read_header(path: Path) -> tuple[str, ...]:
    """Give a CSV file's column names in lower case with words joined by ``_``; none for a file that isn't one."""
    if path.suffix.lower() not in CSV_SUFFIXES or not path.is_file():
        return ()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            line = file.readline(65536)
    except (OSError, UnicodeDecodeError):
        return ()
    return tuple(_normalised(cell) for cell in next(csv.reader([line], delimiter=_delimiter(line)), []))


def read_table(path: Path) -> CsvTable:
    """Read a CSV file separated by commas, semicolons or tabs; blank lines are passed over.

    Raises:
        TelemetryError: The file can't be read, isn't text, has no rows, or a row has too few or too many cells.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as err:
        raise TelemetryError(f"{path.name} can't be read: {err.strerror or err}") from err
    except UnicodeDecodeError as err:
        raise TelemetryError(f"{path.name} isn't a text file: save it as CSV in UTF-8") from err
    lines = text.splitlines()
    delimiter = _delimiter(lines[0] if lines else "")
    reader = csv.reader(lines, delimiter=delimiter)
    names: tuple[str, ...] = ()
    cells: list[tuple[str, ...]] = []
    numbers: list[int] = []
    try:
        for row in reader:
            stripped = tuple(cell.strip() for cell in row)
            if not any(stripped):
                continue
            if not names:
                names = tuple(_normalised(cell) for cell in stripped)
                continue
            if len(stripped) != len(names):
                raise TelemetryError(
                    f"{path.name}, line {reader.line_num}: {len(stripped)} cells where the heading has {len(names)}; "
                    "the file may be cut off: correct or remove the row"
                )
            cells.append(stripped)
            numbers.append(reader.line_num)
    except csv.Error as err:
        raise TelemetryError(f"{path.name}, line {reader.line_num}: {err}") from err
    if not cells:
        raise TelemetryError(f"{path.name} has no rows: it needs a heading and a row for each position")
    return CsvTable(path, names, tuple(cells), tuple(numbers), decimal_comma=delimiter == ";")


def read_when(table: CsvTable) -> When:
    """Give when each row is: by time since the first frame if a column says so, else by frame number, else by UTC.

    A time column may count seconds, or ms, us or ns if its name ends so, or be written in ISO 8601. Large numbers count
    since 1970. Times without a zone are read as UTC.

    Raises:
        TelemetryError: There is no such column, or a cell can't be read; names what is missing, or the row.
    """
    times = [_times(table, column) for column, name in enumerate(table.names) if _TIME_NAME.fullmatch(name)]
    readable = [when for when in times if isinstance(when, When)]
    in_footage = next((when for when in readable if when.footage_ns is not None), None)
    if in_footage is not None:
        return in_footage
    frame_column = table.find(FRAME_SPELLINGS)
    if frame_column is not None:
        return When(frame_index=_frame_numbers(table, frame_column))
    if readable:
        return readable[0]
    failed = next((error for error in times if isinstance(error, TelemetryError)), None)
    if failed is not None:
        raise failed
    raise TelemetryError(
        f"{table.path.name} doesn't say when: it has columns {', '.join(table.names)}; "
        "add a column 'frame' (number from 0), 'time_s' (seconds since the first frame) or 'utc_time' (ISO 8601)"
    )


def _frame_numbers(table: CsvTable, column: int) -> Int:
    numbers = table.numbers(column)
    bad = np.flatnonzero(~(numbers >= 0) | (numbers != np.round(numbers)))
    if len(bad):
        text = table.texts(column)[bad[0]]
        raise table.row_error(int(bad[0]), f"{text!r} in column {table.names[column]} is not a frame number")
    return numbers.astype(np.int64)


def _times(table: CsvTable, column: int) -> When | TelemetryError:
    """Read a time column; an error is a value here, since another column may still say when."""
    texts = table.texts(column)
    match = _TIME_NAME.fullmatch(table.names[column])
    unit = match[1] if match else None
    try:
        if re.search(r"\d[-/:]\d", texts[0]):
            return When(utc_ns=_iso_times(table, column, texts))
        return _counted_times(table, column, unit)
    except TelemetryError as err:
        return err


def _iso_times(table: CsvTable, column: int, texts: list[str]) -> Int:
    values = np.empty(len(texts), dtype=np.int64)
    for index, text in enumerate(texts):
        try:
            values[index] = utc_nanoseconds(datetime.fromisoformat(text))
        except ValueError as err:
            problem = f"{text!r} in column {table.names[column]} is not a date and time in ISO 8601"
            raise table.row_error(index, problem) from err
    return values


def _counted_times(table: CsvTable, column: int, unit: str | None) -> When:
    values = table.numbers(column)
    missing = np.flatnonzero(~np.isfinite(values))
    if len(missing):
        raise table.row_error(int(missing[0]), f"column {table.names[column]} is blank")
    scale = _SECONDS_PER[unit]
    largest_s = float(np.max(np.abs(values))) * scale
    if largest_s < _EARLIEST_EPOCH_S:
        return When(footage_ns=np.round(values * (scale * 1e9)).astype(np.int64))
    if unit is None:  # Unix times are written in seconds, ms, us or ns: only one of them falls into this half-century.
        scale = next((s for s in (1.0, 1e-3, 1e-6, 1e-9) if float(np.max(values)) * s < 4e9), 1e-9)
    whole = np.floor(values)
    per_unit = round(1e9 * scale)
    return When(utc_ns=whole.astype(np.int64) * per_unit + np.round((values - whole) * per_unit).astype(np.int64))


def utc_nanoseconds(moment: datetime) -> int:
    """Give nanoseconds since 1970 UTC, exactly to the microsecond; a moment without a zone is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    since = aware - datetime(1970, 1, 1, tzinfo=UTC)
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000


def _normalised(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _delimiter(heading: str) -> str:
    return max((",", ";", "\t"), key=heading.count)
