"""Variants of a recipe are trained, kept and compared; what goes wrong in one stays there."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from support import CHATML, chat, tiny_gemma, tiny_llama, write_jsonl
from tiny_batches import loaded
from trainings import WRITTEN, names

from persona_eval.cli import main
from persona_eval.models.adapters import wear
from persona_eval.models.locate import BaseFiles
from persona_eval.models.mlx import LoadedBase, MLXModel
from persona_eval.scorers.base import Tools
from persona_eval.training.adapter import load_adapter
from persona_eval.training.examples import tokenize
from persona_eval.training.loop import Loop
from persona_eval.training.recipe_file import load_recipe
from persona_eval.training.run import UNFINISHED, Progress
from persona_eval.training.train import read_sources, train

Try = Callable[..., int]
RECIPE = """
base: gemma
data: {train: data/train.jsonl, valid: data/valid.jsonl}
lora: {rank: 4}
learning_rate: 5e-3
epochs: 1
batch_size: 4
"""
SUITE = """
persona: persona.yaml
defaults: {pack: none, trials: 1, generation: {max_tokens: 4}}
cases:
  - {id: any, category: in_character, prompt: Hi, expect: [words: {max: 99}]}
  - {id: never, category: in_character, prompt: Hi, expect: [contains: Zyzzyva]}
"""


def unable_to_stop() -> Any:
    """A model in which many tokens have almost the embedding of <eos>."""
    model = tiny_gemma()
    table = model.model.embed_tokens.weight
    table[100:160] = table[1] * 2 + mx.random.normal((60, table.shape[1])) * 1e-3
    model.model.embed_tokens.weight = table
    return model


MAKE: dict[str, Callable[[Path], LoadedBase]] = {
    "gemma": loaded,
    "llama": lambda folder: loaded(folder, tiny_llama(), ["<|im_end|>"], CHATML),
    "endless": lambda folder: loaded(folder, unable_to_stop()),
}


class Built(MLXModel):
    """A model that is built in code, by its name."""

    loads: list[str] = []  # noqa: RUF012

    @cached_property
    def base(self) -> LoadedBase:
        self.loads.append(self.name)
        made = MAKE[self.name](self.files.path)
        return replace(made, name=self.name, fingerprint=self.fingerprint)


@pytest.fixture
def attempt(folder: Path, tully: Path, monkeypatch: pytest.MonkeyPatch) -> Try:
    """Runs `persona-eval try` on tiny bases, in the character's folder."""
    (tully / "recipe.yaml").write_text(RECIPE)
    monkeypatch.chdir(tully.parent)
    monkeypatch.setattr(Built, "loads", [])
    where = "persona_eval.tries.sweep.locate"
    monkeypatch.setattr(where, lambda spec: BaseFiles(spec, folder, f"of {spec}"))
    monkeypatch.setattr("persona_eval.cli.try_.MLXModel", lambda files: Built(files, 4))
    monkeypatch.setattr("persona_eval.cli.try_.default_tools", lambda *_: Tools())
    return lambda *arguments: main(["try", "tully", *arguments])


def answered(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def diverging(monkeypatch: pytest.MonkeyPatch, rate: float) -> None:
    """Every training with this learning rate loses its figures in the second step."""
    update = Loop.update

    def broken(self: Loop, batches: Any, now: float) -> tuple[float, float]:
        good = update(self, batches, now)
        bad = self.recipe.learning_rate == rate and self.step == 1
        return (math.nan, math.nan) if bad else good

    monkeypatch.setattr(Loop, "update", broken)


def test_a_grid_is_trained_and_ranked(
    attempt: Try, tully: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attempt("--with", "learning_rate=1e-3,2e-2", "--with", "lora.rank=2,4", "--json") == 0
    found = answered(capsys)
    assert (found["adapter"], found["trained"], found["same_validation"]) == ("tully", 4, True)
    losses = [row["validation"] for row in found["tries"]]
    assert losses == sorted(losses)
    assert found["tries"][0]["settings"]["learning_rate"] == 2e-2
    for row in found["tries"]:
        adapter = load_adapter(Path(row["folder"]))
        assert adapter.manifest
        assert adapter.manifest.selected.valid == row["validation"]
        assert adapter.config.rank == row["settings"]["lora.rank"]
        assert row["memory"] > 0
    assert names(tully) == {"data", "recipe.yaml", "tries"}, "the adapter itself was not trained"
    assert Built.loads == ["gemma"]


def test_the_table(attempt: Try, capsys: pytest.CaptureFixture[str]) -> None:
    cells = ["--cell", "learning_rate=0.02 lora.rank=2", "--cell", ""]
    assert attempt(*cells, "--examples", "5", "--epochs", "2") == 0
    told = capsys.readouterr()
    head, _, best, other, _, *notes = told.out.splitlines()
    assert head.split() == [
        "learning_rate", "lora.rank", "base", "steps", "loss", "validation", "nats/char", "time",
        "tok/s", "memory",
    ]  # fmt: skip
    assert best.split()[:2] == ["0.02", "2"]
    assert other.split()[:3] == ["0.005", "4", "gemma"]
    assert notes[-1] == "first: tully/tries/epochs-2_examples-5_learning_rate-0.02_lora.rank-2"
    assert "2 of 2 variants to train: about" in told.err
    assert "[2/2] as it is (gemma): loss" in told.err


def test_a_variant_is_what_training_its_recipe_would_be(
    attempt: Try, tully: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attempt("--cell", "", "--json") == 0
    (row,) = answered(capsys)["tries"]
    base = Built(BaseFiles("gemma", tully, "of gemma")).base
    variant = load_adapter(Path(row["folder"])).manifest
    manifest = train(load_recipe(tully / "recipe.yaml"), base, tully)
    assert variant
    assert variant.weights_sha256 == manifest.weights_sha256
    assert variant.fingerprint == manifest.fingerprint


def test_several_bases_compare_by_characters(
    attempt: Try, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attempt("--with", "base=gemma,llama", "--json") == 0
    rows = answered(capsys)["tries"]
    assert [row["validation_per_character"] for row in rows] == sorted(
        row["validation_per_character"] for row in rows
    )
    for row in rows:
        place, base = Path(row["folder"]), MAKE[row["base"]["name"]](folder)
        manifest = load_adapter(place).manifest
        assert manifest
        recipe = load_recipe(place / "recipe.yaml")
        valid = read_sources(recipe, place).valid
        examples = tokenize(valid, base.tokenizer, recipe.max_length)
        total = manifest.selected.valid * sum(example.learned for example in examples)
        characters = sum(len(reply) for each in valid for reply in each.replies)
        assert row["validation_per_character"] == pytest.approx(total / characters)
        assert wear(replace(base, fingerprint=row["base"]["fingerprint"]), place)
    assert Built.loads == ["gemma", "llama", "gemma", "llama"], "one at a time: planned, trained"


def test_what_is_finished_is_not_trained_again(
    attempt: Try, tully: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grid = ["--with", "lora.rank=2,4", "--json"]
    assert attempt(*grid) == 0
    first = answered(capsys)
    Built.loads.clear()
    assert attempt(*grid) == 0
    told = capsys.readouterr()
    assert "2 variants, none to train" in told.err
    assert json.loads(told.out)["tries"] == first["tries"]
    assert Built.loads == [], "nothing was loaded either"
    write_jsonl(tully / "data/train.jsonl", [chat("Hi!", "Hello!")] * 5)
    assert attempt("--with", "lora.rank=2", "--json") == 0
    assert answered(capsys)["trained"] == 1


def test_a_sweep_that_was_killed_goes_on(
    attempt: Try, tully: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed:
        def __init__(self, write: Any):
            pass

        def __call__(self, progress: Progress) -> None:
            if progress.step == 5:
                raise KeyboardInterrupt

    grid = ["--with", "lora.rank=2,4", "--epochs", "2", "--json"]
    with monkeypatch.context() as patch:
        patch.setattr("persona_eval.cli.try_.ProgressLines", Killed)
        with pytest.raises(KeyboardInterrupt):
            attempt(*grid)
    tries = tully / "tries"
    assert (tries / "epochs-2_lora.rank-2" / UNFINISHED / "checkpoints" / "3").is_dir()
    capsys.readouterr()
    seen: list[int] = []
    step = Loop._timed_step
    monkeypatch.setattr(
        Loop, "_timed_step", lambda self, batches: seen.append(self.step) or step(self, batches)
    )
    assert attempt(*grid) == 0
    assert seen == [3, 4, 5, 0, 1, 2, 3, 4, 5], "the first from its checkpoint, then the second"
    assert {row["state"] for row in answered(capsys)["tries"]} == {"finished"}


def test_a_variant_that_diverges_leaves_the_others_alone(
    attempt: Try, tully: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    diverging(monkeypatch, 0.5)
    grid = ["--with", "learning_rate=0.5,0.01"]
    assert attempt(*grid) == 0
    told = capsys.readouterr().out
    assert "learning_rate=0.5: diverged: the loss is not finite in step 2" in told
    rows = [line.split() for line in told.splitlines()[2:4]]
    assert (rows[0][0], rows[1]) == ("0.01", ["0.5", "gemma", "diverged"])
    assert not WRITTEN & names(tully / "tries" / "learning_rate-0.5")
    Built.loads.clear()
    assert attempt(*grid) == 0
    assert "none to train" in capsys.readouterr().err, "it would diverge again"
    assert Built.loads == []


def test_a_disk_that_refuses_stops_the_sweep(
    attempt: Try, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("persona_eval.training.checkpoint._write_weights", full)
    assert attempt("--with", "lora.rank=2,4") == 2
    told = capsys.readouterr()
    assert "No space left" in told.err
    assert told.out == ""


def test_what_cannot_be_trained_is_refused_with_its_reason(
    attempt: Try, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attempt("--with", "base=endless,gemma", "--with", "lora.layers=9,2") == 0
    told = capsys.readouterr()
    assert "1 of 4 variants to train, 3 refused" in told.err
    assert "base=endless lora.layers=2: refused: the base model cannot learn to stop" in told.out
    assert "base=gemma lora.layers=9: refused: lora.layers is 9, but gemma has 2" in told.out
    assert told.out.splitlines()[2].split()[:2] == ["2", "gemma"]


def test_where_nothing_can_be_trained(attempt: Try, capsys: pytest.CaptureFixture[str]) -> None:
    assert attempt("--with", "base=endless") == 1
    told = capsys.readouterr()
    assert "1 variant, none to train, 1 refused" in told.err
    assert "refused: the base model cannot learn to stop" in told.out


def test_examples_that_are_too_long_for_one_variant(
    attempt: Try, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attempt("--with", "max_length=16,512") == 0
    assert "max_length=16: refused: " in capsys.readouterr().out


def test_suites_judge_every_variant(
    attempt: Try, tully: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suites = tully.parent / "suites"
    suites.mkdir()
    (suites / "persona.yaml").write_text("{name: Tully, description: A boy}")
    (suites / "a.suite.yaml").write_text(SUITE)
    grid = ["--with", "lora.rank=2,4"]
    assert attempt(*grid) == 0
    capsys.readouterr()
    Built.loads.clear()
    assert attempt(*grid, "--suite", "suites") == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[2].split()[6] == "50%"
    assert "passed: of 2 cases, one reply each" in told.out
    assert Built.loads == ["gemma"]
    assert attempt(*grid, "--suite", "suites/a.suite.yaml", "--json") == 0
    assert [row["passed"] for row in answered(capsys)["tries"]] == [0.5, 0.5]
    assert Built.loads == ["gemma"], "the replies were in the store"


def test_checkpoints_may_be_chosen_by_suites(
    attempt: Try, tully: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suites = tully.parent / "suites"
    suites.mkdir()
    (suites / "persona.yaml").write_text("{name: Tully, description: A boy}")
    (suites / "a.suite.yaml").write_text(SUITE)
    assert attempt("--cell", "select=suite suite.path=../suites", "--json") == 0
    assert answered(capsys)["tries"][0]["passed"] == 0.5


def test_more_than_six_hours_need_a_yes(
    attempt: Try, tully: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("persona_eval.cli.try_.MOST_SECONDS", 0.0)
    assert attempt("--with", "lora.rank=2") == 2
    assert "take fewer --examples or --epochs, fewer variants, or add --yes" in (
        capsys.readouterr().err
    )
    assert not WRITTEN & names(tully / "tries" / "lora.rank-2")
    assert attempt("--with", "lora.rank=2", "--yes") == 0
