"""What is wrong with a case: each mistake is said once, in its place, and hides no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from persona_eval.suite.models import Case

Problems = Callable[[str], list[str]]


CASE_PROBLEMS = [
    ("promt: x", ["promt: unknown key: did you mean `prompt`?", "has neither"]),
    ("prompt: 42", ["prompt: must be text, not the number 42; if it is meant as text"]),
    ("prompt: ''", ["prompt: is empty"]),
    ("turns: []", ["turns: is empty"]),
    ("turns: [{usr: x}]", ["turns[0].user: is missing", "did you mean `user`?"]),
    ("prompt: x\nturns: [{user: x}]", ["turns: give `prompt` or `turns`, not both"]),
    ("trials: 3", ["has neither `prompt` nor `turns`"]),
    ("prompt: x\ntrials: 0", ["trials: must be 1 or more, not the number 0"]),
    ("prompt: x\ntrials: 2.0", ["trials: must be a whole number, not the number 2.0"]),
    ("prompt: x\ntrials: '3'", ["trials: must be a whole number, not `3`"]),
    ("prompt: x\npass_rate: 0", ["pass_rate: must be above 0, not the number 0"]),
    ("prompt: x\npass_rate: 1.5", ["pass_rate: must be 1 or less, not the number 1.5"]),
    ("prompt: x\ncontrol: yes", ["control: must be true or false, not `yes`"]),
    ("prompt: x\nskip: true", ["skip: must be text, not `true`"]),
    ("prompt: x\nskip: ''", ["skip: is empty"]),
    ("prompt: x\npack: all", ["pack: `all` is not known here. Allowed: none"]),
    ("prompt: x\nnever: ['']", ["never[0]: is empty"]),
    ("prompt: x\ngood: ['  ']", ["good[0]: is empty"]),
    ("prompt: x\ngood:", ["good: must be a list", "not nothing"]),
    ("prompt: x\ntags: [a b]", ["tags[0]: `a b` must be letters (a-z, A-Z), digits, `_` and `-`"]),
    ("prompt: x\ntags: [skip]", ["tags[0]: `skip` means something else to pytest"]),
    ("prompt: x\nfixtures: [a-b]", ["fixtures[0]: `a-b` must be letters"]),
    ("prompt: x\ngeneration: {temprature: 1}", ["temprature: unknown key: did you mean `temperat"]),
    ("prompt: x\ngeneration: {min_tokens: 999}", ["generation: `min_tokens` 999 is above `max_to"]),
    ("prompt: x\ngeneration: {stop: ['']}", ["generation.stop[0]: is empty"]),
    ("prompt: x\nline: 3", ["line: unknown key"]),
    ("prompt: x\npack: none", ["pack: nothing judges this case"]),
    ("prompt: x\npack: none\nnever: []", ["pack: nothing judges this case"]),
    ("prompt: x\nexpect: []", ["expect: is empty"]),
    ("prompt: x\nexpect: relevant", ["expect: must be a list"]),
    ("prompt: x\nexpect: [relevent]", ["`relevent` is no expectation: did you mean `relevant`?"]),
    (
        "prompt: x\nexpect: [null]",
        ["expect[0]: an item is a name, or `name: argument`, not an emp"],
    ),
    ("prompt: x\nexpect: [3]", ["expect[0]: an item is a name", "not the number 3"]),
    ("prompt: x\nexpect: [{}]", ["expect[0]: an item is a name", "not an empty item"]),
    ("prompt: x\nexpect: [{contains: a, case: true}]", ["holds `contains` and `case`"]),
    ("prompt: x\nexpect: [contains]", ["expect[0]: needs text to look for"]),
    ("prompt: x\nexpect: [{words: {}}]", ["expect[0].words: needs `min` or `max`"]),
    ("prompt: x\nexpect: [{not: {words: {}}}]", ["expect[0].not.words: needs `min`"]),
    ("prompt: x\nexpect: [{any_of: [relevant, {words: {}}]}]", ["expect[0].any_of[1].words: nee"]),
    ("prompt: x\nexpect: [not]", ["expect[0]: `not` takes one expectation"]),
    ("prompt: x\nexpect: [{not: [relevant]}]", ["expect[0].not: `not` takes one expectation"]),
    ("prompt: x\nexpect: [{not: {all_of: [relevent]}}]", ["expect[0].not.all_of[0]: `relevent`"]),
    ("prompt: x\nexpect: [{any_of: []}]", ["expect[0].any_of: `any_of` takes a list"]),
    ("prompt: x\nexpect: [{all_of: relevant}]", ["expect[0].all_of: `all_of` takes a list"]),
    ("prompt: x\nexpect: [similar]", ["expect[0]: has nothing to compare to: add `good`"]),
    ("turns: [{user: x, expect: []}]", ["turns[0].expect: is empty"]),
    ("turns: [{user: x, expect: [similar]}]", ["turns[0].expect[0]: has nothing to compare"]),
    ("turns: [{user: x, assistant: y}]", ["turns[0].assistant: the last reply is always"]),
    (
        "turns: [{user: x, judge: true}, {user: y, judge: true}]",
        ["turns[1].judge: turn 1 has it already: mark one turn"],
    ),
    (
        "turns: [{user: x, assistant: y, judge: true, expect: [relevant]}, {user: z}]",
        ["turns[0].judge: a scripted reply isn't judged", "turns[0].expect: a scripted reply"],
    ),
]


@pytest.mark.parametrize(("keys", "messages"), CASE_PROBLEMS)
def test_what_is_wrong_with_a_case(case_problems: Problems, keys: str, messages: list[str]) -> None:
    found = "\n".join(case_problems(keys))
    assert [message for message in messages if message not in found] == []


@pytest.mark.parametrize("keys", [keys for keys, _ in CASE_PROBLEMS[2:]])
def test_one_mistake_is_one_problem(case_problems: Problems, keys: str) -> None:
    several = "usr" in keys or "judge: true, expect" in keys
    assert len(case_problems(keys)) == (2 if several else 1)


@pytest.mark.parametrize("judge", ["expect: [relevant]", "never: [y]"])
def test_without_a_pack_an_expectation_or_a_never_is_enough(
    case: Callable[[str], Case], judge: str
) -> None:
    assert case(f"prompt: x\npack: none\n{judge}").pack is False


def test_without_a_pack_an_expectation_of_a_turn_is_enough(case: Callable[[str], Case]) -> None:
    one = case("pack: none\nturns: [{user: x, expect: [relevant]}, {user: y}]")
    assert not one.pack


def test_a_case_that_nothing_judges_is_named_when_the_defaults_are_to_blame(
    problems: Problems,
) -> None:
    text = "defaults: {pack: none}\ncases: [{id: a, category: clarify, prompt: x}]"
    (only,) = problems(text)
    assert only.startswith("3:9: cases[0]: nothing judges this case")


def test_a_mistake_in_one_key_hides_no_other(problems: Problems) -> None:
    text = """
        defaults: {trails: 3}
        cases:
          - id: a
            category: clarify
            trials: many
            turns: [{user: x, assistant: y}]
            expect: [relevnt, {words: {}}]
            use: 3
          - id: a
            category: nonsense
            promt: x
    """
    keys = [problem.split(": ")[1] for problem in problems(text)]
    assert keys == [
        "defaults.trails",
        "cases[0].trials",
        "cases[0].expect[0]",
        "cases[0].expect[1].words",
        "cases[0].use",
        "cases[1]",
        "cases[1].id",
        "cases[1].category",
        "cases[1].promt",
    ]
