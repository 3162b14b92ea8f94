"""The lint with real vectors: silent on clean data, and it knows a prompt in other words."""

from __future__ import annotations

from lint_data import CARD, CASES, clean, conversation, numbered, suites

from persona_eval.lint.lint import lint
from persona_eval.scorers.tools import default_tools


def test_clean_data_and_a_paraphrase() -> None:
    tools = default_tools()
    report = lint(clean(), CARD, suites(), tools)
    assert report.findings == ()
    assert report.compared is not None
    asked = CASES["dont_know", False][0]
    assert asked == "In which year was the telephone invented?"
    data = [
        *clean(),
        conversation("What year did they invent the telephone in?", "No clue, sorry!"),
    ]
    (finding,) = lint(numbered(data), CARD, suites(), tools).findings
    assert (finding.name, finding.examples[0].line) == ("near prompt", len(data))
    assert "cosine" in finding.examples[0].text
