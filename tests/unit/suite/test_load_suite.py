from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from persona_eval.errors import SuiteError
from persona_eval.suite.load import load_suite
from persona_eval.suite.models import Case, Expectation, Generation, Suite, Turn

Load = Callable[[str], Suite]
Problems = Callable[[str], list[str]]


def test_a_prompt_is_short_for_one_turn(case: Callable[[str], Case]) -> None:
    one = case("prompt: Hi")
    assert one.turns == (Turn(user="Hi"),)
    assert (one.id, one.category, one.control, one.pack) == ("one", "dont_know", False, True)
    assert (one.trials, one.pass_rate, one.line) == (3, 0.66, 3)


def test_all_keys_of_a_case(case: Callable[[str], Case]) -> None:
    one = case(
        """
        prompt: Hi
        control: true
        never: [a, b c]
        good: [x]
        bad: [y]
        trials: 5
        pass_rate: 1
        must_pass: true
        generation: {max_tokens: 7}
        tags: [smoke, slow-one]
        skip: not yet
        xfail: too young
        fixtures: [tmp_path]
        """
    )
    assert one.control
    assert one.must_pass
    assert (one.never, one.good, one.bad) == (("a", "b c"), ("x",), ("y",))
    assert (one.trials, one.pass_rate, one.generation) == (5, 1.0, Generation(max_tokens=7))
    assert (one.tags, one.fixtures) == (("smoke", "slow-one"), ("tmp_path",))
    assert (one.skip, one.xfail) == ("not yet", "too young")


def test_the_suite_knows_its_card_and_paths(load: Load, folder: Path) -> None:
    suite = load("cases: [{id: a, category: clarify, prompt: x}]")
    assert suite.path == folder / "a.suite.yaml"
    assert suite.persona_path == folder / "persona.yaml"
    assert suite.persona.name == "Bo"
    assert suite.case("a").category == "clarify"


def test_turns_may_be_scripted_and_judged(case: Callable[[str], Case]) -> None:
    one = case(
        """
        turns:
          - user: a
            assistant: b
          - user: c
            judge: true
          - user: d
            expect: [relevant]
        """
    )
    assert (one.judged_turn, one.generated_turns) == (1, (1, 2))
    assert one.turns[0].assistant == "b"
    assert [e.name for e in one.turns[2].expect] == ["relevant"]


def test_expectations_are_trees_with_places(case: Callable[[str], Case]) -> None:
    one = case(
        """
        prompt: x
        expect:
          - relevant
          - contains: [a, b]
          - not: {contains: c}
          - any_of:
              - all_of: [relevant, words: {min: 3}]
              - not: relevant
        """
    )
    bare, contains, negated, nested = one.expect
    assert bare == Expectation(name="relevant", line=7, column=9)
    assert contains == Expectation(name="contains", argument=["a", "b"], line=8, column=9)
    assert negated.children == (Expectation(name="contains", argument="c", line=9, column=15),)
    assert nested.title == "any_of(all_of(relevant, words), not relevant)"
    assert nested.children[1].children[0].line == 12


class TestDefaults:
    TEXT = """
        defaults:
          trials: 7
          tags: [all]
          never: [robot]
          fixtures: [cache]
          generation: {top_k: 9, seed: 4}
          expect: [relevant]
        cases:
          - {id: plain, category: clarify, prompt: x}
          - id: own
            category: clarify
            prompt: x
            trials: 1
            tags: [mine, all]
            never: [machine]
            generation: {seed: 5}
            expect: [contains: y]
    """

    def test_hold_where_a_case_is_silent(self, load: Load) -> None:
        plain = load(self.TEXT).case("plain")
        assert (plain.trials, plain.tags, plain.never) == (7, ("all",), ("robot",))
        assert plain.generation == Generation(top_k=9, seed=4)

    def test_give_way_to_a_case_and_add_their_lists(self, load: Load) -> None:
        own = load(self.TEXT).case("own")
        assert (own.trials, own.tags, own.fixtures) == (1, ("mine", "all"), ("cache",))
        assert own.never == ("machine", "robot")
        assert own.generation == Generation(top_k=9, seed=5)

    def test_expectations_remember_who_asks(self, load: Load) -> None:
        own = load(self.TEXT).case("own")
        assert [(e.name, e.source) for e in own.expect] == [
            ("contains", "case"),
            ("relevant", "defaults"),
        ]

    @pytest.mark.parametrize(
        ("defaults", "own", "rate"),
        [("", "", 1.0), ("pass_rate: 0.5", "", 0.5), ("", "pass_rate: 0.4", 0.4)],
    )
    def test_boundary_cases_must_always_pass_unless_told_otherwise(
        self, load: Load, defaults: str, own: str, rate: float
    ) -> None:
        text = f"defaults: {{{defaults}}}\ncases: [{{id: a, category: boundary, prompt: x, {own}}}]"
        assert load(text).case("a").pass_rate == rate

    def test_may_switch_the_packs_off(self, load: Load) -> None:
        text = "defaults: {pack: none}\ncases: [{id: a, category: clarify, prompt: x, never: [y]}]"
        assert load(text).case("a").pack is False


class TestTemplates:
    TEXT = """
        templates:
          base:
            category: dont_know
            prompt: Hi
            trials: 5
            generation: {seed: 1, top_k: 2}
            expect: [relevant]
        cases:
          - {id: same, use: base}
          - id: other
            use: base
            category: clarify
            turns: [{user: a}, {user: b}]
            generation: {seed: 3}
            expect: [{contains: x}]
    """

    def test_lend_their_keys(self, load: Load) -> None:
        same = load(self.TEXT).case("same")
        assert (same.category, same.turns, same.trials) == ("dont_know", (Turn(user="Hi"),), 5)
        assert same.expect == (Expectation(name="relevant", line=9, column=14),)

    def test_give_way_to_a_case(self, load: Load) -> None:
        other = load(self.TEXT).case("other")
        assert (other.category, len(other.turns)) == ("clarify", 2)
        assert other.generation == Generation(seed=3, top_k=2)
        assert [e.name for e in other.expect] == ["contains"]

    def test_unknown_names_are_asked_about(self, problems: Problems) -> None:
        text = "templates: {base: {prompt: x}}\ncases: [{id: a, use: bsae}, {id: b, use: zzz}]"
        first, second = problems(text)
        assert "cases[0].use: `bsae` is not in `templates`: did you mean `base`?" in first
        assert second.endswith("`zzz` is not in `templates`. Allowed: base")

    def test_there_may_be_none(self, problems: Problems) -> None:
        (only,) = problems("cases: [{id: a, use: base}]")
        assert only.endswith("`base` is not in `templates`: the file has none")

    def test_are_checked_even_where_nobody_uses_them(self, problems: Problems) -> None:
        text = """
            templates:
              a: {trails: 3, expect: [relevnt]}
              b: 3
              c: {turns: [{user: x, expect: [nonsense]}, 3], expect: x}
            cases:
              - {id: a, category: clarify, prompt: x}
              - {id: b, use: b}
        """
        keys = [problem.split(": ")[1] for problem in problems(text)]
        assert keys == [
            "templates.a.trails",
            "templates.a.expect[0]",
            "templates.b",
            "templates.c.turns[0].expect[0]",
            "templates.c.turns[1]",
            "templates.c.expect",
        ]

    @pytest.mark.parametrize("templates", ["3", "", "[a]"])
    def test_must_be_a_mapping(self, problems: Problems, templates: str) -> None:
        (only,) = problems(f"templates: {templates}\ncases: [{{id: a, use: b}}]")
        assert "templates: must be a mapping" in only

    def test_anchors_do_it_too(self, load: Load) -> None:
        text = """
            cases:
              - &base {id: a, category: clarify, prompt: x, trials: 9}
              - {<<: *base, id: b, prompt: y}
        """
        assert load(text).case("b").trials == 9


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


def test_ids_are_unique_and_both_lines_are_named(problems: Problems) -> None:
    text = """
        cases:
          - {id: a, category: clarify, prompt: x}
          - {id: a, category: clarify, prompt: y, trails: 3}
    """
    duplicate, typo = problems(text)
    assert duplicate == (
        "5:6: cases[1].id: `a` stands in line 4 and in line 5: an id is unique in its file"
    )
    assert "did you mean `trials`?" in typo


@pytest.mark.parametrize("name", ["A", "a_b", "a b", "é", ""])
def test_ids_are_lower_case_letters_digits_and_hyphens(problems: Problems, name: str) -> None:
    (only,) = problems(f"cases: [{{id: '{name}', category: clarify, prompt: x}}]")
    assert "may hold only a-z, 0-9 and hyphens" in only


def test_ids_and_categories_are_asked_for(problems: Problems) -> None:
    missing_id, missing_category, unknown = problems(
        "cases: [{category: clarify, prompt: x}, {id: b, prompt: x},"
        " {id: c, category: dont-know, prompt: x}]"
    )
    assert "cases[0].id: is missing: unique in the file" in missing_id
    assert "cases[1].category: is missing" in missing_category
    assert "`dont-know` is not known here: did you mean `dont_know`? Allowed: in_ch" in unknown


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cases: []", "cases: is empty: fill it"),
        ("", "cases: is missing: the cases, run in this order."),
        ("cases: {a: 1}", "cases: must be a list"),
        ("cases: [3]", "cases[0]: must be a mapping (`key: value`), not the number 3"),
        ("case: []\ncases: [{id: a, category: clarify, prompt: x}]", "did you mean `cases`?"),
    ],
)
def test_a_suite_needs_cases(problems: Problems, text: str, message: str) -> None:
    (only,) = problems(text)
    assert message in only


def test_problems_of_the_defaults_are_said_once_with_their_cases(problems: Problems) -> None:
    rows = "".join(f"  - {{id: c{n}, category: clarify, prompt: x}}\n" for n in range(5))
    only = problems(f"defaults:\n  expect: [similar]\ncases:\n{rows}")
    assert only == [
        "3:12: defaults.expect[0]: has nothing to compare to: add `good` replies "
        "(in `c0`, `c1`, `c2` and 2 more)"
    ]


@pytest.mark.parametrize("defaults", ["3", "", "[a]"])
def test_defaults_are_a_mapping(problems: Problems, defaults: str) -> None:
    text = f"defaults: {defaults}\ncases: [{{id: a, category: clarify, prompt: x}}]"
    (only,) = problems(text)
    assert "defaults: must be a mapping" in only


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


class TestCard:
    ROW = "cases: [{id: a, category: clarify, prompt: x}]"

    def problems(self, path: Path, persona: str, vocabulary: object) -> list[str]:
        path.write_text(f"persona: {persona}\n{self.ROW}\n", encoding="utf-8")
        with pytest.raises(SuiteError) as caught:
            load_suite(path, vocabulary)  # type: ignore[arg-type]
        return [str(problem) for problem in caught.value.problems]

    @pytest.mark.parametrize("name", ["card.yaml", "x" * 5000, ".", '"\\0"'])
    def test_that_is_missing(self, folder: Path, vocabulary: object, name: str) -> None:
        (only,) = self.problems(folder / "a.suite.yaml", name, vocabulary)
        assert "a.suite.yaml:1:1: persona: there is no file" in only
        assert only.endswith("relative to this suite; beside this suite: `persona.yaml`")

    def test_that_is_broken_is_reported_with_its_own_path(
        self, folder: Path, vocabulary: object
    ) -> None:
        (folder / "card.yaml").write_text("nmae: Bo\n", encoding="utf-8")
        missing, unknown = self.problems(folder / "a.suite.yaml", "card.yaml", vocabulary)
        assert f"{folder / 'card.yaml'}:1:1: name: is missing" in missing
        assert "did you mean `name`" in unknown

    def test_that_is_no_text(self, folder: Path, vocabulary: object) -> None:
        (only,) = self.problems(folder / "a.suite.yaml", "[a]", vocabulary)
        assert "persona: must be text, not a list" in only

    def test_that_is_not_named(self, problems: Problems, folder: Path, vocabulary: object) -> None:
        path = folder / "b.suite.yaml"
        path.write_text(self.ROW, encoding="utf-8")
        with pytest.raises(SuiteError, match="persona: is missing: the character card"):
            load_suite(path, vocabulary)  # type: ignore[arg-type]

    def test_in_another_folder_without_cards_beside(
        self, tmp_path: Path, vocabulary: object
    ) -> None:
        (only,) = self.problems(tmp_path / "a.suite.yaml", "../x.yaml", vocabulary)
        assert only.endswith("the path is relative to this suite")


def test_an_empty_suite_says_what_belongs_in_it(tmp_path: Path, vocabulary: object) -> None:
    path = tmp_path / "a.suite.yaml"
    path.write_text("# nothing yet\n", encoding="utf-8")
    with pytest.raises(SuiteError, match="is empty: a suite needs `persona:` and `cases:`"):
        load_suite(path, vocabulary)  # type: ignore[arg-type]


def test_a_thousand_cases_load_within_the_time_of_a_collection(load: Load) -> None:
    case = """
      - id: case-{n}
        category: dont_know
        prompt: "What's the capital of country {n}?"
        never: [Lima, "{n}"]
        expect:
          - contains: [mum, grandpa]
          - not: {{words: {{max: 3}}}}
        good: ["I dunno!", "Ask Grandpa."]
        bad: ["It is Lima.", "Lima, I think."]
        tags: [smoke]
    """
    text = "cases:\n" + "".join(case.replace("{n}", str(n)) for n in range(1000)).replace(
        "{{", "{"
    ).replace("}}", "}")
    started = time.process_time()
    suite = load(text)
    assert len(suite.cases) == 1000
    assert time.process_time() - started < (1.5 if sys.gettrace() is None else 10)
