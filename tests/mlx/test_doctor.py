"""Six planted faults, each found; a sound model, nothing found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import worlds
from worlds import CHATML, TinyModel, asked, examined, grammar, named, speaking, spoken, subject

from persona_eval.cli import main
from persona_eval.doctor.diagnosis import diagnose
from persona_eval.doctor.examining import FREE, LONG, Examined
from persona_eval.doctor.findings import Finding
from persona_eval.models.locate import BaseFiles

DATA = spoken(80, grammar())


@pytest.fixture
def sound(tmp_path: Path) -> TinyModel:
    return TinyModel(tmp_path, speaking(grammar()), worlds.tokenizer())


def only(found: Examined) -> Finding:
    (finding,) = diagnose(found)
    return finding


@pytest.mark.parametrize("settings", [{}, {"temperature": 0.5}, {"top_p": 1.0, "temperature": 1.0},
                                      {"repetition_penalty": 1.1}])  # fmt: skip
def test_a_sound_model_has_no_finding(
    sound: TinyModel, tmp_path: Path, settings: dict[str, Any]
) -> None:
    found = examined(sound, subject(DATA), asked(**settings), tmp_path)
    assert named(found) == []
    assert len(found.set) == 24
    assert not any(each.cut or each.breaks_off for each in found.set.values())


def test_one_of_two_stop_tokens_is_missing(tmp_path: Path) -> None:
    """The chat template closes with <|im_end|>, and the model says so; <eos> alone stops."""
    model = TinyModel(tmp_path, speaking(grammar("<|im_end|>")), worlds.tokenizer(CHATML))
    found = examined(model, subject(DATA), asked(min_tokens=20), tmp_path)
    finding = only(found)
    assert finding.name == "stop_tokens"
    assert "<|im_end|> ends replies for this model" in finding.title
    assert "Stop tokens: <eos> (1)" in finding.measured
    assert '"eos_token_id": [1, 5]' in finding.change
    assert "`min_tokens` does not hold it back" in finding.means
    assert finding.figures["says"] > 0.95


def test_both_stop_tokens_are_known(tmp_path: Path) -> None:
    words = worlds.tokenizer(CHATML, ["<eos>", "<|im_end|>"])
    model = TinyModel(tmp_path, speaking(grammar("<|im_end|>")), words)
    assert named(examined(model, subject(DATA), asked(), tmp_path)) == []


def test_max_tokens_is_too_small(sound: TinyModel, tmp_path: Path) -> None:
    found = examined(sound, subject(DATA), asked(max_tokens=12), tmp_path)
    finding = only(found)
    cut = sum(each.cut for each in found.set.values())
    assert finding.name == "max_tokens"
    assert finding.measured.startswith(f"{cut} of 24 replies")
    assert (
        finding.figures["recommended"] > max(e.reply.tokens for e in found.drawn[LONG].values()) / 2
    )


def test_training_replies_are_all_about_as_long(sound: TinyModel, tmp_path: Path) -> None:
    alike = [reply for reply in spoken(600, grammar()) if 17 <= len(reply.split()) <= 26]
    finding = only(examined(sound, subject(alike), asked(), tmp_path))
    assert (finding.name, finding.where) == ("uniform_lengths", "data")
    assert "80 % of" in finding.measured
    assert "add" in finding.change


def test_the_repetition_penalty_is_too_high(sound: TinyModel, tmp_path: Path) -> None:
    finding = only(examined(sound, subject(DATA), asked(repetition_penalty=1.8), tmp_path))
    assert finding.name == "repetition_penalty"
    assert finding.figures["excess"] > 0 > finding.figures["excess_without"]
    assert finding.change == "Set `repetition_penalty: 1` in `generation:`."


def test_the_temperature_is_too_high(sound: TinyModel, tmp_path: Path) -> None:
    hot = asked(temperature=2.5, top_p=1.0)
    finding = only(examined(sound, subject(DATA), hot, tmp_path))
    assert finding.name == "temperature"
    assert finding.figures["excess"] > 0 > finding.figures["excess_without"]


def test_the_chat_template_is_another_one(tmp_path: Path) -> None:
    """The model was tuned with <|im_start|>, and its chat template does not write it."""
    model = TinyModel(tmp_path, speaking(grammar(), needs="<|im_start|>"), worlds.tokenizer())
    found = examined(model, subject(DATA), asked(), tmp_path)
    finding = only(found)
    assert finding.name == "chat_template"
    assert "ChatML" in finding.change
    assert finding.figures["own"] > finding.figures["other"] + 0.1


def test_min_tokens_keeps_replies_from_ending(sound: TinyModel, tmp_path: Path) -> None:
    found = examined(sound, subject(DATA), asked(min_tokens=40), tmp_path)
    finding = only(found)
    early = sum(each.reply.tokens <= 40 for each in found.drawn[FREE].values())
    assert finding.name == "min_tokens"
    assert f"{early} of 24 replies" in finding.measured
    assert all(each.reply.tokens > 40 or each.cut for each in found.set.values())


def test_a_second_examination_is_the_same_and_loads_nothing(
    sound: TinyModel, tmp_path: Path
) -> None:
    first = examined(sound, subject(DATA), asked(), tmp_path)
    again = TinyModel(tmp_path, speaking(grammar()), worlds.tokenizer())
    second = examined(again, subject(DATA), asked(), tmp_path)
    assert (sound.loads, again.loads) == (1, 0)
    assert second.reads == first.reads
    assert second.layouts == first.layouts


def test_the_command_on_a_base_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without suites and adapters: built-in prompts, the package's settings."""
    monkeypatch.chdir(tmp_path)
    files = BaseFiles("tiny", tmp_path, "tiny")
    monkeypatch.setattr("persona_eval.cli.doctor.locate", lambda _: files)
    model = TinyModel(tmp_path, speaking(grammar()), worlds.tokenizer())
    monkeypatch.setattr("persona_eval.cli.doctor.MLXModel", lambda _: model)
    assert main(["doctor", "--json", "found.json"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("Doctor · base model · tiny (cpu-float32) · 16 built-in prompts")
    assert "Replies end with <eos> (1). The chat template closes them with <eos>." in told
    found = json.loads(Path("found.json").read_text())
    assert found["prompts"] == {"from": "built-in prompts", "count": 16}
    assert found["settings"]["as set"]["ended"] == 16
    assert found["words"]["training"] is None
    assert list(tmp_path.glob(".found.json*")) == []
