"""Adapters with a recipe: current, stale, made for another base."""

from __future__ import annotations

import pytest
from projects import Project, case

TRAINS = """
    @pytest.fixture(scope="session", autouse=True)
    def quick_training():
        import persona_eval.training.train as train
        from persona_eval.training.adapter import Manifest, Point
        from persona_eval.training.run import Progress

        def made_of(point):
            texts = dict.fromkeys(
                ("recipe_fingerprint", "data_fingerprint", "base_fingerprint", "fingerprint",
                 "base_name", "weights_sha256"), "x")
            numbers = dict.fromkeys(
                ("seed", "train_examples", "valid_examples", "trained_tokens", "seconds",
                 "tokens_per_second"), 1)
            return Manifest(
                **texts, **numbers, finished=True, selected_step=3, points=(point,), versions={})

        def ensure_trained(recipe, base, folder, on_progress, measure):
            point = Point(step=3, epoch=1, valid=1.25)
            on_progress(Progress(1, 1, 3, 3, 1.5, point, 100.0, 0.0))
            for name in ("adapter_config.json", "adapters.safetensors"):
                (folder / name).write_text((folder.parent.parent / "made" / "bo" / name).read_text())
            return made_of(point)

        kept, train.ensure_trained = train.ensure_trained, ensure_trained
        yield
        train.ensure_trained = kept


    @pytest.fixture(scope="session")
    def persona_model(quick_training):
        model = ScriptedModel({}, default="I drink tea.")
        model.base = None
        return model
"""
LINE = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}\n'


@pytest.fixture
def recipe(project: Project) -> Project:
    project.conftest(TRAINS)
    project.suite(case("tea"))
    project.adapter("bo", "made")
    project.write(
        "adapters/bo/recipe.yaml", "base: scripted\ndata: {train: train.jsonl}\nselect: last\n"
    )
    project.write("adapters/bo/train.jsonl", LINE)
    return project


def test_a_stale_adapter_ends_the_session_with_the_command_to_run(recipe: Project) -> None:
    result = recipe.run(adapter="bo")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(
        ["*persona-eval: adapter bo is not current: it has not been trained yet. Train it: *"]
    )


def test_or_it_is_trained(recipe: Project) -> None:
    result = recipe.run("--persona-train", adapter="bo")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*epoch 1/1*"])


def test_a_recipe_for_another_base(recipe: Project) -> None:
    recipe.write(
        "adapters/bo/recipe.yaml", "base: llama\ndata: {train: train.jsonl}\nselect: last\n"
    )
    result = recipe.run(adapter="bo")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(
        ["*recipe's base is llama, but this run uses scripted. Run with --persona-model llama*"]
    )


def test_a_recipe_that_cannot_be_read(recipe: Project) -> None:
    recipe.write("adapters/bo/recipe.yaml", "bas: scripted\n")
    result = recipe.run(adapter="bo")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["*recipe.yaml:1:*bas*"])


def test_memorised_replies_are_looked_for_in_the_training_data(recipe: Project) -> None:
    wears = """
    @pytest.fixture(scope="session")
    def persona_adapters(pytestconfig):
        from persona_eval.runner import WornAdapter
        return {"bo": WornAdapter("bo", pytestconfig.rootpath / "adapters" / "bo", "f")}
    """
    learnt = "The quick brown fox jumps over the lazy dog and runs home to eat its supper."
    recipe.answers({}, learnt, more=wears)
    recipe.write("adapters/bo/train.jsonl", LINE.replace("Ho", learnt))
    recipe.suite(case("fox", extra="expect: [not_memorised]"))
    recipe.run(adapter="bo").assert_outcomes(failed=1)
    recipe.write("adapters/bo/train.jsonl", LINE)
    recipe.run(adapter="bo").assert_outcomes(passed=1)


def test_without_a_recipe_nothing_is_known_to_be_learnt(recipe: Project) -> None:
    recipe.adapter("ned")
    recipe.suite(case("tea", extra="expect: [contains: tea, not_memorised]"))
    result = recipe.run(adapter="ned")
    result.assert_outcomes(passed=1)


def test_a_current_adapter_is_worn_as_it_is(recipe: Project) -> None:
    recipe.conftest(
        TRAINS
        + """
    @pytest.fixture(scope="session", autouse=True)
    def current():
        import persona_eval.training.current as checks

        kept, checks.is_stale = checks.is_stale, lambda folder, wanted: None
        yield
        checks.is_stale = kept
    """
    )
    recipe.adapter("bo")
    result = recipe.run("--persona-train", adapter="bo")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*epoch*")
