"""A run of two thousand cases with five trials each."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from browsed import Open, link
from pages import Told, content_of, score

from persona_eval.reports.html.page import page as page_of

WORDS = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8").split()
MOST = 15_000_000


def replies(draw: random.Random) -> list[list[str]]:
    """Five replies of sixty words, none like another."""
    return [[" ".join(draw.choices(WORDS, k=60))] for _ in range(5)]


def cases() -> Iterator[Told]:
    draw = random.Random(7)
    for number in range(2000):
        marks = "".join(draw.choices("+-", k=5))
        scores = [
            score(draw.random() < 0.9, expectation=f"expectation_{n}", value=draw.random(),
                  reason=f"reads like this and that, and its wording is like others ({draw.random():.2f})")
            for n in range(11)
        ]  # fmt: skip
        yield Told(
            f"case-{number}", marks, replies(draw), "+-+-+", replies(draw), scores=scores,
            category="clarify" if number % 10 else "boundary", tags=("rare",) if number == 1999 else (),
        )  # fmt: skip


def test_two_thousand_cases_open_filter_and_link(show: Open) -> None:
    content = content_of(*cases())
    assert len(page_of(content).encode()) < MOST
    page = show(content, link("case-1234"))
    page.locator(".trial").nth(4).wait_for()
    assert page.evaluate("document.querySelectorAll('.trial').length") == 5
    status = page.get_by_role("status")
    assert status.inner_text() == "2000 of 2000 cases"
    page.get_by_label("Category", exact=True).select_option("boundary")
    page.get_by_text("200 of 2000 cases", exact=True).wait_for()
    page.get_by_label("Tag").select_option("rare")
    page.get_by_text("0 of 2000 cases", exact=True).wait_for()
    page.get_by_role("button", name="Clear").click()
    page.get_by_label("Search").fill("case-777")
    page.get_by_text("1 of 2000 cases", exact=True).wait_for()
