"""Says which setting is wrong, where it stands and what was probably meant."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, ValidationError

from vision.errors import ConfigError

PREFIX = "WALKDOWN_"
TEST_PREFIX = "WALKDOWN_TEST_"


def known_keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Give the dotted name of every setting, such as ``detector.confidence``."""
    for name, info in model.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            yield from known_keys(info.annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def refuse_unknown_variables(model: type[BaseModel], reserved: str) -> None:
    """Refuse a ``WALKDOWN_*`` variable that names no setting, which pydantic-settings would pass over.

    Raises:
        ConfigError: Names the variable and the nearest known one.
    """
    groups = {f"{PREFIX}{name}".upper() for name in model.model_fields}
    names = [f"{PREFIX}{key.replace('.', '__')}".upper() for key in known_keys(model)]
    for variable in sorted(os.environ):
        upper = variable.upper()
        if not upper.startswith(PREFIX) or upper == reserved or upper.startswith(TEST_PREFIX):
            continue
        if upper not in names and upper not in groups:
            raise ConfigError(f"environment variable {variable} is no setting{_nearest(upper, names)}")


def explain(
    error: ValidationError, model: type[BaseModel], file: str, given: Mapping[str, Mapping[str, object]]
) -> str:
    """Give one line for the first thing that is wrong.

    Args:
        error: From validating ``model``.
        model: The settings.
        file: Where a key stands that came neither from the command line nor from a variable.
        given: What came from the command line.
    """
    first = error.errors(include_url=False)[0]
    location = [str(part) for part in first["loc"]]
    key = ".".join(location)
    where = _origin(location, file, given)
    if first["type"] == "extra_forbidden":
        return f"{where}: unknown setting {key!r}{_nearest(key, list(known_keys(model)))}"
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: setting {key} = {first['input']!r}: {message[:1].lower()}{message[1:]}"


def _origin(location: list[str], file: str, given: Mapping[str, Mapping[str, object]]) -> str:
    if len(location) > 1 and location[1] in given.get(location[0], {}):
        return "command line"
    variables = {name.upper(): name for name in os.environ}
    for parts in (location[:2], location[:1]):
        name = f"{PREFIX}{'__'.join(parts)}".upper()
        if name in variables:
            return variables[name]
    return file


def _nearest(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(sorted(known))}"
