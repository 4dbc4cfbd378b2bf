"""Turns a report's content into report.html: one file that needs nothing else, offline, with nothing to trust."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound
from markupsafe import Markup

from vision.errors import ConfigError
from workflows import report_format
from workflows.report_content import ReportContent
from workflows.report_drawings import LEVELS, MapDrawing

_TEMPLATES = Path(__file__).parent.parent / "reports_templates"
_LEAFLET = "vendor/leaflet-1.9.4"
_FILTERS = (
    "chainage",
    "clock",
    "coordinates",
    "day",
    "distance",
    "duration",
    "lateral",
    "metres",
    "moment",
    "percent",
    "plural",
    "quantity",
    "severity",
    "short_hash",
    "upper_first",
    "whole",
    "words",
)


def render_report(content: ReportContent) -> str:
    """Give the whole page.

    Styles, scripts and pictures stand in it. Its content policy allows those scripts by their hash and no request to
    any host, but to the tile server that a reader may switch on.

    Raises:
        ConfigError: The templates are missing from the installation.
    """
    scripts = [static_text(f"{_LEAFLET}/leaflet.js"), static_text("static/report.js")] if content.map else []
    scripts = scripts or [static_text("static/report.js")]
    styles = [static_text(f"{_LEAFLET}/leaflet.css")] if content.map else []
    try:
        template = environment().get_template("report.html.j2")
    except TemplateNotFound as err:
        raise _incomplete(str(err)) from err
    return template.render(
        report=content,
        scripts=[Markup(script) for script in scripts],
        styles=[Markup(style) for style in [*styles, static_text("static/report.css")]],
        leaflet_licence=Markup(static_text(f"{_LEAFLET}/LICENSE")) if content.map else None,
        content_policy=content_policy(scripts, content.tiles.origin if content.map and content.tiles else None),
        map_data=_map_data(content.map, content) if content.map else None,
        levels=LEVELS,
        filters=_filter_choices(content),
    )


def picture_uri(jpeg: bytes) -> str:
    """Give a JPEG as a data URI."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Give the templates with their filters."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update({name: getattr(report_format, name) for name in _FILTERS})
    environment.filters["picture_uri"] = picture_uri
    return environment


@lru_cache(maxsize=8)
def static_text(name: str) -> str:
    """Read a style or script; a reference to a source map would be a request, so it goes."""
    try:
        text = (_TEMPLATES / name).read_text(encoding="utf-8")
    except FileNotFoundError as err:
        raise _incomplete(name) from err
    return "\n".join(line for line in text.splitlines() if not line.startswith("//# sourceMappingURL="))


def _incomplete(name: str) -> ConfigError:
    return ConfigError(f"reports_templates/{name} is missing from this installation: install walkdown again")


def content_policy(scripts: list[str], tiles_origin: str | None = None) -> str:
    """Write the Content-Security-Policy, so that even text that slipped through unescaped could do nothing."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    tiles = f" {tiles_origin}" if tiles_origin else ""
    return (
        f"default-src 'none'; img-src data:{tiles}; style-src 'unsafe-inline'; script-src {hashes}; "
        "base-uri 'none'; form-action 'none'"
    )


def _map_data(drawing: MapDrawing, content: ReportContent) -> dict[str, Any]:
    """Give what the screen map needs, as plain JSON."""
    return {
        "lines": [{"state": one.state, "title": one.title, "latlon": one.latlon} for one in drawing.lines],
        "marks": [
            {
                "number": one.number,
                "level": one.level,
                "open": one.still_open,
                "title": one.title,
                "latlon": (one.latitude_deg, one.longitude_deg),
                "error_m": one.position_error_m,
            }
            for one in sorted(drawing.marks, key=lambda mark: mark.number)
        ],
        "posts": [
            {
                "text": one.text,
                "latlon": (one.latitude_deg, one.longitude_deg),
                "offset": (one.text_x - one.x, one.text_y - one.y),
            }
            for one in drawing.labels
        ],
        "tiles": content.tiles.model_dump() if content.tiles else None,
    }


def _filter_choices(content: ReportContent) -> dict[str, list[str]]:
    """Give what the table can be filtered by: only what occurs."""
    present = {entry.level for entry in content.findings}
    return {
        "class": sorted({entry.class_text for entry in content.findings}),
        "level": [level for level in LEVELS if level in present],
        "verdict": sorted({_verdict(entry.assessment) for entry in content.findings}),
    }


def _verdict(assessment: Any) -> str:
    return assessment.verdict if assessment else "not_assessed"
