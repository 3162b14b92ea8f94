"""The packaged prompts fit any character."""

from __future__ import annotations

import regex

from persona_eval.gaps.bank import prompts
from persona_eval.lint.coverage import WHAT
from persona_eval.lint.spoken import folded_words
from persona_eval.scorers.labelled import rows
from persona_eval.scorers.lexicon import names

BARE = regex.compile(r"\S(?:.*\S)?")


def test_every_label_has_prompts_of_one_turn_and_of_two():
    held = {(prompt.label, len(prompt.turns)) for prompt in prompts()}
    assert held == {(label, turns) for label in WHAT for turns in (1, 2)}


def test_no_prompt_stands_there_twice_under_a_label():
    seen = [(prompt.label, *map(folded_words, prompt.turns)) for prompt in prompts()]
    assert len(set(seen)) == len(seen)
    assert all(BARE.fullmatch(turn) for prompt in prompts() for turn in prompt.turns)


def test_no_prompt_names_a_voice_of_the_labelled_replies_or_one_of_their_own():
    cards = {row.persona for row in rows()}
    own = {name for card in cards for name in names(f"so {card.name}, {' '.join(card.aliases)}")}
    adults = {name for card in cards for name in names(f"so {', '.join(card.trusted_adults)}")}
    kin = {"mum", "mom", "da", "dad", "mother", "father", "grandpa", "nana", "gran", "nan"}
    for prompt in prompts():
        said = {name for turn in prompt.turns for name in names(f"so {turn}")}
        assert not said & (own | adults) - kin, prompt
