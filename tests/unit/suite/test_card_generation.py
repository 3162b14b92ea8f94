"""`generation` in the character card: what holds where nothing nearer to a case says otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from persona_eval.errors import SuiteError
from persona_eval.identity import digest_of, fingerprint_of
from persona_eval.scorers.registry import default_registry
from persona_eval.suite.card import Generation
from persona_eval.suite.card_file import write_generation
from persona_eval.suite.load import load_persona, load_suite
from persona_eval.suite.models import Suite

SUITE = """\
persona: persona.yaml
defaults: {generation: {top_k: 9}}
templates:
  short: {generation: {max_tokens: 20}}
cases:
  - {id: plain, category: clarify, prompt: x}
  - {id: own, category: clarify, prompt: x, generation: {temperature: 1, top_k: 3}}
  - {id: used, category: clarify, prompt: x, use: short}
"""


def load(folder: Path, card: str) -> Suite:
    (folder / "persona.yaml").write_text(card)
    (folder / "a.suite.yaml").write_text(SUITE)
    return load_suite(folder / "a.suite.yaml", default_registry())


def test_case_template_defaults_card_and_built_in(tmp_path: Path) -> None:
    suite = load(
        tmp_path, "{name: Bo, generation: {temperature: 0.4, top_k: 1, max_tokens: 90, top_p: 1}}"
    )
    assert suite.case("plain").generation == Generation(
        temperature=0.4, top_k=9, max_tokens=90, top_p=1
    )
    assert suite.case("own").generation == Generation(
        temperature=1, top_k=3, max_tokens=90, top_p=1
    )
    assert suite.case("used").generation.max_tokens == 20


def test_without_it_nothing_changes(tmp_path: Path) -> None:
    """Digests are those that were stored before the key existed."""
    suite = load(tmp_path, "{name: Bo}")
    dumped = suite.persona.model_dump_json()
    assert "generation" not in dumped
    fingerprint = fingerprint_of(suite.case("plain"), suite.persona)
    whole = digest_of(suite.path, suite.persona)
    same = load(tmp_path, "{name: Bo, generation: {temperature: 0.8}}")
    assert fingerprint_of(same.case("plain"), same.persona) == fingerprint
    assert digest_of(same.path, same.persona) == whole
    other = load(tmp_path, "{name: Bo, generation: {temperature: 0.9}}")
    assert fingerprint_of(other.case("plain"), other.persona) != fingerprint


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ("{name: Bo, generation: {temprature: 1}}", "did you mean `temperature`?"),
        ("{name: Bo, generation: {temperature: -1}}", "must be 0 or more"),
        ("{name: Bo, generation: {min_tokens: 999}}", "`min_tokens` 999 is above `max_tokens` 320"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, card: str, message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        load(tmp_path, card)


def test_writing_keeps_the_other_settings_and_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "persona.yaml"
    path.write_text(
        "name: Bo  # short\ngeneration:\n  top_k: 5\n  temperature: 0.9\n"
        "facts:\n  - Bo drinks tea.\n"
    )
    write_generation(path, {"temperature": 0.6, "stop": ("\n\n", 'a "b"')})
    assert path.read_text() == (
        "name: Bo  # short\ngeneration:  # by persona-eval accept --settings\n"
        '  temperature: 0.6\n  top_k: 5\n  stop: ["\\n\\n", "a \\"b\\""]\nfacts:\n  - Bo drinks tea.\n'
    )
    assert load_persona(path).generation == Generation(
        top_k=5, temperature=0.6, stop=("\n\n", 'a "b"')
    )
    assert [each.name for each in tmp_path.iterdir()] == ["persona.yaml"]


def test_what_the_card_refuses_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "persona.yaml"
    path.write_text("name: Bo\n")
    with pytest.raises(SuiteError) as refused:
        write_generation(path, {"temperature": -1})
    assert refused.value.problems[0].path == path
    assert path.read_text() == "name: Bo\n"
    assert [each.name for each in tmp_path.iterdir()] == ["persona.yaml"]
