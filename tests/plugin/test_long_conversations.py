"""A long conversation: probes at its turns, one verdict over all trials."""

from __future__ import annotations

import json
from typing import Any

from projects import HEAD, Project

from persona_eval.cli import main

FACT = '{user: "Your name?", expect: [contains: Bo]}'
TALK = f"""
category: in_character
drift: {{max_drop: 0.1, filler: [Hm., Oh.], probes: [{FACT}], every: 3, rounds: 4}}
"""
THREE = HEAD.replace("trials: 1", "trials: 3")
FORGETS = """
    @pytest.fixture(scope="session")
    def persona_model():
        def answer(request):
            if request.messages[-1].content != "Your name?":
                return "Well."
            case, trial, turn, seed = request.key.split("/")
            return "I am Bo." if int(turn) < {turn} + int(trial) else "I am a helper."
        return ScriptedModel(answer)
"""


def talk(name: str = "talk", extra: str = TALK) -> str:
    body = "".join(f"    {line}\n" for line in extra.strip().splitlines())
    return f"  - id: {name}\n{body}"


def row(project: Project, *arguments: str) -> dict[str, Any]:
    project.run("--persona-json=run.json", *arguments)
    (found,) = json.loads((project.folder / "run.json").read_text())["adapters"][0]["cases"]
    return dict(found)


def test_a_character_that_forgets_fails_and_the_line_says_how_far_it_fell(project: Project) -> None:
    project.conftest(FORGETS.format(turn=4))
    project.suite(talk(), head=THREE)
    result = project.run()
    result.assert_outcomes(failed=1)
    (line,) = (line for line in result.outlines if line.startswith("drift "))
    assert line.endswith(
        "::talk: fact score █▃▁▁ over turns 3–12: -1.00 (95 % -1.43 to -0.57); "
        "more than a drop of 0.10"
    )


def test_one_that_remembers_passes_although_it_says_nothing_else_of_note(project: Project) -> None:
    project.conftest(FORGETS.format(turn=99))
    project.suite(talk(), head=THREE)
    found = row(project)
    assert (found["passed"], found["trials"]) == (True, [True] * 3)
    (line,) = found["drift"]["lines"]
    assert line == {
        "kind": "fact", "turns": [3, 6, 9, 12], "scores": [1.0] * 4, "slope": 0.0, "change": 0.0,
        "interval": [0.0, 0.0], "repeated": True, "max_drop": 0.1, "finding": "holds",
    }  # fmt: skip


def test_one_trial_has_no_interval_and_that_is_said(project: Project) -> None:
    project.conftest(FORGETS.format(turn=4))
    project.suite(talk())
    result = project.run()
    result.assert_outcomes(passed=1)
    (line,) = (line for line in result.outlines if line.startswith("drift "))
    assert line.endswith("one trial has no interval, more trials would tell")


def test_turns_may_be_written_one_by_one(project: Project) -> None:
    project.conftest(FORGETS.format(turn=99))
    project.suite(
        talk(
            extra="""
category: in_character
drift: {max_drop: 0.2}
turns:
  - {user: Your name?, probe: fact, expect: [contains: Bo]}
  - {user: Hm., assistant: Yes.}
  - {user: Your name?, probe: fact, expect: [contains: Bo]}
"""
        ),
        head=THREE,
    )
    assert row(project)["drift"]["lines"][0]["turns"] == [1, 3]


def test_what_was_accepted_is_compared_as_a_whole(project: Project, monkeypatch: Any) -> None:
    monkeypatch.chdir(project.folder)
    project.conftest(FORGETS.format(turn=99))
    project.suite(talk(), head=THREE)
    project.run()
    assert main(["accept"]) == 0
    project.conftest(FORGETS.format(turn=4))
    project.run("--persona-fresh", "--persona-json=run.json")
    (gate,) = json.loads((project.folder / "run.json").read_text())["gates"]
    (flip,) = gate["comparison"]["cases"]
    assert (flip["status"], flip["difference"]) == ("broken", -1.0)


def test_a_past_run_is_told_as_it_was(project: Project, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(project.folder)
    project.conftest(FORGETS.format(turn=4))
    project.suite(talk(), head=THREE)
    project.run("--persona-html=page.html")
    page = (project.folder / "page.html").read_text()
    assert "Long conversations" in page
    capsys.readouterr()
    main(["show", "1"])
    assert "talk" in capsys.readouterr().out


def test_a_trial_is_shown_as_its_case_stands(project: Project, monkeypatch: Any) -> None:
    monkeypatch.chdir(project.folder)
    project.conftest(FORGETS.format(turn=4))
    project.suite(talk())
    project.run("--persona-html=page.html").assert_outcomes(passed=1)
    assert "<h3>Trial 1: passed</h3>" in (project.folder / "page.html").read_text()


def test_what_is_wrong_with_one_is_said_before_anything_is_asked(project: Project) -> None:
    project.suite(talk(extra="category: in_character\ndrift: {probes: [Hi]}"))
    lines = project.run().outlines
    assert any("drift.filler: is missing: with `every: 3`" in line for line in lines)
    assert project.asked() == []
