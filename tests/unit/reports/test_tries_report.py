"""Variants as a table, as lines and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from adapter_folders import MADE_FROM, manifest

from persona_eval.models.locate import BaseFiles
from persona_eval.reports.tries import plan_text, ranked, result_line, tries_json, tries_lines
from persona_eval.training.adapter import Point
from persona_eval.training.recipe import Recipe
from persona_eval.tries.folders import Attempt, Record
from persona_eval.tries.sweep import Plan, Result
from persona_eval.tries.variants import Size, make_variants

OWN = Recipe.model_validate({"data": {"valid": "v.jsonl"}})
RECORD = Record(fingerprint="x", reply_tokens=100, memory=3 * 2**30)


def attempt(replies: str = "same", **changes: Any) -> Attempt:
    (variant,) = make_variants(OWN, Path("recipe.yaml"), [changes], Size(150, None))
    base = BaseFiles(variant.recipe.base, Path("m"), "f")
    folder = Path("adapters/bo/tries") / variant.slug
    return Attempt(variant, folder, variant.recipe, base, MADE_FROM, replies, 400)


def finished(
    valid: float | None, tokens: int = 100, passed: float | None = None, **changes: Any
) -> Result:
    points = [Point(step=0, epoch=0, valid=4.0), Point(step=19, epoch=1, train=3.2, valid=valid)]
    made = manifest(points=points, selected_step=19, seconds=600.0)
    record = RECORD.model_copy(update={"reply_tokens": tokens})
    return Result(attempt(**changes), "finished", "", made, record, passed)


REFUSED = Result(attempt(base="raw"), "refused", "the base model cannot learn to stop")
DIVERGED = Result(attempt(learning_rate=0.5), "diverged", "the loss is not finite")


def test_the_best_comes_first_and_what_has_no_figures_last() -> None:
    results = [DIVERGED, finished(3.0, epochs=1), REFUSED, finished(2.5), finished(None, seed=1)]
    assert ranked(results) == [results[3], results[1], results[4], DIVERGED, REFUSED]


TABLE = """
learning_rate    base         steps      loss    validation    nats/char    time    tok/s    memory
---------------  -----------  -------  ------  ------------  -----------  ------  -------  --------  --------
0.0005           gemma3-270m  19/19     3.200         2.500        0.625  10 min       60   3.0 GiB
0.0002           gemma3-270m  19/19     3.200         3.000        0.750  10 min       60   3.0 GiB
0.5              gemma3-270m                                                                         diverged

learning_rate=0.5: diverged: the loss is not finite
validation: nats a reply token of the kept checkpoint; compares variants of one base
nats/char: the same loss, summed and divided by the 400 characters of the validation replies; compares across bases too
first: adapters/bo/tries/examples-150_learning_rate-0.0005
"""


def test_the_table_and_how_to_read_it() -> None:
    results = [DIVERGED, finished(3.0, learning_rate=2e-4), finished(2.5, learning_rate=5e-4)]
    assert [line.rstrip() for line in tries_lines(results)] == TABLE.strip().splitlines()


def test_bases_are_ranked_by_characters() -> None:
    """Few long tokens have a higher loss each, and may be the better model all the same."""
    long_tokens = finished(4.0, tokens=50, base="large-words")
    short_tokens = finished(3.0, tokens=100)
    assert ranked([short_tokens, long_tokens]) == [long_tokens, short_tokens]
    assert long_tokens.per_character == 4.0 * 50 / 400
    head, _, first, *_ = tries_lines([short_tokens, long_tokens])
    assert head.split()[0] == "base", "it has its column once"
    assert first.split()[0] == "large-words"


def test_shares_of_cases() -> None:
    lines = list(tries_lines([finished(3.0, passed=0.25)], cases=24))
    assert lines[2].split()[5] == "25%"
    assert "passed: of 24 cases, one reply each" in lines


def test_other_validation_data_do_not_compare() -> None:
    results = [finished(3.0, replies="one"), finished(2.0, replies="other", seed=1)]
    assert "the variants were validated on different replies: compare neither column" in list(
        tries_lines(results)
    )


def test_without_validation() -> None:
    lines = list(tries_lines([finished(None)]))
    assert "validation" not in lines[0]
    assert lines[4:] == ["first: adapters/bo/tries/examples-150"]


def test_control_characters_are_shown() -> None:
    told = "\n".join(tries_lines([Result(attempt(base="a\x1b[2J"), "refused", "no\x07")]))
    assert "\x1b" not in told
    assert "\x07" not in told


@pytest.mark.parametrize(
    ("due", "refused", "expected"),
    [
        (0, 0, "2 variants, none to train"),
        (0, 1, "2 variants, none to train, 1 refused"),
        (2, 0, "2 of 2 variants to train: about 10 min, checkpoints included but no suites"),
        (1, 1, "1 of 2 variants to train, 1 refused: about 10 min, checkpoints included but no"),
    ],
)
def test_the_plan(due: int, refused: int, expected: str) -> None:
    plan = Plan((attempt(),) * due, {Path(str(n)): "" for n in range(refused)}, 600.0)
    assert plan_text(plan, 2).startswith(expected)


def test_a_line_as_each_ends() -> None:
    line = "lora.rank=8 (gemma3-270m): loss 3.200, validation 2.500, 10 min"
    assert result_line(finished(2.5, **{"lora.rank": 8})) == line
    assert result_line(REFUSED) == ("base=raw (raw): refused: the base model cannot learn to stop")


def test_machines_read_the_same() -> None:
    plan = Plan((attempt(),), {}, 61.23)
    found = json.loads(json.dumps(tries_json("bo", [REFUSED, finished(2.5, seed=1)], plan, 24)))
    assert (found["examples"], found["epochs"], found["trained"]) == (150, None, 1)
    assert (found["estimated_seconds"], found["cases"], found["same_validation"]) == (
        61.2,
        24,
        True,
    )
    first, last = found["tries"]
    assert first == {
        "folder": "adapters/bo/tries/examples-150_seed-1",
        "settings": {"seed": 1},
        "base": {"name": "gemma3-270m", "fingerprint": "f"},
        "state": "finished",
        "reason": None,
        "kept_step": 19,
        "steps": 19,
        "loss": 3.2,
        "validation": 2.5,
        "validation_per_character": 0.625,
        "passed": None,
        "seconds": 600.0,
        "tokens_per_second": 60.0,
        "memory": 3 * 2**30,
    }
    assert (last["state"], last["reason"]) == ("refused", REFUSED.reason)
    assert last["validation"] is None
