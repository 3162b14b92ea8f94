"""Which counterfeits a suite catches."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from exchanges import case, expectation

from persona_eval.battery import battery
from persona_eval.reports.battery import battery_lines
from persona_eval.scorers import behaviour, rules
from persona_eval.scorers.base import Exchange, Score, Scorer, Tools
from persona_eval.scorers.registry import Registry
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case, Suite

REGISTRY = Registry([*rules.SCORERS, *behaviour.SCORERS])
GOOD = "I don't know that one, ask my grandmother about the capital of Peru."


def suite(*cases: Case) -> Suite:
    path = Path("tully/a.suite.yaml")
    return Suite(path=path, persona=Persona(name="Ned"), persona_path=path, cases=cases)


def a_case(*expect: object, **fields: object) -> Case:
    return case("dont_know", "The capital of Peru?", pack=False, expect=expect, line=3, **fields)


def ways(copies: object) -> list[str]:
    return [copy.way for copy in copies]  # type: ignore[attr-defined]


def test_what_no_expectation_sees_slips_through() -> None:
    strict = a_case(expectation("complete"), expectation("stays_in_character"), good=(GOOD,))
    (found,) = battery(suite(strict), REGISTRY, Tools(), {})
    assert ways(found.tried) == [
        "cut short", "negated", "voice stripped", "AI inserted", "repeated", "another language",
    ]  # fmt: skip
    assert "AI inserted" not in ways(found.slipped)
    assert {"negated", "voice stripped", "repeated"} < set(ways(found.slipped))


def test_stored_replies_are_spoilt_too_and_only_those_that_pass() -> None:
    asks = a_case(expectation("contains", "grandmother"))
    passing = {"a-case": [GOOD, "Lima, of course!"]}
    (found,) = battery(suite(asks), REGISTRY, Tools(), passing)
    assert len(found.tried) == 6, "the second reply fails by itself and proves nothing"
    assert battery(suite(asks), REGISTRY, Tools(), {}) == []


def test_the_share_is_told_by_suite_way_and_case() -> None:
    tested = suite(a_case(expectation("stays_in_character"), good=(GOOD,)))
    found = battery(tested, REGISTRY, Tools(), {})
    (line,) = battery_lines(tested, found, by_case=False)
    assert line == (
        "tully/a.suite.yaml: 17% of 6 counterfeits caught (cut short 0%, negated 0%, "
        "voice stripped 0%, AI inserted 100%, repeated 0%, another language 0%)"
    )
    _, head, first, *_ = battery_lines(tested, found, by_case=True)
    assert head == "tully/a.suite.yaml:3: a-case: 1 of 6 caught"
    assert first.startswith("    passes cut short: I don't know that one")
    assert list(battery_lines(tested, [], by_case=True)) == []


class Crashes(Scorer):
    """Cannot stand assistants."""

    name: ClassVar[str] = "crashes"

    def judge(self, exchange: Exchange) -> Score:
        if "AI" in exchange.reply:
            raise ZeroDivisionError("nought")
        return Score(True, "fine")


def test_a_crash_is_neither_caught_nor_let_through() -> None:
    registry = Registry([*rules.SCORERS, Crashes])
    (found,) = battery(suite(a_case(expectation("crashes"), good=(GOOD,))), registry, Tools(), {})
    assert "AI inserted" not in ways(found.tried)
    assert found.slipped == found.tried
    broken = a_case(expectation("crashes"), good=("I am an AI.",))
    assert battery(suite(broken), registry, Tools(), {}) == []
