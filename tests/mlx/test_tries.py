"""Variants of a recipe are trained, kept and compared."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from attempts import MAKE, Built, Try, answered
from support import chat, write_jsonl
from trainings import names

from persona_eval.models.adapters import wear
from persona_eval.models.locate import BaseFiles
from persona_eval.training.adapter import load_adapter
from persona_eval.training.examples import tokenize
from persona_eval.training.loop import Loop
from persona_eval.training.recipe_file import load_recipe
from persona_eval.training.run import UNFINISHED, Progress
from persona_eval.training.train import read_sources, train


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
