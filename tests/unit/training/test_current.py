"""Whether an adapter may be worn: current, and of this base."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from persona_eval.errors import AdapterError
from persona_eval.training.current import outdated, own_recipe, require_current

RECIPE = "base: {base}\ndata: {{train: train.jsonl}}\nselect: last\n"
LINE = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}\n'


@dataclass(frozen=True)
class Base:
    name: str = "tiny"
    fingerprint: str = "f"


@pytest.fixture
def bo(tmp_path: Path) -> Path:
    """An adapter from elsewhere: configuration and weights, no recipe."""
    return configured(tmp_path / "bo")


def configured(folder: Path, **extra: object) -> Path:
    folder.mkdir(exist_ok=True)
    lora = {"rank": 4, "scale": 2.0, "dropout": 0.0}
    config = {"num_layers": 2, "lora_parameters": lora, **extra}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    (folder / "adapters.safetensors").write_text("weights")
    return folder


def with_recipe(folder: Path, base: str = "tiny") -> Path:
    (folder / "recipe.yaml").write_text(RECIPE.format(base=base))
    (folder / "train.jsonl").write_text(LINE)
    return folder


def test_one_from_elsewhere_is_taken_as_it_is(bo: Path) -> None:
    assert own_recipe(bo) is None
    require_current(bo, Base())
    require_current(configured(bo, base_fingerprint="f"), Base())


def test_one_of_another_base_is_refused_with_or_without_a_recipe(bo: Path) -> None:
    configured(bo, base_fingerprint="e", base_name="huge")
    with pytest.raises(AdapterError, match=r"trained on huge, not on tiny.*with --base$"):
        require_current(bo, Base(), "--base")
    with pytest.raises(AdapterError, match=r"base is huge, but this run uses tiny.*--base huge"):
        require_current(with_recipe(bo, "huge"), Base(), "--base")


def test_a_recipe_may_name_its_base_by_a_folder(bo: Path) -> None:
    recipe = own_recipe(with_recipe(bo, "models/tiny"))
    assert recipe
    assert outdated(recipe, bo, Base(), "--model") == (
        "it has no manifest.json that says what it was trained on"
    )


def test_one_that_is_not_current_names_the_command_and_another_way_out(bo: Path) -> None:
    with pytest.raises(AdapterError) as refused:
        require_current(with_recipe(bo), Base(), instead="; or talk to somebody else")
    assert str(refused.value) == (
        "adapter bo is not current: it has no manifest.json that says what it was trained on. "
        "Train it: persona-eval train bo; or talk to somebody else"
    )
