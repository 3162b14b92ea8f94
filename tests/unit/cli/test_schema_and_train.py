"""``persona-eval schema`` and ``train``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from persona_eval.cli import main

ROOT = Path(__file__).resolve().parents[3]
SCHEMAS = ("suite.schema.json", "persona.schema.json", "recipe.schema.json")


def test_the_committed_schemas_are_current(tmp_path):
    assert main(["schema", str(tmp_path)]) == 0
    for name in SCHEMAS:
        assert json.loads((tmp_path / name).read_text()) == json.loads(
            (ROOT / "suites" / name).read_text()
        ), f"{name} is out of date: run `persona-eval schema`"


def keys(schema):
    """Each key that a schema knows, with what is said of it."""
    if isinstance(schema, list):
        for part in schema:
            yield from keys(part)
    elif isinstance(schema, dict):
        for keyword, part in schema.items():
            named = keyword in ("properties", "patternProperties")
            yield from part.items() if named else ()
            yield from keys(list(part.values()) if named or keyword == "$defs" else part)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_key_has_a_hover_text_and_no_default_to_insert(name):
    found = list(keys(json.loads((ROOT / "suites" / name).read_text())))
    assert len(found) > 25
    for key, schema in found:
        if schema is not False:  # a key that may not stand beside another one
            assert schema["description"].strip(), key
            assert schema.keys().isdisjoint({"default", "title", "oneOf"}), key


def test_an_adapter_that_does_not_exist(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "adapters" / "rosa"
    folder.mkdir(parents=True)
    (folder / "recipe.yaml").write_text("select: last")
    assert main(["train", "rossa"]) == 2
    assert "Did you mean rosa?" in capsys.readouterr().err


def test_a_recipe_with_a_mistake(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "adapters" / "rosa"
    folder.mkdir(parents=True)
    (folder / "recipe.yaml").write_text("select: last\nepoch: 3\n")
    assert main(["train", "rosa"]) == 2
    assert "recipe.yaml:2:1: epoch: unknown key: did you mean `epochs`?" in capsys.readouterr().err


def test_the_example_adapter_is_current():
    from persona_eval.models import bundled
    from persona_eval.training.adapter import is_stale
    from persona_eval.training.recipe_file import load_recipe
    from persona_eval.training.train import fingerprint

    folder = ROOT / "adapters" / "tully"
    wanted = fingerprint(load_recipe(folder / "recipe.yaml"), folder, bundled.fingerprint())
    assert is_stale(folder, wanted) is None


def test_a_command_is_needed(capsys):
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "COMMAND" in capsys.readouterr().err
