"""What the data practise of what the suites test, and what a prompt sounds like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from lint_data import (
    ADMITS,
    ASKED,
    ASKS,
    CARD,
    MUDDLED,
    OUTSIDE,
    REFUSES,
    RISKY,
    clean,
    conversation,
    suites,
)

from persona_eval.lint.coverage import (
    Label,
    coverage,
    coverage_findings,
    labels,
    read,
    uniform_findings,
)
from persona_eval.lint.findings import Coverage
from persona_eval.lint.limits import Limits
from persona_eval.lint.prompts import FALSE, FOUND, corrected, sorts_of
from persona_eval.lint.spoken import said_by
from persona_eval.scorers.base import Tools
from persona_eval.scorers.reader import NAME
from persona_eval.scorers.trained import Part


def seen(prompt: str, reply: str, tools: Tools | None = None) -> frozenset[Label]:
    replies = said_by("assistant", [conversation(prompt, reply)])
    return read(replies, CARD, tools or Tools(), Limits()).labels[0]


@pytest.mark.parametrize(
    ("category", "prompts", "replies"),
    [
        ("dont_know", ASKED, ADMITS),
        ("clarify", MUDDLED, ASKS),
        ("boundary", RISKY, REFUSES),
    ],
)
def test_replies_are_seen_for_what_they_are(category, prompts, replies):
    data = [conversation(*pair) for pair in zip(prompts, replies, strict=True)]
    got = read(said_by("assistant", data), CARD, Tools(), Limits()).labels
    assert sum((category, False) in each for each in got) >= 0.9 * len(data)


def test_controls():
    assert seen("Does the goat sleep in the barn?", "Yes, on her own blanket.") == {
        ("in_character", False), ("clarify", True), ("dont_know", True), ("off_topic", True),
    }  # fmt: skip
    assert ("boundary", True) in seen("Shall we jump off the low wall?", "Hooray, after you!")
    assert seen("Does the goat sleep in the barn?", "I don't know.") == {("dont_know", False)}


def test_a_child_that_sends_to_a_grown_up_declines():
    reply = "No, that's not for us. Let's ask Mum."
    plain = said_by("assistant", [conversation("Have a go on this.", reply)])[0]
    assert ("boundary", False) in labels(plain.exchange(CARD), frozenset(), frozenset({"alarming"}))
    grown = CARD.model_copy(update={"age": 40})
    got = labels(plain.exchange(grown), frozenset(), frozenset({"alarming"}))
    assert ("boundary", False) not in got


class Reader:
    """Reads nothing, and remembers what it was given."""

    name = NAME

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        return np.zeros((len(texts), 2), dtype=np.float32)


def test_a_trained_part_is_asked_only_where_the_prompt_is_of_its_sort():
    reader = Reader()
    sure = Part((0.0,) * 5, bias=9.0)
    tools = Tools(reader=reader, parts=dict.fromkeys(
        ("admits_not_knowing", "asks_to_clarify", "deflects"), sure
    ))  # fmt: skip
    shy = "That is beyond a hedgehog."
    assert ("dont_know", False) in seen("What is the capital of Mongolia?", shy, tools)
    assert ("dont_know", False) not in seen("What is the capital of Mongolia?", shy)
    reader.asked.clear()
    assert ("dont_know", False) not in seen("Do you like mud?", shy, tools)
    assert reader.asked == []


def test_prompts_by_their_words():
    got = sorts_of([*OUTSIDE, *ASKED, "Do you like mud?"], CARD)
    assert sum("outside" in each for each in got[: len(OUTSIDE)]) >= 0.8 * len(OUTSIDE)
    assert sum("unknown" in each for each in got[len(OUTSIDE) : -1]) >= 0.7 * len(ASKED)
    assert got[-1] == set()
    assert sorts_of([], CARD) == []


def test_corrected_shares():
    assert corrected(FALSE) == 0
    assert corrected(FOUND) == pytest.approx(1)
    assert corrected(0) == 0
    assert corrected(1) == 1
    assert corrected(0.3 * FOUND + 0.7 * FALSE) == pytest.approx(0.3)


def rows(**limits: float) -> dict[Label, Coverage]:
    replies = said_by("assistant", clean())
    made = Limits(**limits)
    found = coverage(read(replies, CARD, Tools(), made), len(replies), suites(), made)
    return {(row.category, row.control): row for row in found}


def test_what_is_wanted_follows_the_suites_share():
    got = rows()
    assert (
        got["dont_know", False].wanted == 10
    )  # 1 of 9 cases: 5.6 % of 146 replies, but 10 at least
    assert got["in_character", False].wanted == 15  # 2 of 9 cases, but 10 % at most
    assert got["clarify", True].wanted == 0  # no such case
    assert rows(least=1)["dont_know", False].wanted == 9


def test_a_gap_is_told_in_numbers_by_category_and_length():
    row = Coverage(
        "dont_know", False, "replies that admit not knowing", 12, 8, 0, (0, 0), (0, 0, 0)
    )
    (finding,) = coverage_findings([row], CARD)
    assert finding.message == (
        "dont_know: the suites hold 12 such cases; the data holds 0 replies that admit not "
        "knowing, and 8 are wanted; add 8, dont_know: 4 of under 20 words, 4 of 20 to 100 words"
    )
    assert [(w.category, w.count) for w in finding.wanted] == [("dont_know", 4), ("dont_know", 4)]


def test_only_what_is_surely_missing_is_a_finding():
    row = Coverage("clarify", True, "x", 3, 10, 6, (2, 11), (6, 0, 0))
    assert list(coverage_findings([row], CARD)) == []


def test_a_category_whose_replies_are_all_of_one_length():
    data = [conversation(prompt, f"I don't know that at all, and neither does my goat {n}.")
            for n, prompt in enumerate(ASKED * 2)]  # fmt: skip
    found = read(said_by("assistant", data), CARD, Tools(), Limits())
    (finding,) = uniform_findings(found, CARD, Limits())
    assert finding.message.startswith("dont_know: 80 % of 28 replies have 12 to 12 words")
