"""Charts as inline SVG, drawn by pygal and coloured by the page's own style sheet, so that they
follow it from light to dark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup

SVG = "http://www.w3.org/2000/svg"
SMALL: dict[str, Any] = {
    "width": 220, "height": 26, "margin": 0, "spacing": 0, "range": (0, 1), "xrange": (0, 100),
    "show_x_labels": False, "show_y_labels": False, "show_y_guides": False, "dots_size": 4,
}  # fmt: skip
LINES: dict[str, Any] = {
    "width": 300, "height": 130, "margin": 6, "margin_right": 20, "spacing": 5, "range": (0, 100),
    "y_labels": [0, 50, 100], "allow_interruptions": True, "show_minor_x_labels": False,
    "dots_size": 3,
}  # fmt: skip
MOST_LABELS = 5


def interval_chart(
    rate: float, interval: tuple[float, float], before: float | None, label: str
) -> Markup:
    """A rate between 0 and 1 within its interval, and that of the baseline where there is one."""
    import pygal

    chart = pygal.XY(**SMALL, **_plain())
    low, high = interval
    chart.add("scale", [(0, 0.5), (100, 0.5)], show_dots=False)
    chart.add("interval", [(low * 100, 0.5), (high * 100, 0.5)], show_dots=False)
    chart.add("before", [] if before is None else [(before * 100, 0.5)], stroke=False)
    chart.add("rate", [(rate * 100, 0.5)], stroke=False)
    return _svg(chart, label, "interval")


def trend_chart(
    names: Sequence[str],
    rates: Sequence[float | None],
    intervals: Sequence[tuple[float, float] | None],
    label: str,
) -> Markup:
    """Rates over iterations, with the ends of their intervals as fainter lines."""
    import pygal

    chart = pygal.Line(**LINES, **_plain(), formatter=lambda value: f"{value:.0f} %")
    chart.x_labels = list(names)
    chart.x_labels_major = _spread(names)
    faint = {"show_dots": False}
    chart.add("low", [None if each is None else each[0] * 100 for each in intervals], **faint)
    chart.add("high", [None if each is None else each[1] * 100 for each in intervals], **faint)
    chart.add("rate", [None if rate is None else rate * 100 for rate in rates])
    return _svg(chart, label, "trend")


def turns_chart(turns: Sequence[int], scores: Sequence[float | None], label: str) -> Markup:
    """Scores from 0 to 1 over the turns of a conversation."""
    import pygal

    chart = pygal.Line(**LINES, **_plain(), formatter=lambda value: f"{value:.0f} %")
    names = [f"{turn}" for turn in turns]
    chart.x_labels = names
    chart.x_labels_major = _spread(names)
    chart.add("low", [])
    chart.add("high", [])
    chart.add("rate", [None if score is None else score * 100 for score in scores])
    return _svg(chart, label, "trend")


def _spread(names: Sequence[str]) -> list[str]:
    """As many labels as there is room for, first and last among them."""
    step = max(1, -(-(len(names) - 1) // (MOST_LABELS - 1)))
    return [*reversed(names[::-1][::step])]


def _plain() -> dict[str, Any]:
    """No script, no style, no legend and nothing to load."""
    return {
        "js": [], "css": [], "show_legend": False, "title": None, "no_data_text": "",
        "disable_xml_declaration": True,
    }  # fmt: skip


def _svg(chart: Any, label: str, kind: str) -> Markup:
    """The drawing alone: pygal's script, style, comments and empty tooltips stay behind."""
    tree = ElementTree.fromstring(chart.render(is_unicode=True))
    for parent in tree.iter():
        for child in [*parent]:
            if _superfluous(child):
                parent.remove(child)
    tree.attrib.pop("id", None)
    tree.attrib |= {"class": f"chart {kind}", "role": "img", "aria-label": label}
    ElementTree.register_namespace("", SVG)
    return Markup(ElementTree.tostring(tree, encoding="unicode"))


def _superfluous(element: ElementTree.Element) -> bool:
    name = element.tag.removeprefix(f"{{{SVG}}}")
    tooltip = "tooltip-overlay" in element.get("class", "")
    return name in ("defs", "title", "desc", "style", "script") or tooltip
