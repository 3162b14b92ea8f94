"""Canaries on a tiny model: its own figures with either adapter, read once."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from tiny_batches import loaded

from persona_eval.cli import main
from persona_eval.models.adapter_files import AdapterConfig
from persona_eval.models.adapters import add_lora, lora_tensors, take_off
from persona_eval.models.base import Message
from persona_eval.models.likelihood import mean_logprobs
from persona_eval.models.locate import BaseFiles
from persona_eval.models.mlx import LoadedBase, MLXModel
from persona_eval.training.checkpoint import config_json

GOOD, BAD = ["Rum!", "Ha, rum!"], ["A cup of tea, please."]
SUITE = {
    "persona": "persona.yaml",
    "defaults": {"pack": "none"},
    "cases": [
        {
            "id": f"drink-{number}",
            "category": "in_character",
            "turns": [{"user": "Hi", "assistant": "Ho"}, {"user": f"What is drink {number}?"}],
            "expect": [{"contains": "rum"}],
            "good": GOOD,
            "bad": BAD,
        }
        for number in range(3)
    ],
}
Canaries = Callable[..., dict[str, Any]]


class Loads(MLXModel):
    """A model that is built in code, and counts how often that happens."""

    made: Callable[[], LoadedBase] = loaded
    loads = 0

    @cached_property
    def base(self) -> LoadedBase:
        type(self).loads += 1
        return type(self).made()


def write_random(base: LoadedBase, folder: Path) -> None:
    """An adapter of random weights that fits the base."""
    config = AdapterConfig("lora", 2, 4, 2.0, 0.0, ("self_attn.q_proj",), "f", "tiny")
    originals = add_lora(base.model, config)
    mx.random.seed(1)
    shapes = {name: value.shape for name, value in lora_tensors(base.model).items()}
    take_off(base.model, originals)
    folder.mkdir(parents=True)
    tensors = {name: mx.random.normal(shape) * 0.3 for name, shape in shapes.items()}
    mx.save_safetensors(str(folder / "adapters.safetensors"), tensors)
    (folder / "adapter_config.json").write_text(json.dumps(config_json(config)))


@pytest.fixture
def canaries(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Canaries:
    """Runs the command on the tiny model, which has an adapter `rosa`."""
    write_random(loaded(folder), tmp_path / "adapters" / "rosa")
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "persona.yaml").write_text("name: Rosa\n")
    (tmp_path / "suites" / "a.suite.yaml").write_text(json.dumps(SUITE))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Loads, "made", lambda: loaded(folder))
    monkeypatch.setattr(Loads, "loads", 0)
    files = BaseFiles("tiny", folder, "f")
    monkeypatch.setattr("persona_eval.cli.canaries.locate", lambda _: files)
    monkeypatch.setattr("persona_eval.cli.canaries.MLXModel", lambda base: Loads(base, 32))

    def run(*arguments: str) -> dict[str, Any]:
        assert main(["canaries", *arguments, "--json"]) == 0
        return dict(json.loads(capsys.readouterr().out))

    return run


def test_the_figures_are_the_models_own(canaries: Canaries, folder: Path) -> None:
    base, rosa = canaries("base", "rosa")["adapters"]
    asked = (Message("user", "Hi"), Message("assistant", "Ho"))
    for number, case in enumerate(base["cases"]):
        question = Message("user", f"What is drink {number}?")
        expected = mean_logprobs(loaded(folder), (*asked, question), [*GOOD, *BAD])
        assert [*case["good"], *case["bad"]] == pytest.approx(expected, rel=1e-5)
        assert case["margin"] == pytest.approx(sum(expected[:2]) / 2 - expected[2], rel=1e-4)
    margins = [[case["margin"] for case in side["cases"]] for side in (base, rosa)]
    assert all(before != after for before, after in zip(*margins, strict=True))


def test_a_second_call_loads_no_model(canaries: Canaries) -> None:
    first = canaries("base", "rosa")
    assert Loads.loads == 1
    assert canaries("base", "rosa") == first
    assert Loads.loads == 1
    canaries("rosa")
    assert Loads.loads == 1, "whatever is put together of what is known"
