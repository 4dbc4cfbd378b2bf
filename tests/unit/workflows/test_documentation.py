"""Each command stands in the README, each setting in the example file, whose values are the defaults."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer.main
from pydantic import BaseModel

from infra.settings import Settings
from workflows.cli import app

ROOT = Path(__file__).parents[3]


def _commands(command: click.Command, words: tuple[str, ...]) -> Iterator[str]:
    children = getattr(command, "commands", None)
    if not children:
        yield " ".join(words)
        return
    for name, child in children.items():
        yield from _commands(child, (*words, name))


@pytest.mark.parametrize("command", sorted(_commands(typer.main.get_command(app), ("walkdown",))))
def test_each_command_stands_in_the_readme(command: str) -> None:
    assert f"`{command}" in (ROOT / "README.md").read_text(encoding="utf-8")


def _settings() -> list[tuple[str, str]]:
    defaults = Settings()
    return [
        (group, name)
        for group in Settings.model_fields
        for name in type(getattr(defaults, group)).model_fields
        if isinstance(getattr(defaults, group), BaseModel)
    ]


@pytest.mark.parametrize(("group", "name"), _settings())
def test_each_setting_stands_in_the_example(group: str, name: str) -> None:
    text = (ROOT / "walkdown.example.toml").read_text(encoding="utf-8")
    section = text.split(f"[{group}]", 1)[1].split("\n[", 1)[0]
    assert f"\n{name} = " in section or f"\n# {name} = " in section


def test_the_example_shows_the_defaults() -> None:
    given = tomllib.loads((ROOT / "walkdown.example.toml").read_text(encoding="utf-8"))
    defaults = Settings().model_dump(mode="json")
    for group, values in given.items():
        for name, value in values.items():
            assert defaults[group][name] == value, f"{group}.{name}"
