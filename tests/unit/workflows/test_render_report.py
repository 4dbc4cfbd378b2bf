"""report.html as a reader, a browser and an attacker meet it, without a browser."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

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
from workflows.report_content import ReportContent, RoadsideNote

HOSTILE = "<img src=x onerror=alert(1)>\"'</script><script>window.hacked=1</script>.mp4"
MODES = ("map", "drive", "chainage", "nothing")


class Page(HTMLParser):
    """What is in the page: elements with attributes, scripts, text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self._open = ""
        self.feed(html)
        self.text = re.sub(r"\s+", " ", " ".join(self.words))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._open = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open == "script":
            self.scripts[-1] += data
        elif self._open != "style":
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@cache
def page_of(mode: str = "map", count: int = 8) -> Page:
    return Page(render_report(make_report(count=count, mode=mode)))  # type: ignore[arg-type]


def one_finding(**overrides: object) -> ReportContent:
    facts = make_facts(1, **overrides)
    return build_report(
        make_meta(make_bins()), [make_record(facts)], make_agent([make_assessment(facts.finding_id)]), make_bins()
    )


@pytest.mark.parametrize("mode", MODES)
def test_nothing_is_loaded_from_anywhere(mode: str) -> None:
    page = page_of(mode)

    loaded = [
        attributes[name]
        for _, attributes in page.elements
        for name in ("src", "srcset", "poster")
        if name in attributes
    ]
    assert loaded
    assert all(source.startswith("data:image/jpeg;base64,") for source in loaded)
    assert not page.all("link")
    assert not page.all("iframe")


@pytest.mark.parametrize("mode", MODES)
def test_only_links_that_a_reader_clicks_lead_out(mode: str) -> None:
    links = [attributes["href"] for attributes in page_of(mode).all("a")]

    out = [link for link in links if not link.startswith("#")]
    assert all(link.startswith(("geo:", "https://www.openstreetmap.org/?mlat=")) for link in out)
    assert bool(out) == (mode in ("map", "drive"))


def test_the_content_policy_allows_the_pages_own_scripts_and_no_others() -> None:
    page = page_of("map")
    policy = next(one["content"] for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy")

    runs = [script for script, one in zip(page.scripts, page.all("script"), strict=True) if "type" not in one]
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in runs]
    allowed = " ".join(f"'sha256-{one}'" for one in hashes)
    assert len(runs) == 2
    assert f"script-src {allowed};" in policy
    assert policy.startswith("default-src 'none'; img-src data: https://tile.openstreetmap.org;")


def test_the_policy_names_no_host_where_there_is_no_map() -> None:
    policy = page_of("chainage").all("meta")[1]["content"]

    assert "http" not in policy


def test_every_finding_has_a_row_and_a_card() -> None:
    page = page_of("map")

    assert [row["data-number"] for row in page.all("tr") if "data-number" in row] == [str(i) for i in range(1, 9)]
    assert [card["id"] for card in page.all("article")] == [f"finding-{i}" for i in range(1, 9)]


def test_every_link_within_the_page_leads_somewhere() -> None:
    for mode in MODES:
        page = page_of(mode)
        ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
        targets = {a["href"][1:] for a in [*page.all("a"), *page.all("use")] if a["href"].startswith("#")}
        assert targets <= ids


def test_a_card_says_what_a_crew_needs() -> None:
    text = Page(render_report(one_finding(chainage_m=12_345.0, lateral_m=-1.24))).text

    for words in (
        "D40 pothole",
        "Mill Lane 12+345, 1.2 m right of the centre line",
        "within 1.8 m",
        "0.42 ± 0.06 m²",
        "0.81 ± 0.09 m long",
        "low–medium",
        "one camera can't see the depth",
        "by 18 Jun 2025",
        "Cut square, clean, fill with hot mix and seal the edges",
        "drive.mp4 at 0:20.1",
        "detected in 4 of 5 frames that show the place",
    ):
        assert words in re.sub(r"\s+([,.])", r"\1", text)


def test_the_map_links_carry_the_place() -> None:
    links = [a["href"] for a in Page(render_report(one_finding(latitude_deg=-29.5, longitude_deg=74.25))).all("a")]

    assert "geo:-29.5000000,74.2500000;u=1.8" in links
    assert "https://www.openstreetmap.org/?mlat=-29.5000000&mlon=74.2500000#map=19/-29.5000000/74.2500000" in links


def test_without_position_it_says_so_and_gives_footage_time_and_frame() -> None:
    page = page_of("nothing")

    assert "The footage carries no position here." in page.text
    assert "not known: the footage carries no position" in page.text
    assert re.search(r"drive\.mp4 at \d+:\d\d\.\d, frame \d", page.text)
    assert "0 m²" not in page.text


def test_a_clean_road_is_not_confused_with_an_unseen_one() -> None:
    clean = Page(render_report(build_report(make_meta(make_bins()), [], make_agent([]), make_bins()))).text
    unseen = Page(render_report(build_report(make_meta(covered=None), [], make_agent([]), ()))).text

    assert "No open finding on the 2.17 km that were validly seen" in clean
    assert "this is no statement that the road is sound" in unseen


def test_what_was_not_seen_is_listed_with_reasons() -> None:
    text = page_of("map").text

    for words in ("1+580 – 1+650", "blurred (21 frames)", "3+420 – 3+600", "the packet is damaged"):
        assert words in text


def test_hostile_names_stay_text_everywhere() -> None:
    facts = make_facts(1, footage_name=HOSTILE, route=HOSTILE)
    meta = make_meta(
        make_bins(),
        footages=(make_footage(name=HOSTILE, position_source=HOSTILE),),
        failures=(Failure(FOOTAGE_ID, 1, HOSTILE, HOSTILE),),
        inspection_id=HOSTILE,
        settings_sha256=HOSTILE,
    )
    harmless = Page(render_report(one_finding()))

    html = render_report(
        build_report(meta, [make_record(facts)], make_agent([make_assessment(facts.finding_id)]), make_bins())
    )
    page = Page(html)

    assert HOSTILE in page.text
    assert len(page.scripts) == len(harmless.scripts)
    assert len(page.all("img")) == len(harmless.all("img"))
    assert not [1 for _, attributes in page.elements if any(name.startswith("on") for name in attributes)]
    assert "<script>window.hacked" not in html


def test_pictures_have_words_and_sizes_and_load_lazily() -> None:
    pictures = [one for one in page_of("map").all("img") if "loading" in one]

    assert len(pictures) == 16
    assert all(one["alt"] and one["width"] and one["height"] and one["loading"] == "lazy" for one in pictures)
    assert len({one["alt"] for one in pictures}) == 16


def test_a_picture_that_has_no_room_in_the_page_is_linked() -> None:
    content = one_finding()
    entry = content.findings[0].model_copy(update={"pictures_in_page": 1})

    page = Page(render_report(content.model_copy(update={"findings": (entry,)})))

    assert len([one for one in page.all("img") if "loading" in one]) == 1
    assert [one["href"] for one in page.all("a") if one["href"].startswith("evidence/")] == [
        "evidence/f00000000001-close.jpg"
    ]


def test_headings_never_skip_a_level_and_tables_have_scopes() -> None:
    page = page_of("map")
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert all(header.get("scope") in ("col", "row") for header in page.all("th"))


def test_text_on_colour_has_the_contrast_of_wcag_aa() -> None:
    css = (Path(__file__).parents[3] / "reports_templates" / "static" / "report.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", css))

    pairs = [
        ("#ffffff", colours["high"]),
        ("#1a1204", colours["medium"]),
        ("#1a1204", colours["low"]),
        ("#10161d", colours["not-graded"]),
        (colours["soft"], "#ffffff"),
        (colours["soft"], colours["panel"]),
        (colours["accent"], "#ffffff"),
    ]
    assert all(_contrast(text, ground) >= 4.5 for text, ground in pairs)
    assert all(_contrast(colours[name], colours["panel"]) >= 3 for name in ("valid", "invalid", "not-driven"))


def _contrast(first: str, second: str) -> float:
    """WCAG 2.2, contrast ratio: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""

    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_signs_and_signals_are_shown_by_their_fault_and_the_sound_ones_counted() -> None:
    facts = make_facts(1, class_name="signal_lens_dark", area_m2=None, length_m=None, width_m=None)
    told = "Yellow never lit while its turn came: green 0:00.0 to 0:02.8 (15 frames)."
    given = make_assessment(facts.finding_id, severity=None, notes=(told,))
    meta = make_meta(roadside=RoadsideNote(signs_sound=4, signals_faulty=1))
    content = build_report(meta, [make_record(facts)], make_agent([given]), ())

    text = Page(render_report(content)).text

    assert "signal with a dark lens" in text
    assert told in text
    assert "Signs: 4 sound, 0 faulty, 0 not assessable." in text
    assert "Signs and signals" not in Page(render_report(one_finding())).text
