"""Charts: one drawing each, with nothing in it that runs, loads or brings a style of its own."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from persona_eval.reports.html.charts import interval_chart, trend_chart

INTERVAL = interval_chart(0.3, (0.2, 0.42), 0.35, "30%, <95 %>")
TREND = trend_chart(
    [f"{n}" for n in range(1, 12)],
    [0.1, None, *[0.3] * 9],
    [(0.0, 0.2), None, *[(0.1, 0.5)] * 9],
    "all: 10% in the first run, 30% in the last",
)


@pytest.mark.parametrize("chart", [INTERVAL, TREND])
def test_only_the_drawing_is_kept(chart: str) -> None:
    root = ElementTree.fromstring(chart)
    names = {element.tag.split("}")[1] for element in root.iter()}
    assert names <= {"svg", "g", "rect", "path", "circle", "text"}
    assert not [
        key for element in root.iter() for key in element.attrib if key in ("style", "href")
    ]
    assert "pygal.js" not in chart
    assert root.get("role") == "img"
    assert root.get("aria-label")


def test_the_same_figures_give_the_same_drawing() -> None:
    assert interval_chart(0.3, (0.2, 0.42), 0.35, "30%, <95 %>") == INTERVAL


def test_a_rate_within_its_interval_and_the_baseline() -> None:
    found = ElementTree.fromstring(INTERVAL)
    dots = [float(each.get("cx", "")) for each in found.iter() if each.tag.endswith("circle")]
    assert dots[0] > dots[1]  # 35 % of the baseline stands to the right of 30 %
    (bare,) = [
        each
        for each in ElementTree.fromstring(interval_chart(0.3, (0.2, 0.4), None, "")).iter()
        if each.tag.endswith("circle")
    ]
    assert float(bare.get("cx", "")) == dots[1]


def test_labels_of_many_runs_are_spread_and_end_with_the_last() -> None:
    texts = [
        each.text for each in ElementTree.fromstring(TREND).iter() if each.tag.endswith("text")
    ]
    runs = [text for text in texts if text and "%" not in text][-5:]
    assert len(runs) <= 5
    assert runs[-1] == "11"
