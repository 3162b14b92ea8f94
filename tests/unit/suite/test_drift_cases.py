"""Long conversations, as they are written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from persona_eval.suite.models import Case

Load = Callable[[str], Case]
Problems = Callable[[str], list[str]]
FACT = "{user: Name?, expect: [contains: Bo]}"
ONLY_PROBES = "has no say where only the probes of `drift` count: take it out"


def said(case: Case) -> list[str]:
    return [turn.user + (f" ({turn.probe})" if turn.probe else "") for turn in case.turns]


def test_the_short_form_puts_a_probe_after_fillers_round_and_round(case: Load) -> None:
    found = case(f"drift: {{filler: [a, b, c], probes: [How?, {FACT}], every: 3, rounds: 2}}")
    assert said(found) == [
        "a", "b", "How? (style)", "c", "a", "Name? (fact)",
        "b", "c", "How? (style)", "a", "b", "Name? (fact)",
    ]  # fmt: skip
    assert found.drift
    assert found.drift.max_drop == 0.1


def test_a_filler_may_bring_its_reply(case: Load) -> None:
    found = case("drift: {filler: [{user: a, assistant: b}], probes: [How?], every: 2}")
    assert found.generated_turns == (1, 3, 5)


def test_the_long_form_marks_its_turns(case: Load) -> None:
    found = case(
        "drift: {max_drop: 0.3}\n"
        "turns: [{user: How?, probe: style}, {user: a}, {user: How?, probe: style}]"
    )
    assert said(found) == ["How? (style)", "a", "How? (style)"]


def test_all_trials_are_drawn_as_an_interval_needs_them(case: Load) -> None:
    found = case("drift: {probes: [How?], every: 1}\ntrials: auto").trial_range
    assert (found.min, found.max) == (5, 5)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("drift: {max_drop: 0.1}", "drift: has no conversation: give `turns`, or `probes` and `filler` in `drift`"),
        ("drift: {every: 2}", "drift.probes: is missing: a list of what the user asks to see the score"),
        ("drift: {probes: [a]}", "drift.filler: is missing: with `every: 3` something is said in between"),
        ("drift: {probes: [a], every: 1, filler: [b]}", "drift.filler: is never said with `every: 1`: take it out, or raise `every`"),
        ("drift: {probes: [a], every: 1, rounds: 1}", "drift: has one `probe: style`: a slope needs 2 or more"),
        ("drift: {probes: [a], filler: [b], every: 100}", "drift: makes 300 turns; 200 are allowed: lower `rounds` or `every`"),
        ("prompt: Hi\ndrift: {probes: [a], every: 1}", "prompt: `drift` writes the turns itself here: give one of the two"),
        ("drift: {}\nturns: [{user: a}]", "drift: needs `probe: style` or `probe: fact` at two turns or more: a slope is drawn through them"),
        ("drift: {probes: [{user: a, probe: fact}], every: 1}", "drift.probes[0]: `probe: fact` needs `expect`: what a right answer holds"),
        ("drift: {probes: [a], every: 1}\nnever: [b]", f"never: {ONLY_PROBES}"),
        ("drift: {probes: [a], every: 1}\nparaphrases: [b]", "paraphrases: a case with `drift` has one wording: make a case of its own of the other"),
        ("turns: [{user: a, probe: style}]", "turns[0].probe: belongs to a case with `drift`: add `drift: {max_drop: 0.1}` to the case"),
        ("drift: {}\nturns: [{user: a, probe: style, assistant: b}, {user: c, probe: style}]", "turns[0].assistant: a scripted reply isn't probed: take out one of the two"),
        ("drift: {}\nturns: [{user: a, probe: style, judge: true}, {user: c, probe: style}]", f"turns[0].judge: {ONLY_PROBES}"),
    ],
)  # fmt: skip
def test_mistakes(case_problems: Problems, keys: str, expected: str) -> None:
    assert case_problems(keys) == [expected]


def test_an_expectation_of_a_probe_is_read_with_its_place(case_problems: Problems) -> None:
    keys = "drift: {probes: [{user: a, expect: [contians: Bo]}], every: 1}"
    (problem,) = case_problems(keys)
    assert problem.startswith("drift.probes[0].expect[0]")


@pytest.mark.parametrize("drift", ["{max_drop: 0}", "{max_drop: 2}", "{evry: 3}", "null", "3"])
def test_what_is_no_drift(case_problems: Problems, drift: str) -> None:
    assert case_problems(f"drift: {drift}\nturns: [{{user: a, probe: style}}]")
