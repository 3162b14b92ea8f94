"""A case in several wordings: one case, one rate, each wording as often as the others."""

from __future__ import annotations

import json
from typing import Any

from projects import HEAD, Project, case

from persona_eval.cli import main

ASKED = 'prompt: "What do you drink?"\nparaphrases: ["Your drink?", "What is in your cup?"]'
THREE = HEAD.replace("trials: 1, pass_rate: 1", "trials: 3, pass_rate: 0.6")


def report(project: Project) -> dict[str, Any]:
    project.run("--persona-json=run.json")
    (row,) = json.loads((project.folder / "run.json").read_text())["adapters"][0]["cases"]
    return dict(row)


def test_each_wording_gets_as_many_trials(project: Project) -> None:
    project.answers({"What do you drink?": "Tea.", "Your drink?": "Tea!"}, default="Hm.")
    project.suite(case("drink", extra=ASKED), head=THREE)
    row = report(project)
    assert row["wordings"] == [
        {"wording": "What do you drink?", "passes": 3, "trials": 3},
        {"wording": "Your drink?", "passes": 3, "trials": 3},
        {"wording": "What is in your cup?", "passes": 0, "trials": 3},
    ]
    assert row["trials"] == [True, True, False] * 3


def test_a_case_that_one_wording_always_fails_passes_by_luck(project: Project) -> None:
    project.answers({"What do you drink?": "Tea.", "Your drink?": "Tea!"}, default="Hm.")
    project.suite(case("drink", extra=ASKED), head=THREE)
    result = project.run()
    result.assert_outcomes(passed=1)
    (line,) = (line for line in result.outlines if line.startswith("luck "))
    assert line.endswith(
        "a.suite.yaml::drink passed 6 of 9 trials: the wording “What is in your cup?” fails all "
        "of its 3 trials"
    )


def test_a_failing_case_shows_its_wordings_and_what_was_asked(project: Project) -> None:
    project.answers({"What do you drink?": "Tea."}, default="Hm.")
    project.suite(case("drink", extra=ASKED), head=THREE)
    lines = project.run().outlines
    assert "  3 of 3 passed: “What do you drink?”" in lines
    assert "  0 of 3 passed: “Your drink?”" in lines
    assert "  user: What is in your cup?" in lines


def test_judging_sees_the_wording_that_was_asked(project: Project) -> None:
    project.conftest("""
        from typing import ClassVar
        from persona_eval import Score, Scorer

        class Repeats(Scorer):
            \"\"\"Passes when the reply repeats the prompt.\"\"\"
            name: ClassVar[str] = "repeats"

            def judge(self, exchange):
                last = exchange.case.turns[-1].user
                same = exchange.reply == exchange.prompt == last
                return Score(same, f"{exchange.prompt} / {last}")

        def pytest_persona_scorers(config):
            return [Repeats]

        @pytest.fixture(scope="session")
        def persona_model():
            return ScriptedModel(lambda request: request.messages[-1].content)
    """)
    project.suite(case("drink", extra=f"{ASKED}\nexpect: [repeats]"), head=THREE)
    assert report(project)["trials"] == [True] * 9


def test_a_paraphrase_that_is_added_asks_nothing_else_anew(project: Project) -> None:
    project.suite(case("drink", extra='prompt: "What do you drink?"'), head=THREE)
    project.run()
    project.suite(case("drink", extra=ASKED), head=THREE)
    project.run()
    shorter = 'prompt: "What do you drink?"\nparaphrases: ["What is in your cup?"]'
    project.suite(case("drink", extra=shorter), head=THREE)
    project.run()
    keys = [key.split("/") for key in project.asked()]
    assert [key[1] for key in keys[:3]] == ["0", "1", "2"]
    assert len(keys) == 9
    assert sorted({key[1].split("~")[0] for key in keys[3:]}) == ["0", "1", "2"]


def test_auto_trials_are_not_stopped_early(project: Project) -> None:
    project.answers({}, default="Tea.")
    project.suite(case("drink", extra=f"{ASKED}\ntrials: auto"), head=THREE)
    assert report(project)["trials"] == [True] * 6


def test_each_wording_is_compared_with_itself(project: Project, monkeypatch: Any) -> None:
    monkeypatch.chdir(project.folder)
    project.answers({"What do you drink?": "Tea."}, default="Hm.")
    project.suite(case("drink", extra=ASKED), head=THREE.replace("0.6", "0.3"))
    project.run()
    assert main(["accept"]) == 0
    project.answers({"Your drink?": "Tea.", "What is in your cup?": "Tea."}, default="Hm.")
    project.run("--persona-fresh", "--persona-json=run.json")
    (flip,) = json.loads((project.folder / "run.json").read_text())["gates"][0]["comparison"][
        "cases"
    ]
    before, after = (flip[side]["result"]["outcomes"] for side in ("before", "after"))
    assert (before, after) == ([True, False, False] * 3, [False, True, True] * 3)


def test_the_page_shows_what_each_trial_was_asked(project: Project, monkeypatch: Any) -> None:
    monkeypatch.chdir(project.folder)
    project.suite(case("drink", extra=ASKED), head=THREE)
    project.run("--persona-html=page.html")
    page = (project.folder / "page.html").read_text()
    assert page.count("user, in other words</span> Your drink?") == 3
    assert page.count("user, in other words</span> What is in your cup?") == 3


def test_saved_replies_are_judged_by_the_wording_of_their_trial(
    project: Project, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.chdir(project.folder)
    project.write(
        "conftest.py",
        """
from typing import ClassVar
from persona_eval import Score, Scorer

class Prompts(Scorer):
    \"\"\"Tells the prompt.\"\"\"
    name: ClassVar[str] = "prompts"

    def judge(self, exchange):
        return Score(True, exchange.prompt)

def pytest_persona_scorers(config):
    return [Prompts]
""",
    )
    project.suite(case("drink", extra=f"{ASKED}\nexpect: [prompts]"), head=THREE)
    rows = [{"case": "drink", "reply": "Tea.", "trial": n} for n in (1, 2, 3, 5)]
    project.write("rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    main(["score", "a.suite.yaml", "--replies", "rows.jsonl", "--json"])
    judged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["scores"][0]["reason"] for row in judged] == [
        "What do you drink?", "Your drink?", "What is in your cup?", "Your drink?",
    ]  # fmt: skip
