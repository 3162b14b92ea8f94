"""The tables of `persona-eval canaries`, its sentence, and the data."""

from __future__ import annotations

import json

from flocks import case, flock, side

from persona_eval.canaries import Canaries
from persona_eval.reports.canaries import Sounding, canaries_json, canary_lines
from persona_eval.reports.columns import WIDTH

CASES = flock(
    case("rum"), case("tea"), case("why", "boundary"), case("none", good=()), case("no", skip="x")
)
BASE, EARLY, LATE = (
    side("base", -0.1, 0.2, -0.5), side("ned@60", 0.1, 0.2, -0.4), side("ned@120", 0.3, 0.1, 0.5),
)  # fmt: skip


def text(*sides: object, cases: bool = False, canaries: Canaries = CASES) -> str:
    found = Sounding(canaries, sides, 9)  # type: ignore[arg-type]
    return "\n".join(canary_lines(found, "tiny", "cpu-float32", cases))


def test_the_whole_report() -> None:
    assert text(BASE, EARLY, LATE) == (
        "Canaries · adapters base, ned@60, ned@120 · tiny (cpu-float32) · 3 cases · 9 of 27 replies "
        "read, the others from the store\n"
        "Early signs, cheap to have, and not the verdict: a model may find a good reply likelier and "
        "still not say it. What it says is judged by `pytest suites/`\n"
        "\n"
        "share of the cases whose good replies are likelier than the bad ones\n"
        "category        cases    base    @60    @120\n"
        "------------  -------  ------  -----  ------\n"
        "in_character        2     50%   100%    100%\n"
        "boundary            1      0%     0%    100%\n"
        "------------  -------  ------  -----  ------\n"
        "all                 3     33%    67%    100%\n"
        "\n"
        "margin: good minus bad, nats per token, mean of the cases (± 95 %)\n"
        "category        cases         base          @60         @120\n"
        "------------  -------  -----------  -----------  -----------\n"
        "in_character        2  +0.05 ±1.91  +0.15 ±0.64  +0.20 ±1.27\n"
        "boundary            1        -0.50        -0.40        +0.50\n"
        "------------  -------  -----------  -----------  -----------\n"
        "all                 3  -0.13 ±0.87  -0.03 ±0.80  +0.30 ±0.50\n"
        "\n"
        "ned@120 against base: margin -0.13 → +0.30 over 3 cases: +0.43 (95 %: -0.93 to +1.80), "
        "p worse 0.875, p better 0.250\n"
        "good replies became the likelier ones in 2 cases, and were so no longer in 0\n"
        "cases left out: 1 without good or without bad replies, 1 skipped"
    )


def rows(shown: str) -> list[list[str]]:
    return [line.split() for line in shown.splitlines() if "::" in line]


def test_cases_by_how_much_they_moved() -> None:
    shown = text(BASE, EARLY, LATE, cases=True)
    assert "margin of each case, those that moved most from base to ned@120 first" in shown
    assert rows(shown) == [
        ["a::why", "-0.50", "-0.40", "+0.50", "+1.00"],
        ["a::rum", "-0.10", "+0.10", "+0.30", "+0.40"],
        ["a::tea", "+0.20", "+0.20", "+0.10", "-0.10"],
    ]


def test_one_adapter_has_its_lowest_first_and_no_comparison() -> None:
    shown = text(BASE, cases=True)
    assert shown.startswith("Canaries · adapter base · ")
    assert rows(shown) == [["a::why", "-0.50"], ["a::rum", "-0.10"], ["a::tea", "+0.20"]]
    assert "against" not in shown


def test_many_checkpoints_are_split_over_tables() -> None:
    sides = [side(f"ned@{step}", 0.1, 0.2, 0.3) for step in range(100, 1300, 100)]
    shown = text(*sides)
    tables = [line for line in shown.splitlines() if line.startswith("category ")]
    assert len(tables) == 4, "two of each"
    assert max(map(len, tables)) <= WIDTH
    assert sum(line.count("@1200") for line in tables) == 2


def test_the_data_hold_every_figure() -> None:
    found = Sounding(CASES, (BASE, LATE), 9)
    data = json.loads(json.dumps(canaries_json(found, {"engine": "cpu-float32"})))
    assert (data["schema"], data["engine"]) == (1, "cpu-float32")
    assert data["left_out"] == {"without_examples": 1, "generated_turns": 0, "skipped": 1}
    base, late = data["adapters"]
    assert base["cases"][0] == {
        "case": "rosa/a.suite.yaml::rum", "category": "in_character", "control": False,
        "good": [-3.1], "bad": [-3.0], "margin": -0.1, "prefers": False,
    }  # fmt: skip
    assert [each["category"] for each in late["summaries"]] == ["in_character", "boundary", "all"]
    assert late["summaries"][1]["interval"] is None
    assert data["shift"]["test"]["better"] == 0.25
    assert canaries_json(Sounding(CASES, (BASE,), 0), {})["shift"] is None
