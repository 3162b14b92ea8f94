"""Which adapters can be measured, told before anything is generated."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from persona_eval.damage.adapters import BASE, base_of, ready_adapters, require_unchanged
from persona_eval.errors import AdapterError
from persona_eval.models.adapter_files import adapter_digest
from persona_eval.models.locate import BaseFiles

TINY = BaseFiles("tiny", Path("tiny"), "f" * 64)
RECIPE = "base: tiny\ndata: {train: train.jsonl}\nselect: last\n"
LINE = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}\n'
Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """An adapter from elsewhere: configuration and weights, no recipe."""

    def make(name: str, **extra: object) -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True)
        lora = {"rank": 4, "scale": 2.0, "dropout": 0.0}
        config = {"num_layers": 2, "lora_parameters": lora, **extra}
        (folder / "adapter_config.json").write_text(json.dumps(config))
        (folder / "adapters.safetensors").write_text(name)
        return folder

    return make


def with_recipe(folder: Path) -> Path:
    (folder / "recipe.yaml").write_text(RECIPE)
    (folder / "train.jsonl").write_text(LINE)
    return folder


def test_names_and_folders(make: Make, tmp_path: Path) -> None:
    folder, other = make("bo"), make("other/ned", base_fingerprint=TINY.fingerprint)
    found = ready_adapters(["bo", str(other), "bo"], tmp_path, TINY)
    assert [adapter.name for adapter in found] == ["bo", "ned"]
    assert found[0].fingerprint == adapter_digest(folder)


def test_a_missing_one_is_answered_with_those_that_exist(make: Make, tmp_path: Path) -> None:
    make("tully")
    with pytest.raises(AdapterError, match=r"no adapter `tuly`.*Did you mean tully\?"):
        ready_adapters(["tuly"], tmp_path, TINY)


def test_the_base_itself_is_no_adapter(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match="`base` means no adapter"):
        ready_adapters(["base"], tmp_path, TINY)


def test_a_stale_one_names_the_command(make: Make, tmp_path: Path) -> None:
    with_recipe(make("bo"))
    with pytest.raises(AdapterError, match=r"bo is not current: .* persona-eval train bo"):
        ready_adapters(["bo"], tmp_path, TINY)


def test_one_of_another_base(make: Make, tmp_path: Path) -> None:
    make("ned", base_fingerprint="e" * 64, base_name="huge")
    with pytest.raises(AdapterError, match=r"trained on huge, not on tiny.*--model"):
        ready_adapters(["ned"], tmp_path, TINY)
    with_recipe(make("bo"))
    with pytest.raises(AdapterError, match=r"base is tiny, but this run uses huge.*--model tiny"):
        ready_adapters(["bo"], tmp_path, BaseFiles("huge", Path("huge"), "e" * 64))


def test_two_of_one_name_are_refused(make: Make, tmp_path: Path) -> None:
    make("bo")
    with pytest.raises(AdapterError, match="the same name, bo"):
        ready_adapters(["bo", str(make("other/bo"))], tmp_path, TINY)


def test_the_base_is_the_one_that_a_recipe_names_or_that_of_runs(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make("ned")
    assert base_of(["ned"], tmp_path) == "gemma3-270m"
    (tmp_path / "pytest.ini").write_text("[pytest]\npersona_model = models/mine\n")
    assert base_of(["ned"], tmp_path) == "models/mine"
    with_recipe(make("bo"))
    assert base_of(["ned", "bo"], tmp_path) == "tiny"


def test_one_that_changes_meanwhile_is_noticed(make: Make, tmp_path: Path) -> None:
    folder = make("bo")
    (adapter,) = ready_adapters(["bo"], tmp_path, TINY)
    require_unchanged(adapter)
    require_unchanged(BASE)
    (folder / "adapters.safetensors").write_text("others")
    with pytest.raises(AdapterError, match="was changed while"):
        require_unchanged(adapter)
