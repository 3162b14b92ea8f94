"""What a case will be judged by."""

from __future__ import annotations

from pathlib import Path

from exchanges import case, expectation

from persona_eval.reports.explain import explain_case
from persona_eval.scorers.registry import default_registry
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case, Suite


def explained(judged: Case) -> list[str]:
    path = Path("deep") / "a.suite.yaml"
    suite = Suite(path=path, persona=Persona(name="Bo"), persona_path=path, cases=(judged,))
    return explain_case(suite, judged, default_registry()).splitlines()


def test_a_heading_and_a_row_for_each_expectation() -> None:
    tea = expectation("contains", "tea")
    lines = explained(case(pack=False, expect=(tea,), trials=2, pass_rate=0.5))
    assert lines[0] == "a.suite.yaml::a-case (in_character; 2 trials, 50% must pass)"
    assert lines[1].split() == ["turn", "expectation", "from", "options"]
    assert lines[3].split()[:3] == ["1", "contains", "case"]
    assert len(lines) == 4


def test_a_control_is_called_one() -> None:
    judged = case("boundary", control=True, pass_rate=1.0)
    lines = explained(judged)
    assert "(boundary, control; 3 trials, 100% must pass)" in lines[0]
    assert any("complies" in line and "pack" in line for line in lines)
