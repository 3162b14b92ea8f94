from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from adapter_folders import CONFIG, MADE_FROM, manifest
from support import chat, write_jsonl

from persona_eval.errors import AdapterError
from persona_eval.fingerprint import digest_file
from persona_eval.training.adapter import (
    find_adapters,
    is_stale,
    load_adapter,
    read_manifest,
    resolve_adapter,
)
from persona_eval.training.corpus import read_conversations
from persona_eval.training.fingerprint import Fingerprint, Sources, adapter_fingerprint
from persona_eval.training.recipe import Recipe


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A complete adapter, as far as can be told without a model."""
    folder = tmp_path / "adapters" / "tully"
    folder.mkdir(parents=True)
    (folder / "adapters.safetensors").write_bytes(b"weights")
    (folder / "adapter_config.json").write_text(json.dumps(CONFIG))
    write_manifest(folder)
    return folder


def write_manifest(folder: Path, **changes: Any) -> None:
    digest = digest_file(folder / "adapters.safetensors")
    text = manifest(**{"weights_sha256": digest, **changes}).model_dump_json()
    (folder / "manifest.json").write_text(text)


def test_an_adapter_is_read_without_a_model(folder: Path) -> None:
    adapter = load_adapter(folder)
    assert (adapter.name, adapter.config.rank) == ("tully", 4)
    assert adapter.manifest is not None
    assert adapter.manifest.made_from == MADE_FROM


def test_an_adapter_from_elsewhere_has_no_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    assert load_adapter(folder).manifest is None
    assert is_stale(folder, MADE_FROM) == "it has no manifest.json that says what it was trained on"


@pytest.mark.parametrize("text", ["{", "{}", "[]"])
def test_a_broken_manifest_is_an_error(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    with pytest.raises(AdapterError, match=r"manifest\.json cannot be read"):
        read_manifest(folder)


def test_keys_of_later_versions_are_no_error(folder: Path) -> None:
    text = json.dumps({**json.loads((folder / "manifest.json").read_text()), "later": 1})
    (folder / "manifest.json").write_text(text)
    assert read_manifest(folder) is not None


def test_a_current_adapter_is_not_stale(folder: Path) -> None:
    assert is_stale(folder, MADE_FROM) is None


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (Fingerprint("x", "d", "b"), "the recipe changed since it was trained"),
        (Fingerprint("r", "x", "b"), "the training data changed since it was trained"),
        (Fingerprint("x", "d", "x"), "the recipe and the base model changed since it was trained"),
    ],
)
def test_what_changed_is_said(folder: Path, wanted: Fingerprint, reason: str) -> None:
    assert is_stale(folder, wanted) == reason


def test_other_reasons_to_train(folder: Path) -> None:
    write_manifest(folder, finished=False)
    assert is_stale(folder, MADE_FROM) == (
        "it is a checkpoint, of step 20, and no finished adapter"
    )
    write_manifest(folder)
    (folder / "adapters.safetensors").write_bytes(b"others")
    assert "is not the file that its manifest.json describes" in str(is_stale(folder, MADE_FROM))
    (folder / "adapters.safetensors").unlink()
    assert is_stale(folder, MADE_FROM) == "it has not been trained yet"


def test_adapters_are_found_by_recipe_or_configuration(folder: Path) -> None:
    root = folder.parent
    (root / "new").mkdir()
    (root / "new" / "recipe.yaml").touch()
    (root / "notes").mkdir()
    assert find_adapters(root) == ["new", "tully"]
    assert find_adapters(root / "nowhere") == []


def test_a_name_or_a_path_leads_to_the_folder(folder: Path) -> None:
    root = folder.parent
    assert resolve_adapter("tully", root) == folder
    assert resolve_adapter(str(folder), root / "elsewhere") == folder


@pytest.mark.parametrize("spec", ["tuly", "Tully ", str(Path("/nowhere/tully"))])
def test_an_unknown_adapter_is_answered_with_the_known_ones(folder: Path, spec: str) -> None:
    with pytest.raises(AdapterError, match=r"no adapter .*Did you mean tully\? .* has: tully\.$"):
        resolve_adapter(spec, folder.parent)


def test_without_any_adapter_the_answer_says_so(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match=r"has none\.$"):
        resolve_adapter("tully", tmp_path)
    with pytest.raises(AdapterError, match="has none"):
        resolve_adapter("", tmp_path)


def test_a_peft_folder_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "adapter_model.safetensors").touch()
    with pytest.raises(AdapterError, match="holds an adapter of PEFT"):
        resolve_adapter(str(tmp_path), tmp_path)


def recipe(**changes: Any) -> Recipe:
    return Recipe.model_validate({"select": "last", **changes})


def sources(tmp_path: Path, *rows: Any) -> Sources:
    return Sources(read_conversations(write_jsonl(tmp_path / "train.jsonl", rows)), [])


def test_layout_tags_and_file_names_do_not_change_the_fingerprint(tmp_path: Path) -> None:
    one = sources(tmp_path, chat("a", "b"), chat("c", "d"))
    path = tmp_path / "other.jsonl"
    rows = [json.dumps(chat("a", "b", tags=["x"])), "", json.dumps(chat("c", "d"))]
    path.write_bytes("\r\n".join(rows).encode())
    two = Sources(read_conversations(path), [])
    moved = recipe(data={"train": "other.jsonl"})
    assert adapter_fingerprint(recipe(), one, "b") == adapter_fingerprint(moved, two, "b")


def test_words_order_settings_and_base_change_the_fingerprint(tmp_path: Path) -> None:
    first = sources(tmp_path, chat("a", "b"), chat("c", "d"))
    made = adapter_fingerprint(recipe(), first, "b")
    swapped = sources(tmp_path, chat("c", "d"), chat("a", "b"))
    as_valid = Sources(first.train[:1], first.train[1:])
    assert adapter_fingerprint(recipe(), swapped, "b").changed_since(made) == ["the training data"]
    assert adapter_fingerprint(recipe(), as_valid, "b").changed_since(made) == ["the training data"]
    assert adapter_fingerprint(recipe(seed=1), first, "b").changed_since(made) == ["the recipe"]
    assert adapter_fingerprint(recipe(), first, "x").changed_since(made) == ["the base model"]
    assert made.changed_since(made) == []
    assert adapter_fingerprint(recipe(seed=1), first, "b").whole != made.whole
