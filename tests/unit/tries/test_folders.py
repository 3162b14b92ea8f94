"""Variants on disk: beside the adapter, complete in themselves, with the same examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from adapter_folders import write_adapter
from support import chat, write_jsonl

from persona_eval.errors import DataError
from persona_eval.models.locate import BaseFiles
from persona_eval.training.adapter import find_adapters, resolve_adapter
from persona_eval.training.recipe import Recipe
from persona_eval.training.recipe_file import load_recipe
from persona_eval.training.train import fingerprint, read_sources
from persona_eval.tries.folders import Attempt, Record, lay_out
from persona_eval.tries.variants import Size, make_variants

WHOLE = Size()
BASES = {"gemma3-270m": BaseFiles("gemma3-270m", Path("g"), "b")}
RECIPE = {"data": {"train": "data/all.jsonl", "valid": "data/valid.jsonl"}, "seed": 3}


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    folder = tmp_path / "adapters" / "bo"
    rows = [chat(f"Hi {n}", f"Hello {n}!", category="greetings") for n in range(20)]
    write_jsonl(folder / "data" / "all.jsonl", rows)
    write_jsonl(folder / "data" / "valid.jsonl", [chat("A?", "B", "C?", "Dé!"), chat("E?", "F")])
    (folder / "recipe.yaml").write_text(json.dumps(RECIPE))
    return folder


def laid_out(folder: Path, *cells: dict[str, Any], size: Size = WHOLE) -> list[Attempt]:
    recipe = load_recipe(folder / "recipe.yaml")
    variants = make_variants(recipe, folder / "recipe.yaml", cells, size)
    return lay_out(folder, recipe, variants, BASES)


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_a_variant_is_complete_in_its_own_folder(adapter: Path) -> None:
    (attempt,) = laid_out(adapter, {"lora.rank": 8})
    assert attempt.folder == adapter / "tries" / "lora.rank-8"
    recipe = load_recipe(attempt.folder / "recipe.yaml")
    assert recipe == attempt.recipe
    assert (recipe.lora.rank, recipe.seed) == (8, 3)
    assert recipe.data.train == "data/train.jsonl"
    assert read_sources(recipe, attempt.folder).train[0].replies == ("Hello 0!",)
    assert lines(attempt.folder / "data/train.jsonl") == lines(adapter / "data/all.jsonl")
    assert attempt.characters == len("B" + "Dé!" + "F")
    comment = lines(attempt.folder / "recipe.yaml")[0]
    assert comment == "# bo, lora.rank=8: a variant by `persona-eval try`"
    assert attempt.wanted == fingerprint(recipe, attempt.folder, "b")


def test_without_changes_it_would_be_the_same_adapter(adapter: Path) -> None:
    (attempt,) = laid_out(adapter, {})
    own = load_recipe(adapter / "recipe.yaml")
    assert attempt.wanted == fingerprint(own, adapter, "b")


def test_all_variants_learn_from_the_same_examples(adapter: Path) -> None:
    first, second, third = laid_out(adapter, {"seed": 1}, {"seed": 2}, {}, size=Size(6))
    drawn = lines(first.folder / "data/train.jsonl")
    assert len(drawn) == 6
    assert drawn == lines(second.folder / "data/train.jsonl")
    assert drawn == lines(third.folder / "data/train.jsonl")
    whole = lines(adapter / "data/all.jsonl")
    assert drawn == [line for line in whole if line in drawn], "in their order"
    assert drawn != whole[:6]
    assert first.replies == second.replies == third.replies


def test_more_examples_than_there_are(adapter: Path) -> None:
    (attempt,) = laid_out(adapter, {}, size=Size(500))
    assert len(lines(attempt.folder / "data/train.jsonl")) == 20


def test_a_share_is_set_aside_once_for_all(adapter: Path) -> None:
    (adapter / "recipe.yaml").write_text(
        json.dumps({"data": {"train": "data/all.jsonl", "valid_share": 0.2}})
    )
    first, second = laid_out(adapter, {"seed": 1}, {"seed": 2})
    assert first.replies == second.replies
    assert first.recipe.data.valid_share is None
    aside = lines(first.folder / "data/valid.jsonl")
    assert len(aside) == 4
    assert not set(aside) & set(lines(first.folder / "data/train.jsonl"))


def test_other_data_may_be_tried(adapter: Path) -> None:
    rows = [chat("Hi", "Ahoy!")]
    write_jsonl(adapter / "data" / "more.jsonl", rows)
    first, second = laid_out(adapter, {"data.train": "data/more.jsonl"}, {})
    assert lines(first.folder / "data/train.jsonl") == [json.dumps(rows[0])]
    assert first.wanted.data != second.wanted.data
    assert first.replies == second.replies


def test_missing_data_are_an_error_before_anything_is_written(adapter: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.jsonl: cannot be read: no such file"):
        laid_out(adapter, {}, {"data.train": "data/gone.jsonl"})
    assert not (adapter / "tries").exists()


def test_the_suites_that_choose_checkpoints_are_found_from_there(adapter: Path) -> None:
    suites = {"select": "suite", "suite.path": "../../suites/bo"}
    (attempt,) = laid_out(adapter, suites)
    assert attempt.recipe.suite is not None
    found = (attempt.folder / attempt.recipe.suite.path).resolve()
    assert found == (adapter.parents[1] / "suites" / "bo").resolve()


def test_a_second_time_writes_nothing_and_new_data_do(adapter: Path) -> None:
    (before,) = laid_out(adapter, {"lora.rank": 8})
    times = {path: path.stat().st_mtime_ns for path in before.folder.rglob("*.*")}
    (again,) = laid_out(adapter, {"lora.rank": 8})
    assert again == before
    assert {path: path.stat().st_mtime_ns for path in before.folder.rglob("*.*")} == times
    write_jsonl(adapter / "data" / "all.jsonl", [chat("Hi", "Ahoy!")])
    (changed,) = laid_out(adapter, {"lora.rank": 8})
    assert changed.wanted.data != before.wanted.data


def test_git_and_the_list_of_adapters_do_not_see_them(adapter: Path) -> None:
    (attempt,) = laid_out(adapter, {"lora.rank": 8})
    assert (adapter / "tries" / ".gitignore").read_text() == "*\n"
    root = adapter.parent
    assert find_adapters(root) == ["bo"]
    assert resolve_adapter("bo/tries/lora.rank-8", root) == attempt.folder


def test_a_record_is_about_one_training(adapter: Path) -> None:
    (attempt,) = laid_out(adapter, {"lora.rank": 8})
    assert attempt.record is None
    assert attempt.to_train
    record = attempt.keep(Record(fingerprint=attempt.wanted.whole, reply_tokens=9))
    assert attempt.record == record
    assert attempt.to_train
    attempt.keep(record.model_copy(update={"diverged": "step 2"}))
    assert not attempt.to_train
    attempt.keep(record.model_copy(update={"fingerprint": "another"}))
    assert attempt.record is None
    (attempt.folder / "try.json").write_text("{")
    assert attempt.record is None


def test_the_adapter_itself_is_never_written_to(adapter: Path) -> None:
    write_adapter(adapter)
    before = {p: p.read_bytes() for p in adapter.rglob("*") if p.is_file()}
    laid_out(adapter, {"lora.rank": 8}, {"base": "gemma3-270m"}, size=Size(3, 1))
    assert {p: p.read_bytes() for p in before} == before
    assert {p.name for p in adapter.iterdir()} == {
        "data", "tries", "recipe.yaml", "manifest.json", "adapter_config.json",
        "adapters.safetensors",
    }  # fmt: skip


def test_a_recipe_without_validation(adapter: Path) -> None:
    (adapter / "recipe.yaml").write_text("{data: {train: data/all.jsonl}, select: last}")
    (attempt,) = laid_out(adapter, {"epochs": 1})
    assert (attempt.recipe.data.valid, attempt.characters) == (None, 0)
    assert Recipe.model_validate(attempt.recipe.model_dump()) == attempt.recipe
