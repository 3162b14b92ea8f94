"""A case: what opens, and where links lead."""

from __future__ import annotations

from dataclasses import replace

import pytest
from browsed import CASES, PLACE, Open, link
from pages import Told, content_of

from persona_eval.reports.html.content import AdapterCases


def test_a_link_opens_a_case(show: Open) -> None:
    page = show(content_of(*CASES), link("bed"))
    page.locator(".trial").first.wait_for()
    assert page.evaluate("document.querySelectorAll('details[open] .trial').length") == 6
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert page.locator("[id='case/bo/a.suite.yaml::bed']").is_visible()
    own = page.get_by_role("link", name="Link to this case")
    assert own.get_attribute("href") == link("bed")


def test_a_trial_with_reply_expectations_and_the_baseline_beside_it(show: Open) -> None:
    page = show(content_of(*CASES), link("bed"))
    one, two, three = (page.locator(".trial").nth(number) for number in range(3))
    one.wait_for()
    assert one.locator("h3").inner_text().split() == ["Trial", "1", "failed"]
    assert one.locator("ins").all_inner_texts() == ["That's"]
    assert one.locator("del").all_inner_texts() == ["Bedtime is at seven."]
    assert "cut by the limit of tokens" in one.inner_text()
    assert "contains case value 1.25, limit tea" in " ".join(one.inner_text().split())
    assert "lacks “tea”" in one.inner_text()
    assert "Baseline, trial 2: passed, hardly a word in common" in two.inner_text()
    assert "Baseline, trial 3: passed, the same words" in three.inner_text()
    rest = one.get_by_text("1 met, 1 not judged")
    rest.click()
    assert "4 words" in one.inner_text()
    assert page.locator(".trial").nth(3).locator("h3").inner_text().endswith("to confirm")


def test_a_conversation_of_several_turns(show: Open) -> None:
    page = show(content_of(*CASES), link("talk"))
    card = page.locator(".trial").first
    card.wait_for()
    assert page.locator(".talk").inner_text().split("\n") == ["user", "Hello"]
    assert " ".join(card.inner_text().split()).startswith(
        "Trial 1 failed Hi! Baseline, trial 1: failed, the same words user And? Bo, as written "
        "As I said. user What do you do? I dig. Baseline, trial 1: failed I dig holes."
    )


def test_a_case_that_could_not_be_judged(show: Open) -> None:
    page = show(content_of(*CASES))
    page.get_by_role("link", name=f"{PLACE}::lost").click()
    page.locator(".trial.error").wait_for()
    assert "`odd` crashed: ZeroDivisionError: nought" in page.locator(".trial.error").inner_text()


@pytest.mark.parametrize("adapter", ["bo", "base"])
def test_links_tell_adapters_apart(show: Open, adapter: str) -> None:
    content = content_of(Told("a", "+++", [["I am Bo."]] * 3))
    base = AdapterCases("base", (Told("a", "---", [["I am an assistant."]] * 3).evidence(),))
    both = replace(content, adapters=(content.adapters[0], base))
    page = show(both, link("a", adapter))
    page.locator(".trial").first.wait_for()
    said = {"bo": "I am Bo.", "base": "I am an assistant."}
    assert page.locator(".trial blockquote").first.inner_text() == said[adapter]


def test_a_link_to_a_case_that_filters_hide_shows_it(show: Open) -> None:
    page = show(content_of(*CASES), "#cases?category=clarify")
    assert page.locator(".case:visible").count() == 1
    page.evaluate(f"location.hash = '{link('bed')}'")
    page.locator(".trial").first.wait_for()
    assert page.locator(".case:visible").count() == len(CASES)


@pytest.mark.parametrize("nowhere", ["#case/bo/a.suite.yaml::gone", "#%E0%A4%A", "#<script>"])
def test_a_link_to_nowhere_shows_the_page(show: Open, nowhere: str) -> None:
    page = show(content_of(*CASES), nowhere)
    assert page.locator(".case:visible").count() == len(CASES)


def test_a_case_of_which_the_prompt_is_not_known_any_more(show: Open) -> None:
    page = show(content_of(Told("a", "+", gone=True)), link("a"))
    page.locator(".trial").first.wait_for()
    assert "What was asked is not known any more." in page.locator(".body").inner_text()
    assert "the suites no longer ask this" in page.locator(".body").inner_text()
