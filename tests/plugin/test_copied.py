"""Memorised or learned: replies beside the data that their adapter was trained on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from projects import Project, case

from persona_eval.cli import main
from persona_eval.training.fingerprint import adapter_fingerprint
from persona_eval.training.recipe_file import load_recipe
from persona_eval.training.train import read_sources

MANIFEST = Path(__file__).parents[2] / "adapters" / "tully" / "manifest.json"
LEARNT = "I drink a big mug of sweet black tea every day"
WEARS = """
    @pytest.fixture(scope="session")
    def persona_adapters(pytestconfig):
        from persona_eval.runner import WornAdapter

        folder = pytestconfig.rootpath / "adapters" / "bo"
        known = {"bo": WornAdapter("bo", folder, "f"), "base": WornAdapter("base", None, "none")}
        return {name: known[name] for name in pytestconfig.getoption("persona_adapter")}
"""
COPY = "copied 92% of its words from adapters/bo/train.jsonl:2"


def learn(project: Project, *more: str) -> None:
    """Data of an adapter, and the manifest of a training that has read them."""
    folder = project.folder / "adapters" / "bo"
    said = ["Ho", f"{LEARNT}!", "Tea, please!", *more]
    rows = [[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": s}] for s in said]
    lines = "".join(json.dumps({"messages": row}) + "\n" for row in rows)
    project.write("adapters/bo/train.jsonl", lines)
    recipe = load_recipe(project.write("adapters/bo/recipe.yaml",
                                       "select: last\ndata: {train: train.jsonl}\n"))  # fmt: skip
    data = adapter_fingerprint(recipe, read_sources(recipe, folder), "").data
    manifest = json.loads(MANIFEST.read_text()) | {"data_fingerprint": data}
    project.write("adapters/bo/manifest.json", json.dumps(manifest))


@pytest.fixture
def trained(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A model that says one of its training replies, and two of its own."""
    monkeypatch.chdir(project.folder)
    said = {"Drink?": f"Well! {LEARNT}.", "Now?": "Some tea, I think.", "Yes?": "Tea, please!"}
    project.answers(said, more=WEARS)
    project.suite(
        case("drink", "Drink?"),
        case("now", "Now?", extra="category: clarify"),
        case("yes", "Yes?", extra="category: clarify"),
    )
    project.adapter("bo")
    learn(project)
    return project


def test_a_column_beside_the_passes_and_no_change_of_the_gate(trained: Project) -> None:
    result = trained.run(adapter="bo")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        [
            "category*passed*95 %*copied*controls*",
            "in_character * 100% *–100 * 100% *",
            "clarify * 100% *–100 * 0% *",  # as short as this, a reply is anybody's
            "all * 100% *–100 * 33% *",
            "gate PASS: 3 of 3 cases passed",
        ]
    )
    result.stdout.no_fnmatch_line(f"*{COPY}*")


def test_each_copy_with_its_source_when_more_is_asked_for(trained: Project) -> None:
    result = trained.run("-v", adapter="bo")
    result.stdout.fnmatch_lines(
        ["*passes that repeat training data*", f"*/a.suite.yaml::drink[[]bo[]] trial 1 {COPY}"]
    )
    result.stdout.no_fnmatch_line("*trial 1 copied 100%*")


def test_a_failing_case_says_so_too(trained: Project) -> None:
    trained.suite(case("drink", "Drink?", "coffee"))
    trained.run(adapter="bo").stdout.fnmatch_lines(["*FAIL contains*", f"trial 1 {COPY}"])


def test_without_training_data_nothing_is_said(trained: Project) -> None:
    trained.run("-v").stdout.no_fnmatch_line("*copied*")


def test_nor_where_the_data_were_changed_since(trained: Project) -> None:
    data = trained.folder / "adapters" / "bo" / "train.jsonl"
    data.write_text(data.read_text().replace("Ho", "Ha"))
    trained.run("-v", adapter="bo").stdout.no_fnmatch_line("*copied*")


def test_of_two_adapters_only_the_one_that_was_trained_here(trained: Project) -> None:
    result = trained.run("--persona-adapter=bo")
    base, bo = result.stdout.str().split("adapter base\n")[1].split("adapter bo\n")
    assert "copied" not in base
    assert "copied" in bo


def test_the_largest_overlap_of_a_conversation_counts(trained: Project) -> None:
    turns = "turns: [{user: Drink?}, {user: Now?}]"
    trained.suite(case("talk", extra=turns))
    trained.run("--persona-json=run.json", adapter="bo")
    (talk,) = told(trained)["cases"]
    assert talk["overlaps"] == [
        {"share": 11 / 12, "words": 11, "place": "adapters/bo/train.jsonl:2", "copied": True}
    ]


def told(project: Project) -> Any:
    (adapter,) = json.loads((project.folder / "run.json").read_text())["adapters"]
    return adapter


def test_for_other_programs(trained: Project) -> None:
    trained.run("--persona-json=run.json", "--junitxml=run.xml", adapter="bo")
    adapter = told(trained)
    assert [each["copied"] for each in adapter["cases"]] == [1.0, 0.0, 0.0]
    assert {each["category"]: each["copied"] for each in adapter["summaries"]} == {
        "in_character": 1.0,
        "clarify": 0.0,
        "all": pytest.approx(1 / 3),
    }
    drink, *_ = ElementTree.parse(trained.folder / "run.xml").iter("testcase")
    properties = {each.get("name"): each.get("value") for each in drink.iter("property")}
    assert properties["copied"] == "1.0"


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """What a command prints, line by line."""
    capsys.readouterr()
    assert main(list(arguments)) == 0
    return capsys.readouterr().out.splitlines()


def column(lines: list[str], name: str, category: str) -> str:
    """A cell of the first table, found by where its heading ends."""
    heads = next(line for line in lines if line.startswith("category"))
    row = next(line for line in lines if line.startswith(category))
    end = heads.index(name) + len(name)
    return row[:end].split("  ")[-1].strip()


def test_stored_replies_are_held_against_the_data_anew(
    trained: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    trained.run(adapter="bo")
    assert column(shown(capsys, "show"), "copied", "all") == "33%"
    trained.suite(case("drink", "Drink?", "mug"), case("now", "Now?"), case("yes", "Yes?"))
    lines = shown(capsys, "show")
    assert any("trials judged anew, as rules have changed since" in line for line in lines)
    assert column(lines, "copied", "all") == "33%"


def test_an_adapter_that_has_learnt_something_else_since_tells_nothing_of_the_past(
    trained: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    trained.run(adapter="bo")
    learn(trained, "Now something else.")
    trained.run("--persona-fresh", adapter="bo")
    assert "copied" not in "".join(shown(capsys, "show", "1"))
    assert "copied" in "".join(shown(capsys, "show", "2"))


def test_whether_a_gain_is_made_of_copies(
    trained: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    trained.run("--persona-adapter=bo")
    lines = shown(capsys, "compare", "base", "bo")
    assert column(lines, "copied", "in_character") == "– → 100%"
    assert column(lines, "copied", "all ") == "– → 33%"
    (found,) = json.loads("".join(shown(capsys, "compare", "base", "bo", "--json")))["comparisons"]
    assert found["all"]["copied"] == [None, pytest.approx(1 / 3)]
    assert "copied" not in "".join(shown(capsys, "compare", "base", "base"))


def test_the_baseline_is_held_against_the_data_of_its_adapter(
    trained: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    trained.run(adapter="bo")
    assert main(["accept", "bo"]) == 0
    assert column(shown(capsys, "compare", "baseline", "bo"), "copied", "all ") == "33% → 33%"
