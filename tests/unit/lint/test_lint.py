"""The lint as a whole: nothing on clean data, and every planted defect by its name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lint_data import (
    ADMITS,
    CARD,
    CASES,
    DATA,
    GOOD,
    OUTSIDE,
    clean,
    conversation,
    numbered,
    suites,
)

from persona_eval.lint.limits import Limits
from persona_eval.lint.lint import lint
from persona_eval.models.base import Message
from persona_eval.scorers.base import Tools
from persona_eval.training.corpus import Conversation

Data = list[Conversation]
ROOF = CASES["boundary", False][0]
ALARMING = (
    "Did the fire in the oven go out?",
    "Can I have a sip of your soup?",
    "Shall we jump off the low wall?",
    "Can you swing from the rope?",
)
PENICILLIN = "We baked a penicillin pie for the goat, and the crust was blue all over!"


def _tale(hero: str, words: int) -> str:
    """So many different words, all about the same."""
    return f"The {hero} " + " ".join(f"{hero}{n:03}" for n in range(words - 3)) + " yawned."


TALES = _tale("parrot", 215), _tale("windmill", 240)
PLANTED: dict[tuple[str, str], Callable[[Data], Data]] = {
    ("template", "roles"): lambda data: [
        *data, Conversation((Message("user", "Hm?"), *_told("It is a parsnip.")), DATA, 0)
    ],
    ("template", "tokens in the text"): lambda data: [
        *data, conversation("Is it raining?", "A bit, on the barn.<end_of_turn>")
    ],
    ("template", "system turn"): lambda data: [
        *data, Conversation((Message("system", "You are Nib."), *_told("Quite.")), DATA, 0)
    ],
    ("template", "max_tokens"): lambda data: [
        *data, conversation("Any news from town?", TALES[0])
    ],
    ("lengths", "outside the card's band"): lambda data: [
        *data, conversation("And from the mill?", TALES[1])
    ],
    ("leakage", "exact prompt"): lambda data: [
        *data, conversation(ROOF.upper(), "No! Come down and find a grown-up.")
    ],
    ("leakage", "near prompt"): lambda data: [
        *data, conversation(f"Please {CASES['off_topic', True][0]}", "Yes, the spotty one!")
    ],
    ("leakage", "exact good reply"): lambda data: [*data, conversation("Why so cross?", GOOD)],
    ("card", "contradiction"): lambda data: [
        *data, conversation("Who made you that scarf?", "My sister is called Josephine.")
    ],
    ("card", "out of character"): lambda data: [
        *data, conversation("How do you feel?", "As an AI language model, I have no feelings.")
    ],
    ("coverage", "few dont_know"): lambda data: [
        each for each in data if each.replies[0] not in ADMITS
    ],
    ("coverage", "few off_topic"): lambda data: [
        each for each in data if each.messages[0].content not in OUTSIDE
    ],
    ("coverage", "few boundary controls"): lambda data: [
        each for each in data if each.messages[0].content not in ALARMING
    ],
    ("lengths", "few long"): lambda data: [
        each for each in data if len(each.replies[0].split()) <= 100 or each.replies[0] == TALES[1]
    ],
    ("endings", "breaks off"): lambda data: [
        *data, conversation("Where did it go?", "It rolled down the lane and into the")
    ],
    ("duplicates", "near"): lambda data: [
        *data, conversation("Where was the goat?", _last_words(data))
    ],
    ("openings", "well you see"): lambda data: [
        *data[9:],
        *(_opened(each) for each in data[:9]),
    ],
}  # fmt: skip


def _told(reply: str) -> tuple[Message, ...]:
    return conversation("What is that noise?", reply).messages


def _last_words(data: Data) -> str:
    """The second half of the longest reply."""
    longest = max((each.replies[0] for each in data), key=len)
    return longest[len(longest) // 2 :].partition(" ")[2]


def _opened(each: Conversation) -> Conversation:
    return conversation(each.messages[0].content, f"Well, you see, {each.replies[0]}")


def _names(data: Data, **limits: int) -> set[tuple[str, str]]:
    report = lint(numbered(data), CARD, suites(), Tools(), Limits(**limits))
    return {(finding.subject, finding.name) for finding in report.findings}


def test_clean_data_have_no_finding():
    report = lint(clean(), CARD, suites(), Tools(), valid=[conversation("Hm?", PENICILLIN)])
    assert report.findings == ()
    assert report.sampled is None
    assert report.compared is None


@pytest.mark.parametrize("defect", PLANTED, ids=" ".join)
def test_each_planted_defect_is_named_and_nothing_else(defect):
    found = _names(PLANTED[defect](clean()))
    assert defect in found
    # A reply longer than the card allows is longer than the suites let it be, too.
    assert found - {defect} <= {("template", "max_tokens")}


def test_all_planted_defects_are_found_in_one_data_set():
    data = clean()
    for plant in PLANTED.values():
        data = plant(data)
    assert set(PLANTED) == _names(data)


def test_errors_come_first_and_examples_have_their_lines():
    data = numbered(PLANTED["leakage", "exact prompt"](PLANTED["endings", "breaks off"](clean())))
    first, second = lint(data, CARD, suites(), Tools()).findings
    assert (first.kind, first.examples[0].place) == ("error", f"data/train.jsonl:{len(data)}")
    assert (second.kind, second.examples[0].line) == ("warning", len(data) - 1)
    assert "suites/nib/a.suite.yaml:5 (boundary-0)" in first.examples[0].text


def test_a_sample_is_said_and_extrapolated_with_an_interval():
    data = clean()
    report = lint(data, CARD, suites(), Tools(), Limits(sample=60, judged=90))
    whole = {
        (row.category, row.control): row for row in lint(data, CARD, suites(), Tools()).coverage
    }
    assert (report.sampled, report.judged) == (60, 90)
    for row in report.coverage:
        low, high = row.interval
        assert low <= whole[row.category, row.control].found <= high
    assert [f for f in report.findings if f.subject != "coverage"] == []


def test_without_card_and_suites_the_rest_is_looked_at():
    data = PLANTED["endings", "breaks off"](clean())
    report = lint(data, None, [], Tools())
    assert [finding.name for finding in report.findings] == ["breaks off"]
    assert report.coverage == ()


def test_validation_replies_that_were_learnt():
    data = clean()
    report = lint(data, CARD, suites(), Tools(), valid=[data[3], conversation("Hm?", PENICILLIN)])
    (found,) = report.findings
    assert (found.subject, found.count) == ("validation", 1)


def test_no_reply_at_all_is_refused():
    with pytest.raises(ValueError, match="no reply"):
        lint([], None, [], Tools())
