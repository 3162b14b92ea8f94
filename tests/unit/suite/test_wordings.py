"""Other wordings of a prompt, as they are written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from persona_eval.suite.models import Case, Suite

Load = Callable[[str], Case]
Problems = Callable[[str], list[str]]


def test_wordings_begin_with_the_prompt(case: Load) -> None:
    found = case("prompt: What do you drink?\nparaphrases: [Your drink?, 'Tea, is it?']")
    assert found.wordings == ("What do you drink?", "Your drink?", "Tea, is it?")
    asked = [found.worded(trial).turns[-1].user for trial in range(4)]
    assert asked == [*found.wordings, found.wordings[0]]


def test_each_wording_gets_the_trials(case: Load) -> None:
    def drawn(trials: str) -> tuple[int, int]:
        found = case(f"prompt: Hm?\nparaphrases: [Eh?]\ntrials: {trials}").trial_range
        return found.min, found.max

    assert [drawn(each) for each in ("3", "auto", "{min: 4, max: 9}")] == [(6, 6), (4, 4), (8, 8)]


def test_the_last_turn_of_a_conversation_has_them(case: Load) -> None:
    found = case("turns: [{user: Hi}, {user: Tea?}]\nparaphrases: [A cup?]")
    assert [turn.user for turn in found.worded(1).turns] == ["Hi", "A cup?"]


def test_variables_fill_them(load: Callable[[str], Suite]) -> None:
    suite = load("""
        cases:
          - {id: one, category: dont_know, prompt: "A {x}?", paraphrases: ["Any {x}?"], vars: {x: [cup, pot]}}
    """)
    assert [case.wordings for case in suite.cases] == [
        ("A cup?", "Any cup?"),
        ("A pot?", "Any pot?"),
    ]


def test_a_template_gives_them_together_with_its_prompt(load: Callable[[str], Suite]) -> None:
    suite = load("""
        templates:
          tea: {category: dont_know, prompt: "Tea?", paraphrases: ["A cup?"]}
        cases:
          - {id: as-it-is, use: tea}
          - {id: own-prompt, use: tea, prompt: "Milk?"}
          - {id: own-wordings, use: tea, paraphrases: ["A pot?"]}
    """)
    assert [case.wordings for case in suite.cases] == [
        ("Tea?", "A cup?"),
        ("Milk?",),
        ("Tea?", "A pot?"),
    ]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            "prompt: Tea?\nparaphrases: ['Tea? ', Cup?]",
            "paraphrases[0]: is the same as what the case says itself: write it in other words, "
            "or take it out",
        ),
        (
            "prompt: Tea?\nparaphrases: [Cup?, Cup?]",
            "paraphrases[1]: is the same as paraphrase 1: write it in other words, or take it out",
        ),
        (
            "turns: [{user: Hi}, {user: Tea?, assistant: Yes.}]\nparaphrases: [Cup?]",
            "turns[1].assistant: the last reply is always generated: remove `assistant`, or add "
            "the user's next turn",
        ),
    ],
)
def test_mistakes(case_problems: Problems, keys: str, expected: str) -> None:
    assert case_problems(keys) == [expected]


@pytest.mark.parametrize("texts", ["[]", "['']", "[' ']", "null", "Cup?"])
def test_no_text_is_no_paraphrase(case_problems: Problems, texts: str) -> None:
    (problem,) = case_problems(f"prompt: Tea?\nparaphrases: {texts}")
    assert problem.startswith("paraphrases")
