"""Two sides, paired by case."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standings import comparison, pair, standing

from persona_eval.compare import Comparison, Pair, Standing

MARKS = st.text("+-", min_size=3, max_size=3)


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        ("+++", "+++", "still passing"),
        ("---", "--+", "still failing"),
        ("+--", "++-", "fixed"),
        ("++-", "+--", "broken"),
        (None, "+++", "new"),
        ("+++", None, "removed"),
    ],
)
def test_what_became_of_a_case(before: str | None, after: str | None, status: str) -> None:
    assert pair(before, after).status == status


@pytest.mark.parametrize("missing", ["before", "after"])
def test_what_one_side_did_not_run_is_neither_new_nor_removed(missing: str) -> None:
    sides = {"before": {"a": standing("a", "+++")}, "after": {"a": standing("a", "+++")}}
    sides[missing] = {}
    found = Comparison.of(**sides, unrun={"a"})
    assert [p.status for p in found.pairs] == ["not run"]
    assert found.whole is None
    assert found.to_json()["counts"]["not run"] == 1


def test_another_case_of_the_same_name_is_not_paired() -> None:
    changed = Pair("a", standing("a", "+++"), standing("a", "---", fingerprint="other"))
    assert changed.status == "changed"
    assert not changed.paired
    assert not changed.confirmed


@pytest.mark.parametrize(
    ("before", "after", "extra", "confirmed"),
    [
        ("+++", "---", "---", True),
        ("+++", "---", "--+", False),
        ("+++", "---", "", False),
        ("+++", "---", "--", False),
        ("++-", "---", "---", False),
        ("+++", "--+", "---", False),
        ("---", "---", "---", False),
    ],
)
def test_broken_is_confirmed_by_six_trials(
    before: str, after: str, extra: str, confirmed: bool
) -> None:
    assert pair(before, after, extra).confirmed is confirmed


def test_expectations_that_were_taken_away() -> None:
    rich = standing("a", "+++", expectations=("contains", "contains", "deflects"))
    poor = standing("a", "+++", expectations=("words", "contains"))
    assert Pair("a", rich, poor).lost == ("contains", "deflects")
    assert Pair("a", poor, rich).lost == ("words",)
    assert Pair("a", None, poor).lost == ()


def test_the_reply_that_tells() -> None:
    assert standing("a", "+-+").telling_reply() == "a 0"
    assert standing("a", "+--").telling_reply() == "a 1"
    assert Standing(standing("a", "+").result, "f", ()).telling_reply() == ""


def test_the_whole_and_its_parts() -> None:
    found = comparison(a=("+++", "---"), b=("+++", "++-"), c=("---", "---"), d=("--+", "+++"))
    whole = found.whole
    assert whole is not None
    assert (whole.pairs, round(whole.before, 3), round(whole.after, 3)) == (4, 0.583, 0.417)
    assert sum(p.difference for p in found.paired) / 4 == Fraction(-1, 6)
    assert whole.interval[0] < -1 / 6 < whole.interval[1]
    # -3, -1 and +2 thirds: of the eight signs, the sums -6, -4 and -2 are as low as -2 or lower.
    assert whole.p_worse == pytest.approx(3 / 8)
    assert [change.category for change in found.categories] == ["boundary"]


def test_p_of_categories_is_adjusted_for_their_number() -> None:
    names = [f"c{n}" for n in range(12)]
    kinds = ["boundary", "clarify"]
    then = {n: standing(n, "+++", kinds[i % 2]) for i, n in enumerate(names)}
    now = {n: standing(n, "---", kinds[i % 2]) for i, n in enumerate(names)}
    found = Comparison.of(then, now)
    assert [c.test.worse for c in found.categories] == [1 / 64, 1 / 64]
    assert [c.p_worse for c in found.categories] == [1 / 32, 1 / 32]
    assert found.whole is not None
    assert found.whole.p_worse == 1 / 4096


def test_nothing_in_common() -> None:
    found = Comparison.of({"a": standing("a", "+++")}, {"b": standing("b", "+++")})
    assert found.whole is None
    assert found.categories == []
    assert {p.status for p in found.pairs} == {"new", "removed"}


@given(st.dictionaries(st.sampled_from("abcdefgh"), MARKS, min_size=1))
def test_a_run_against_itself_differs_in_nothing(cases: dict[str, str]) -> None:
    found = comparison(**{name: (marks, marks) for name, marks in cases.items()})
    assert found.whole is not None
    assert (found.whole.difference, found.whole.p_worse, found.whole.p_better) == (0, 1, 1)
    assert not found.of_status("broken")
    assert not found.of_status("fixed")


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(MARKS, MARKS), min_size=1))
def test_turned_round_what_was_better_is_worse(cases: dict[str, tuple[str, str]]) -> None:
    there = comparison(**cases).whole
    back = comparison(**{name: (b, a) for name, (a, b) in cases.items()}).whole
    assert there is not None
    assert back is not None
    assert there.p_worse == pytest.approx(back.p_better)
    assert there.difference == pytest.approx(-back.difference)


def test_it_is_plain_data() -> None:
    found = comparison(a=("+++", "---"), b=("+++", "+++")).to_json()
    assert json.loads(json.dumps(found))["all"]["difference"] == -0.5
    assert found["counts"]["broken"] == 1
    assert found["cases"][0]["difference"] == -1


def test_a_side_crosses_processes() -> None:
    one = standing("a", "+-", extra="--")
    assert Standing.from_json(json.loads(json.dumps(one.to_json()))) == one
