"""Read the agent's rules from TOML: shipped ones by name, a user's own by path."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from vision.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)


class Rules(BaseModel):
    """A part of a rules file: frozen, and an unknown key is an error, since it is most often a misspelt one."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Origin(Rules):
    """What a rules file is, from where, and which edition; shown in reports."""

    name: str
    edition: str
    source: str
    note: str = ""


def read_rules(model: type[Model], shipped_name: str, path: Path | None) -> Model:
    """Read a rules file and check it.

    Args:
        model: What the file must hold.
        shipped_name: File in ``agents/standards`` to read where the user has none.
        path: The user's own file, in place of the shipped one.

    Raises:
        ConfigError: The file is missing, isn't TOML, or holds something wrong; the message names file and key.
    """
    if path is None:
        text = (resources.files("agents") / "standards" / shipped_name).read_text(encoding="utf-8")
    else:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as err:
            raise ConfigError(f"{path}: can't be read ({err}); name a TOML file like {shipped_name}") from err
    return parse_rules(model, text, str(path or shipped_name))


def parse_rules(model: type[Model], text: str, file_name: str) -> Model:
    """Check the text of a rules file.

    Raises:
        ConfigError: It isn't TOML or holds something wrong; the message names file and key.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise ConfigError(f"{file_name}: not valid TOML: {err}") from err
    try:
        return model.model_validate(data)
    except ValidationError as err:
        first = err.errors()[0]
        key = _key_in_file(first["loc"], data) or "the file as a whole"
        more = f" (and {err.error_count() - 1} more)" if err.error_count() > 1 else ""
        raise ConfigError(f"{file_name}: {key}: {first['msg']}{more}") from err


def _key_in_file(location: tuple[int | str, ...], data: object) -> str:
    """Write where an error is by the keys of the file; pydantic's own marks (the kind of a rule) are left out."""
    keys: list[str] = []
    for place, part in enumerate(location):
        if isinstance(data, dict):
            if part not in data and place < len(location) - 1:
                continue
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        keys.append(str(part))
    return ".".join(keys)
