from __future__ import annotations

from pathlib import Path

import pytest

from persona_eval.errors import DataError
from persona_eval.training.loop import learning_rate
from persona_eval.training.recipe import Recipe, train_path, valid_path
from persona_eval.training.recipe_file import load_recipe


def recipe_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    return path


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(DataError) as caught:
        load_recipe(recipe_file(tmp_path, text))
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in caught.value.problems]


def test_a_short_recipe_has_sensible_defaults(tmp_path: Path) -> None:
    recipe = load_recipe(recipe_file(tmp_path, "data: {train: a.jsonl, valid: b.jsonl}"))
    assert (recipe.base, recipe.lora.rank, recipe.learning_rate) == ("gemma3-270m", 16, 2e-4)
    assert recipe.select == "best"
    assert train_path(recipe, tmp_path) == tmp_path / "a.jsonl"
    assert valid_path(recipe, tmp_path) == tmp_path / "b.jsonl"


def test_everything_can_be_set(tmp_path: Path) -> None:
    text = """
base: some/model
data: {train: a.jsonl, valid_share: 0.1}
lora: {rank: 4, scale: 1, dropout: 0.1, keys: [self_attn.q_proj], layers: 2}
learning_rate: 1e-5
schedule: constant
clip: null
select: last
"""
    recipe = load_recipe(recipe_file(tmp_path, text))
    assert recipe.lora.keys == ("self_attn.q_proj",)
    assert (recipe.learning_rate, recipe.clip) == (1e-5, None)
    assert valid_path(recipe, tmp_path) is None


def test_all_problems_come_at_once_with_place_and_suggestion(tmp_path: Path) -> None:
    text = "select: last\nlerning_rate: 1e-4\nlora:\n  rnak: 8\n  scale: -1\nepochs: many\n"
    found = problems(tmp_path, text)
    assert found[0].startswith(
        "recipe.yaml:2:1: lerning_rate: unknown key: did you mean `learning_rate`?"
    )
    assert found[1].startswith(
        "recipe.yaml:4:3: lora.rnak: unknown key: did you mean `rank`? Allowed: rank,"
    )
    assert found[2] == "recipe.yaml:5:3: lora.scale: Input should be greater than 0"
    assert found[3].startswith("recipe.yaml:6:1: epochs: Input should be a valid integer")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("epochs: 2", "`select: best` needs validation data"),
        ("data: {valid: a, valid_share: 0.1}", "give `valid` or `valid_share`, not both"),
        ("- a", "a recipe is a mapping"),
        ("", "a recipe is a mapping"),
        ("select: last\nselect: last", "stands twice"),
        ("a: [", "not YAML"),
        ("select: last\nlora: {keys: []}", "lora.keys: "),
    ],
)
def test_recipes_that_make_no_sense(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in problems(tmp_path, text)[0]


def test_choices_among_checkpoints(tmp_path: Path) -> None:
    text = "select: suite\nsuite: {path: ../s, cases: 4}\npatience: 2\ncheckpoints: {every: 9}\n"
    recipe = load_recipe(recipe_file(tmp_path, text))
    assert recipe.suite
    assert (recipe.suite.cases, recipe.patience, recipe.checkpoints.every) == (4, 2, 9)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select: suite", "`select: suite` and `suite:` belong together"),
        ("select: last\nsuite: {path: s}", "`select: suite` and `suite:` belong together"),
        ("select: last\npatience: 2", "`patience` needs to know what is better"),
        ("select: suite\nsuite: {pth: s}", "suite.pth: unknown key: did you mean `path`?"),
        ("select: last\ncheckpoints: {evry: 3}", "did you mean `every`?"),
        ("select: last\nlora: {type: dorra}", "lora.type: "),
    ],
)
def test_choices_that_make_no_sense(tmp_path: Path, text: str, expected: str) -> None:
    assert any(expected in problem for problem in problems(tmp_path, text))


def test_a_missing_recipe(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        load_recipe(tmp_path / "recipe.yaml")


def rates(schedule: str, steps: int, warmup: float = 0.1) -> list[float]:
    recipe = Recipe.model_validate(
        {"schedule": schedule, "warmup": warmup, "learning_rate": 0.1, "select": "last"}
    )
    return [learning_rate(recipe, step, steps) for step in range(steps)]


def test_the_step_size_rises_and_then_stays_or_falls() -> None:
    assert rates("constant", 20) == pytest.approx([0.05, *[0.1] * 19])
    cosine = rates("cosine", 20)
    assert cosine[2] == pytest.approx(0.1)
    assert cosine[11] == pytest.approx(0.05)
    assert cosine[2:] == sorted(cosine[2:], reverse=True)
    assert 0 < cosine[-1] < 0.002


def test_a_training_of_one_step_learns_at_full_rate() -> None:
    assert rates("cosine", 1) == [0.1]
    assert rates("cosine", 1, warmup=0.9) == [0.1]
