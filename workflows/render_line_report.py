"""Turns a line's report into report.html: one file that needs nothing else, offline."""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import TemplateNotFound
from markupsafe import Markup

from vision.errors import ConfigError
from workflows.line_content import LineReport
from workflows.render_report import content_policy, environment, static_text

PICTURES_IN_PAGE = 150
"""Parts whose pictures stand in the page, the gravest first; those of others lie in ``evidence/`` only."""


def render_line_report(report: LineReport, pictures: Mapping[str, bytes]) -> str:
    """Give the whole page.

    Args:
        report: What it says.
        pictures: Name within ``evidence/`` -> JPEG bytes.

    Raises:
        ConfigError: The templates are missing from the installation.
    """
    try:
        template = environment().get_template("line_report.html.j2")
    except TemplateNotFound as err:
        raise ConfigError(f"reports_templates/{err} is missing from this installation: install walkdown again") from err
    recorded = [one.recorded_at for one in report.stations if one.recorded_at is not None]
    return template.render(
        report=report,
        pictures=pictures,
        pictures_in_page=PICTURES_IN_PAGE,
        recorded_from=min(recorded, default=None),
        styles=[Markup(static_text("static/report.css")), Markup(static_text("static/line.css"))],
        content_policy=content_policy([]),
    )
