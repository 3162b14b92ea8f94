"""Filters over the cases, and the keys."""

from __future__ import annotations

from typing import Any

import pytest
from browsed import CASES, Open, link
from pages import content_of


@pytest.fixture
def page(show: Open) -> Any:
    return show(content_of(*CASES))


def names(page: Any) -> list[str]:
    """The cases that are to be seen, when the filters have done their work."""
    page.wait_for_timeout(150)
    return page.locator(".case:visible .name b").all_text_contents()


@pytest.mark.parametrize(
    ("field", "choice", "left"),
    [
        ("Show", "failed", ["bed", "talk"]),
        ("Show", "passed", ["tea", "cup"]),
        ("Show", "error", ["lost"]),
        ("Show", "flaky", ["cup"]),
        ("Show", "broken", ["bed"]),
        ("Show", "fixed", ["tea"]),
        ("Category", "dont_know", ["tea", "cup"]),
        ("Tag", "smoke", ["bed", "tea"]),
    ],
)
def test_a_choice(page: Any, field: str, choice: str, left: list[str]) -> None:
    page.get_by_label(field, exact=True).select_option(choice)
    assert names(page) == left
    count = page.get_by_role("status").inner_text()
    assert count == f"{len(left)} of {len(CASES)} cases"


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("bedtime", ["bed"]),
        ("BEDTIME when", ["bed"]),
        ("i dig", ["talk"]),
        ("dont_know", []),
        ("lacks", ["bed", "cup", "lost", "talk"]),
        ("a.suite.yaml::lost", ["lost"]),
        ("sleep", ["bed"]),
    ],
)
def test_words_in_prompts_replies_reasons_and_names(page: Any, words: str, left: list[str]) -> None:
    page.get_by_label("Search").fill(words)
    assert names(page) == left
    assert page.get_by_text("No case is like that.").is_visible() == (not left)


def test_choices_and_words_together_and_none_again(page: Any) -> None:
    page.get_by_label("Category", exact=True).select_option("dont_know")
    page.get_by_label("Tag").select_option("smoke")
    page.get_by_label("Search").fill("drink")
    assert names(page) == ["tea"]
    assert page.url.endswith("#cases?text=drink&category=dont_know&tag=smoke")
    page.get_by_role("button", name="Clear").click()
    assert len(names(page)) == len(CASES)


def test_a_selection_has_a_link(show: Open) -> None:
    page = show(content_of(*CASES), "#cases?text=drink&category=dont_know&tag=smoke")
    assert names(page) == ["tea"]
    assert page.get_by_label("Search").input_value() == "drink"


def test_the_table_leads_to_the_cases_of_a_category(page: Any) -> None:
    page.locator("#categories").get_by_role("link", name="off_topic").click()
    assert names(page) == ["talk"]


def focused(page: Any) -> str:
    name = "document.activeElement.closest('.case')?.querySelector('b').textContent ?? ''"
    return str(page.evaluate(name))


def test_j_and_k_step_through_the_cases_that_are_left(page: Any) -> None:
    page.get_by_label("Category", exact=True).select_option("dont_know")
    assert names(page) == ["tea", "cup"]
    page.locator("h1").click()
    seen = []
    for key in "jjjkk":
        page.keyboard.press(key)
        page.wait_for_timeout(50)
        seen.append(focused(page))
    assert seen == ["tea", "cup", "cup", "tea", "tea"]


def test_stepping_while_reading_opens_the_next(page: Any) -> None:
    page.keyboard.press("j")
    page.wait_for_timeout(50)
    page.keyboard.press("Enter")
    page.locator(".trial").first.wait_for()
    page.keyboard.press("j")
    page.wait_for_timeout(150)
    assert focused(page) == "tea"
    assert page.locator(".case details[open] > summary b").all_inner_texts() == ["tea"]


def test_f_shows_failed_cases_and_all_again(page: Any) -> None:
    page.keyboard.press("f")
    assert names(page) == ["bed", "talk"]
    page.keyboard.press("f")
    assert len(names(page)) == len(CASES)


def opened(page: Any) -> list[str]:
    page.wait_for_timeout(150)
    return list(page.locator(".case:has(.trial) details[open] > summary b").all_text_contents())


def test_all_that_are_listed_open_and_close_together(page: Any) -> None:
    page.get_by_label("Category", exact=True).select_option("dont_know")
    assert names(page) == ["tea", "cup"]
    page.get_by_role("button", name="Open all").click()
    assert opened(page) == ["tea", "cup"]
    page.get_by_role("button", name="Close all").click()
    assert opened(page) == []
    page.locator("h1").click()
    page.keyboard.press("o")
    assert opened(page) == ["tea", "cup"]


def test_slash_searches_and_letters_typed_there_are_letters(page: Any) -> None:
    page.keyboard.press("/")
    page.keyboard.type("fjk?t")
    assert page.get_by_label("Search").input_value() == "fjk?t"
    assert names(page) == []
    page.keyboard.press("Escape")
    assert len(names(page)) == len(CASES)


def test_the_question_mark_shows_the_keys(page: Any) -> None:
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    assert dialog.is_visible()
    page.keyboard.press("f")  # is for the page, and not while this is open
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert len(names(page)) == len(CASES)


def test_keys_of_the_browser_stay_its_own(page: Any) -> None:
    page.keyboard.press("Control+f")
    page.keyboard.press("Alt+j")
    assert len(names(page)) == len(CASES)
    assert focused(page) == ""


def test_an_open_case_stays_open_when_it_is_filtered_away_and_back(show: Open) -> None:
    page = show(content_of(*CASES), link("tea"))
    page.locator(".trial").first.wait_for()
    page.get_by_label("Show", exact=True).select_option("failed")
    page.get_by_label("Show", exact=True).select_option("")
    assert "tea" in names(page)
    assert page.locator(".case details[open] .trial").count() == 3
