"""``persona-eval accept --settings`` writes what a sweep recommends into the card."""

from __future__ import annotations

import pytest
from projects import HEAD, Project, case

from persona_eval.cli import main

MODEL = """
    @pytest.fixture(scope="session")
    def persona_model():
        return ScriptedModel(
            lambda r: "Hm." if r.generation.temperature > 0.7 else "I drink tea."
        )
"""
SWEEP = ("--persona-sweep", "temperature=0,0.2,0.4,0.9")


@pytest.fixture
def swept(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(project.folder)
    project.answers({}, more=MODEL)
    project.write("persona.yaml", "name: Bo  # short\nage: 7\n")
    project.suite(case("tea"), case("cup"))
    return project


def test_the_card_gets_the_settings_and_the_cases_them_from_there(
    swept: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert swept.run().ret == 1, "0.8, the built-in temperature, is too hot for it"
    assert swept.run(*SWEEP).ret == 0
    assert main(["accept", "--settings"]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "persona.yaml: generation: temperature=0",
        "next: run the suites, and accept that run as the baseline: persona-eval accept. What was "
        "accepted before had other settings",
    ]
    assert (swept.folder / "persona.yaml").read_text() == (
        "name: Bo  # short\nage: 7\n"
        "generation:  # by persona-eval accept --settings\n  temperature: 0\n"
    )
    assert swept.run().ret == 0


def test_what_is_set_nearer_to_the_cases_is_named(
    swept: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    head = HEAD.replace("pass_rate: 1", "pass_rate: 1, generation: {temperature: 0.5}")
    swept.suite(case("tea"), case("cup"), head=head)
    swept.run(*SWEEP)
    assert main(["accept", "--settings"]) == 0
    assert (
        "note: 2 of 2 cases of a.suite.yaml set temperature themselves" in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("sweep", "change", "message"),
    [
        ((), "", "holds no sweep: pytest suites/ --persona-sweep"),
        (("--persona-sweep", "temperature=0.9,1.2"), "", "the last sweep recommends nothing"),
        ((*SWEEP, "-k", "tea"), "", "over a part of the cases"),
        (SWEEP, "more", "cases have changed since the last sweep"),
    ],
)
def test_what_is_refused_changes_nothing(
    swept: Project,
    capsys: pytest.CaptureFixture[str],
    sweep: tuple[str, ...],
    change: str,
    message: str,
) -> None:
    if sweep:
        swept.run(*sweep)
    if change:
        swept.suite(case("tea", prompt="Tea?"), case("cup"))
    before = (swept.folder / "persona.yaml").read_text()
    assert main(["accept", "--settings"]) == 2
    assert message in capsys.readouterr().err
    assert (swept.folder / "persona.yaml").read_text() == before


def test_force_takes_the_centre_where_no_gate_passes(
    swept: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    swept.run("--persona-sweep", "temperature=0.9,1.2,1.5")
    assert main(["accept", "--settings", "--force"]) == 0
    assert "temperature=1.2" in capsys.readouterr().out
