"""Texts stand out from what is behind them, by light and by dark (WCAG 2.2, level AA)."""

from __future__ import annotations

import re
from importlib import resources

import pytest

STYLE = resources.files("persona_eval.reports.html") / "templates" / "style.css"
COLOURS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([a-z-]+): light-dark\((#\w{6}), (#\w{6})\)", STYLE.read_text(encoding="utf-8")
    )
}
TEXTS = [
    *((ink, behind) for ink in ("ink", "quiet", "link") for behind in ("paper", "card", "said")),
    *(("ink", behind) for behind in ("inserted", "deleted", "warn-wash")),
    *((kind, behind) for kind in ("good", "bad", "warn") for behind in ("paper", "card", "said")),
    *((kind, f"{kind}-wash") for kind in ("good", "bad", "warn")),
    ("link", "warn-wash"),
]
DRAWINGS = [("band", "paper"), ("link", "paper"), ("quiet", "card")]


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG defines it."""
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(weight * each for weight, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "behind"), TEXTS)
def test_texts(text: str, behind: str, scheme: int) -> None:
    assert contrast(COLOURS[text][scheme], COLOURS[behind][scheme]) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("line", "behind"), DRAWINGS)
def test_drawings_and_borders_of_fields(line: str, behind: str, scheme: int) -> None:
    assert contrast(COLOURS[line][scheme], COLOURS[behind][scheme]) >= 3


def test_every_colour_is_named_once() -> None:
    rest = STYLE.read_text(encoding="utf-8").split("}", 1)[1]
    assert re.findall(r"#[0-9a-f]{3,8}\b(?=[;,) ])", rest) == []
