"""``persona-eval lint``, and the lint inside ``check`` and ``train``."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from persona_eval.cli import main
from persona_eval.errors import ModelError
from persona_eval.lint.adapter import lint_adapter, suites_of
from persona_eval.scorers.base import Tools
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Suite
from persona_eval.training.estimate import Estimate

pytestmark = pytest.mark.usefixtures("rosa")
CHAT = [("Where is your ship now?", "In the bay, behind the big rock."), ("Tired?", "Never!")]
LEAK = ("What do you drink?", "Only rain from the barrel.")


def write(folder: Path, *pairs: tuple[str, str]) -> None:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "recipe.yaml").write_text("select: last\n")
    rows = [
        {"messages": [{"role": "user", "content": one}, {"role": "assistant", "content": other}]}
        for one, other in pairs
    ]
    (folder / "data/train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def rosa(project, monkeypatch) -> Path:
    """An adapter with data. The suite asks "What do you drink?"."""
    for command in ("lint", "train", "check"):
        monkeypatch.setattr(f"persona_eval.cli.{command}.default_tools", lambda _=None: Tools())
    write(Path("adapters/rosa"), *CHAT)
    return Path("adapters/rosa")


def test_a_table_and_the_findings(rosa, capsys):
    write(rosa, *CHAT, LEAK)
    assert main(["lint", "rosa"]) == 1
    shown = capsys.readouterr().out
    assert "adapters/rosa: 3 conversations, 3 replies" in shown
    assert "error: leakage: 1 message with the words of a prompt of the suites" in shown
    assert "adapters/rosa/data/train.jsonl:3: " in shown
    assert "suites/a.suite.yaml:5 (drink)" in shown
    assert "in_character" in shown


def test_warnings_end_with_0_unless_strict(capsys):
    assert main(["lint"]) == 0
    assert (
        "warning: coverage: in_character: the suites hold 2 such cases" in capsys.readouterr().out
    )
    assert main(["lint", "--strict"]) == 1


def test_json_of_all_adapters(rosa, capsys):
    write(Path("adapters/other"), *CHAT)
    assert main(["lint", "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert whole["schema"] == 1
    assert [each["adapter"] for each in whole["adapters"]] == ["adapters/other", "adapters/rosa"]
    assert whole["adapters"][1]["findings"][0]["subject"] == "coverage"


def test_data_or_suites_that_cannot_be_read_are_bad_input(rosa, capsys):
    (rosa / "data/train.jsonl").write_text("{}\n")
    assert main(["lint"]) == 2
    assert "adapters/rosa/data/train.jsonl:1:1: has no `messages`" in capsys.readouterr().err
    Path("suites/a.suite.yaml").write_text("cases: []\n")
    assert main(["lint"]) == 2
    assert "suites/a.suite.yaml" in capsys.readouterr().err


def test_no_adapter_with_a_recipe(tmp_path, capsys):
    assert main(["lint", "--adapters-dir", str(tmp_path / "none")]) == 2
    assert "no adapter with a recipe.yaml" in capsys.readouterr().err


def test_check_looks_at_the_data_too(rosa, capsys):
    assert main(["check"]) == 0
    shown = capsys.readouterr().out
    assert "adapters/rosa: 2 conversations, 2 replies" in shown
    assert "warning: adapters/rosa: coverage: in_character:" in shown
    write(rosa, *CHAT, LEAK)
    assert main(["check"]) == 1
    assert "error: adapters/rosa: leakage: 1 message" in capsys.readouterr().out
    assert main(["check", "suites"]) == 0


def test_a_missing_model_leaves_only_the_vectors_out(rosa):
    class Missing:
        name = "missing"

        def embed(self, texts: Any) -> Any:
            raise ModelError("not installed")

    write(rosa, *CHAT, LEAK)
    case = {"id": "a", "category": "clarify", "turns": [{"user": "Is your ship behind a rock?"}]}
    suite = Suite.model_validate(
        {"path": "s", "persona": {"name": "R"}, "persona_path": "p", "cases": [case]}
    )
    assert lint_adapter(rosa, [suite], Tools(embedder=Missing())).compared is None


def test_the_suites_of_an_adapter():
    def suite(folder: str) -> Suite:
        path = Path("suites") / folder / "persona.yaml"
        return Suite(path=path, persona=Persona(name="x"), persona_path=path, cases=())

    nib, nibble = suite("nib"), suite("nibble")
    assert suites_of("anything", [nib, nib]) == [nib, nib]
    assert suites_of("nib", [nib, nibble]) == [nib]
    assert suites_of("nibble-r32", [nib, nibble]) == [nibble]
    assert suites_of("nibbles", [nib, nibble]) == []
    assert suites_of("anything", []) == []


@pytest.fixture
def trained(monkeypatch) -> list[str]:
    """Trainings, which are only noted."""
    done: list[str] = []
    base = SimpleNamespace(fingerprint="b", name="gemma3-270m", path=Path())
    train = "persona_eval.cli.train"
    monkeypatch.setattr(f"{train}.locate", lambda _, tell: base)
    monkeypatch.setattr(f"{train}.MLXModel", lambda files: SimpleNamespace(base=files))
    monkeypatch.setattr(f"{train}._told", lambda folder, _: f"{folder}: trained")
    for way in ("train", "ensure_trained"):
        monkeypatch.setattr(f"{train}.{way}", lambda *_, way=way: done.append(way))
    return done


def test_training_prints_warnings_and_goes_on(trained, capsys):
    assert main(["train", "rosa"]) == 0
    assert "warning: coverage: in_character:" in capsys.readouterr().out
    assert trained == ["ensure_trained"]


def test_errors_stop_the_training_unless_told_otherwise(rosa, trained, capsys):
    write(rosa, *CHAT, LEAK)
    assert main(["train", "rosa", "--force"]) == 2
    shown = capsys.readouterr()
    assert "error: leakage: 1 message" in shown.out
    assert "was not trained: 1 error in its data" in shown.err
    assert trained == []
    assert main(["train", "rosa", "--force", "--no-lint"]) == 0
    assert trained == ["train"]


def test_suites_that_cannot_be_read_are_no_reason_not_to_train(trained, capsys):
    Path("suites/a.suite.yaml").write_text("cases: []\n")
    assert main(["train", "rosa"]) == 0
    assert "warning: suites: " in capsys.readouterr().out


def test_a_current_adapter_is_not_looked_at(trained, monkeypatch, capsys):
    monkeypatch.setattr("persona_eval.cli.train.is_stale", lambda *_: None)
    assert main(["train", "rosa"]) == 0
    assert capsys.readouterr().out == "adapters/rosa: trained\n"


def test_an_estimate_trains_nothing(trained, monkeypatch, capsys):
    found = Estimate(steps=90, seconds=600, memory=3 << 30, longest=700, tokens_per_second=80)
    monkeypatch.setattr("persona_eval.cli.train.estimate", lambda *_: found)
    assert main(["train", "rosa", "--estimate"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("about 10 min for 90 steps of up to 700 tokens (80 tok/s)")
    assert "about 3.0 GiB" in told
    assert trained == []
