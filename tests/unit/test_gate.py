"""Counts and a policy → a decision."""

from __future__ import annotations

from typing import Any

import pytest
from exchanges import case
from standings import comparison, pair, standing

from persona_eval.compare import Comparison, Pair
from persona_eval.feasibility import impossible
from persona_eval.gate import CaseVerdict, GateInput, case_verdict, decide, must_pass
from persona_eval.results import CaseResult
from persona_eval.suite.policy import GatePolicy

FAILS = CaseVerdict(True, "fails")
FINE = CaseVerdict(False, "")


def policy(**fields: Any) -> GatePolicy:
    return GatePolicy.model_validate(fields)


def results(passing: int, failing: int = 0, category: str = "boundary") -> list[CaseResult]:
    marks = ["+++"] * passing + ["---"] * failing
    return [standing(f"c{n}", each, category).result for n, each in enumerate(marks)]


def given(found: list[CaseResult], compared: Comparison | None = None, **fields: Any) -> GateInput:
    verdicts = fields.pop("verdicts", [FINE] * len(found))
    return GateInput(found, verdicts, compared, **fields)


def reasons(rules: GatePolicy, what: GateInput) -> str:
    decision = decide(rules, what)
    assert decision.passed is (not decision.reasons)
    return "\n".join(decision.reasons)


# What one case means.


@pytest.mark.parametrize(
    ("found", "required", "fails", "reason"),
    [
        (pair("+++", "+++"), False, False, ""),
        (pair("---", "---"), False, False, "known failure"),
        (pair("---", "---"), True, True, "must pass"),
        (pair(None, "---"), False, False, "new since the baseline"),
        (pair(None, "---"), True, True, "must pass"),
        (pair("+++", "---", "---"), False, True, "confirmed broken"),
        (pair("+++", "---", "-+-"), False, False, "unconfirmed flip"),
        (pair("++-", "+--"), False, False, "unconfirmed flip"),
        (pair("---", "+++"), False, False, ""),
    ],
)
def test_a_case_beside_its_baseline(found: Pair, required: bool, fails: bool, reason: str) -> None:
    verdict = case_verdict(policy(), found.result, found, required)
    assert verdict.fails is fails
    assert verdict.reason.startswith(reason)
    assert bool(verdict.reason) is bool(reason)


def test_a_case_without_a_baseline() -> None:
    failing = standing("a", "---").result
    assert case_verdict(policy(), failing, None, False) == FAILS
    assert case_verdict(policy(), standing("a", "+++").result, None, True) == FINE


def test_what_may_be_bad_luck_counts_as_the_policy_says() -> None:
    unlucky = standing("a", "+--").result
    assert case_verdict(policy(undecided="fail"), unlucky, None, False).fails
    excused = case_verdict(policy(undecided="pass"), unlucky, None, False)
    assert excused == CaseVerdict(False, "undecided: it may only have had bad luck")
    assert case_verdict(policy(undecided="pass"), unlucky, None, True).fails, "it must pass"
    assert case_verdict(policy(undecided="pass"), standing("a", "---").result, None, False).fails


def test_some_cases_may_be_broken_where_the_policy_allows() -> None:
    broken = pair("+++", "---", "---")
    assert not case_verdict(policy(confirmed_broken=1), broken.result, broken, False).fails
    compared = Comparison("then", "now", (broken, pair("+++", "---", "---", "b")))
    assert "2 cases confirmed broken (a, b), 1 may be" in reasons(
        policy(confirmed_broken=1), given(results(0, 2), compared)
    )


def test_expectations_taken_away_close_the_gate_though_the_case_passes() -> None:
    lighter = standing("a", "+++", fingerprint="other", expectations=("words",))
    found = Pair("a", standing("a", "+++"), lighter)
    verdict = case_verdict(policy(), lighter.result, found, False)
    assert verdict.fails
    assert "no longer judged by `contains`" in verdict.reason


@pytest.mark.parametrize("name", ["a-case", "smoke", "boundary"])
def test_cases_that_must_pass(name: str) -> None:
    one = case("boundary", tags=("smoke",))
    assert must_pass(policy(must_pass=[name]), one)
    assert not must_pass(policy(must_pass=["other"]), one)
    assert must_pass(policy(), one.model_copy(update={"must_pass": True}))


# What the whole means.


def test_an_open_gate() -> None:
    decision = decide(policy(), given(results(3)))
    assert decision.passed
    assert decision.next.startswith("make it the baseline ")


def test_failing_cases_without_a_baseline() -> None:
    text = reasons(policy(), given(results(1, 2), verdicts=[FINE, FAILS, FAILS]))
    assert text == "2 cases fail (bo/a.suite.yaml::c1, bo/a.suite.yaml::c2)"


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        (given([]), "no case was judged"),
        (given(results(1), errors=1), "1 case could not be judged"),
        (given(results(1), finished=False), "the run was broken off"),
        (given(results(1), Comparison("a", "b", (pair(None, "+++"),))), "no case is the same"),
    ],
)
def test_never_a_silent_pass(what: GateInput, reason: str) -> None:
    assert reason in reasons(policy(), what)


def many(lost: int, kept: int) -> Comparison:
    cases = {f"lost{n}": ("+++", "-++") for n in range(lost)}
    return comparison(**cases, **{f"kept{n}": ("+++", "+++") for n in range(kept)})


def test_the_paired_test_over_the_suite() -> None:
    """Five cases of six that are each a little worse are more than luck; four are not."""
    assert "worse than the baseline: 100% → 72%" in reasons(policy(), given(results(6), many(5, 1)))
    assert reasons(policy(), given(results(6), many(4, 2))) == ""
    assert reasons(policy(alpha=0.01), given(results(6), many(5, 1))) == ""


def test_a_margin_is_kept_missed_or_not_shown() -> None:
    strict = policy(margin=0.05, alpha=0.001)
    assert reasons(strict, given(results(200), many(0, 200))) == ""
    assert "undecided: it may have lost" in reasons(strict, given(results(20), many(0, 20)))
    assert "by more than the margin of 5 points" in reasons(
        policy(margin=0.05, alpha=1e-30), given(results(90), many(90, 0))
    )
    lenient = decide(policy(margin=0.05, undecided="pass"), given(results(20), many(0, 20)))
    assert lenient.passed
    assert "undecided: it may have lost" in lenient.notes[0]


def test_floors() -> None:
    strict = policy(floors={"boundary": 0.7})
    assert reasons(strict, given(results(40))) == ""
    assert "boundary passes 60.0%, under its floor of 70%" in reasons(strict, given(results(6, 4)))
    assert "undecided: boundary passes 80.0%" in reasons(strict, given(results(8, 2)))
    lenient = policy(floors={"boundary": 0.7}, undecided="pass")
    assert "under its floor" in reasons(lenient, given(results(6, 4)))
    decision = decide(lenient, given(results(8, 2)))
    assert decision.passed
    assert "is not shown" in decision.notes[0]


def test_a_rate_is_never_rounded_up_to_its_floor() -> None:
    text = reasons(policy(floors={"all": 0.95}, undecided="pass"), given(results(47, 3)))
    assert text == "all passes 94.0%, under its floor of 95%"


def test_floors_of_incomplete_categories_are_not_applied_and_that_is_said() -> None:
    strict = policy(floors={"boundary": 0.9, "clarify": 0.9}, undecided="pass")
    found = results(1, 9) + results(1, 9, "clarify")
    part = given(found, deselected=frozenset({"clarify"}))
    assert reasons(strict, part) == "boundary passes 10.0%, under its floor of 90%"
    assert "not all cases were run" in decide(strict, part).notes[0]


# What could never be.


@pytest.mark.parametrize(
    ("fields", "counts", "why"),
    [
        ({"floors": {"boundary": 0.9}}, {"boundary": 10}, r"floors.boundary: with 10 cases even a"),
        ({"floors": {"clarify": 0.1}}, {"boundary": 10}, "floors.clarify: there is no such case"),
        ({"margin": 0.05}, {"boundary": 20}, "margin: with 20 compared cases"),
        ({"floors": {"all": 1.0}}, {"boundary": 500}, "floors.all"),
    ],
)
def test_a_gate_that_could_never_open(
    fields: dict[str, Any], counts: dict[str, int], why: str
) -> None:
    cases = [(name, True) for name, count in counts.items() for _ in range(count)]
    (found,) = impossible(policy(**fields), cases)
    assert found.startswith(why)


@pytest.mark.parametrize(
    ("fields", "cases"),
    [
        ({}, 1),
        ({"floors": {"boundary": 0.9}, "undecided": "pass"}, 10),
        ({"floors": {"boundary": 0.9}}, 60),
        ({"margin": 0.05}, 200),
        ({"margin": 0.05, "undecided": "pass"}, 2),
    ],
)
def test_one_that_could(fields: dict[str, Any], cases: int) -> None:
    assert impossible(policy(**fields), [("boundary", True)] * cases) == []
    perfect = given(results(cases), many(0, cases))
    assert reasons(policy(**fields), perfect) == ""


def test_a_margin_without_a_baseline_is_not_looked_at() -> None:
    assert impossible(policy(margin=0.05), [("boundary", False)] * 3) == []
