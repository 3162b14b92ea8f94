"""The lint of training data, as lines and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from persona_eval.lint.findings import Coverage, Example, Finding, Lengths, LintReport, Wanted
from persona_eval.reports.lint import finding_text, lint_json, lint_lines

LENGTHS = Lengths(200, 2, 9, 21, 47, 162, 0.46, 0.04, 0.01)
ROWS = (
    Coverage("dont_know", False, "replies that admit not knowing", 12, 10, 3, (1, 8), (2, 1, 0)),
    Coverage("dont_know", True, "questions that get an answer", 0, 0, 40, (40, 40), (30, 9, 1)),
)
FINDING = Finding(
    "warning", "coverage", "few dont_know", "dont_know: add 7, dont_know: 7 of under 20 words", 7,
    (Wanted(7, "under 20", "dont_know"),), (Example(Path("d/train.jsonl"), 4, "“Hm\n\x1b[31m”"),),
)  # fmt: skip
REPORT = LintReport(190, LENGTHS, ROWS, 60, None, 390, 250, (FINDING,))


def test_lines():
    shown = "\n".join(lint_lines("adapters/nib", REPORT)).splitlines()
    assert shown[:4] == [
        "adapters/nib: 190 conversations, 200 replies",
        "  words      2 to 162, median 21, four of five from 9 to 47",
        "  share      under 20 words 46%, over 100 words 4%, no closing mark 1%",
        "  by meaning 250 of 390 messages were compared with the suites, those that share most words with them",
    ]
    assert (
        " ".join(shown[7].split())
        == "dont_know 12 10 3 [1–8] 2% 2 1 0 replies that admit not knowing"
    )
    assert " ".join(shown[8].split()).startswith("dont_know control 0 – 40 20% 30 9 1")
    assert "estimated from 60 of 200 replies" in shown[9]


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (LintReport(1, LENGTHS), "  by meaning nothing was compared: no embedder"),
        (LintReport(1, LENGTHS, messages=0, compared=0),
         "  by meaning nothing was compared: no suites"),
        (LintReport(1, LENGTHS, messages=390, compared=390),
         "  by meaning all 390 messages were compared with the suites"),
        (LintReport(1, LENGTHS, judged=90),
         "  the card   held against 90 replies, drawn by a fixed seed"),
    ],
)  # fmt: skip
def test_what_was_not_looked_at_is_said(report, line):
    assert line in list(lint_lines("nib", report))


def test_a_finding_shows_where_and_obeys_no_control_character():
    assert finding_text(FINDING) == (
        "coverage: dont_know: add 7, dont_know: 7 of under 20 words\n"
        "    d/train.jsonl:4: “Hm ⏎ \\u001b[31m”"
    )


def test_many_places_are_all_in_the_json_and_the_first_in_words():
    places = tuple(Example(Path("d/train.jsonl"), line, "hm") for line in range(1, 10))
    finding = Finding("warning", "duplicates", "near", "nine", 9, examples=places)
    shown = finding_text(finding).splitlines()
    assert shown[5:] == [
        "    d/train.jsonl:5: hm",
        "    and 4 more (all of them: persona-eval lint --json)",
    ]
    report = LintReport(190, LENGTHS, findings=(finding,))
    (told,) = lint_json("adapters/nib", report)["findings"]
    assert [example["line"] for example in told["examples"]] == list(range(1, 10))


def test_json():
    whole = json.loads(json.dumps(lint_json("adapters/nib", REPORT)))
    assert (whole["errors"], whole["warnings"], whole["sampled"]) == (0, 1, 60)
    assert whole["coverage"][0]["bands"] == {"under 20": 2, "20 to 100": 1, "over 100": 0}
    assert whole["coverage"][0]["interval"] == [1, 8]
    (finding,) = whole["findings"]
    assert finding["wanted"] == [
        {"count": 7, "words": "under 20", "category": "dont_know", "control": False}
    ]
    assert finding["examples"] == [{"path": "d/train.jsonl", "line": 4, "text": "“Hm\n\x1b[31m”"}]
