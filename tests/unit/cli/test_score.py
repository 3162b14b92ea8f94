"""``persona-eval score``: one line for each row, in order, and an exit status."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from persona_eval.cli import main

pytestmark = pytest.mark.usefixtures("project")
SCORE_KEYS = {
    "turn",
    "expectation",
    "source",
    "passed",
    "skipped",
    "value",
    "limit",
    "reason",
    "error",
}


def score(*rows: Any, options: tuple[str, ...] = ()) -> int:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    Path("replies.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return main(["score", "suites/a.suite.yaml", "--replies", "replies.jsonl", *options])


def test_all_pass(capsys):
    assert score({"case": "drink", "reply": "Rum, matey!"}) == 0
    assert capsys.readouterr().out == "pass  drink trial 1\n"


def test_rows_keep_their_order_and_count_their_trials(capsys):
    rows = [
        {"case": "drink", "reply": "Tea."},
        {"case": "twice", "replies": ["Rosa", "The Gull"]},
        {"case": "drink", "reply": "Rum"},
        {"case": "drink", "reply": "Rum", "trial": 7},
    ]
    assert score(*rows, options=("--json",)) == 1
    judged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(j["case"], j["trial"], j["passed"]) for j in judged] == [
        ("drink", 1, False), ("twice", 1, True), ("drink", 2, True), ("drink", 7, True),
    ]  # fmt: skip


def test_a_json_line_holds_every_score(capsys):
    score({"case": "drink", "reply": "Tea."}, options=("--json",))
    (judged,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert set(judged) == {"case", "trial", "passed", "error", "scores"}
    (contains, recorded) = judged["scores"]
    assert set(contains) == SCORE_KEYS
    assert (contains["expectation"], contains["source"]) == ("contains", "case")
    assert contains["passed"] is False
    assert "rum" in contains["reason"]
    assert (recorded["expectation"], recorded["passed"]) == ("similar", None)
    assert recorded["skipped"]


def test_each_turn_is_judged_by_its_own_expectations(capsys):
    assert score({"case": "twice", "replies": ["Rosa", "No ship"]}) == 1
    assert "Gull" in capsys.readouterr().out


def test_standard_input(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO('{"case": "drink", "reply": "Rum"}\n'))
    assert main(["score", "suites/a.suite.yaml", "--replies", "-"]) == 0
    assert capsys.readouterr().out == "pass  drink trial 1\n"


def test_all_bad_rows_are_named_at_once_and_nothing_is_judged(capsys):
    status = score(
        "not json",
        "[]",
        {"case": "drnk", "reply": "Rum"},
        {"case": "drink"},
        {"case": "drink", "reply": 3},
        {"case": "twice", "reply": "one of two"},
        {"case": "twice", "replies": ["one of two"]},
        {"case": "drink", "reply": "Rum", "trial": 0},
        {"case": "drink", "reply": "Rum", "finish_reason": "bored"},
        {"case": "drink", "reply": "Rum", "finsh_reason": "stop"},
    )
    shown = capsys.readouterr()
    assert (status, shown.out) == (2, "")
    lines = shown.err.splitlines()
    assert [line.split(":")[1] for line in lines] == [str(n) for n in range(1, 11)]
    wanted = [
        "is not JSON", "no object", "did you mean `drink`", "give `reply`", "must be text",
        "has 2 generated turns", "a list of 2 texts", "whole number", "one of stop, length",
        "did you mean `finish_reason`",
    ]  # fmt: skip
    for line, words in zip(lines, wanted, strict=True):
        assert words in line


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_a_file_without_rows(capsys, text):
    assert score(text) == 2
    assert "holds no row" in capsys.readouterr().err


def test_a_missing_file(capsys):
    assert main(["score", "suites/a.suite.yaml", "--replies", "nowhere.jsonl"]) == 2
    assert "nowhere.jsonl: cannot be read" in capsys.readouterr().err


def test_line_separators_inside_a_reply_do_not_break_a_row(capsys):
    row = json.dumps({"case": "drink", "reply": "Rum\u2028and more"}, ensure_ascii=False)
    assert score(row) == 0
    assert capsys.readouterr().out.startswith("pass")


def test_findings_of_the_self_check_go_to_standard_error(capsys):
    suite = Path("suites/a.suite.yaml")
    suite.write_text(suite.read_text().replace("good: [Rum!]", "good: [Water!]"))
    assert score({"case": "drink", "reply": "Rum"}) == 0
    shown = capsys.readouterr()
    assert shown.out == "pass  drink trial 1\n"
    assert "drink: error: good example “Water!” fails `contains`" in shown.err


CRASHING = """
from persona_eval import Scorer

class Boom(Scorer):
    name = "boom"

    def judge(self, exchange):
        raise ZeroDivisionError("oh")

def pytest_persona_scorers():
    return [Boom]
"""


def test_a_crashing_scorer_of_a_conftest_is_an_error(capsys):
    Path("conftest.py").write_text(CRASHING)
    suite = Path("suites/a.suite.yaml")
    suite.write_text(suite.read_text().replace("[contains: rum]", "[contains: rum, boom]"))
    assert score({"case": "drink", "reply": "Rum"}) == 7
    shown = capsys.readouterr().out
    assert shown.startswith("ERROR drink trial 1")
    assert "`boom` crashed: ZeroDivisionError: oh" in shown


def test_a_conftest_that_cannot_be_run(capsys):
    Path("conftest.py").write_text("import nowhere_at_all  # pytest_persona_scorers")
    assert score({"case": "drink", "reply": "Rum"}) == 2
    assert "conftest.py: cannot be run" in capsys.readouterr().err


def test_a_broken_suite(capsys):
    Path("suites/a.suite.yaml").write_text("persona: persona.yaml\ncases: 3\n")
    assert score({"case": "drink", "reply": "Rum"}) == 2
    assert "a.suite.yaml:2" in capsys.readouterr().err
