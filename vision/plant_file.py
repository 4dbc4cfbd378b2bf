"""Reads plant.toml: the lines and stations of a factory, and the limits of its kinds of parts."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from vision.errors import ConfigError
from vision.plant import Level, Limit, PartClass, PartIdKind, Plant, Region, Station, Travel, Watch

_T = TypeVar("_T", bound=str)
_SIZES = ("max_length_mm", "max_width_mm", "max_area_mm2")
_STATION_KEYS = {
    "name", "asset", "criticality", "camera", "part_class", "region", "mm_per_px", "travel", "part_id", "surface",
    "belt", "anomaly", "watch",
}  # fmt: skip


def read_plant(path: Path) -> Plant:
    """Read plant.toml.

    ``kind = "factory"`` and ``name`` stand at the top; each ``[[line]]`` has a ``name`` and ``[[line.station]]``
    tables, each of those may have ``[[line.station.watch]]``; each ``[[part_class]]`` has ``[[part_class.limit]]``.

    Raises:
        ConfigError: The file can't be read, or makes no sense; says where, why, and what to write.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as err:
        raise ConfigError(f"plant file {path} can't be read: {err.strerror or err}") from err
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise ConfigError(f"plant file {path} is not TOML: {err}") from err
    where = path.name
    _refuse_unknown(content, {"kind", "name", "line", "part_class"}, where)
    if content.get("kind") != "factory":
        raise ConfigError(f'{where}: kind is {content.get("kind")!r}; write kind = "factory"')
    classes = tuple(_part_class(entry, where, n) for n, entry in _tables(content, "part_class", where))
    stations = tuple(s for n, entry in _tables(content, "line", where) for s in _stations(entry, where, n))
    if not stations:
        raise ConfigError(f"{where} has no [[line.station]]: add a [[line]] with at least one")
    _refuse_twice([one.name for one in classes], "part classes", where)
    _refuse_twice([one.name for one in stations], "stations", where)
    plant = Plant(_text(content, "name", where), stations, classes)
    for station in stations:
        if plant.part_class(station.part_class) is None:
            known = ", ".join(one.name for one in classes) or "none"
            raise ConfigError(
                f"{where}, station {station.name!r}: part_class {station.part_class!r} is not in the file (known: "
                f"{known}); add a [[part_class]] of that name"
            )
    return plant


def _stations(entry: dict[str, Any], where: str, number: int) -> list[Station]:
    _refuse_unknown(entry, {"name", "station"}, f"{where}, line {number}")
    line = _text(entry, "name", f"{where}, line {number}")
    where = f"{where}, line {line!r}"
    return [_station(station, line, where, n) for n, station in _tables(entry, "station", where)]


def _station(entry: dict[str, Any], line: str, where: str, number: int) -> Station:
    name = _text(entry, "name", f"{where}, station {number}")
    where = f"{where}, station {name!r}"
    _refuse_unknown(entry, _STATION_KEYS, where)
    return Station(
        name=name,
        line=line,
        asset=_text(entry, "asset", where),
        criticality=_choice(entry, "criticality", get_args(Level), "medium", where),
        part_class=_text(entry, "part_class", where),
        region=_region(entry, where),
        mm_per_px=_positive(entry, "mm_per_px", where),
        travel=_choice(entry, "travel", get_args(Travel), "right", where),
        part_id=_choice(entry, "part_id", get_args(PartIdKind), "count", where),
        surface=_flag(entry, "surface", where),
        belt=_optional_text(entry, "belt", where),
        anomaly=_optional_text(entry, "anomaly", where),
        camera=_optional_text(entry, "camera", where),
        watches=tuple(_watch(watch, where, n) for n, watch in _tables(entry, "watch", where)),
    )


def _watch(entry: dict[str, Any], where: str, number: int) -> Watch:
    name = _text(entry, "name", f"{where}, watch {number}")
    where = f"{where}, watch {name!r}"
    _refuse_unknown(entry, {"name", "region", "states", "sound", "severity"}, where)
    sound = entry.get("sound")
    if not isinstance(sound, list) or not sound or not all(isinstance(one, str) and one.strip() for one in sound):
        raise ConfigError(f'{where}: sound = {sound!r}; list the states that are as they should be, as sound = ["dry"]')
    severity = _choice(entry, "severity", get_args(Level), "medium", where)
    return Watch(name, _region(entry, where), _text(entry, "states", where), tuple(sound), severity)


def _part_class(entry: dict[str, Any], where: str, number: int) -> PartClass:
    name = _text(entry, "name", f"{where}, part class {number}")
    where = f"{where}, part class {name!r}"
    _refuse_unknown(entry, {"name", "limit", "defects"}, where)
    limits = tuple(_limit(limit, where, n) for n, limit in _tables(entry, "limit", where))
    _refuse_twice([limit.defect for limit in limits], "limits", where)
    defects = entry.get("defects", [])
    if not isinstance(defects, list) or not all(isinstance(one, str) and one.strip() for one in defects):
        raise ConfigError(f'{where}: defects = {defects!r}; list kinds to look for, as in defects = ["scratch", "pit"]')
    unlisted = next((limit.defect for limit in limits if defects and limit.defect not in defects), None)
    if unlisted is not None:
        raise ConfigError(f"{where}: {unlisted!r} has a limit and isn't among its defects; add it there")
    return PartClass(name, limits, tuple(defects))


def _limit(entry: dict[str, Any], where: str, number: int) -> Limit:
    defect = _text(entry, "defect", f"{where}, limit {number}")
    where = f"{where}, limit of {defect!r}"
    _refuse_unknown(entry, {"defect", "severity", "max_count", *_SIZES}, where)
    sizes = {key: _positive(entry, key, where) for key in _SIZES}
    count = entry.get("max_count")
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 0):
        raise ConfigError(f"{where}: max_count = {count!r} must be a whole number, 0 or more")
    if count is None and all(size is None for size in sizes.values()):
        raise ConfigError(f"{where}: limits nothing; give at least one of {', '.join(_SIZES)}, max_count")
    severity = _choice(entry, "severity", get_args(Level), "medium", where)
    return Limit(defect, severity, max_count=count, **sizes)


def _region(entry: dict[str, Any], where: str) -> Region:
    value = entry.get("region")
    if not isinstance(value, list) or len(value) != 4 or not all(_is_number(one) for one in value):
        raise ConfigError(f"{where}: region = {value!r}; write left, top, right, bottom, as in [0.1, 0.2, 0.9, 0.8]")
    left, top, right, bottom = (float(one) for one in value)
    if min(value) < 0.0 or max(value) > 1.0:
        raise ConfigError(f"{where}: region {value} reaches out of the picture; give fractions of it, from 0 to 1")
    if left >= right or top >= bottom:
        raise ConfigError(f"{where}: region {value} encloses nothing; write left < right and top < bottom")
    return Region(left, top, right, bottom)


def _tables(entry: dict[str, Any], key: str, where: str) -> list[tuple[int, dict[str, Any]]]:
    value = entry.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ConfigError(f"{where}: write {key} in two pairs of brackets, once for each")
    return list(enumerate(value, start=1))


def _choice(entry: dict[str, Any], key: str, known: tuple[_T, ...], default: _T, where: str) -> _T:
    value = entry.get(key, default)
    for choice in known:
        if value == choice:
            return choice
    raise ConfigError(f"{where}: {key} is {value!r}; choose of {', '.join(known)}")


def _flag(entry: dict[str, Any], key: str, where: str) -> bool:
    value = entry.get(key, False)
    if not isinstance(value, bool):
        raise ConfigError(f"{where}: {key} = {value!r}; write true or false")
    return value


def _positive(entry: dict[str, Any], key: str, where: str) -> float | None:
    value = entry.get(key)
    if value is None:
        return None
    if not _is_number(value) or value <= 0.0:
        raise ConfigError(f"{where}: {key} = {value!r} must be a number greater than 0")
    return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _optional_text(entry: dict[str, Any], key: str, where: str) -> str | None:
    return _text(entry, key, where) if key in entry else None


def _text(entry: dict[str, Any], key: str, where: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f'{where}: {key} is missing; write {key} = "..."')
    return value.strip()


def _refuse_twice(names: Sequence[str], what: str, where: str) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(f"{where}: two {what} are named {twice!r}; each name may stand once")


def _refuse_unknown(entry: dict[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(entry) - known)
    if unknown:
        raise ConfigError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")
