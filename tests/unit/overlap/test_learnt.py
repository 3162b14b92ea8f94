"""What an adapter was trained on, and how near replies come to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from exchanges import judge

from persona_eval.overlap.learnt import Learnt, Overlap, TrainingData
from persona_eval.scorers.base import Tools
from persona_eval.scorers.rules_shape import SCORERS
from persona_eval.training.fingerprint import adapter_fingerprint
from persona_eval.training.recipe import RECIPE_FILE
from persona_eval.training.recipe_file import load_recipe
from persona_eval.training.train import read_sources

DUG = "I dug a hole behind the old shed."
LEARNT = Learnt([DUG, "I don't know!", "Peas look at me so very funny."], ["a:1", "a:2", "a:3"])


@pytest.mark.parametrize(
    ("reply", "overlap", "copied"),
    [
        (DUG, Overlap(1.0, 8, "a:1"), True),
        ("Well! I dug a hole behind the old barn.", Overlap(7 / 9, 7, "a:1"), True),
        ("Peas look at me so very.", Overlap(1.0, 6, "a:3"), True),
        ("Peas look at me so.", Overlap(1.0, 5, "a:3"), False),  # a row of five is too short
        ("I don't know!", Overlap(1.0, 3, "a:2"), False),
        ("I dug a hole behind the sea, and it filled up.", Overlap(6 / 11, 6, "a:1"), False),
        ("Brr.", Overlap(0.0, 0, None), False),
        ("", Overlap(0.0, 0, None), False),
    ],
)
def test_a_copy_is_long_and_most_of_the_reply(reply: str, overlap: Overlap, copied: bool) -> None:
    found = LEARNT.nearest(reply)
    assert (found, found.copied) == (overlap, copied)


def test_at_the_limit_a_reply_is_no_copy_as_the_scorer_says() -> None:
    reply = "I dug a hole behind the sea with Moss."
    edge = Learnt(["I dug a hole behind the"], ["a:1"]).nearest(f"{reply} Yes!")
    assert (edge.share, edge.copied) == (0.6, False)
    tools = Tools(training_replies=["I dug a hole behind the"])
    score = judge(SCORERS, "not_memorised", None, f"{reply} Yes!", tools=tools)
    assert (score.value, score.passed) == (0.6, True)


def test_the_first_of_equal_training_replies_is_named() -> None:
    assert Learnt(["Ho!", DUG, DUG], ["a:1", "a:2", "a:3"]).nearest(DUG).place == "a:2"


def test_of_a_trial_the_largest_overlap_counts_and_a_copy_first() -> None:
    assert LEARNT.of_trial(["Brr.", "I dug holes."]).share == pytest.approx(2 / 3)
    found = LEARNT.of_trial(["I don't know!", "Well! I dug a hole behind the old barn."])
    assert found == Overlap(7 / 9, 7, "a:1"), "and not the whole of three words"


def write_data(folder: Path, *replies: str, **recipe: Any) -> str:
    """An adapter's recipe and data, as files; the digest of the data."""
    rows = [[("user", "Hi"), ("assistant", reply), ("user", "Hi"), ("assistant", "Ho")]
            for reply in replies]  # fmt: skip
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "data" / "train.jsonl").write_text(
        "\n".join(
            json.dumps({"messages": [{"role": r, "content": c} for r, c in row]}) for row in rows
        )
    )
    settings = {"select": "last", "data": {"train": "data/train.jsonl"}, **recipe}
    (folder / RECIPE_FILE).write_text(json.dumps(settings))
    parsed = load_recipe(folder / RECIPE_FILE)
    return adapter_fingerprint(parsed, read_sources(parsed, folder), "").data


def test_training_data_are_found_by_what_a_run_knows_of_its_adapter(tmp_path: Path) -> None:
    digest = write_data(tmp_path / "adapters" / "bo", "Hm.", DUG)
    learnt = TrainingData(tmp_path).of({"folder": "adapters/bo", "data": digest})
    assert learnt is not None
    assert learnt.nearest(DUG).place == "adapters/bo/data/train.jsonl:2"
    assert learnt.nearest("Ho").place == "adapters/bo/data/train.jsonl:1"


def test_a_folder_outside_the_project_is_named_in_full(tmp_path: Path) -> None:
    digest = write_data(tmp_path / "bo", DUG)
    learnt = TrainingData(tmp_path / "project").of({"folder": str(tmp_path / "bo"), "data": digest})
    assert learnt is not None
    assert learnt.nearest(DUG).place == f"{tmp_path.resolve().as_posix()}/bo/data/train.jsonl:1"


@pytest.mark.parametrize("below", ["checkpoints/120", "unfinished/checkpoints/120"])
def test_a_checkpoint_has_learnt_from_the_recipe_above_it(tmp_path: Path, below: str) -> None:
    digest = write_data(tmp_path / "bo", DUG)
    (tmp_path / "bo" / below).mkdir(parents=True)
    learnt = TrainingData(tmp_path).of({"folder": f"bo/{below}", "data": digest})
    assert learnt is not None
    assert learnt.nearest(DUG).place == "bo/data/train.jsonl:1"


def test_what_was_set_aside_was_not_learnt(tmp_path: Path) -> None:
    given = {"train": "data/train.jsonl", "valid_share": 0.5}
    digest = write_data(tmp_path / "bo", "Six words of the first one.", DUG, data=given)
    learnt = TrainingData(tmp_path).of({"folder": "bo", "data": digest})
    assert learnt is not None
    copied = [learnt.nearest(text).copied for text in ("Six words of the first one.", DUG)]
    assert sorted(copied) == [False, True]


def test_data_that_were_changed_since_or_are_gone_tell_nothing(tmp_path: Path) -> None:
    digest = write_data(tmp_path / "bo", DUG)
    known = {"folder": "bo", "data": digest}
    write_data(tmp_path / "bo", DUG, "Hm.")
    assert TrainingData(tmp_path).of(known) is None
    (tmp_path / "bo" / "data" / "train.jsonl").unlink()
    assert TrainingData(tmp_path).of(known) is None
    (tmp_path / "bo" / RECIPE_FILE).unlink()
    assert TrainingData(tmp_path).of(known) is None


@pytest.mark.parametrize(
    "adapter",
    [
        {},
        {"folder": None, "data": None},  # the base
        {"folder": "adapters/ned", "data": None},  # from elsewhere
    ],
)
def test_an_adapter_without_data_of_its_own(tmp_path: Path, adapter: dict[str, None]) -> None:
    assert TrainingData(tmp_path).of(adapter) is None


def test_data_are_read_once(tmp_path: Path) -> None:
    known = {"folder": "bo", "data": write_data(tmp_path / "bo", DUG)}
    data = TrainingData(tmp_path)
    first = data.of(known)
    (tmp_path / "bo" / RECIPE_FILE).unlink()
    assert data.of(known) is first
