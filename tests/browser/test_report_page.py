"""report.html in a real browser: it opens offline without an error, and sorts, filters, maps and prints."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.builders_report import (
    FOOTAGE_ID,
    make_agent,
    make_assessment,
    make_bins,
    make_facts,
    make_footage,
    make_meta,
    make_record,
    make_report,
)
from vision.errors import Failure
from workflows.render_report import render_report
from workflows.report_builder import build_report
from workflows.report_content import ReportContent

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOSTILE = "<img src=x onerror='window.hacked=1'></script><script>window.hacked=1</script>\".mp4"
HOST = "http://reports.example"

if not CHROMIUM.exists() and os.environ.get("CI") != "true":
    pytest.skip("Chromium isn't installed: apt-get install chromium", allow_module_level=True)


@dataclass
class Opened:
    """A page with what went wrong in it and what it asked for."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    watched = Opened(page)
    page.on("console", lambda message: watched.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: watched.errors.append(str(error)))
    page.on("request", lambda request: watched.requests.append(request.url))
    yield watched
    page.close()
    assert watched.errors == []


def open_file(opened: Opened, tmp_path: Path, content: ReportContent) -> Page:
    path = tmp_path / "report.html"
    path.write_text(render_report(content), encoding="utf-8")
    opened.page.goto(path.as_uri())
    return opened.page


def shown_numbers(page: Page) -> list[int]:
    rows = page.locator("#findings-table tbody tr:visible").all()
    return [int(row.get_attribute("data-number") or 0) for row in rows]


@pytest.mark.parametrize("mode", ["map", "drive", "chainage", "nothing"])
def test_opens_offline_and_asks_nobody_for_anything(opened: Opened, tmp_path: Path, mode: str) -> None:
    page = open_file(opened, tmp_path, make_report(count=6, mode=mode))  # type: ignore[arg-type]
    page.wait_for_load_state("networkidle")

    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []
    assert page.locator(".leaflet-marker-icon").count() == (6 if mode in ("map", "drive") else 0)
    assert page.locator("figure.strip").count() == 1


@pytest.mark.parametrize("width", [390, 320])
@pytest.mark.parametrize("mode", ["map", "nothing"])
def test_a_phone_never_scrolls_sideways(opened: Opened, tmp_path: Path, width: int, mode: str) -> None:
    opened.page.set_viewport_size({"width": width, "height": 800})

    page = open_file(opened, tmp_path, make_report(count=6, mode=mode))  # type: ignore[arg-type]

    assert page.evaluate("document.documentElement.scrollWidth") == width
    wide = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(one => !one.closest('svg, .leaflet-container, .scroll, thead')"
        " && one.getBoundingClientRect().right > innerWidth + 0.5).map(one => one.outerHTML.slice(0, 80))"
    )
    assert wide == []


def test_on_a_phone_every_part_can_be_reached_at_a_glance(opened: Opened, tmp_path: Path) -> None:
    opened.page.set_viewport_size({"width": 390, "height": 800})
    page = open_file(opened, tmp_path, make_report(count=2))
    edges = page.evaluate("[...document.querySelectorAll('nav a')].map(one => one.getBoundingClientRect().right)")
    assert len(edges) == 6
    assert max(edges) <= 390


def test_a_short_file_name_stands_on_one_line(opened: Opened, tmp_path: Path) -> None:
    page = open_file(opened, tmp_path, make_report(count=1))
    name = page.locator("#method .name").first
    assert name.inner_text() == "drive.mp4"
    assert name.evaluate("one => one.getClientRects().length") == 1


def test_long_names_do_not_widen_the_page(opened: Opened, tmp_path: Path) -> None:
    name = "dashcam_" + "x" * 120 + ".mp4"
    facts = make_facts(1, footage_name=name, latitude_deg=None, longitude_deg=None, route=None, chainage_m=None)
    agent = make_agent([make_assessment(facts.finding_id)])
    opened.page.set_viewport_size({"width": 390, "height": 800})

    page = open_file(
        opened, tmp_path, build_report(make_meta(footages=(make_footage(name=name),)), [make_record(facts)], agent, ())
    )

    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_click_on_a_heading_sorts_and_a_second_one_turns_round(opened: Opened, tmp_path: Path) -> None:
    content = make_report(count=8)
    page = open_file(opened, tmp_path, content)
    by_chainage = sorted(content.findings, key=lambda entry: entry.facts.chainage_m or 0)

    page.get_by_role("button", name="Place").click()
    assert shown_numbers(page) == [entry.number for entry in by_chainage]
    page.get_by_role("button", name="Place").click()
    assert shown_numbers(page) == [entry.number for entry in by_chainage[::-1]]
    page.get_by_role("button", name="No.").click()
    assert shown_numbers(page) == list(range(1, 9))


def test_missing_values_sort_last_both_ways(opened: Opened, tmp_path: Path) -> None:
    facts = [make_facts(1, area_m2=None), make_facts(2), make_facts(3)]
    agent = make_agent([make_assessment(one.finding_id) for one in facts])
    page = open_file(opened, tmp_path, build_report(make_meta(), [make_record(one) for one in facts], agent, ()))

    for _ in range(2):
        page.get_by_role("button", name="Size").click()
        assert shown_numbers(page)[-1] == 1


def test_a_filter_acts_on_table_cards_and_map_alike(opened: Opened, tmp_path: Path) -> None:
    content = make_report(count=10)
    wanted = [entry.number for entry in content.findings if entry.class_text == "pothole"]
    page = open_file(opened, tmp_path, content)

    page.get_by_label("Class").select_option("pothole")

    assert shown_numbers(page) == wanted
    assert page.locator("article.card:visible").count() == len(wanted)
    assert page.locator(".leaflet-marker-icon").count() == len(wanted)
    assert page.locator("#shown").inner_text() == f"{len(wanted)} of 10 findings shown"
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(".leaflet-marker-icon")).to_have_count(10)
    assert shown_numbers(page) == list(range(1, 11))


def test_a_link_to_a_filtered_finding_shows_it(opened: Opened, tmp_path: Path) -> None:
    content = make_report(count=10)
    hidden = next(entry.number for entry in content.most_urgent if entry.class_text != "pothole")
    page = open_file(opened, tmp_path, content)
    page.get_by_label("Class").select_option("pothole")

    page.locator(f".urgent a[href='#finding-{hidden}']").click()

    assert page.locator(f"#finding-{hidden}").is_visible()


def test_a_mark_on_the_map_tells_of_its_finding_and_leads_to_it(opened: Opened, tmp_path: Path) -> None:
    content = make_report(count=3)
    page = open_file(opened, tmp_path, content)

    page.locator(".leaflet-marker-icon[title^='2:']").click()

    popup = page.locator(".leaflet-popup")
    popup.wait_for()
    assert content.findings[1].class_text in popup.inner_text()
    assert "Action: P2" in popup.inner_text()
    popup.get_by_role("link", name="Finding 2 in detail").click()
    expect(page.locator("#finding-2 h3")).to_be_in_viewport()


def test_pictures_load_when_one_comes_to_them(opened: Opened, tmp_path: Path) -> None:
    page = open_file(opened, tmp_path, make_report(count=12))
    last = page.locator("#finding-12 img").first

    last.scroll_into_view_if_needed()

    expect(last).to_have_js_property("naturalWidth", 640)


def test_paper_gets_the_drawing_instead_of_the_screen_map(opened: Opened, tmp_path: Path) -> None:
    page = open_file(opened, tmp_path, make_report(count=4))
    assert not page.locator(".map-paper").is_visible()

    page.emulate_media(media="print")

    assert page.locator(".map-paper").is_visible()
    assert not page.locator("#map").is_visible()
    assert not page.get_by_role("navigation").is_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_without_scripts_the_drawing_and_the_table_are_there(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(render_report(make_report(count=4)), encoding="utf-8")
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(path.as_uri())

        assert page.locator(".map-paper").is_visible()
        assert page.locator("#findings-table tbody tr").count() == 4
        assert not page.locator("#filters").is_visible()


def test_hostile_names_run_nothing(opened: Opened, tmp_path: Path) -> None:
    facts = make_facts(1, footage_name=HOSTILE, route=HOSTILE)
    meta = make_meta(
        make_bins(), footages=(make_footage(name=HOSTILE),), failures=(Failure(FOOTAGE_ID, 1, HOSTILE, HOSTILE),)
    )
    agent = make_agent([make_assessment(facts.finding_id)])
    page = open_file(opened, tmp_path, build_report(meta, [make_record(facts)], agent, make_bins()))

    page.locator(".leaflet-marker-icon").click()
    page.locator(".leaflet-popup").wait_for()

    assert page.evaluate("window.hacked") is None
    assert HOSTILE in page.locator(".leaflet-popup").inner_text()


def test_tiles_come_only_after_the_reader_asks(opened: Opened) -> None:
    html = render_report(make_report(count=4))

    def answer(route: Route) -> None:
        if route.request.url.startswith(HOST):
            route.fulfill(body=html, content_type="text/html")
        else:
            route.abort()

    page = opened.page
    page.route("**/*", answer)
    page.goto(f"{HOST}/report.html")
    page.wait_for_load_state("networkidle")
    assert [url for url in opened.requests if "openstreetmap" in url] == []

    page.get_by_label("Street map").check()

    expect(page.locator("#map-tiles-note")).to_contain_text("didn't answer")
    assert [url for url in opened.requests if url.startswith("https://tile.openstreetmap.org/")]
    assert "OpenStreetMap contributors" in page.locator(".leaflet-control-attribution").inner_text()
    opened.errors[:] = [error for error in opened.errors if "ERR_FAILED" not in error]


def test_opened_as_a_file_the_tile_switch_says_why_it_is_off(opened: Opened, tmp_path: Path) -> None:
    page = open_file(opened, tmp_path, make_report(count=2))

    assert page.get_by_label("Street map").is_disabled()
    assert "web server" in page.locator("#map-tiles-note").inner_text()
