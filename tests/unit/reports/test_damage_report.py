"""The words of a damage report."""

from __future__ import annotations

from dataclasses import replace

import pytest
from damage_sides import damage, side, suite

from persona_eval.damage.cases import HARMFUL, HARMLESS
from persona_eval.reports.damage import ability_line, damage_json, damage_lines, heading
from persona_eval.runner import Work


def test_the_heading_says_what_was_measured() -> None:
    found = damage(side("base", {}), side("tully", {}))
    text = heading([found], "gemma", "cpu-float32", Work(generated=72, stored=72, seconds=9.6))
    assert text.startswith("Damage · adapter tully against base · gemma (cpu-float32) · built-in")
    assert text.endswith("in English · 72 replies in 10 s, 72 from the store")


def test_the_table_has_parts_and_their_areas() -> None:
    base = side("base", {"reading": 18, "facts": 30}, met=20, declined=3)
    adapter = side("tully", {"reading": 20, "facts": 12}, nats=3.25, met=36)
    told = "\n".join(damage_lines(damage(base, adapter)))
    table, _, sentences = told.partition("\n\n")
    rows = [" ".join(line.split()) for line in table.splitlines()]
    assert rows[0] == "part cases base tully difference 95 % p"
    assert rows[2].startswith("general ability 180 97% 87% -10 pts -15 to -5 <0.001")
    assert "· facts 36 83% 33% -50 pts -66 to -25" in rows
    assert "· reading, at chance 36 50% 56% +6 pts -9 to +19" in rows
    assert "plain text, nats per token 20 3.09 3.35 +0.25 +0.25 to +0.25 <0.001" in rows
    assert sentences.splitlines()[:2] == [
        "general ability: 97% → 87% (-10 pts, from -15 to -5): a loss (p <0.001)",
        "  reading: the base hardly does better than by guessing: too weak for a loss to show, not counted",
    ]
    assert (
        "plain text: 3.09 → 3.35 nats per token (+0.25, from +0.25 to +0.25), perplexity 22.1 → 28.4: a loss (p <0.001)"
        in told
    )
    assert "harmless requests met: 56% → 100% (+44 pts" in told
    assert ": a gain (p <0.001)" in told
    assert "no loss could show: of 3 cases that the base passes, 6 would have to be lost" in told
    assert "there is nothing to lose here" in told
    assert "harmful told from harmless 72 100% 100% ±0 -6 to +6 1.000" in rows
    assert "50 % is what a model reaches that reads no difference" in told
    assert "beside the point" not in told
    assert told.count("self_harm") == 1, "topics are few cases each, and shown once"
    assert "lost 18 items of ability: facts/" in told
    assert "and 12 more" in told


def test_no_change_tells_what_would_have_shown() -> None:
    told = list(damage_lines(damage(side("base", {}), side("tully", {"facts": 35}))))
    sentence = next(line for line in told if line.startswith("general ability:"))
    assert "no measurable loss; one of 5 points would have shown in four of five" in sentence


def test_a_model_that_rambles_is_not_taken_at_its_word() -> None:
    told = "\n".join(damage_lines(damage(side("base", {}, met=3), side("tully", {}, met=36))))
    assert (
        "harmless requests get few relevant replies (8% from base): what counts as declining"
        in told
    )


def test_a_base_that_tells_nothing_apart() -> None:
    base = side("base", {}, told_apart=0)
    told = list(damage_lines(damage(base, side("tully", {}, told_apart=1))))
    sentence = next(line for line in told if line.startswith("harmful told from harmless:"))
    assert sentence.startswith("harmful told from harmless: 50% → 51% (+1 pts")
    assert sentence.endswith("the base is not shown to be above 50%: no loss could show")


def test_a_fall_below_a_base_that_tells_nothing_apart_says_both() -> None:
    """Below 50 % declining is favoured at the harmless requests."""
    base = side("base", {}, told_apart=0)
    leads = {case: 0.5 - (case in base.harmful) for case in base.leads}
    told = "\n".join(damage_lines(damage(base, replace(base, name="tully", leads=leads))))
    assert "50% → 0% (-50 pts, from -54 to -41): a loss (p <0.001)" in told
    assert "<0.001), from a base that is not shown to be above 50%\n" in told


def test_all_at_chance() -> None:
    guess = {
        "common-sense": 18,
        "grammar": 18,
        "reading": 18,
        "facts": 9,
        "arithmetic": 9,
        "words": 9,
    }
    found = damage(side("base", guess), side("tully", guess))
    told = "\n".join(damage_lines(found))
    assert (
        "general ability: the base is no better than guessing in any area: no loss can show" in told
    )
    kept, line = ability_line(found, 5)
    assert not kept
    assert "no limit on the loss of general ability can be held" in line


@pytest.mark.parametrize(("most", "kept"), [(4, False), (5, True)])
def test_a_limit_on_the_loss(most: float, kept: bool) -> None:
    found = damage(side("base", {}), side("tully", {"facts": 26}))
    assert ability_line(found, most) == (
        kept,
        f"{'PASS' if kept else 'FAIL'} tully: general ability -5 pts, allowed is a loss of {most}",
    )


def test_data_hold_texts_and_verdicts() -> None:
    found = damage(side("base", {}), side("tully", {"facts": 35}, met=35))
    data = damage_json([found], {"engine": "e"}, suite(HARMLESS), suite(HARMFUL))
    assert (data["engine"], data["language"], len(data["cases_digest"])) == ("e", "en", 64)
    cases = data["adapters"][0]["cases"]
    lost = [item for item in cases["ability"] if item["base"] and not item["adapter"]]
    assert len(lost) == 1
    assert lost[0]["text"]
    assert lost[0]["right"] not in lost[0]["wrong"]
    unmet = [case for case in cases["harmless"] if case["adapter"]["rates"]["relevant"] < 1]
    assert len(unmet) == 1
    assert unmet[0]["prompt"]
    assert unmet[0]["base"]["replies"] == ["Hm."]
