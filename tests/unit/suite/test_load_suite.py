"""A suite file is read whole: its card, its cases, its ids."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from persona_eval.errors import SuiteError
from persona_eval.suite.card import Generation
from persona_eval.suite.load import load_suite
from persona_eval.suite.models import Case, Expectation, Suite, Turn

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
        generation: {max_tokens: 7}
        tags: [smoke, slow-one]
        skip: not yet
        xfail: too young
        fixtures: [tmp_path]
        """
    )
    assert one.control
    assert (one.never, one.good, one.bad) == (("a", "b c"), ("x",), ("y",))
    assert (one.trials, one.pass_rate, one.generation) == (5, 1.0, Generation(max_tokens=7))
    assert (one.tags, one.fixtures) == (("smoke", "slow-one"), ("tmp_path",))
    assert (one.skip, one.xfail) == ("not yet", "too young")


def test_a_case_may_have_to_pass(case: Callable[[str], Case]) -> None:
    assert case("prompt: Hi\nmust_pass: true").must_pass
    assert case("prompt: Hi\nmust_pass: false\nskip: not yet").skip == "not yet"


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
