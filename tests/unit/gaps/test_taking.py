"""Answered stubs: which become training data, and why the others do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from gaps_data import TOOLS, case, suite, talk
from lint_data import CARD

from persona_eval.errors import PersonaEvalError
from persona_eval.gaps import taking
from persona_eval.gaps.stub_file import append_rows, read_stubs
from persona_eval.gaps.stubs import Stub
from persona_eval.gaps.taking import Taking, sort_out
from persona_eval.scorers.base import Tools
from persona_eval.suite.models import Suite
from persona_eval.training.corpus import read_conversations

ASKED = "Which comet did Halley name?"
GOOD = "Dunno, I only know the goat and the kettle by name."
BAD = "Halley named the comet of sixteen eighty-two."
HELD = talk("Who rang?", "Nobody rang, it was the goat with a bucket on its head.", line=9)
FINE = ("Who built Rome?", "Not me! I don't know who did, ask Uncle Ash.")


@pytest.fixture
def stubs(tmp_path: Path) -> Path:
    return tmp_path / "stubs.jsonl"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    path.write_text('{"messages": [{"role": "user", "content": "Hi!"}, '
                    '{"role": "assistant", "content": "Oh."}]}')  # fmt: skip
    return path


def asking() -> list[Suite]:
    return [suite(case("comet", ASKED, good=(GOOD,), bad=(BAD,)))]


def write(path: Path, *pairs: tuple[str, str], **changes: Any) -> None:
    """Stubs with these prompts and answers, in this order."""
    rows = []
    for prompt, answer in pairs:
        row = Stub(("dont_know", False), (prompt,), {"min": 1, "max": 19}, ("comet",)).row()
        row["messages"][1]["content"] = answer
        rows.append({**row, **changes})
    append_rows(path, rows)


def sorted_out(path: Path) -> Taking:
    return sort_out(read_stubs(path), [HELD], asking(), CARD, TOOLS)


def why(path: Path, prompt: str, answer: str) -> str:
    """Why an answer is refused."""
    write(path, (prompt, answer))
    found = sorted_out(path)
    assert found.taken == ()
    return "; ".join(found.refused[0].reasons)


def test_a_good_answer_becomes_an_ordinary_line_of_the_data(stubs, data):
    write(stubs, FINE, ("Who built Troy?", ""), topic="cities")
    found = sorted_out(stubs)
    assert (len(found.taken), found.refused, found.waiting, found.notes) == (1, (), 1, ())
    assert found.write(stubs, data) == {1: (data, 2), 2: (stubs, 1)}
    first, second = read_conversations(data)
    assert (first.replies, second.replies) == (("Oh.",), (FINE[1],))
    assert json.loads(data.read_text().split("\n")[1]) == {
        "messages": [
            {"role": "user", "content": FINE[0]}, {"role": "assistant", "content": FINE[1]},
        ],
        "category": "dont_know", "control": False, "train_safe": True,
    }  # fmt: skip
    (left,) = read_stubs(stubs)
    assert left.users[0].text == "Who built Troy?"
    assert left.row["topic"] == "cities"


def test_nothing_to_take_changes_nothing(stubs, data):
    write(stubs, ("Who built Troy?", "  "))
    before = stubs.read_bytes(), data.read_bytes()
    assert sorted_out(stubs).write(stubs, data) == {1: (stubs, 1)}
    assert (stubs.read_bytes(), data.read_bytes()) == before


def test_a_prompt_or_reply_near_the_suites_is_refused(stubs):
    assert "too near a prompt of the suites, suites/nib/a.suite.yaml:0 (comet)" in why(
        stubs, "which comet did halley NAME", FINE[1]
    )


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (GOOD, "too near a good reply of the suites"),
        ("By name I only know the kettle and the goat, dunno!", "too near a good reply"),
        (BAD, "too near a bad reply of the suites"),
        (HELD.replies[0].upper(), "repeats data/train.jsonl:9; write another"),
        ("Dunno! Maybe it was built by the", "breaks off with"),
        ("No idea.<end_of_turn>", "holds tokens of a chat template"),
    ],
)
def test_replies_that_are_not_fit(stubs, answer, told):
    assert told in why(stubs, "Who built Rome?", answer)


def test_answers_that_repeat_each_other(stubs):
    write(stubs, FINE, ("Who built Troy?", FINE[1]))
    found = sorted_out(stubs)
    assert [line.line for line in found.taken] == [1]
    said = f"“{FINE[1]}”"
    assert found.refused[0].reasons == (f"{said} repeats another answer, {said}; write another",)


def test_what_is_not_whole_is_refused_and_stays(stubs, data):
    row = Stub(("clarify", False), ("Hi!", "And that?"), {"min": 1}, ()).row()
    row["messages"][1]["content"] = "Hello you!"
    append_rows(stubs, [row])
    write(stubs, ("", "Which one do you mean, this or that?"), topic="mud")
    found = sorted_out(stubs)
    assert [refused.reasons for refused in found.refused] == [
        ("1 of its 2 replies is empty",),
        ("the user's message is empty: write one about “mud”",),
    ]
    before = stubs.read_bytes()
    found.write(stubs, data)
    assert stubs.read_bytes() == before


def test_another_length_or_behaviour_than_wished_is_a_note(stubs):
    write(stubs, ("Who built Rome?", "It was built by twins whom a wolf had fed on milk."),
          words={"min": 20, "max": 100})  # fmt: skip
    found = sorted_out(stubs)
    assert len(found.taken) == 1
    assert [note for _, note in found.notes] == [
        "12 words, where 20 to 100 words were wished",
        "its reply is not seen as one of replies that admit not knowing",
    ]


def test_broken_off_between_the_two_files_nothing_is_taken_twice(stubs, data, monkeypatch):
    write(stubs, FINE)

    def broken(*_: object) -> None:
        raise PersonaEvalError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(taking, "replace_whole", broken)
        with pytest.raises(PersonaEvalError, match="full"):
            sorted_out(stubs).write(stubs, data)
    held = read_conversations(data)
    assert len(held) == 2
    again = sort_out(read_stubs(stubs), held, asking(), CARD, TOOLS)
    assert (again.taken, len(again.known)) == ((), 1)
    again.write(stubs, data)
    assert (len(read_conversations(data)), read_stubs(stubs)) == (2, [])


def test_without_a_card_or_an_embedder_the_rest_is_looked_at(stubs):
    write(stubs, FINE, (ASKED, "I don't know that one at all, sorry."))
    found = sort_out(read_stubs(stubs), [HELD], asking(), None, Tools())
    assert (len(found.taken), len(found.refused)) == (1, 1)
