"""Cases × adapters: one table, whose cells lead to the cases."""

from __future__ import annotations

import pytest
from browsed import BED, CUP, LOST, TEA, Open
from pages import Told, beside, content_of

TWO = {"bo": [BED, TEA, CUP], "old": [BED, Told("tea", "+--"), LOST]}


def test_each_case_by_each_adapter(show: Open) -> None:
    page = show(beside(**TWO))
    table = page.get_by_role("region", name="Case by case").get_by_role("table")
    assert (
        "Cases and adapters: passed of the trials drawn." in table.locator("caption").inner_text()
    )
    assert [each.inner_text() for each in table.get_by_role("columnheader").all()] == [
        "Case", "bo", "old",
    ]  # fmt: skip
    said = {
        row.get_by_role("rowheader").inner_text(): [
            " ".join(cell.text_content().split()) for cell in row.get_by_role("cell").all()
        ]
        for row in table.locator("tbody tr").all()
    }
    assert said == {
        "a::bed": ["0/3 ✗ fails", "0/3 ✗ fails"],
        "a::tea": ["3/3 ✓ passes", "1/3 ✗ fails"],
        "a::cup": ["2/3 ✓ passes", "– not run"],
        "a::lost": ["– not run", "! could not be judged"],
        "cases passed": ["2", "0"],
    }


def test_a_cell_leads_to_the_case_with_that_adapter(show: Open) -> None:
    page = show(beside(**TWO))
    page.get_by_role("region", name="Case by case").get_by_role("link", name="1/3").click()
    page.locator(".trial").first.wait_for()
    (opened,) = page.locator(".case > details[open]").all()
    case = opened.locator("..")
    assert case.get_attribute("id") == "case/bo/a.suite.yaml::tea@old"


def test_filters_leave_it_alone(show: Open) -> None:
    page = show(beside(**TWO))
    page.get_by_label("Adapter", exact=True).select_option("old")
    page.wait_for_timeout(150)
    assert page.locator(".matrix tbody tr:visible").count() == 5
    assert page.locator(".case:visible").count() == 3


def test_of_many_cases_those_that_differ_and_no_more_than_a_page(show: Open) -> None:
    same = [Told(f"same-{n}", "+++") for n in range(30)]
    page = show(beside(bo=[*same, Told("odd", "+++")], old=[*same, Told("odd", "---")]))
    assert page.locator(".matrix tbody tr").count() == 2
    assert "Of 31 cases 30 pass in all columns" in page.locator(".matrix caption").inner_text()


@pytest.mark.parametrize("width", [320, 1280])
def test_eight_checkpoints_are_no_wider_than_the_window(show: Open, width: int) -> None:
    columns = {f"bo@{step}": [BED, TEA] for step in range(100, 900, 100)}
    page = show(beside(**columns), viewport={"width": width, "height": 700})
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert "Cases and checkpoints of bo" in page.locator(".matrix caption").inner_text()


def test_one_adapter_has_none(show: Open) -> None:
    assert show(content_of(BED, TEA)).locator(".matrix").count() == 0
