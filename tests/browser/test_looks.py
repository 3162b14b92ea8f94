"""Light and dark, a phone, no script, and what a screen reader is told."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from browsed import BED, CASES, TALK, TEA, Open, link
from pages import Told, content_of, points

LONG = [["Holey moley! " * 300], ["x" * 5000], ["https://" + "a" * 500]]
TREND = points([TEA], [BED], [TALK])
LIGHT, DARK = "rgb(250, 248, 244)", "rgb(22, 23, 26)"


def background(page: Any) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


@pytest.mark.parametrize(("scheme", "colour"), [("light", LIGHT), ("dark", DARK)])
def test_the_page_follows_the_system(show: Open, scheme: str, colour: str) -> None:
    assert background(show(content_of(*CASES), color_scheme=scheme)) == colour


def test_a_button_and_a_key_turn_it_and_that_is_remembered(show: Open) -> None:
    page = show(content_of(*CASES), color_scheme="light")
    page.get_by_role("button", name="Dark").click()
    assert background(page) == DARK
    page.reload()
    assert background(page) == DARK
    page.keyboard.press("t")
    assert background(page) == LIGHT
    assert page.get_by_role("button", name="Dark").is_visible()


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_window(show: Open, width: int) -> None:
    content = content_of(*CASES, Told("long", "---", LONG, "+++", LONG[::-1]), trend=TREND)
    page = show(content, link("long"), viewport={"width": width, "height": 700})
    page.locator(".trial").first.wait_for()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_trials_lie_side_by_side_and_scroll_on_a_phone(show: Open) -> None:
    page = show(content_of(*CASES), link("bed"), viewport={"width": 390, "height": 700})
    page.locator(".trial").first.wait_for()
    tops = page.evaluate(
        "[...document.querySelectorAll('.trial')].map((e) => e.getBoundingClientRect().top)"
    )
    assert len(set(tops)) == 1
    row = page.get_by_role("region", name="Trials of bo/a.suite.yaml::bed")
    assert row.evaluate("(e) => e.scrollWidth > e.clientWidth")
    assert row.get_attribute("tabindex") == "0"


def test_without_a_script_it_reads_from_top_to_bottom(show: Open) -> None:
    page = show(content_of(*CASES, trend=TREND), java_script_enabled=False)
    words = page.locator("main").inner_text()
    for each in ("Gate: FAIL", "What changed", "Categories", "Without JavaScript"):
        assert each in words
    assert not page.get_by_role("searchbox").is_visible()
    page.locator(".case summary").first.click()
    assert "Trial 1: failed" in page.locator(".case").first.inner_text()


def test_landmarks_names_and_headings(show: Open) -> None:
    page = show(content_of(*CASES, trend=TREND), link("talk"))
    page.locator(".trial").first.wait_for()
    for role in ("banner", "main", "contentinfo", "search"):
        assert page.get_by_role(role).count() == 1, role
    assert page.get_by_role("navigation", name="Sections").count() == 1
    levels = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4')].map((e) => +e.tagName[1])"
    )
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    unnamed = page.evaluate("""[...document.querySelectorAll('input, select, button, svg, table')]
        .filter((e) => !(e.labels?.length || e.textContent.trim() || e.getAttribute('aria-label')))
        .map((e) => e.outerHTML)""")
    assert unnamed == []
    assert page.evaluate("[...document.querySelectorAll('table')].every((t) => t.caption)")
    assert page.evaluate("[...document.querySelectorAll('th')].every((t) => t.scope)")


def test_what_is_drawn_is_said_too(show: Open) -> None:
    page = show(content_of(*CASES, trend=TREND))
    assert page.get_by_role("img", name="all: 100% in the first run, 0% in the last").count() == 1
    assert (
        "3 of 3 trials passed: the case passed"
        in page.locator(".case summary").nth(1).text_content()
    )


def test_the_way_by_tab_starts_with_a_shortcut_to_the_cases(show: Open) -> None:
    page = show(content_of(*CASES))
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the cases")
    assert skip.evaluate(
        "(e) => e === document.activeElement && e.getBoundingClientRect().left >= 0"
    )
    outline = skip.evaluate("(e) => getComputedStyle(e).outlineStyle")
    assert outline == "solid"


@pytest.mark.parametrize(("motion", "behaviour"), [("reduce", "auto"), ("no-preference", "smooth")])
def test_motion_is_for_those_who_want_it(show: Open, motion: str, behaviour: str) -> None:
    page = show(content_of(*CASES), reduced_motion=motion)
    found = page.evaluate("getComputedStyle(document.documentElement).scrollBehavior")
    assert found == behaviour
