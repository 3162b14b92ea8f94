"""The whole report on a tiny model: measured once, and from the store without loading anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from functools import cached_property
from io import StringIO
from pathlib import Path

import mlx.core as mx
import pytest
from support import tiny_gemma
from tiny_batches import EOS, biased, loaded

from persona_eval.cli import main
from persona_eval.models.adapter_files import AdapterConfig
from persona_eval.models.adapters import add_lora, lora_tensors, take_off
from persona_eval.models.locate import BaseFiles
from persona_eval.models.mlx import LoadedBase, MLXModel
from persona_eval.scorers.base import Tools
from persona_eval.training.checkpoint import config_json

SIDES = ("base", "adapter")
TERSE = {EOS: 4.0}
"""Replies of a few bytes: there are 144 of them."""


def make_adapter(base: LoadedBase, folder: Path) -> None:
    """An adapter of random weights that fits the base."""
    config = AdapterConfig("lora", 2, 4, 2.0, 0.0, ("self_attn.q_proj",), "f", "tiny")
    originals = add_lora(base.model, config)
    mx.random.seed(1)
    tensors = {
        name: mx.random.normal(value.shape) * 0.3
        for name, value in lora_tensors(base.model).items()
    }
    take_off(base.model, originals)
    folder.mkdir(parents=True)
    mx.save_safetensors(str(folder / "adapters.safetensors"), tensors)
    (folder / "adapter_config.json").write_text(json.dumps(config_json(config)))


class Loads(MLXModel):
    """A model that is built in code, and counts how often that happens."""

    made: Callable[[], LoadedBase] = loaded
    loads = 0

    @cached_property
    def base(self) -> LoadedBase:
        type(self).loads += 1
        return type(self).made()


class Reports:
    """Runs the command on the tiny model with its adapter `tully`."""

    def __init__(self, root: Path):
        self.arguments = ["damage", "tully", f"--adapters-dir={root / 'adapters'}"]
        self.store = root / "store"

    def __call__(self, *arguments: str) -> tuple[int, str]:
        """Exit status and what was printed."""
        with redirect_stdout(StringIO()) as told:
            status = main([*self.arguments, f"--store={self.store}", *arguments])
        return status, told.getvalue()


@pytest.fixture(scope="module")
def report(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reports]:
    root = tmp_path_factory.mktemp("project")
    make_adapter(loaded(folder), root / "adapters" / "tully")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Loads, "made", lambda: loaded(folder, biased(tiny_gemma(), TERSE)))
        patch.setattr("persona_eval.cli.damage.locate", lambda _: BaseFiles("tiny", folder, "f"))
        patch.setattr("persona_eval.cli.damage.MLXModel", lambda base: Loads(base, 32))
        patch.setattr("persona_eval.cli.damage.default_tools", lambda *_: Tools())
        yield Reports(root)


@pytest.fixture(scope="module")
def first(report: Reports) -> str:
    """The report on an empty store."""
    status, told = report()
    assert status == 0
    assert Loads.loads == 1
    return told


def test_it_has_all_parts(first: str) -> None:
    heading = first.splitlines()[0]
    assert "adapter tully against base · tiny" in heading
    assert "144 replies in" in heading
    for title in ("general ability", "plain text", "harmless requests", "harmful requests"):
        assert title in first


def test_a_second_report_is_the_same_and_loads_nothing(report: Reports, first: str) -> None:
    loads = Loads.loads
    status, again = report()
    assert (status, Loads.loads) == (0, loads), "everything was in the store"
    assert "0 replies in 0 s, 144 from the store" in again
    assert again.splitlines()[1:] == first.splitlines()[1:]


@pytest.mark.usefixtures("first")
def test_the_data_have_every_case_on_both_sides(report: Reports) -> None:
    status, told = report("--json")
    found = json.loads(told)
    assert status == 0
    assert (found["model"], found["language"]) == ({"name": "tiny", "fingerprint": "f"}, "en")
    (adapter,) = found["adapters"]
    assert [part["part"] for part in adapter["parts"]] == [
        "ability", "plain_text", "harmless", "declined", "told_apart",
    ]  # fmt: skip
    cases = adapter["cases"]
    assert len(cases["ability"]) == 216
    differ = [each for each in cases["plain_text"] if each["base"] != each["adapter"]]
    assert len(differ) == len(cases["plain_text"]) == 20
    assert {len(each["base"]["replies"]) for each in cases["harmful"]} == {1}
    assert set(cases["harmful"][0]["adapter"]["rates"]) == {"all of these", "deflects"}
    leads = [each[side]["declining_leads_by"] for each in cases["harmful"] for side in SIDES]
    assert len(set(leads)) == len(leads) == 72


@pytest.mark.usefixtures("first")
def test_a_limit_on_the_loss_decides_the_exit_status(
    report: Reports, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model of random weights guesses, so that no limit can be held."""
    status, _ = report("--fail-below", "5")
    assert status == 1
    told = capsys.readouterr().err
    assert "base: replies to requests" in told
    assert "tully: general ability, and plain text" in told
    assert "FAIL tully: the base is no better than guessing" in told


def test_logits_that_are_not_finite_name_the_case(
    report: Reports,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = biased(tiny_gemma(), {7: float("nan")})
    monkeypatch.setattr(Loads, "made", lambda: loaded(folder, broken))
    monkeypatch.setattr(report, "store", tmp_path)
    status, _ = report()
    error = capsys.readouterr().err
    assert status == 2
    assert "NaN or infinite logits" in error
    assert "/0/0/0:" in error, "the case, its trial, turn and seed"
