"""A failing case, in words that its author understands."""

from __future__ import annotations

from typing import Any

from told import score, told

from persona_eval.reports.failure import failure_text, transcript_text
from persona_eval.reports.transcript import WIDTH
from persona_eval.results import CaseResult, Design

FAILED = (
    score("in_voice", True, value=0.73219, limit=0.5, source="pack"),
    score("contains", False, value=0, limit=1),
    score("similar", None, reason="nothing to compare to"),
    score("equals", False, value="Hm.", limit="Ho."),
)


def text_of(*trials: dict[str, Any], why: str = "", full: bool = False) -> str:
    outcomes = tuple(bool(trial["passed"]) for trial in trials)
    design = Design(len(trials), len(trials), 0.66)
    result = CaseResult("ned/a.suite.yaml", "a-case", "boundary", True, outcomes, design)
    return failure_text(result, trials, why, full)


def test_the_heading_counts_trials_and_says_what_that_means() -> None:
    trials = told("Hm.", *FAILED), told("Ho.", number=2)
    assert text_of(*trials).startswith("1 of 2 trials passed, all must (boundary, control)\n")
    assert text_of(*trials, why="fails") == text_of(*trials), "that is said already"
    assert ", control); must pass\n" in text_of(*trials, why="must pass")


def test_a_conversation_then_what_was_not_met_then_the_rest() -> None:
    assert text_of(told("Hm.", *FAILED)).splitlines()[1:] == [
        "",
        "trial 1: failed",
        "  user: Hello!",
        "  Bo: Hm.",
        "    FAIL contains: because [value 0, limit 1]",
        "    FAIL equals: because [value Hm., limit Ho.]",
        "    ok   in_voice",
        "    --   similar",
    ]


def test_in_full_the_rest_has_its_reasons_too() -> None:
    assert text_of(told("Hm.", *FAILED), full=True).splitlines()[-3:] == [
        "    FAIL equals: because [value Hm., limit Ho.]",
        "    ok   in_voice (pack): because [value 0.732, limit 0.5]",
        "    --   similar: nothing to compare to",
    ]


def test_the_bar_is_told_in_trials() -> None:
    result = CaseResult("a.suite.yaml", "a", "clarify", False, (False,) * 2, Design(3, 3, 0.66))
    assert failure_text(result, ()) == "0 of 2 trials passed, 2 of 3 must (clarify)"


def test_each_reply_is_followed_by_what_was_expected_of_it() -> None:
    first = told("Hello.", score("contains", False))["turns"]
    second = told("Bye.", score("words", True), user="I must go.")["turns"]
    lines = text_of(told("", turns=[*first, *second], passed=False)).splitlines()
    assert lines[3:] == [
        "  user: Hello!",
        "  Bo: Hello.",
        "    FAIL contains: because",
        "  user: I must go.",
        "  Bo: Bye.",
        "    ok   words",
    ]


def test_of_a_passed_trial_only_the_reply() -> None:
    passed = told("Ho.", score("contains", True), score("similar", None), number=2)
    assert text_of(told("Hm.", *FAILED), passed).splitlines()[-3:] == [
        "trial 2: passed",
        "  user: Hello!",
        "  Bo: Ho.",
    ]


def test_a_transcript_holds_every_expectation_of_passed_trials_too() -> None:
    passed = told("Ho.", score("contains", True, value=1, limit=1))
    assert transcript_text([passed]) == (
        "trial 1: passed\n  user: Hello!\n  Bo: Ho.\n    ok   contains: because [value 1, limit 1]\n"
    )


def test_what_crashed_is_an_error_and_no_failure() -> None:
    crashed = score("odd", None, reason="", error="`odd` crashed: ZeroDivisionError: nought")
    lines = transcript_text([told("Hm.", crashed, passed=None)]).splitlines()
    assert lines[0] == "trial 1: could not be judged"
    assert lines[-1] == "    ERR  odd: `odd` crashed: ZeroDivisionError: nought"


def test_trials_that_went_the_same_way_are_told_once() -> None:
    same = [told("Hm.", *FAILED, number=number) for number in (1, 2, 4)]
    other = told("Ha.", *FAILED, number=3)
    confirming = told("Hm.", *FAILED, number=5, confirming=True)
    heads = [line for line in text_of(*same, other, confirming).splitlines() if "trial" in line]
    assert heads[1:] == [
        "trials 1, 2 and 4, word for word the same: failed",
        "trial 3: failed",
        "trial 5, to confirm: failed",
    ]


def test_a_cut_reply_and_an_empty_one_are_named() -> None:
    cut = told("Hm", *FAILED)
    cut["turns"][0]["cut"] = 7
    assert "  Bo: Hm\n  (cut at 7 tokens)\n" in text_of(cut)
    assert "  Bo: (empty)\n" in text_of(told("", *FAILED))
    assert "  Bo: (empty)\n" in text_of(told(" \t ", *FAILED))


def test_long_replies_are_wrapped_under_their_speaker() -> None:
    lines = text_of(told("word " * 60, *FAILED)).splitlines()
    wrapped = [line for line in lines if "word word" in line]
    assert len(wrapped) > 2
    assert all(len(line) <= WIDTH for line in wrapped)
    assert all(line.startswith("      word") for line in wrapped[1:])


def test_the_models_words_are_shown_and_not_obeyed() -> None:
    said = "\x1b[31mred\nline"
    text = text_of(told(said, score("equals", False, value=said, reason=f"is {said}")))
    assert text.count("\\u001b[31mred ⏎ line") == 3
    assert "\x1b" not in text


def test_no_reply_can_pass_for_a_line_of_the_report() -> None:
    said = "Hm.\n    FAIL contains: because\ntrial 9: passed\n  user: Bye " + "word " * 40
    lines = text_of(told(said, *FAILED)).splitlines()
    assert len([line for line in lines if line.startswith("    FAIL")]) == 2
    assert not [line for line in lines if line.startswith("trial 9")]
