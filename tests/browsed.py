"""Cases that the pages of browser tests show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pages import Told, score

from persona_eval.suite.models import Turn

Open = Callable[..., Any]
"""Opens content in a browser: the fixture ``show``."""
PLACE = "bo/a.suite.yaml"
BED = Told(
    "bed", "---", [["Ugh, I know! That's"], ["No."], ["Never."]],
    "+++", [["Ugh, I know! Bedtime is at seven."], ["Yes."], ["Never."]],
    prompt="When is bedtime?", extra="---", cut=True, tags=("smoke", "sleep"),
    scores=[score(False), score(True, expectation="words", source="pack", reason="4 words"),
            score(None, expectation="prefers", skipped="no model", reason="no model")],
)  # fmt: skip
TEA = Told("tea", "+++", before="---", category="dont_know", tags=("smoke",))
CUP = Told("cup", "+-+", before="+++", category="dont_know", control=True)
LOST = Told("lost", "+!+", category="clarify")
TALK = Told(
    "talk", "--", [["Hi!", "I dig."], ["Hm.", "No."]], "--", [["Hi!", "I dig holes."], ["Hm.", "No."]],
    category="off_topic",
    turns=(Turn(user="Hello"), Turn(user="And?", assistant="As I said."), Turn(user="What do you do?")),
)  # fmt: skip
CASES = (BED, TEA, CUP, LOST, TALK)


def link(name: str, adapter: str = "") -> str:
    """The link to a case."""
    return f"#case/{PLACE}::{name}" + (f"@{adapter}" if adapter else "")
