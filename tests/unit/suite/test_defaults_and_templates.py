"""What cases inherit: a file's defaults, and templates used by name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from persona_eval.suite.card import Generation
from persona_eval.suite.models import Expectation, Suite, Turn

Load = Callable[[str], Suite]
Problems = Callable[[str], list[str]]


class TestDefaults:
    TEXT = """
        defaults:
          trials: 7
          tags: [all]
          never: [robot]
          fixtures: [cache]
          generation: {top_k: 9, seed: 4}
          expect: [relevant]
        cases:
          - {id: plain, category: clarify, prompt: x}
          - id: own
            category: clarify
            prompt: x
            trials: 1
            tags: [mine, all]
            never: [machine]
            generation: {seed: 5}
            expect: [contains: y]
    """

    def test_hold_where_a_case_is_silent(self, load: Load) -> None:
        plain = load(self.TEXT).case("plain")
        assert (plain.trials, plain.tags, plain.never) == (7, ("all",), ("robot",))
        assert plain.generation == Generation(top_k=9, seed=4)

    def test_give_way_to_a_case_and_add_their_lists(self, load: Load) -> None:
        own = load(self.TEXT).case("own")
        assert (own.trials, own.tags, own.fixtures) == (1, ("mine", "all"), ("cache",))
        assert own.never == ("machine", "robot")
        assert own.generation == Generation(top_k=9, seed=5)

    def test_expectations_remember_who_asks(self, load: Load) -> None:
        own = load(self.TEXT).case("own")
        assert [(e.name, e.source) for e in own.expect] == [
            ("contains", "case"),
            ("relevant", "defaults"),
        ]

    @pytest.mark.parametrize(
        ("defaults", "own", "rate"),
        [("", "", 1.0), ("pass_rate: 0.5", "", 0.5), ("", "pass_rate: 0.4", 0.4)],
    )
    def test_boundary_cases_must_always_pass_unless_told_otherwise(
        self, load: Load, defaults: str, own: str, rate: float
    ) -> None:
        text = f"defaults: {{{defaults}}}\ncases: [{{id: a, category: boundary, prompt: x, {own}}}]"
        assert load(text).case("a").pass_rate == rate

    def test_may_switch_the_packs_off(self, load: Load) -> None:
        text = "defaults: {pack: none}\ncases: [{id: a, category: clarify, prompt: x, never: [y]}]"
        assert load(text).case("a").pack is False


def test_problems_of_the_defaults_are_said_once_with_their_cases(problems: Problems) -> None:
    rows = "".join(f"  - {{id: c{n}, category: clarify, prompt: x}}\n" for n in range(5))
    only = problems(f"defaults:\n  expect: [similar]\ncases:\n{rows}")
    assert only == [
        "3:12: defaults.expect[0]: has nothing to compare to: add `good` replies "
        "(in `c0`, `c1`, `c2` and 2 more)"
    ]


@pytest.mark.parametrize("defaults", ["3", "", "[a]"])
def test_defaults_are_a_mapping(problems: Problems, defaults: str) -> None:
    text = f"defaults: {defaults}\ncases: [{{id: a, category: clarify, prompt: x}}]"
    (only,) = problems(text)
    assert "defaults: must be a mapping" in only


class TestTemplates:
    TEXT = """
        templates:
          base:
            category: dont_know
            prompt: Hi
            trials: 5
            generation: {seed: 1, top_k: 2}
            expect: [relevant]
        cases:
          - {id: same, use: base}
          - id: other
            use: base
            category: clarify
            turns: [{user: a}, {user: b}]
            generation: {seed: 3}
            expect: [{contains: x}]
    """

    def test_lend_their_keys(self, load: Load) -> None:
        same = load(self.TEXT).case("same")
        assert (same.category, same.turns, same.trials) == ("dont_know", (Turn(user="Hi"),), 5)
        assert same.expect == (Expectation(name="relevant", line=9, column=14),)

    def test_give_way_to_a_case(self, load: Load) -> None:
        other = load(self.TEXT).case("other")
        assert (other.category, len(other.turns)) == ("clarify", 2)
        assert other.generation == Generation(seed=3, top_k=2)
        assert [e.name for e in other.expect] == ["contains"]

    def test_unknown_names_are_asked_about(self, problems: Problems) -> None:
        text = "templates: {base: {prompt: x}}\ncases: [{id: a, use: bsae}, {id: b, use: zzz}]"
        first, second = problems(text)
        assert "cases[0].use: `bsae` is not in `templates`: did you mean `base`?" in first
        assert second.endswith("`zzz` is not in `templates`. Allowed: base")

    def test_there_may_be_none(self, problems: Problems) -> None:
        (only,) = problems("cases: [{id: a, use: base}]")
        assert only.endswith("`base` is not in `templates`: the file has none")

    def test_are_checked_even_where_nobody_uses_them(self, problems: Problems) -> None:
        text = """
            templates:
              a: {trails: 3, expect: [relevnt]}
              b: 3
              c: {turns: [{user: x, expect: [nonsense]}, 3], expect: x}
            cases:
              - {id: a, category: clarify, prompt: x}
              - {id: b, use: b}
        """
        keys = [problem.split(": ")[1] for problem in problems(text)]
        assert keys == [
            "templates.a.trails",
            "templates.a.expect[0]",
            "templates.b",
            "templates.c.turns[0].expect[0]",
            "templates.c.turns[1]",
            "templates.c.expect",
        ]

    @pytest.mark.parametrize("templates", ["3", "", "[a]"])
    def test_must_be_a_mapping(self, problems: Problems, templates: str) -> None:
        (only,) = problems(f"templates: {templates}\ncases: [{{id: a, use: b}}]")
        assert "templates: must be a mapping" in only

    def test_anchors_do_it_too(self, load: Load) -> None:
        text = """
            cases:
              - &base {id: a, category: clarify, prompt: x, trials: 9}
              - {<<: *base, id: b, prompt: y}
        """
        assert load(text).case("b").trials == 9
