"""Each rule on made-up figures: what it says, and when it keeps quiet."""

from __future__ import annotations

from dataclasses import replace

import pytest
from doctored import CARD, ENDS, LOOP, WHOLE, found, reads, replies, who

from persona_eval.doctor.diagnosis import diagnose
from persona_eval.doctor.evidence import off_course, surely
from persona_eval.doctor.examining import COOL, FREE, LONG, SET, Examined, penalised
from persona_eval.doctor.findings import Finding
from persona_eval.doctor.layouts import LAYOUTS, OWN
from persona_eval.doctor.reading import LayoutsRead
from persona_eval.suite.card import Voice
from persona_eval.suite.fields import Band

LATER = "We dig a hole near the old tree, and then we look at the moon until it is late."
OPEN = "I like the river and the"
DATA = [WHOLE, f"{LATER} {LATER}"] * 10
"""Of different lengths."""


def names(examined: Examined) -> list[str]:
    return [finding.name for finding in diagnose(examined)]


def only(examined: Examined) -> Finding:
    (finding,) = diagnose(examined)
    return finding


def test_whole_replies_have_no_finding() -> None:
    drawn = {SET: replies(*[WHOLE] * 24)}
    assert names(found(drawn, ends=ENDS, reads={SET: reads(24, -0.5)})) == []


@pytest.mark.parametrize(("count", "total", "enough"), [(3, 24, False), (4, 24, True), (2, 12, False),
                                                        (3, 12, True), (0, 0, False)])  # fmt: skip
def test_one_reply_in_twenty_has_to_be_sure(count: int, total: int, enough: bool) -> None:
    assert surely(count, total) is enough


def test_only_surprise_that_is_surely_above_zero_is_off_course() -> None:
    assert off_course([0.4, 0.5, 0.6])
    assert not off_course([-0.4, 0.5, 0.6])
    assert not off_course([0.5])


def test_a_missing_stop_token_needs_no_sample() -> None:
    """That the template closes with it is enough."""
    ends = replace(ENDS, others={5: "<|im_end|>"}, closing=5)
    never = reads(24, -0.5, {1: (0, 0, 0, 1), 5: (0, 0, 0, 0)})
    finding = only(found({SET: replies(*[WHOLE] * 24)}, ends=ends, reads={SET: never}))
    assert (
        finding.title == "<|im_end|> ends replies for this model, but is not among its stop tokens"
    )
    assert '`"eos_token_id": [1, 5]`' in finding.change
    assert "min_tokens" not in finding.means


def test_another_token_counts_where_the_model_comes_upon_it() -> None:
    ends = replace(ENDS, others={5: "<|im_end|>"})
    seldom = reads(24, -0.5, {1: (0, 0, 0, 1), 5: (0, 0, 0, 0.04)})
    often = reads(24, -0.5, {1: (0, 0, 0, 1), 5: (0, 0, 0, 0.75)})
    anywhere = reads(24, -0.5, {1: (0, 0, 0, 1), 5: (0.2, 0.2, 0.2, 0.2)})
    drawn = {SET: replies(*[WHOLE] * 24)}
    assert names(found(drawn, ends=ends, reads={SET: seldom})) == []
    assert names(found(drawn, ends=ends, reads={SET: anywhere})) == [], "it ends nothing"
    finding = only(found(drawn, ends=ends, reads={SET: often}))
    assert "comes upon <|im_end|> in 75% of its replies (24 read)" in finding.measured


def test_a_template_without_a_closing_token() -> None:
    ends = replace(ENDS, closing=None, unclosed=True)
    examined = found({SET: replies(*[WHOLE] * 24)}, ends=ends, reads={SET: reads(24, -0.5)})
    finding = only(examined)
    assert finding.title == "the chat template puts no stop token after a reply"
    assert "write <eos> after each reply" in finding.change
    stopped = replace(ends, stop_texts=("\nUser:",))
    assert names(replace(examined, ends=stopped)) == []


def test_a_closing_token_with_look_alikes() -> None:
    ends = replace(ENDS, alike={1: 4665})
    finding = only(found({SET: replies(*[WHOLE] * 24)}, ends=ends, reads={SET: reads(24, -0.5)}))
    assert finding.name == "lookalikes"
    assert finding.measured.startswith("4,665 other tokens")


def test_cut_replies_that_end_with_more_room() -> None:
    drawn = {SET: replies(*[OPEN] * 6, cut=True, max_tokens=40) | _rest(6, 18)}
    drawn[LONG] = replies(*[LATER] * 6, tokens=61, max_tokens=160)
    finding = only(found(drawn))
    assert finding.title == "`max_tokens: 40` cuts replies"
    assert finding.measured.startswith("6 of 24 replies (25%) are cut. With 4 times the room 6 of")
    assert "`max_tokens: 80`" in finding.change


def test_cut_replies_that_never_end() -> None:
    drawn = {
        SET: replies(*[OPEN] * 6, cut=True) | _rest(6, 18),
        LONG: replies(*[OPEN] * 6, cut=True),
    }
    finding = only(found(drawn))
    assert (finding.name, finding.where, finding.severity) == ("runs_on", "recipe", "warning")
    base = only(found(drawn, who(name="base")))
    assert (base.name, base.severity) == ("runs_on", "note")


def test_few_cut_replies_are_none() -> None:
    drawn = {SET: replies(*[OPEN] * 3, cut=True) | _rest(3, 21), LONG: replies(*[WHOLE] * 3)}
    assert names(found(drawn)) == []


def _rest(first: int, count: int) -> dict[str, object]:
    """Whole replies of the other cases."""
    whole = replies(*[WHOLE] * (first + count))
    return dict(list(whole.items())[first:])


def test_min_tokens_and_what_comes_after_the_end() -> None:
    forced = replies(*[LOOP] * 24, min_tokens=50, tokens=60)
    drawn = {SET: forced, FREE: replies(*[WHOLE] * 24)}
    finding = only(found(drawn, who(DATA)))
    assert (finding.name, finding.severity) == ("min_tokens", "warning")
    assert "Without it 24 of 24 replies (100%) end earlier" in finding.measured
    assert "24 loop, break off, fall apart or are cut" in finding.measured
    assert "20 of 20 training replies (100%) are about as short" in finding.measured
    better = only(found({SET: replies(*[WHOLE] * 24, min_tokens=50, tokens=60), FREE: drawn[FREE]}))
    assert better.severity == "note"


def test_a_stop_text_cuts_whatever_min_tokens_says() -> None:
    ends = replace(ENDS, stop_texts=("\nUser:",))
    forced = replies(*[WHOLE] * 24, min_tokens=50)
    drawn = {SET: forced, FREE: replies(*[LATER] * 24, tokens=60)}
    finding = only(found(drawn, ends=ends, reads={SET: reads(24, -0.5), FREE: reads(24, -0.5)}))
    assert finding.name == "stop_texts"
    assert r"'\nUser:'" in finding.means


def test_the_setting_without_which_words_are_no_longer_odd_is_to_blame() -> None:
    hot = {"temperature": 1.6, "repetition_penalty": 1.2}
    drawn = {
        SET: replies(*[WHOLE] * 24, **hot),
        COOL: replies(*[WHOLE] * 24, repetition_penalty=1.2),
        penalised(1.0): replies(*[WHOLE] * 24, temperature=1.6),
    }
    blamed = {SET: reads(24, 0.8), COOL: reads(24, -0.4), penalised(1.0): reads(24, 0.5)}
    finding = only(found(drawn, ends=ENDS, reads=blamed))
    assert finding.title == "`temperature: 1.6` is too high"
    assert "Words are +0.81 nats a token" in finding.measured
    assert "-0.39" in finding.measured
    turned = {SET: reads(24, 0.8), COOL: reads(24, 0.5), penalised(1.0): reads(24, -0.4)}
    assert (
        only(found(drawn, ends=ENDS, reads=turned)).title == "`repetition_penalty: 1.2` is too high"
    )


def test_the_recommended_penalty_has_the_fewest_loops() -> None:
    drawn = {
        SET: replies(*[WHOLE] * 24, repetition_penalty=2.0),
        penalised(1.0): replies(*[LOOP] * 24),
        penalised(1.1): replies(*[WHOLE] * 24, repetition_penalty=1.1),
        penalised(1.3): replies(*[WHOLE] * 24, repetition_penalty=1.3),
    }
    odd = {SET: reads(24, 0.8), penalised(1.0): reads(24, -0.4)}
    finding = only(found(drawn, ends=ENDS, reads=odd))
    assert finding.change == "Set `repetition_penalty: 1.1` in `generation:`."


def test_loops_that_a_higher_penalty_helps_against() -> None:
    drawn = {
        SET: replies(*[LOOP] * 24),
        penalised(1.1): replies(*[LOOP] * 24, repetition_penalty=1.1),
        penalised(1.3): replies(*[WHOLE] * 24, repetition_penalty=1.3),
    }
    finding = only(found(drawn))
    assert (finding.name, finding.where) == ("loops", "setting")
    assert "24 at 1.1, 0 at 1.3" in finding.measured
    assert finding.change == "Set `repetition_penalty: 1.3`."
    del drawn[penalised(1.3)]
    assert only(found(drawn)).where == "recipe"


def test_replies_that_break_off_are_held_against_the_data() -> None:
    drawn = {SET: replies(*[OPEN] * 6, *[WHOLE] * 18)}
    finding = only(found(drawn, who(DATA)))
    assert finding.name == "mid_sentence"
    assert "6 of 24 replies that stop by themselves (25%)" in finding.measured
    assert "In the training data 0 of 20 replies (0%) do" in finding.measured
    assert names(found(drawn, card=CARD.model_copy(update={"voice": Voice(samples=(OPEN,))}))) == []


def test_lengths_unlike_those_of_the_data() -> None:
    data = [" ".join(["word"] * n) + "." for n in (30, 60, 90)] * 10
    drawn = {SET: replies(*[WHOLE] * 24)}
    finding = only(found(drawn, who(data)))
    assert finding.name == "lengths"
    assert "24 of 24 replies that end by themselves (100%) are shorter" in finding.measured


def test_uniform_lengths_that_the_card_asks_for() -> None:
    data = [WHOLE] * 30
    drawn = {SET: replies(*[WHOLE] * 24)}
    assert only(found(drawn, who(data))).name == "uniform_lengths"
    voice = Voice(words=Band(min=8, max=12))
    assert names(found(drawn, who(data), card=CARD.model_copy(update={"voice": voice}))) == []


def test_another_layout_counts_by_a_margin_that_is_sure() -> None:
    drawn = {SET: replies(*[WHOLE] * 24)}
    own, other = [3.0, 3.1, 2.9, 3.2, 3.0, 3.1], [2.0, 2.2, 1.9, 2.1, 2.0, 2.2]
    worse = {name: [4.0] * 6 for name in LAYOUTS}
    tuned = LayoutsRead({OWN: own, **worse, "Q: … A:": other}, ())
    assert only(found(drawn, layouts=tuned)).name == "chat_template"
    assert names(found(drawn, who(name="base"), layouts=tuned)) == [], "nobody tuned the base"
    near = LayoutsRead({OWN: own, **worse, "Q: … A:": [each - 0.05 for each in own]}, ())
    assert names(found(drawn, layouts=near)) == []


def test_empty_replies() -> None:
    finding = only(found({SET: replies(*[""] * 24)}, ends=ENDS, reads={SET: {}}))
    assert finding.name == "empty"


def test_symptoms_are_left_out_where_a_cause_is_found() -> None:
    ends = replace(ENDS, others={5: "<|im_end|>"}, closing=5)
    drawn = {SET: replies(*[OPEN] * 24)}
    assert names(found(drawn)) == ["mid_sentence"]
    assert names(found(drawn, ends=ends)) == ["stop_tokens"]
