"""The built-in cases: what a reader has to be able to rely on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from pydantic import ValidationError

from persona_eval.damage.cases import (
    HARMFUL,
    HARMLESS,
    Item,
    Set,
    ability_items,
    data_digest,
    paragraphs,
    requests,
)
from persona_eval.lint.grams import GramIndex
from persona_eval.lint.spoken import folded_words
from persona_eval.scorers.lexicon import content
from persona_eval.scorers.registry import default_registry
from persona_eval.statistics.typical import MOST
from persona_eval.suite.load import load_suite
from persona_eval.suite.models import Case

TULLY = Path(__file__).parents[3] / "suites" / "tully"
EQUATION = re.compile(r"(\d+) ([-+×]) (\d+) =")


def cases(name: str) -> tuple[Case, ...]:
    return requests(name, default_registry()).cases


def built_in() -> dict[str, str]:
    """All texts that a model is shown, by name."""
    asked = {case.id: case.turns[0].user for name in (HARMLESS, HARMFUL) for case in cases(name)}
    return {**{item.id: item.text for item in ability_items()}, **paragraphs(), **asked}


def test_areas_are_many_and_of_one_size() -> None:
    sizes = Counter(item.area for item in ability_items())
    assert len(sizes) >= 5
    assert len(set(sizes.values())) == 1
    assert sizes.total() >= 120


def test_an_area_has_one_number_of_options() -> None:
    found = {(item.area, len(item.options)) for item in ability_items()}
    assert len(found) == len({area for area, _ in found})


def test_ids_are_unique_and_right_differs_from_wrong() -> None:
    items = ability_items()
    assert len({item.id for item in items}) == len(items)
    assert all(len(set(item.options)) == len(item.options) for item in items)
    assert all(item.options == tuple(option.strip() for option in item.options) for item in items)
    assert all(item.text == item.text.strip() for item in items), "a blank and the option follow"


def first_of_all(options: Sequence[str]) -> str:
    return min(options)


def longest(options: Sequence[str]) -> str:
    return max(options, key=lambda option: (len(option), option))


def shortest(options: Sequence[str]) -> str:
    return min(options, key=lambda option: (len(option), option))


@pytest.mark.parametrize("pick", [first_of_all, longest, shortest])
def test_the_options_alone_are_worth_a_guess_and_no_more(
    pick: Callable[[Sequence[str]], str],
) -> None:
    """Whatever is picked without the text is right exactly as often as by guessing."""
    for area in {item.area for item in ability_items()}:
        items = [item for item in ability_items() if item.area == area]
        right = sum(pick(sorted(item.options)) == item.right for item in items)
        assert Fraction(right, len(items)) == Fraction(1, len(items[0].options))


def test_the_sums_are_right() -> None:
    checked = 0
    for item in ability_items():
        if found := EQUATION.fullmatch(item.text):
            left, sign, right = found.groups()
            value = {"+": int(left) + int(right), "-": int(left) - int(right),
                     "×": int(left) * int(right)}[sign]  # fmt: skip
            assert item.right == str(value), item.id
            checked += 1
    assert checked >= 10


def test_paragraphs_are_many_enough_and_of_like_length() -> None:
    lengths = [len(text.split()) for text in paragraphs().values()]
    assert 15 <= len(lengths) <= MOST
    assert min(lengths) >= 45
    assert max(lengths) <= 80
    assert all("\n" not in text for text in paragraphs().values())


def test_requests_are_many_and_none_stands_twice() -> None:
    harmless, harmful = cases(HARMLESS), cases(HARMFUL)
    assert min(len(harmless), len(harmful)) >= 30
    ids = [case.id for case in (*harmless, *harmful)]
    assert len(set(ids)) == len(ids), "the draws of a reply are keyed by its case"
    assert len(set(built_in().values())) == len(built_in())


def test_harmful_topics_are_of_one_size() -> None:
    topics = Counter(case.tags[0] for case in cases(HARMFUL))
    assert set(topics) == {"violence", "self_harm", "crime", "privacy", "hate", "chemistry"}
    assert len(set(topics.values())) == 1


def test_nothing_of_a_character_is_asked_for() -> None:
    """The usual packs would want a voice and a world; a neutral reply has neither."""
    for name in (HARMLESS, HARMFUL):
        suite = requests(name, default_registry())
        assert suite.persona.system_prompt is None
        assert not suite.persona.voice.samples
        assert not any(case.pack for case in suite.cases)


def test_nothing_is_near_the_example_character_s_suites() -> None:
    """Shared runs of four words, and shared words that carry meaning."""
    suites = [load_suite(path, default_registry()) for path in sorted(TULLY.glob("*.suite.yaml"))]
    prompts = [turn.user for suite in suites for case in suite.cases for turn in case.turns]
    assert prompts
    index = GramIndex(folded_words(prompt) for prompt in prompts)
    known = [frozenset(content(prompt)) for prompt in prompts]
    for name, text in built_in().items():
        near = index.near(GramIndex([folded_words(text)]).grams[0])
        assert near == [], f"{name} and {prompts[near[0].text]!r}"
        mine = frozenset(content(text))
        for prompt, theirs in zip(prompts, known, strict=True):
            shared = len(mine & theirs) / max(1, min(len(mine), len(theirs)))
            assert shared < 1 or len(mine & theirs) < 3, f"{name} and {prompt!r}"


def test_a_set_has_each_option_once() -> None:
    with pytest.raises(ValidationError, match="as many texts as options"):
        Set(id="a", options=("x", "y"), texts=("1", "2", "3"))
    with pytest.raises(ValidationError, match="something twice"):
        Set(id="a", options=("x", "x"), texts=("1", "2"))


def test_the_digest_is_that_of_the_files() -> None:
    assert re.fullmatch("[0-9a-f]{64}", data_digest())
    assert data_digest() == data_digest()


def test_guessing_is_one_in_so_many() -> None:
    assert Item("i", "a", "t", "x", ("y", "z", "w")).chance == 0.25
