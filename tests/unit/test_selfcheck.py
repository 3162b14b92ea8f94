"""Examples test the case that they stand in."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from exchanges import Letters, case, expectation

from persona_eval.scorers import rules, similarity
from persona_eval.scorers.base import Exchange, Score, Scorer, Tools
from persona_eval.scorers.registry import Registry
from persona_eval.selfcheck import Finding, check_examples
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case, Suite, Turn


class Sunny(Scorer):
    """Passes when the reply says "sun": a calibrated scorer, for once a simple one."""

    name: ClassVar[str] = "sunny"
    calibrated: ClassVar[bool] = True

    def judge(self, exchange: Exchange) -> Score:
        if "crash" in exchange.reply:
            raise RuntimeError("boom")
        return Score("sun" in exchange.reply, "the sun")


REGISTRY = Registry([*rules.SCORERS, Sunny])
PATH = Path("a.suite.yaml")


def check(*expect: Any, exact_only: bool = False, **fields: Any) -> list[tuple[str, str]]:
    judged = case(pack=False, expect=expect, line=7, **fields)
    return [(f.kind, f.message) for f in findings(judged, exact_only)]


def findings(judged: Case, exact_only: bool = False) -> list[Finding]:
    suite = Suite(path=PATH, persona=Persona(name="Ned"), persona_path=PATH, cases=(judged,))
    return check_examples(suite, REGISTRY, Tools(), exact_only)


TEA, SUNNY = expectation("contains", "tea"), expectation("sunny")


def test_sound_examples_have_no_findings() -> None:
    assert check(TEA, good=("My tea!",), bad=("My cake!",)) == []
    assert check(TEA) == []


def test_a_good_example_must_pass_each_exact_expectation() -> None:
    assert check(TEA, expectation("words", {"max": 1}), good=("My cake!",)) == [
        ("error", "good example “My cake!” fails `contains`: does not contain “tea”"),
        ("error", "good example “My cake!” fails `words`: 2 words, more than 1"),
    ]


def test_a_bad_example_must_fail_something() -> None:
    assert check(TEA, bad=("My tea!",)) == [
        (
            "error",
            "bad example “My tea!” fails nothing: add an expectation that it fails, or take it out",
        )
    ]


def test_a_calibrated_scorer_that_misjudges_is_unsure() -> None:
    ((good_kind, good), (bad_kind, bad)) = check(SUNNY, good=("rain",), bad=("sunshine",))

    assert (good_kind, bad_kind) == ("unsure", "unsure")
    assert good == "good example “rain” fails `sunny`: the sun"
    assert "fails nothing" in bad


def test_calibrated_scorers_inside_others_are_unsure_too() -> None:
    ((kind, _),) = check(expectation("not", None, SUNNY), good=("sun",))

    assert kind == "unsure"


def test_a_skipped_expectation_leaves_a_bad_example_unsure() -> None:
    ((kind, _),) = check(TEA, expectation("not_memorised"), bad=("My tea!",))

    assert kind == "unsure"


def test_a_crash_is_an_error_for_both_sides() -> None:
    found = check(SUNNY, good=("crash",), bad=("crash too",))

    assert [kind for kind, _ in found] == ["error", "error"]
    assert all("`sunny` crashed: RuntimeError: boom" in message for _, message in found)


def test_at_collection_only_exact_expectations_are_asked() -> None:
    assert check(SUNNY, good=("crash",), bad=("crash",), exact_only=True) == []
    assert check(SUNNY, TEA, bad=("tea",), exact_only=True) == []
    assert len(check(SUNNY, TEA, good=("cake",), exact_only=True)) == 1
    assert len(check(TEA, bad=("tea",), exact_only=True)) == 1


def test_all_texts_are_embedded_in_one_go() -> None:
    letters = Letters()
    near = expectation("similar", 0.9)
    judged = [
        case(pack=False, expect=(near,), good=("aab", "aba"), bad=("xxy",), prompt=prompt)
        for prompt in "ab"
    ]
    suite = Suite(path=PATH, persona=Persona(name="Ned"), persona_path=PATH, cases=tuple(judged))
    registry = Registry([*similarity.SCORERS])

    assert check_examples(suite, registry, Tools(embedder=letters)) == []
    assert letters.asked[0] == ["aab", "aba", "xxy"]


def test_examples_stand_for_the_reply_of_the_judged_turn() -> None:
    turns = (
        Turn(user="First?"),
        Turn(user="Tea?", judge=True, expect=(TEA,)),
        Turn(user="And?", expect=(expectation("contains", "cake"),)),
    )
    (found,) = findings(case(pack=False, turns=turns, good=("Tea!", "No."), line=7))

    assert str(found) == (
        "a.suite.yaml:7: a-case: error: good example “No.” fails `contains`: does not contain “tea”"
    )
