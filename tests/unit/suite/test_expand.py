from __future__ import annotations

from collections.abc import Callable
from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.suite.expand import expansions, slug
from persona_eval.suite.layers import Entry, Layer
from persona_eval.suite.models import Suite

Load = Callable[[str], Suite]
Problems = Callable[[str], list[str]]


def test_a_case_becomes_one_for_each_combination(load: Load) -> None:
    text = """
        cases:
          - id: like
            category: clarify
            vars: {who: [Mum, Grandpa Bramble], what: [peas, 3]}
            prompt: Does {who} like {what}?
    """
    assert {case.id: case.turns[0].user for case in load(text).cases} == {
        "like-mum-peas": "Does Mum like peas?",
        "like-mum-3": "Does Mum like 3?",
        "like-grandpa-bramble-peas": "Does Grandpa Bramble like peas?",
        "like-grandpa-bramble-3": "Does Grandpa Bramble like 3?",
    }


def test_values_go_wherever_text_is_compared(load: Load) -> None:
    text = """
        cases:
          - id: all
            category: clarify
            vars: {x: [sun]}
            turns:
              - {user: "a {x}", assistant: "b {x}"}
              - {user: "c {x}", expect: [{contains: "d {x}"}]}
            good: ["e {x}"]
            bad: ["f {x}"]
            never: ["g {x}"]
            expect:
              - not: {any_of: [{contains: ["h {x}", k]}, {words: {min: 3}}]}
            skip: "{x} is not filled in here"
    """
    (case,) = load(text).cases
    assert [(turn.user, turn.assistant) for turn in case.turns] == [
        ("a sun", "b sun"),
        ("c sun", None),
    ]
    assert case.turns[1].expect[0].argument == "d sun"
    assert (case.good, case.bad, case.never) == (("e sun",), ("f sun",), ("g sun",))
    contains, words = case.expect[0].children[0].children
    assert (contains.argument, words.argument) == (["h sun", "k"], {"min": 3})
    assert case.skip == "{x} is not filled in here"


def test_braces_stay_in_cases_without_variables(load: Load) -> None:
    text = "cases: [{id: a, category: off_topic, prompt: 'Why does f\"{name}\" fail?'}]"
    assert load(text).cases[0].turns[0].user == 'Why does f"{name}" fail?'


def test_doubled_braces_and_regex_escapes_are_no_placeholders(load: Load) -> None:
    text = r"""
        cases:
          - id: a
            category: clarify
            vars: {x: [1]}
            prompt: "{x} {{y}} { z } {4}"
            expect: [contains: '\p{Lu}{2} {x}']
    """
    (case,) = load(text).cases
    assert case.turns[0].user == "1 {y} { z } {4}"
    assert case.expect[0].argument == r"\p{Lu}{2} 1"


def test_values_are_not_expanded_again(load: Load) -> None:
    text = "cases: [{id: a, category: clarify, vars: {x: ['{y}'], y: [b]}, prompt: '{x} {y}'}]"
    assert load(text).cases[0].turns[0].user == "{y} b"


def test_ids_stay_unique_where_values_look_alike(load: Load) -> None:
    text = """
        cases:
          - id: a
            category: clarify
            vars: {x: ["C", "C++", "C#", "東京", "Ünï"]}
            prompt: "{x}"
    """
    assert [case.id for case in load(text).cases] == ["a-c", "a-c-2", "a-c-3", "a-4", "a-uni"]


def test_a_template_may_bring_variables(load: Load) -> None:
    text = """
        templates: {ask: {category: dont_know, vars: {x: [a, b]}, prompt: "{x}?"}}
        cases: [{id: one, use: ask}, {id: two, use: ask, vars: {x: [c]}}]
    """
    assert [case.id for case in load(text).cases] == ["one-a", "one-b", "two-c"]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ("{nme: [a]}", "prompt: `{name}` is not in `vars`: did you mean `nme`? Allowed: nme."),
        ("{name: [a], age: [1]}", "vars.age: is never used: write `{age}` where it goes"),
        ("{name: [a, b, a]}", "vars.name[2]: `a` is listed twice: keep one"),
        ("{name: [1, '1']}", "vars.name[1]: `1` is listed twice: keep one"),
        ("{name: []}", "vars.name: is empty"),
        ("{}", "vars: is empty"),
        ("{name: a}", "vars.name: must be a list"),
        ("{name: [1.5]}", "vars.name[0]: must be text, not the number 1.5"),
        ("{name: [true]}", "vars.name[0]: must be text, not `true`"),
        ("{name: ['']}", "vars.name[0]: is empty"),
        ("{first name: [a]}", "vars.first name: `first name` must be letters"),
        ("[name]", "vars: must be a mapping"),
    ],
)
def test_what_is_wrong_with_variables(
    case_problems: Problems, variables: str, message: str
) -> None:
    found = case_problems(f"prompt: Hi {{name}}\nvars: {variables}")
    assert message in "\n".join(found)


def test_a_placeholder_in_an_example_has_its_own_place(case_problems: Problems) -> None:
    (only,) = case_problems("prompt: '{x}'\nvars: {x: [a]}\ngood: [fine, 'so {z} so']")
    assert only.startswith("good[1]: `{z}` is not in `vars`. Allowed: x. To say it as it is, write")


def test_too_many_combinations_are_refused(case_problems: Problems) -> None:
    rows = "".join(f"  {name}: [{', '.join('abcdefghij')}]\n" for name in ascii_lowercase[:8])
    prompt = " ".join(f"{{{name}}}" for name in ascii_lowercase[:8])
    (only,) = case_problems(f"prompt: '{prompt}'\nvars:\n{rows}")
    assert only == "vars: 100,000,000 combinations; 1,000 are allowed"


def test_expanded_ids_share_the_file_with_the_others(problems: Problems) -> None:
    text = """
        cases:
          - {id: a-b, category: clarify, prompt: x}
          - {id: a, category: clarify, prompt: "{x}", vars: {x: [b]}}
    """
    assert problems(text) == [
        "5:6: cases[1].id: `a-b` stands in line 4 and in line 5: an id is unique in its file"
    ]


@given(st.text())
def test_a_slug_fits_into_an_id(text: str) -> None:
    part = slug(text)
    assert set(part) <= set(ascii_lowercase + "0123456789-")
    assert len(part) <= 40
    assert not part.startswith("-")
    assert not part.endswith("-")


@given(st.lists(st.text(min_size=1), min_size=1, max_size=6, unique=True))
def test_every_combination_has_an_id_and_a_text_of_its_own(values: list[str]) -> None:
    case: Layer = {
        "vars": Entry(("vars",), {"x": values}),
        "prompt": Entry(("prompt",), "<{x}>"),
    }
    expanded = list(expansions("base", case))
    assert len({name for name, _ in expanded}) == len(values)
    assert [filled["prompt"].value for _, filled in expanded] == [f"<{text}>" for text in values]
