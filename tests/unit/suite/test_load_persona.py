from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from persona_eval.errors import SuiteError
from persona_eval.suite.card import Persona
from persona_eval.suite.fields import Band
from persona_eval.suite.load import load_persona

CARD = """
    name: Tully
    age: 6
    description: A six-year-old wombat.
    system_prompt: null
    voice:
      samples: [Holey moley!, "I dug a hole."]
      catchphrases: ["Holey moley!"]
      words: {min: 1, max: 220}
      reading_grade: {max: 5}
    aliases: [Tull]
    trusted_adults: [Mum, Grandpa Bramble]
    facts:
      - Tully lives in Driftwood Bay.
    knows:
      - {ask: "What's your brother called?", answer: [Moss]}
    does_not_know: [stock markets]
    never_says: ["as an AI"]
"""


def persona(folder: Path, text: str) -> Persona:
    path = folder / "card.yaml"
    path.write_text(dedent(text), encoding="utf-8")
    return load_persona(path)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(SuiteError) as caught:
        persona(folder, text)
    return [f"{p.line}:{p.column}: {p.key}: {p.message}" for p in caught.value.problems]


def write_rows(path: Path, *rows: object) -> None:
    path.write_text("".join(json.dumps(row) + "\n\n" for row in rows), encoding="utf-8")


def chat(*replies: str) -> dict[str, object]:
    turns = [
        ({"role": "user", "content": "Hi"}, {"role": "assistant", "content": r}) for r in replies
    ]
    return {"messages": [message for turn in turns for message in turn]}


def test_a_card_is_read_as_written(tmp_path: Path) -> None:
    card = persona(tmp_path, CARD)
    assert (card.name, card.age, card.system_prompt) == ("Tully", 6, None)
    assert card.voice.samples == ("Holey moley!", "I dug a hole.")
    assert card.voice.words == Band(min=1, max=220)
    assert card.knows[0].answer == ("Moss",)


def test_a_name_is_enough(tmp_path: Path) -> None:
    assert persona(tmp_path, "name: Bo") == Persona(name="Bo")


def test_samples_come_from_training_data_beside_the_card(tmp_path: Path) -> None:
    write_rows(tmp_path / "train.jsonl", chat("One.", "Two."), chat("One.", " "))
    text = "name: Bo\nvoice: {samples: {from: train.jsonl}}\n"
    assert persona(tmp_path, text).voice.samples == ("One.", "Two.")


def test_samples_mix_sentences_and_files(tmp_path: Path) -> None:
    write_rows(tmp_path / "train.jsonl", chat("One."))
    text = "name: Bo\nvoice:\n  samples:\n    - Zero.\n    - from: train.jsonl\n"
    assert persona(tmp_path, text).voice.samples == ("Zero.", "One.")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file"),
        (b"\xff\n", "is not UTF-8"),
        (b"{}\n", "line 1 of"),
        (b"nonsense\n", "is no chat row"),
        (b'{"messages": [{"role": "assistant", "content": 3}]}\n', "is no chat row"),
        (b'{"messages": ["hi"]}\n', "is no chat row"),
        (b'{"messages": 3}\n', "is no chat row"),
        (b'{"messages": [{"role": "user", "content": "Hi"}]}\n', "has no assistant turns"),
        (b"", "has no assistant turns"),
    ],
)
def test_training_data_that_cannot_be_used_is_a_problem_at_its_key(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "train.jsonl").write_bytes(content)
    (fault,) = faults(
        tmp_path, "name: Bo\nvoice:\n  samples:\n    - Hi.\n    - from: train.jsonl\n"
    )
    assert fault.startswith("5:7: voice.samples[1].from: ")
    assert message in fault


def test_everything_is_said_at_once(tmp_path: Path) -> None:
    text = """
        nmae: Bo
        age: "6"
        voice:
          samples: [{form: x}, 3, ""]
          words: {min: 9, max: 3}
          reading_grade: {min: 0}
        aliases: Bobo
        knows: [{ask: Who?, answer: []}]
        never_says: [yes, 1969]
    """
    assert faults(tmp_path, text) == [
        "2:1: name: is missing: the character's name.",
        "2:1: nmae: unknown key: did you mean `name`? Allowed: name, age, description, "
        "system_prompt, voice, aliases, trusted_adults, facts, knows, does_not_know, never_says, limits, "
        "generation",
        "3:1: age: must be a number, not `6`",
        "5:13: voice.samples[0].from: is missing: chat JSONL, relative to this card: its "
        "assistant turns are the samples.",
        "5:14: voice.samples[0].form: unknown key: did you mean `from`? Allowed: from",
        "5:24: voice.samples[1]: must be text, not the number 3; if it is meant as text, put it "
        "in quotes",
        "5:27: voice.samples[2]: is empty: fill it, or take it out",
        "6:3: voice.words: no reply is in this band: `min` 9 is above `max` 3",
        "7:3: voice.reading_grade: every reply is in this band: give a `max`, or a `min` above 0",
        "8:1: aliases: must be a list (`[a, b]`, or lines that start with `- `), not `Bobo`",
        "9:21: knows[0].answer: is empty: fill it, or leave the key out",
        "10:19: never_says[1]: must be text, not the number 1969; if it is meant as text, put it "
        "in quotes",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "0:0: : is empty: a character card needs at least `name:`"),
        ("{}", "1:1: : is empty: a character card needs at least `name:`"),
        ("- name", "1:1: : is not a mapping (`key: value`): a character card needs at least"),
        ("name: Bo\nname: Bo", "2:1: name: `name` stands twice, in line 1 and in line 2"),
        ("name: !x Bo", "1:7: name: the tag `!x` means nothing here"),
        ("name: Bo\nvoice: loud", "2:1: voice: must be a mapping (`key: value`), not `loud`"),
        ("name: Bo\nvoice: {samples: x}", "2:9: voice.samples: must be a list"),
        ("name: Bo\nvoice: {samples: {from: }}", "voice.samples.from: must be text, not nothing"),
        ("name: Bo\nage: -1", "2:1: age: must be 0 or more, not the number -1"),
    ],
)
def test_what_is_no_card_is_said_once(tmp_path: Path, text: str, message: str) -> None:
    (fault,) = faults(tmp_path, text)
    assert message in fault


def test_a_missing_card_is_a_suite_error(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"none\.yaml: cannot be read"):
        load_persona(tmp_path / "none.yaml")
