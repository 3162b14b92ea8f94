"""A quick subset of suites that judges checkpoints."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from adapter_folders import write_adapter

from persona_eval import ScriptedModel
from persona_eval.choosing import Chooser, choose_cases, chooser
from persona_eval.errors import ScorerError, SuiteError, TrainingError
from persona_eval.models.base import Request
from persona_eval.scorers.base import Scorer, Tools
from persona_eval.scorers.registry import Registry, default_registry
from persona_eval.store import Store
from persona_eval.suite.load import load_suite
from persona_eval.suite.models import Suite
from persona_eval.training.recipe import Recipe, SuiteChoice

CASE = """
  - id: {name}
    category: {category}
    control: {control}
    prompt: "{name}?"
    pack: none
    expect: [{expect}]
"""
KINDS = [("dont_know", "false"), ("dont_know", "true"), ("clarify", "false")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six cases of two kinds and their controls, below ``suites``; a recipe's folder beside it."""
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "persona.yaml").write_text("name: Bo\n")
    cases = [
        CASE.format(name=f"c{n}{kind}", category=c, control=control, expect="contains: tea")
        for n in range(2)
        for kind, (c, control) in enumerate(KINDS)
    ]
    head = "persona: persona.yaml\ndefaults: {trials: 5}\ncases:\n"
    (tmp_path / "suites" / "a.suite.yaml").write_text(head + "".join(cases))
    return tmp_path


def suite(folder: Path) -> Suite:
    return load_suite(folder / "suites" / "a.suite.yaml", default_registry())


def registry_of(_: Path) -> Registry:
    return default_registry()


def answer(request: Request) -> str:
    return "I drink tea." if request.messages[-1].content.startswith("c0") else "Hm."


def chosen(folder: Path, store: Store, **choice: object) -> Chooser:
    recipe = Recipe.model_validate(
        {"select": "suite", "suite": {"path": "../suites", **choice}, "data": {"valid": "v"}}
    )
    made = chooser(recipe, folder / "bo", ScriptedModel(answer), store, Tools(), registry_of)
    assert made is not None
    return made


def test_the_share_of_replies_that_pass(folder: Path, tmp_path: Path) -> None:
    measure = chosen(folder, Store(tmp_path / "store.sqlite"), trials=2)
    adapter = write_adapter(tmp_path / "bo" / "checkpoints" / "3")
    assert measure(adapter) == 0.5


def test_replies_are_kept_like_those_of_a_run(folder: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite")
    adapter = write_adapter(tmp_path / "bo" / "checkpoints" / "3")
    first = chosen(folder, store)(adapter)
    silent = Chooser(
        choose_cases([suite(folder)], SuiteChoice(path="x"), 0),
        ScriptedModel({}),
        store,
        Tools(),
        registry_of,
    )
    assert silent(adapter) == first


def test_without_a_suite_nothing_judges(tmp_path: Path) -> None:
    recipe = Recipe.model_validate({"data": {"valid": "v"}})
    store = Store(tmp_path / "store.sqlite")
    assert chooser(recipe, tmp_path, ScriptedModel({}), store, Tools(), registry_of) is None


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6, 50])
def test_cases_are_spread_over_categories_and_controls(folder: Path, count: int) -> None:
    cases = choose_cases([suite(folder)], SuiteChoice(path="x", cases=count, trials=2), seed=1)
    assert len({c.name for c in cases}) == len(cases) == min(count, 6)
    kinds = Counter((c.case.category, c.case.control) for c in cases)
    assert max(kinds.values()) - min(kinds.values()) <= 1
    assert {c.case.trial_range.max for c in cases} == {2}
    again = choose_cases([suite(folder)], SuiteChoice(path="x", cases=count, trials=2), seed=1)
    assert [c.name for c in again] == [c.name for c in cases]


def test_a_folder_without_suites(tmp_path: Path) -> None:
    (tmp_path / "suites").mkdir()
    with pytest.raises(TrainingError, match=r"\.\./suites: there is no case"):
        chosen(tmp_path, Store(tmp_path / "store.sqlite"))


def test_a_suite_with_a_mistake(folder: Path, tmp_path: Path) -> None:
    with (folder / "suites" / "a.suite.yaml").open("a") as file:
        file.write("  - id: c00\n")
    with pytest.raises(SuiteError, match="c00"):
        chosen(folder, Store(tmp_path / "store.sqlite"))


class Crashes(Scorer):
    name = "crashes"

    def judge(self, exchange: object) -> None:  # type: ignore[override]
        raise ZeroDivisionError("nought")


def test_a_scorer_that_crashes_is_no_fail(folder: Path, tmp_path: Path) -> None:
    path = folder / "suites" / "a.suite.yaml"
    path.write_text(path.read_text().replace("contains: tea", "crashes"))
    recipe = Recipe.model_validate(
        {"select": "suite", "suite": {"path": "../suites"}, "data": {"valid": "v"}}
    )
    made = chooser(
        recipe,
        folder / "bo",
        ScriptedModel(answer),
        Store(tmp_path / "store.sqlite"),
        Tools(),
        lambda _: default_registry([Crashes]),
    )
    assert made is not None
    with pytest.raises(ScorerError, match="nought"):
        made(write_adapter(tmp_path / "bo" / "checkpoints" / "3"))
