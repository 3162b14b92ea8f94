"""A trial as plain data, and in one line."""

from __future__ import annotations

import json
from typing import Any

from exchanges import case
from told import score, told

from persona_eval.judging import Judgement
from persona_eval.models.base import FinishReason, Reply
from persona_eval.reports.transcript import QUOTED, shortened, tell, trial_lines
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Turn
from persona_eval.trials import Trial

TURNS = (
    Turn(user="Hi", assistant="Ho"),
    Turn(user="Tea?"),
    Turn(user="Bye"),
)


def reply(text: str, reason: FinishReason = "stop") -> Reply:
    return Reply(text, reason, 7, 1, 0.0)


def tell_three_turns(**fields: Any) -> dict[str, Any]:
    trial = Trial(case(turns=TURNS), Persona(name="Bo"), 4, [reply("Yes."), reply("By", "length")])
    judgement = Judgement(False, None, (score("a", True, turn=1), score("b", False, turn=2)))
    return tell(trial, judgement, **fields)


def test_turn_by_turn_with_the_scores_of_each_reply() -> None:
    found = tell_three_turns()
    assert (found["number"], found["speaker"], found["passed"]) == (5, "Bo", False)
    said = [(t["user"], t["reply"], t["generated"], t["cut"]) for t in found["turns"]]
    assert said == [
        ("Hi", "Ho", False, None),
        ("Tea?", "Yes.", True, None),
        ("Bye", "By", True, 7),
    ]
    names = [[each["expectation"] for each in turn["scores"]] for turn in found["turns"]]
    assert names == [[], ["a"], ["b"]]


def test_it_crosses_processes_as_it_is() -> None:
    found = tell_three_turns(confirming=True)
    assert json.loads(json.dumps(found)) == found
    assert found["confirming"]


def test_a_trial_that_was_broken_off_ends_where_it_ended() -> None:
    trial = Trial(case(turns=TURNS), Persona(name="Bo"), 0, [reply("Yes.")])
    turns = tell(trial, Judgement(None, "no memory", ()))["turns"]
    assert [turn["reply"] for turn in turns] == ["Ho", "Yes.", None]


def test_a_line_a_trial() -> None:
    failed = told("Hm.", score("contains", False), score("words", False), number=2)
    confirming = told("", score("contains", False), number=3, confirming=True)
    assert list(trial_lines([told("I drink tea."), failed, confirming])) == [
        "    trial 1 passed: “I drink tea.”",
        "    trial 2 failed: “Hm.” ← contains, words",
        "    trial 3 failed (to confirm): “(empty)” ← contains",
    ]


def test_a_line_stays_one_line() -> None:
    (line,) = trial_lines([told("one\ntwo \x1b[2J " + "three " * 50)])
    assert line.startswith("    trial 1 passed: “one two \\u001b[2J three")
    assert len(line) < QUOTED + 25


def test_shortened() -> None:
    assert shortened("a  b\nc", 5) == "a b c"
    assert shortened("abcdef", 5) == "abc …"
    assert shortened(" \n", 5) == "(empty)"
