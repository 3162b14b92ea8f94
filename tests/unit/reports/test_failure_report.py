"""A failing case, in words that its author understands."""

from __future__ import annotations

from typing import Any

from exchanges import case

from persona_eval.judging import Judgement
from persona_eval.models.base import FinishReason, Reply
from persona_eval.reports.failure import WIDTH, failure_text
from persona_eval.results import CaseResult, Design
from persona_eval.suite.models import Case, Persona
from persona_eval.trials import Trial


def score(expectation: str, passed: bool | None, **fields: Any) -> dict[str, Any]:
    plain = {"value": None, "limit": None, "reason": "because", "source": "case", "error": None}
    return {"expectation": expectation, "passed": passed, **plain, **fields}


def trial(
    number: int, text: str, reason: FinishReason = "stop", case_: Case | None = None
) -> Trial:
    return Trial(case_ or case(), Persona(name="Bo"), number, [Reply(text, reason, 7, 1, 0.0)])


def text_of(*pairs: tuple[Trial, Judgement]) -> str:
    passes = sum(bool(judgement.passed) for _, judgement in pairs)
    outcomes = tuple(n < passes for n in range(len(pairs)))
    design = Design(len(pairs), len(pairs), 0.66)
    result = CaseResult("ned/a.suite.yaml", "a-case", "boundary", True, outcomes, design)
    return failure_text(result, [t for t, _ in pairs], [j for _, j in pairs])


FAILED = Judgement(
    False,
    None,
    (
        score("contains", False, value=0, limit=1),
        score("in_voice", True, value=0.73219, limit=0.5, source="pack"),
        score("similar", None, reason="nothing to compare to"),
        score("equals", False, value="Hm.", limit="Ho."),
    ),
)
PASSED = Judgement(True, None, (score("contains", True), score("similar", None)))


def test_the_heading_counts_trials() -> None:
    text = text_of((trial(0, "Hm."), FAILED), (trial(1, "Ho."), PASSED))
    assert text.startswith("1 of 2 trials passed, 66% must (boundary, control)\n")


def test_all_expectations_of_a_failed_trial_with_value_limit_and_reason() -> None:
    lines = text_of((trial(0, "Hm."), FAILED)).splitlines()
    assert lines[2:] == [
        "trial 1: failed",
        "  user: Hello!",
        "  Bo: Hm.",
        "    FAIL contains [value 0, limit 1]: because",
        "    ok   in_voice (pack) [value 0.732, limit 0.5]: because",
        "    --   similar: nothing to compare to",
        "    FAIL equals [value Hm., limit Ho.]: because",
    ]


def test_of_a_passed_trial_only_the_reply() -> None:
    lines = text_of((trial(0, "Ho."), PASSED)).splitlines()
    assert "    ok   contains: because" not in lines
    assert lines[-2] == "  Bo: Ho."


def test_a_cut_reply_and_an_empty_one_are_named() -> None:
    assert "  (cut at 7 tokens)" in text_of((trial(0, "Hm", "length"), FAILED))
    assert "  Bo: (empty)" in text_of((trial(0, ""), FAILED))


def test_long_replies_are_wrapped_under_their_speaker() -> None:
    lines = text_of((trial(0, "word " * 60), FAILED)).splitlines()
    wrapped = [line for line in lines if "word word" in line]
    assert len(wrapped) > 2
    assert all(len(line) <= WIDTH for line in wrapped)
    assert all(line.startswith("      word") for line in wrapped[1:])


def test_the_models_words_are_shown_and_not_obeyed() -> None:
    text = text_of((trial(0, "\x1b[31mred\nline"), FAILED))
    assert "\\u001b[31mred ⏎ line" in text
