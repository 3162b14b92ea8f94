"""``persona-eval check``: findings, and an exit status that warnings do not change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from persona_eval.cli import main

pytestmark = pytest.mark.usefixtures("project")
SUITE = Path("suites/a.suite.yaml")


def test_warnings_alone_end_with_0_unless_strict(capsys):
    assert main(["check"]) == 0
    shown = capsys.readouterr().out
    assert "warning: suites/persona.yaml: voice.samples: 0 sentences" in shown
    assert "1 suites, 1 cards: 0 errors, 2 warnings" in shown
    assert main(["check", "--strict"]) == 1


def test_an_exact_expectation_that_misjudges_an_example_is_an_error(capsys):
    SUITE.write_text(SUITE.read_text().replace("good: [Rum!]", "good: [Water!]"))
    assert main(["check", str(SUITE)]) == 1
    assert "error: suites/a.suite.yaml:5: drink: error: good example" in capsys.readouterr().out


def test_problems_of_a_file_are_listed_with_their_places(capsys):
    SUITE.write_text("persona: persona.yaml\ncases:\n  - {id: A B, categry: x, prompt: Hi}\n")
    assert main(["check"]) == 1
    shown = capsys.readouterr().out
    assert "suites/a.suite.yaml:3:" in shown
    assert "did you mean `category`" in shown


def test_training_data_is_looked_at(capsys):
    data = Path("adapters/rosa/data")
    data.mkdir(parents=True)
    Path("adapters/rosa/recipe.yaml").write_text("{select: last, data: {train: data/train.jsonl}}")
    data.joinpath("train.jsonl").write_text(json.dumps({"prompt": "Hi", "completion": "Ahoy"}))
    assert main(["check"]) == 1
    assert "error: adapters/rosa/data/train.jsonl:1" in capsys.readouterr().out


def test_explain_prints_what_judges(capsys):
    main(["check", "--explain", str(SUITE)])
    assert "a.suite.yaml::drink (in_character; 3 trials, 66% must pass)" in capsys.readouterr().out


@pytest.mark.parametrize("path", ["nowhere", "adapters"])
def test_nothing_to_check_is_bad_input(capsys, path):
    Path("adapters").mkdir()
    assert main(["check", path]) == 2
    assert path in capsys.readouterr().err


def test_the_adapters_of_pytest_are_those_that_are_looked_at(capsys):
    for name in ("rosa", "bo"):
        data = Path(f"adapters/{name}/data")
        data.mkdir(parents=True)
        data.with_name("recipe.yaml").write_text("{select: last, data: {train: data/train.jsonl}}")
        data.joinpath("train.jsonl").write_text("broken")
    main(["check"])
    both = capsys.readouterr().out
    Path("pytest.ini").write_text("[pytest]\npersona_adapters = base rosa\n")
    assert main(["check"]) == 1
    one = capsys.readouterr().out
    assert "adapters/bo/data" in both
    assert "adapters/bo/data" not in one
    assert "adapters/rosa/data/train.jsonl:1" in one
    Path("pytest.ini").write_text("[pytest]\npersona_adapters = rose\n")
    assert main(["check"]) == 2
    assert "no adapter `rose`" in capsys.readouterr().err
